import type { Assessment, Reading, Sample, Vital } from '../../model/kind.ts'
import type { Manifest } from '../../model/manifest.ts'
import { providerName } from '../../model/placement.ts'
import type { Target } from '../../model/target.ts'
import { type Script, sh } from '../../shell/sh.ts'
import type { ContainerSpec } from './spec.ts'

type Container = Manifest<'Container', ContainerSpec>

const ticksPerSecond = 100

/** Whether it is as it should be, and what it uses. No process is started: the shell reads the cgroup's files itself. */
export function vitals(manifest: Container, target: Target): readonly Vital[] {
  const name = providerName(manifest)
  const { state = 'running' } = manifest.spec
  return [{ id: 'container', target, pace: 'trip', probe: probe(name), assess: (reading) => assess(reading, name, state) }]
}

function probe(name: string): Script {
  return sh`
read -r up rest </proc/uptime
echo "uptime $up"
if [ -e ${`/var/lib/lxc/${name}/config`} ]; then
  while read -r line || [ -n "$line" ]; do
    case $line in ''|'#'*|lxc.network.*|lxc.utsname*|lxc.rootfs[\ =]*) ;; lxc.*=*) continue ;; esac
    case $line in ''|'#'*) ;; *) echo "broken $line" ;; esac
  done <${`/var/lib/lxc/${name}/config`}
else
  echo absent
fi
cgroup=${`/sys/fs/cgroup/lxc.payload.${name}`}
[ -d "$cgroup" ] || return 0
for file in memory.current memory.max pids.current cgroup.freeze; do
  value=
  read -r value 2>/dev/null <"$cgroup/$file" || continue
  echo "$file $value"
done
for file in cgroup.events memory.events; do
  while read -r key value; do echo "$file:$key $value"; done 2>/dev/null <"$cgroup/$file" || :
done
pid=
read -r pid 2>/dev/null <"$cgroup/init.scope/cgroup.procs" || read -r pid 2>/dev/null <"$cgroup/cgroup.procs" || :
stat=
case $pid in ''|*[!0-9]*) ;; *) read -r stat 2>/dev/null <"/proc/$pid/stat" || : ;; esac
echo "init $stat"`
}

function assess(reading: Reading, name: string, wanted: NonNullable<ContainerSpec['state']>): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'NotRead', message: reading.reason, samples: [] }
  const facts = readFacts(reading.stdout)
  return { ...judge(facts, name, wanted), samples: samplesOf(facts) }
}

type Facts = ReadonlyMap<string, string>

/** The first line with a word counts: what a config says cannot overrule what was printed before it, nor pose as a number. */
function readFacts(stdout: string): Facts {
  const facts = new Map<string, string>()
  for (const line of stdout.split('\n')) {
    const [word = '', ...rest] = line.split(' ')
    if (word !== '' && !facts.has(word)) facts.set(word, rest.join(' '))
  }
  return facts
}

function judge(facts: Facts, name: string, wanted: NonNullable<ContainerSpec['state']>): Omit<Assessment, 'samples'> {
  const isRunning = facts.get('cgroup.events:populated') === '1'
  const broken = facts.get('broken')
  if (broken !== undefined) {
    const message = `/var/lib/lxc/${name}/config holds a line that LXC cannot load, so its tools can neither stop nor enter ${name}: ${broken.slice(0, 80)}`
    return { healthy: false, reason: 'ConfigBroken', message }
  }
  if (facts.has('absent')) return { healthy: false, reason: 'Absent', message: `${name} does not exist (yet)` }
  if (wanted === 'unmanaged') return { healthy: true, reason: 'Unmanaged', message: `${name} is ${isRunning ? 'running' : 'stopped'}` }
  if (wanted === 'stopped')
    return isRunning
      ? { healthy: false, reason: 'Running', message: `${name} runs, and should be stopped` }
      : { healthy: true, reason: 'Stopped', message: `${name} is stopped` }
  if (!isRunning) return { healthy: false, reason: 'NotRunning', message: `${name} is stopped, and should run` }
  if (facts.get('cgroup.freeze') === '1')
    return { healthy: false, reason: 'Frozen', message: `${name} is frozen (lxc-unfreeze -n ${name})` }
  return { healthy: true, reason: 'Running', message: `${name} is running` }
}

function samplesOf(facts: Facts): readonly Sample[] {
  const isRunning = facts.get('cgroup.events:populated') === '1'
  const numbers: readonly (readonly [string, string | undefined])[] = [
    ['container_memory_bytes', facts.get('memory.current')],
    ['container_memory_limit_bytes', facts.get('memory.max')],
    ['container_processes', facts.get('pids.current')],
    ['container_oom_kills_total', facts.get('memory.events:oom_kill')],
    ['container_uptime_seconds', uptime(facts)],
  ]
  return [
    { metric: 'container_running', value: isRunning ? 1 : 0 },
    ...numbers.flatMap(([metric, text]) => (text !== undefined && /^\d+(\.\d+)?$/.test(text) ? [{ metric, value: Number(text) }] : [])),
  ]
}

/** Falls with each start: that is how restarts are counted. Fields of stat are counted from the last parenthesis, since names may hold some. */
function uptime(facts: Facts): string | undefined {
  const stat = facts.get('init') ?? ''
  const started = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) / ticksPerSecond
  const age = Number(facts.get('uptime')) - started
  return Number.isFinite(age) && age >= 0 ? age.toFixed(2) : undefined
}
