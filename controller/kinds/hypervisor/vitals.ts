import type { Assessment, Reading, Sample, Vital } from '../../model/kind.ts'
import type { Target } from '../../model/target.ts'
import { type Script, sh } from '../../shell/sh.ts'

/** Of the root file system: beyond it daemons begin to fail. */
const fullShare = 0.95

/** How the machine is: two processes, the rest is read by the shell itself. */
export function vitals(target: Target): readonly Vital[] {
  return [{ id: 'hypervisor', target, pace: 'trip', probe: probe(), assess }]
}

function probe(): Script {
  return sh`read -r up rest < /proc/uptime; echo "uptime $up"
read -r load rest < /proc/loadavg; echo "load $load"
while read -r name value rest; do
  case $name in MemTotal:) echo "total $value" ;; MemAvailable:) echo "available $value"; break ;; esac
done < /proc/meminfo
if [ -e /run/reboot-required ]; then echo 'reboot 1'; else echo 'reboot 0'; fi
stat -f -c 'root %S %b %a' / </dev/null
echo failed
systemctl list-units --state=failed --plain --no-legend --no-pager </dev/null || :
echo 'end 1'`
}

function assess(reading: Reading): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'NotRead', message: reading.reason, samples: [] }
  const lines = reading.stdout.split('\n')
  if (!lines.includes('end 1')) return { healthy: 'unknown', reason: 'NotRead', message: 'the answer was cut short', samples: [] }
  const failed = failedUnits(lines)
  const root = rootOf(lines)
  const samples = [...numbers(lines), ...(root?.samples ?? []), { metric: 'hypervisor_units_failed', value: failed.length }]
  return { ...judge(failed, root?.usedShare), samples }
}

/** First words of what systemctl(1) listed. */
function failedUnits(lines: readonly string[]): readonly string[] {
  const at = lines.indexOf('failed')
  const listed = at === -1 ? [] : lines.slice(at + 1, lines.indexOf('end 1'))
  return listed.flatMap((line) => /^\s*(\S+)/.exec(line)?.[1] ?? [])
}

function judge(failed: readonly string[], usedShare: number | undefined): Omit<Assessment, 'samples'> {
  if (usedShare !== undefined && usedShare >= fullShare) {
    return { healthy: false, reason: 'RootFull', message: `the root file system is ${Math.floor(usedShare * 100)} % full` }
  }
  if (failed.length > 0) {
    const named = failed.slice(0, 5).join(', ')
    return {
      healthy: false,
      reason: 'UnitsFailed',
      message: `${failed.length === 1 ? 'a unit' : `${failed.length} units`} failed: ${named}`,
    }
  }
  return { healthy: true, reason: 'Running', message: 'reachable, root file system not full, no failed unit' }
}

const kibibyte = 1024
const metrics: Readonly<Record<string, readonly [metric: string, factor: number]>> = {
  uptime: ['hypervisor_uptime_seconds', 1],
  load: ['hypervisor_load1', 1],
  total: ['hypervisor_memory_bytes', kibibyte],
  available: ['hypervisor_memory_available_bytes', kibibyte],
  reboot: ['hypervisor_reboot_required', 1],
}

function numbers(lines: readonly string[]): readonly Sample[] {
  return lines.flatMap((line) => {
    const [word = '', text = ''] = line.split(' ')
    const known = metrics[word]
    return known && /^\d+(\.\d+)?$/.test(text) ? [{ metric: known[0], value: Number(text) * known[1] }] : []
  })
}

function rootOf(lines: readonly string[]): { readonly usedShare: number; readonly samples: readonly Sample[] } | undefined {
  const match = lines.map((line) => /^root (\d+) (\d+) (\d+)$/.exec(line)).find((one) => one !== null)
  if (!match) return undefined
  const [block = 0, blocks = 0, free = 0] = match.slice(1).map(Number)
  const samples = [
    { metric: 'hypervisor_root_bytes', value: block * blocks },
    { metric: 'hypervisor_root_available_bytes', value: block * free },
  ]
  return { usedShare: blocks === 0 ? 0 : 1 - free / blocks, samples }
}
