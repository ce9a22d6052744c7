import { series } from '../query.ts'
import type { Rule } from '../rule.ts'

export const controllerRules: readonly Rule[] = [
  {
    // Also when the target is no longer configured: `up == 0` would then never fire.
    alert: 'ReeveSilent',
    expr: 'absent(up{job="reeve"} == 1)',
    for: '5m',
    severity: 'critical',
    summary: 'Reeve cannot be scraped, so nobody watches the hypervisors',
    todo: 'See that the controller runs (systemctl status reeve, or the container), and that Prometheus reaches its port. What is on the hypervisors runs on meanwhile, unwatched.',
    runbook: 'ReeveSilent',
  },
  {
    // The controller answers, but its loop does not come round to this host. Cycles that fail count as looked at.
    // With `resync` over 10m in reeve.yaml, make the range longer.
    alert: 'ReeveHypervisorNotLookedAt',
    expr: `sum by (hypervisor) (increase(${series('reeve_reconcile_total')}[15m])) == 0`,
    for: '5m',
    severity: 'critical',
    summary: '{{ $labels.hypervisor }} had no cycle for 15 minutes',
    todo: 'The controller answers, but does not come round to this host. Look at its log for what hangs; a restart of it is safe at any time.',
    runbook: 'ReeveHypervisorNotLookedAt',
  },
  {
    alert: 'ReeveGitStale',
    expr: `time() - ${series('reeve_git_last_fetch_timestamp_seconds')} > 900`,
    for: '5m',
    severity: 'warning',
    summary: 'The repository did not answer for 15 minutes; commits do not arrive',
    todo: 'See that the repository is up and that the key of Reeve still opens it: reeve status has the words of git.',
    runbook: 'GitTrouble',
    conditions: ['GitTrouble'],
  },
  {
    alert: 'ReeveReplicaUncertain',
    expr: `${series('reeve_replica_certain')} == 0`,
    for: '1m',
    severity: 'critical',
    summary: '{{ $labels.instance }} cannot reach etcd and changes nothing; where others do, they have taken over',
    todo: 'See that etcd has a majority (etcdctl endpoint health --cluster), and that this machine reaches it. In need, reeve apply works without it.',
    runbook: 'EtcdUnreachable',
    conditions: ['EtcdUnreachable'],
  },
  {
    alert: 'ReeveMailFails',
    expr: `sum(increase(${series('reeve_mail_total', { result: '=~"retried|failed"' })}[30m])) > 0 unless sum(increase(${series('reeve_mail_total', { result: '="sent"' })}[30m])) > 0`,
    for: '10m',
    severity: 'critical',
    summary: 'Mails of Reeve do not reach the smarthost',
    todo: 'reeve status and its log have the words of the smarthost. Mails wait in the spool and are sent when it takes them.',
    runbook: 'ReeveMailFails',
  },
]
