import { type Assessment, type Reading, type Sample, sample, type Vital } from '../../model/kind.ts'
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
  const samples = [...numbers(lines), ...(root?.samples ?? []), sample('hypervisor_units_failed', failed.length)]
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

function numbers(lines: readonly string[]): readonly Sample[] {
  const uptime = numberOf(lines, 'uptime')
  const [total, available] = [numberOf(lines, 'total'), numberOf(lines, 'available')]
  const reboot = numberOf(lines, 'reboot')
  return [
    ...(uptime === undefined ? [] : [sample('hypervisor_uptime_seconds', uptime)]),
    ...(total && available !== undefined ? [sample('hypervisor_memory_available_ratio', available / total)] : []),
    ...(reboot === undefined ? [] : [sample('hypervisor_reboot_required', reboot)]),
  ]
}

function numberOf(lines: readonly string[], word: string): number | undefined {
  const text = lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1)
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

function rootOf(lines: readonly string[]): { readonly usedShare: number; readonly samples: readonly Sample[] } | undefined {
  const match = lines.map((line) => /^root (\d+) (\d+) (\d+)$/.exec(line)).find((one) => one !== null)
  if (!match) return undefined
  const [blocks = 0, free = 0] = match.slice(2).map(Number)
  if (blocks === 0) return { usedShare: 0, samples: [] }
  return { usedShare: 1 - free / blocks, samples: [sample('hypervisor_root_available_ratio', free / blocks)] }
}
