import { type Assessment, type Reading, sample, type Vital } from '../../model/kind.ts'
import { containerTarget } from '../../model/placement.ts'
import { sh } from '../../shell/sh.ts'
import { notRead } from './health.ts'
import type { Container } from './provider.ts'

/** Failed units of systemd inside, asked where Reeve enters the container anyway; one that should not run has none to tell of. */
export function unitVitals(manifest: Container): readonly Vital[] {
  if ((manifest.spec.state ?? 'running') !== 'running') return []
  const name = manifest.name
  return [
    { id: 'units', target: containerTarget(manifest), pace: 'trip', ridesAlong: true, probe, assess: (reading) => assess(reading, name) },
  ]
}

/** One process. Without systemd as its init there are no units; one that does not answer in time is no failed unit. */
const probe = sh`
if [ -d /run/systemd/system ]; then
  timeout -k 1 5 systemctl list-units --state=failed --plain --no-legend --no-pager </dev/null && echo '== all' || echo '== silent'
else
  echo '== none'
fi`

function assess(reading: Reading, name: string): Assessment {
  if (reading.status === 'unknown') return notRead(reading)
  const lines = reading.stdout.trimEnd().split('\n')
  const end = lines.pop()
  if (end === '== none') return { healthy: true, reason: 'Running', message: `${name} runs without systemd`, samples: [] }
  if (end !== '== all') return notRead({ ...reading, reason: `systemd inside ${name} does not say which units failed` })
  const failed = lines.flatMap((line) => /^\s*(\S+)/.exec(line)?.[1] ?? [])
  const samples = [sample('container_units_failed', failed.length)]
  if (failed.length === 0) return { healthy: true, reason: 'Running', message: `no unit failed in ${name}`, samples }
  const message = `${failed.length === 1 ? 'a unit' : `${failed.length} units`} failed inside: ${failed.slice(0, 5).join(', ')}`
  return { healthy: false, reason: 'UnitsFailed', message: message.slice(0, 500), samples }
}
