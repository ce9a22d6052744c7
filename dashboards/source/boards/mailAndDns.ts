import { dashboard, hypervisors } from '../dashboard.ts'
import { chart, stat, table, timeline } from '../panel.ts'
import { age, ofHypervisor, series, total, until, type Vector } from '../query.ts'
import { doesWork } from './words.ts'

const server = { name: 'Zone', target: 'Server', role: 'Role' } as const
const serverLabels = ['name', 'target', 'role'] as const
const gateway = '{{name}} {{target}}'
/** More than one: the gateways of a route do not hold the same. */
const sorts =
  `count by (name) (count_values by (name) ("fingerprint", ${series('reeve_mail_gateway_fingerprint', ofHypervisor)}))` as Vector<'name'>

export const mailAndDns = dashboard({
  name: 'mail-and-dns',
  title: 'mail, DNS, sites and logs',
  description: 'Whether services answer, whether their servers hold the same, and what ends soon.',
  variables: [hypervisors],
  groups: [
    {
      title: 'Mail',
      pieces: [
        timeline(
          {
            title: 'Gateways',
            description: 'Whether each answers as it shall.',
            w: 8,
            words: doesWork,
            none: 'no MailRoute',
            runbook: ['ReeveMailGatewayDown'],
          },
          { query: series('reeve_mail_gateway_up', ofHypervisor), legend: gateway },
        ),
        timeline(
          { title: 'Servers that they deliver to', description: 'Whether each takes mail.', w: 8, words: doesWork, none: 'no MailRoute' },
          { query: series('reeve_mail_target_up', ofHypervisor), legend: '{{name}} {{server}}' },
        ),
        timeline(
          {
            title: 'Relays for strangers',
            description: 'Open: it takes mail for others from anybody.',
            w: 8,
            words: { 0: ['closed', 'green'], 1: ['open', 'red'], [-1]: ['cannot be told', 'blue'] },
            none: 'no MailRoute',
            runbook: ['OpenRelay'],
          },
          { query: series('reeve_mail_open_relay', ofHypervisor), legend: gateway },
        ),
        chart(
          {
            title: 'Queue',
            description: 'Messages that wait.',
            w: 8,
            min: 0,
            decimals: 0,
            none: 'no MailRoute',
            runbook: ['MailQueueLong', 'MailQueueStuck'],
          },
          [{ query: series('reeve_mail_queue_messages', ofHypervisor), legend: gateway }],
        ),
        chart(
          {
            title: 'Deferred',
            description: 'Messages that were tried and must wait.',
            w: 8,
            min: 0,
            decimals: 0,
            none: 'no MailRoute',
            steps: ['green', [100, 'orange'], [1000, 'red']],
            runbook: ['MailQueueLong', 'MailQueueStuck'],
          },
          [{ query: series('reeve_mail_queue_deferred_messages', ofHypervisor), legend: gateway }],
        ),
        chart(
          {
            title: 'Oldest message',
            description: 'How long it waits.',
            w: 8,
            unit: 's',
            min: 0,
            none: 'no MailRoute',
            steps: ['green', [3600, 'orange'], [14400, 'red']],
            runbook: ['MailQueueLong', 'MailQueueStuck'],
          },
          [{ query: series('reeve_mail_queue_oldest_seconds', ofHypervisor), legend: gateway }],
        ),
        stat(
          {
            title: 'Gateways that differ',
            description: '1: all gateways of a route hold the same. More: they do not; by turns that lasts as long as a change.',
            w: 24,
            none: 'no MailRoute',
            steps: ['green', [2, 'orange']],
            runbook: ['ReeveMailGatewaysDiffer'],
          },
          { query: sorts, legend: '{{name}}' },
        ),
      ],
    },
    {
      title: 'DNS',
      pieces: [
        timeline(
          {
            title: 'Zones served',
            description: 'Whether each server answers with authority.',
            w: 12,
            words: doesWork,
            none: 'no Zone',
            runbook: ['ReeveZoneNotServed'],
          },
          { query: series('reeve_zone_served', ofHypervisor), legend: '{{name}} {{target}}' },
        ),
        timeline(
          {
            title: 'Name servers',
            description: 'Whether each answers for the zones that it has.',
            w: 12,
            words: doesWork,
            none: 'no NameServer',
          },
          { query: series('reeve_nameserver_answers', ofHypervisor), legend: '{{name}} {{zone}}' },
        ),
        table(
          {
            title: 'Zones',
            description:
              'What each server has of a zone, whether a secondary keeps up, what is left until it forgets the zone, and when signatures end.',
            w: 24,
            none: 'no Zone',
            runbook: ['SecondaryStale', 'ReeveZoneExpires', 'ReeveZoneSignaturesEnd'],
          },
          server,
          [
            { query: total('max', series('reeve_zone_serial', ofHypervisor), serverLabels), title: 'Serial', unit: 'none', decimals: 0 },
            {
              query: total('max', series('reeve_zone_secondary_behind', ofHypervisor), serverLabels),
              title: 'Behind',
              words: { 0: ['no', 'green'], 1: ['yes', 'red'] },
            },
            {
              query: total('min', series('reeve_zone_expire_left_ratio', ofHypervisor), serverLabels),
              title: 'Left until it is forgotten',
              unit: 'percentunit',
              steps: ['red', [0.5, 'green']],
            },
            {
              query: total('min', until(series('reeve_zone_signatures_end_timestamp_seconds', ofHypervisor)), serverLabels),
              title: 'Signatures end in',
              unit: 's',
              steps: ['red', [345600, 'green']],
            },
          ],
        ),
      ],
    },
    {
      title: 'Sites',
      pieces: [
        timeline(
          {
            title: 'Virtual hosts',
            description: 'Whether each answers as it shall.',
            w: 8,
            words: doesWork,
            none: 'no Proxy',
            runbook: ['ReeveUnhealthy'],
          },
          { query: series('reeve_proxy_vhost_up', ofHypervisor), legend: '{{name}} {{server}}' },
        ),
        timeline(
          {
            title: 'Backends (Varnish)',
            description: 'Whether Varnish holds each for healthy.',
            w: 8,
            words: doesWork,
            none: 'no Varnish',
            runbook: ['ReeveUnhealthy'],
          },
          { query: series('reeve_proxy_backend_up', ofHypervisor), legend: '{{name}} {{server}}' },
        ),
        table(
          { title: 'Certificates', description: 'When each ends.', w: 8, none: 'no certificate', runbook: ['ReeveCertificateExpires'] },
          { hypervisor: 'Hypervisor', name: 'Proxy', server: 'Virtual host' },
          [
            {
              query: until(series('reeve_proxy_certificate_expiry_timestamp_seconds', ofHypervisor)),
              title: 'Ends in',
              unit: 's',
              steps: ['red', [1209600, 'orange'], [1814400, 'green']],
            },
          ],
        ),
      ],
    },
    {
      title: 'Logs',
      pieces: [
        table(
          {
            title: 'Senders',
            description: 'Time since the sink last heard of each.',
            w: 8,
            none: 'no SyslogSink',
            runbook: ['SenderSilent'],
          },
          { name: 'Sink', sender: 'Sender' },
          [
            {
              query: age(series('reeve_syslog_sender_last_heard_timestamp_seconds', ofHypervisor)),
              title: 'Silent for',
              unit: 's',
              steps: ['green', [900, 'orange'], [1800, 'red']],
            },
          ],
        ),
        chart(
          {
            title: 'Kept back at senders',
            description: 'What rsyslog holds on disk because the sink does not take it.',
            w: 8,
            unit: 'bytes',
            min: 0,
            none: 'no SyslogSink',
            runbook: ['SenderSilent'],
          },
          [{ query: series('reeve_syslog_queue_disk_bytes', ofHypervisor), legend: '{{target}}' }],
        ),
        chart(
          {
            title: 'Free at the sink',
            description: 'Space where it keeps its logs.',
            w: 8,
            unit: 'bytes',
            min: 0,
            none: 'no SyslogSink',
            runbook: ['ReeveSyslogSinkFilling'],
          },
          [{ query: series('reeve_syslog_sink_free_bytes', ofHypervisor), legend: '{{name}}' }],
        ),
      ],
    },
  ],
})
