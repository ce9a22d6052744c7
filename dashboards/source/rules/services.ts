import { series } from '../query.ts'
import type { Rule } from '../rule.ts'

export const servicesRules: readonly Rule[] = [
  {
    // What renews by itself does so a month before. At 14 days the Proxy counts as unhealthy, too.
    alert: 'ReeveCertificateExpires',
    expr: `${series('reeve_proxy_certificate_expiry_timestamp_seconds')} - time() < 21 * 86400`,
    for: '1h',
    severity: 'warning',
    summary:
      'The certificate of {{ $labels.server }} ({{ $labels.kind }}/{{ $labels.name }} on {{ $labels.hypervisor }}) ends in {{ $value | humanizeDuration }}',
    todo: 'See why it was not renewed (certbot renew --dry-run, or who sends it), and put the new one in place; the Proxy reloads by itself.',
    runbook: 'ReeveCertificateExpires',
  },
  {
    alert: 'ReeveMailGatewayDown',
    expr: `${series('reeve_mail_gateway_up')} == 0`,
    for: '5m',
    severity: 'critical',
    summary: 'Mail gateway {{ $labels.target }} of {{ $labels.name }} does not answer as it shall',
    todo: 'systemctl status postfix in the gateway, and its log; the other gateway goes on.',
    runbook: 'ReeveMailGatewayDown',
  },
  {
    // -1 is "not to be told from where Reeve stands".
    alert: 'ReeveMailOpenRelay',
    expr: `${series('reeve_mail_open_relay')} == 1`,
    for: '1m',
    severity: 'critical',
    summary: 'Mail gateway {{ $labels.target }} of {{ $labels.name }} takes mail for strangers',
    todo: 'Take it off the net now, then look at relayFrom and at what main.cf says beside Reeve.',
    runbook: 'ReeveMailOpenRelay',
    conditions: ['OpenRelay'],
  },
  {
    // The defaults of health in the manifest; raise both where a gateway is meant to hold more.
    alert: 'ReeveMailQueueLong',
    expr: `${series('reeve_mail_queue_deferred_messages')} > 100 or ${series('reeve_mail_queue_oldest_seconds')} > 3600`,
    for: '10m',
    severity: 'warning',
    summary: 'Mail waits on {{ $labels.target }} of {{ $labels.name }}',
    todo: 'mailq on the gateway names the commonest reason: a server that does not take mail, or a name that does not resolve.',
    runbook: 'MailQueueLong',
    conditions: ['MailQueueLong'],
  },
  {
    alert: 'ReeveMailQueueStuck',
    expr: `${series('reeve_mail_queue_deferred_messages')} > 1000 or ${series('reeve_mail_queue_oldest_seconds')} > 4 * 3600`,
    for: '10m',
    severity: 'critical',
    summary: 'Mail waits for long on {{ $labels.target }} of {{ $labels.name }}',
    todo: 'mailq on the gateway names the commonest reason; senders are told of delays soon.',
    runbook: 'MailQueueStuck',
    conditions: ['MailQueueStuck'],
  },
  {
    // By turns they differ for as long as a change takes from the first to the last.
    alert: 'ReeveMailGatewaysDiffer',
    expr: `max by (name) (${series('reeve_mail_gateway_fingerprint')}) != min by (name) (${series('reeve_mail_gateway_fingerprint')})`,
    for: '30m',
    severity: 'warning',
    summary: 'The gateways of {{ $labels.name }} do not hold the same',
    todo: 'reeve status names what differs by file and setting.',
    runbook: 'ReeveMailGatewaysDiffer',
  },
  {
    // BIND tells a secondary of a second change only after 5 seconds; Reeve then fetches the zone itself.
    alert: 'ReeveSecondaryStale',
    expr: `${series('reeve_zone_secondary_behind')} == 1`,
    for: '5m',
    severity: 'critical',
    summary: 'Zone {{ $labels.name }} on {{ $labels.target }} is older than on its primary, and does not catch up',
    todo: 'journalctl -u named on the secondary says why it does not transfer: key, address, or port 53 TCP of the primary.',
    runbook: 'ReeveSecondaryStale',
    conditions: ['SecondaryStale'],
  },
  {
    // 1 just after it was renewed; a secondary forgets the zone at 0.
    alert: 'ReeveZoneExpires',
    expr: `${series('reeve_zone_expire_left_ratio')} < 0.5`,
    for: '15m',
    severity: 'warning',
    summary:
      'Zone {{ $labels.name }} on {{ $labels.target }} was not renewed: {{ $value | humanizePercentage }} of the time are left until it is forgotten',
    todo: 'The secondary does not reach its primary: journalctl -u named there says why. At 0 it answers for the zone no more.',
    runbook: 'ReeveZoneExpires',
  },
  {
    // BIND's default policy renews them when 5 of 14 days are left.
    alert: 'ReeveZoneSignaturesEnd',
    expr: `${series('reeve_zone_signatures_end_timestamp_seconds')} - time() < 4 * 86400`,
    for: '1h',
    severity: 'critical',
    summary: 'Signatures of Zone {{ $labels.name }} on {{ $labels.target }} end in {{ $value | humanizeDuration }}, and were not renewed',
    todo: 'journalctl -u named on the primary says why it does not sign: its keys, or a clock that is wrong. After the end validating resolvers refuse the zone.',
    runbook: 'ReeveZoneSignaturesEnd',
  },
  {
    alert: 'ReeveZoneNotServed',
    expr: `${series('reeve_zone_served')} == 0`,
    for: '5m',
    severity: 'critical',
    summary: 'Zone {{ $labels.name }} is not answered for by {{ $labels.target }} ({{ $labels.role }})',
    todo: 'journalctl -u named there says why: not started, or the zone did not load.',
    runbook: 'ReeveZoneNotServed',
  },
  {
    // Three of the usual intervals, and as long again for one that is slow.
    alert: 'ReeveSyslogSilent',
    expr: `time() - ${series('reeve_syslog_sender_last_heard_timestamp_seconds')} > 1800`,
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.name }} has heard nothing from {{ $labels.sender }} for {{ $value | humanizeDuration }}',
    todo: 'See that rsyslog runs there and reaches the sink; a queue on its disk keeps what was said meanwhile.',
    runbook: 'SenderSilent',
    conditions: ['SenderSilent'],
  },
  {
    alert: 'ReeveSyslogSinkFilling',
    expr: `predict_linear(${series('reeve_syslog_sink_free_bytes')}[6h], 86400) < 0`,
    for: '1h',
    severity: 'warning',
    summary:
      'The logs that {{ $labels.name }} keeps on {{ $labels.hypervisor }} fill their disk within a day, if it goes on as in the last six hours',
    todo: 'Find who says so much, keep for a shorter time, or give the sink a larger volume.',
    runbook: 'ReeveSyslogSinkFilling',
  },
]
