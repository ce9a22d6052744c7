import { series } from '../query.ts'
import type { Rule } from '../rule.ts'

export const manifestsRules: readonly Rule[] = [
  {
    alert: 'ReeveDriftOpen',
    expr: `${series('reeve_drift_open_seconds')} > 3600`,
    for: '1m',
    severity: 'warning',
    summary:
      '{{ $labels.kind }}/{{ $labels.name }} on {{ $labels.hypervisor }} drifts for {{ $value | humanizeDuration }}, and nothing puts it right',
    todo: 'reeve status names the fields. Commit what is there, or let Reeve put it right: driftPolicy, suspend and the maintenance window of the manifest say why it does not.',
    runbook: 'DriftFound',
    conditions: ['DriftFound'],
  },
  {
    alert: 'ReeveNotReady',
    expr: `${series('reeve_resource_condition', { type: '="Ready"' })} == 0`,
    for: '30m',
    severity: 'warning',
    summary: '{{ $labels.kind }}/{{ $labels.name }} on {{ $labels.hypervisor }} is not as Git says for 30 minutes',
    todo: 'reeve status says what stands in the way: a brake, a failed check, a commit with an error.',
    runbook: 'ReconcileFailed',
    conditions: ['ReconcileFailed'],
  },
  {
    alert: 'ReeveUnhealthy',
    expr: `${series('reeve_resource_condition', { type: '="Healthy"' })} == 0`,
    for: '10m',
    severity: 'critical',
    summary: '{{ $labels.kind }}/{{ $labels.name }} on {{ $labels.hypervisor }} is as Git says, and does not work',
    todo: 'Its config is as wanted, so look at the service itself: reeve status has its message, journalctl on the host the rest.',
    runbook: 'ReeveUnhealthy',
  },
]
