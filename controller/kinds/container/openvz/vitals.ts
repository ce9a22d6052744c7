import type { Assessment, Reading, Sample, Vital } from '../../../model/kind.ts'
import type { Target } from '../../../model/target.ts'
import { type Script, sh } from '../../../shell/sh.ts'
import { type Facts, judge, notRead, samplesOf, type WantedState } from '../health.ts'
import type { Container } from '../provider.ts'
import { type Counter, counterAlarms, counterSamples, readCounters } from './counters.ts'
import { openvzOf } from './names.ts'

const pageBytes = 4096n
const unlimitedFrom = 2n ** 31n - 1n

/** Whether it is as it should be, what it uses, and what was refused to it. */
export function vitals(manifest: Container, target: Target): readonly Vital[] {
  const { ctid, ubc = {} } = openvzOf(manifest)
  const { state = 'running' } = manifest.spec
  const asked = Object.keys(ubc)
  return [
    {
      id: 'container',
      target,
      pace: 'trip',
      probe: probe(String(ctid)),
      assess: (reading) => assess(reading, manifest.name, String(ctid), state, asked),
    },
  ]
}

/** No process is started where the kernel has /proc/vz/veinfo and /proc/bc (vzctl(8), FILES); one each, where it has not. */
function probe(ctid: string): Script {
  return sh`
if [ -e ${`/etc/vz/conf/${ctid}.conf`} ]; then echo exists; fi
if [ -r /proc/vz/veinfo ]; then
  while read -r id rest; do if [ "$id" = ${ctid} ]; then echo running; fi; done </proc/vz/veinfo
else
  said=$(timeout -k 5 20 vzctl status ${ctid} 2>/dev/null </dev/null) || said=
  case "$said" in *' running') echo running ;; *' suspended') echo suspended ;; esac
fi
if [ -r ${`/proc/bc/${ctid}/resources`} ]; then
  while read -r line; do echo "counter $line"; done <${`/proc/bc/${ctid}/resources`}
elif [ -r /proc/user_beancounters ]; then
  awk -v ${`ctid=${ctid}:`} '$1 ~ /:$/ { on = $1 == ctid; $1 = "" } on { print "counter", $0 }' /proc/user_beancounters
fi`
}

function assess(reading: Reading, name: string, ctid: string, wanted: WantedState, asked: readonly string[]): Assessment {
  if (reading.status === 'unknown') return notRead(reading)
  const lines = reading.stdout.split('\n')
  const counters = readCounters(lines)
  const facts = factsOf(lines, ctid, counters)
  const samples: readonly Sample[] = [...samplesOf(facts), ...counterSamples(counters, asked)]
  // Of a container that runs, and whose counters were not read, nothing is over.
  const unread = facts.running === 'running' && counters.size === 0 ? { unread: ['beancounters'] } : {}
  return { ...judge(facts, name, wanted), samples, alarms: counterAlarms(counters, name, ctid), ...unread }
}

function factsOf(lines: readonly string[], ctid: string, counters: ReadonlyMap<string, Counter>): Facts {
  const isRunning = lines.includes('running')
  const physical = counters.get('physpages')
  const limit = physical === undefined || physical.limit >= unlimitedFrom ? undefined : String(physical.limit * pageBytes)
  return {
    exists: lines.includes('exists'),
    running: isRunning ? 'running' : lines.includes('suspended') ? 'frozen' : 'stopped',
    thaw: `vzctl restore ${ctid}`,
    memoryBytes: physical === undefined ? undefined : String(physical.held * pageBytes),
    memoryLimitBytes: limit,
  }
}
