import { series } from '../query.ts'
import type { Rule } from '../rule.ts'

export const containersRules: readonly Rule[] = [
  {
    // Counted by the kernel from the container's start: a restart makes it 0 again, which is no growth.
    alert: 'ReeveContainerOutOfMemory',
    expr: `increase(${series('reeve_container_oom_kills_total')}[15m]) > 0`,
    for: '1m',
    severity: 'warning',
    summary: 'The kernel killed {{ $value | humanize }} processes in {{ $labels.name }} on {{ $labels.hypervisor }}: its memory is used up',
    todo: 'Find what uses it, and raise resources.memory of the Container if it is meant to.',
    runbook: 'ReeveContainerOutOfMemory',
  },
  {
    alert: 'ReeveContainerRestarts',
    expr: `resets(${series('reeve_container_uptime_seconds')}[30m]) >= 3`,
    for: '1m',
    severity: 'warning',
    summary: '{{ $labels.name }} on {{ $labels.hypervisor }} was started {{ $value | humanize }} times within half an hour',
    todo: 'Look into its journal for what ends it: it starts again and again.',
    runbook: 'ReeveContainerRestarts',
  },
  {
    alert: 'ReeveContainerKilled',
    expr: `increase(${series('reeve_container_kills_total')}[1h]) > 0`,
    for: '1m',
    severity: 'warning',
    summary: '{{ $labels.name }} on {{ $labels.hypervisor }} did not stop by itself and was killed',
    todo: 'See what did not stop within the time (journalctl inside), and raise the time or mend it: what it had not written is lost.',
    runbook: 'ReeveContainerKilled',
  },
  {
    // A unit that is restarted by systemd counts as failed only when that was given up.
    alert: 'ReeveContainerUnitsFailed',
    expr: `${series('reeve_container_units_failed')} > 0`,
    for: '15m',
    severity: 'warning',
    summary: '{{ $value }} failed units in {{ $labels.name }} on {{ $labels.hypervisor }}',
    todo: 'lxc-attach and systemctl --failed name them.',
    runbook: 'ReeveContainerUnitsFailed',
  },
  {
    // A beancounter never falls while its container runs: only growth means something.
    alert: 'ReeveLimitReached',
    expr: `increase(${series('reeve_container_ubc_failures_total')}[1h]) > 0`,
    for: '1m',
    severity: 'warning',
    summary:
      'Container {{ $labels.name }} on {{ $labels.hypervisor }} was refused {{ $labels.counter }} {{ $value | humanize }} times in an hour',
    todo: 'Raise the counter in spec.openvz.ubc, or find what asks for so much: vzctl exec CTID cat /proc/user_beancounters.',
    runbook: 'LimitReached',
    conditions: ['LimitReached'],
  },
]
