import { series } from '../query.ts'
import type { Rule } from '../rule.ts'

export const machinesRules: readonly Rule[] = [
  {
    alert: 'ReeveHypervisorUnreachable',
    expr: `${series('reeve_hypervisor_up')} == 0`,
    for: '5m',
    severity: 'critical',
    summary: '{{ $labels.hypervisor }} could not be read for 5 minutes',
    todo: 'Nothing is known about it, and nothing is changed there. reeve status says what its sshd answered; log in by hand.',
    runbook: 'Unreachable',
    conditions: ['Unreachable'],
  },
  {
    // Nothing is lost by it but time: the resync finds what the watch would have told. One that is not reached at all has an alert of its own.
    alert: 'ReeveWatchSilent',
    expr: `min by (hypervisor) (${series('reeve_hypervisor_watch_up')}) == 0 and on (hypervisor) ${series('reeve_hypervisor_up')} == 1`,
    for: '30m',
    severity: 'warning',
    summary: 'What moves on {{ $labels.hypervisor }} is not told at once for 30 minutes, and found by the resync alone',
    todo: 'The log of the controller (component watch) says why: most often there is no perl, or sshd gives no second session.',
    runbook: 'ReeveWatchSilent',
  },
  {
    // A few minutes after a boot it is not synchronized yet.
    alert: 'ReeveClockUnsynchronized',
    expr: `${series('reeve_hypervisor_clock_synchronized')} == 0`,
    for: '30m',
    severity: 'warning',
    summary: 'Nothing keeps the clock of {{ $labels.hypervisor }} right for 30 minutes',
    todo: 'Install or start a time service there (system.timeSync of its Hypervisor), and let NTP out.',
    runbook: 'ReeveClockUnsynchronized',
  },
  {
    // Only what the way there and back cannot explain. Kerberos and TLS bear minutes; logs and DNSSEC do not.
    alert: 'ReeveClockOff',
    expr: `abs(${series('reeve_hypervisor_clock_offset_seconds')}) - ${series('reeve_hypervisor_clock_error_seconds')} > 1`,
    for: '10m',
    severity: 'warning',
    summary: 'The clock of {{ $labels.hypervisor }} is {{ $value | humanizeDuration }} or more away from that of the controller',
    todo: 'Compare both with a third clock: it may be the controller that is wrong. Then start a time service, or step the clock.',
    runbook: 'ReeveClockOff',
  },
  {
    // unattended-upgrades installs them once a day: what waits longer needs a person.
    alert: 'ReeveSecurityUpdatesWait',
    expr: `${series('reeve_hypervisor_security_updates_pending')} > 0`,
    for: '2d',
    severity: 'warning',
    summary: '{{ $value }} security updates wait on {{ $labels.hypervisor }} for 2 days',
    todo: 'Install them by hand (apt-get upgrade), or let unattended-upgrades do so.',
    runbook: 'ReeveSecurityUpdatesWait',
  },
  {
    alert: 'ReeveRebootRequired',
    expr: `${series('reeve_hypervisor_reboot_required')} == 1`,
    for: '2d',
    severity: 'warning',
    summary: '{{ $labels.hypervisor }} asks for a reboot for 2 days',
    todo: 'Choose a time and reboot it; containers start with it.',
    runbook: 'ReeveRebootRequired',
  },
]
