import { dashboard, hypervisors, kinds } from '../dashboard.ts'
import { chart, stat, table, timeline } from '../panel.ts'
import { age, increase, ofHypervisor, ofObject, rate, ratio, series, total, type Vector } from '../query.ts'
import { circuit, isHealthy, isReady, isUp, noneIsBetter, noneIsGood, object } from './words.ts'

const each = '{{hypervisor}}'
const named = '{{kind}}/{{name}}'

/** More than the way there and back can explain. */
const clockOff =
  `abs(${series('reeve_hypervisor_clock_offset_seconds', ofHypervisor)}) - ${series('reeve_hypervisor_clock_error_seconds', ofHypervisor)}` as Vector<'hypervisor'>
const starts = `resets(${series('reeve_container_uptime_seconds', ofHypervisor)}[$__range])` as Vector<'hypervisor' | 'name'>

export const hypervisor = dashboard({
  name: 'hypervisor',
  title: 'hypervisor',
  description: 'How a hypervisor stands, what Reeve does there, and how its containers are.',
  variables: [hypervisors, kinds],
  groups: [
    {
      title: 'How it stands',
      pieces: [
        timeline(
          {
            title: 'Reached',
            description: 'Whether a cycle could read it. While not, nothing is known and nothing is changed there.',
            w: 8,
            words: isUp,
            runbook: ['Unreachable', 'HostRefused', 'HostKeyChanged'],
          },
          { query: series('reeve_hypervisor_up', ofHypervisor), legend: each },
        ),
        chart(
          {
            title: 'Time since last proof',
            description: 'Since a cycle last held all of it against Git.',
            w: 8,
            unit: 's',
            min: 0,
            steps: ['green', [900, 'red']],
            runbook: ['ReeveHypervisorNotLookedAt'],
          },
          [{ query: age(series('reeve_hypervisor_last_proof_timestamp_seconds', ofHypervisor)), legend: each }],
        ),
        table(
          {
            title: 'Left undone at the last cycle',
            description: 'Refused: cannot or must not be made so. Unknown: could not be read, and was left alone. Failed: was undone.',
            w: 8,
            runbook: ['Refused', 'ReconcileFailed'],
          },
          { hypervisor: 'Hypervisor' },
          [
            { query: series('reeve_refused_items', ofHypervisor), title: 'Refused', steps: noneIsBetter },
            { query: series('reeve_unknown_items', ofHypervisor), title: 'Unknown', steps: noneIsBetter },
            { query: series('reeve_failed_transactions', ofHypervisor), title: 'Failed', steps: noneIsGood },
          ],
        ),
        timeline(
          { title: 'As Git says', description: 'Ready of each manifest.', w: 12, words: isReady, runbook: ['ReconcileFailed'] },
          { query: series('reeve_resource_condition', { ...ofObject, type: '="Ready"' }), legend: named },
        ),
        timeline(
          {
            title: 'Healthy',
            description: 'Whether what each manifest asks for does its work.',
            w: 12,
            words: isHealthy,
            runbook: ['ReeveUnhealthy'],
          },
          { query: series('reeve_resource_condition', { ...ofObject, type: '="Healthy"' }), legend: named },
        ),
      ],
    },
    {
      title: 'The machine',
      pieces: [
        stat(
          { title: 'Up since', description: 'Time since its boot.', w: 4, unit: 's', decimals: 0 },
          { query: series('reeve_hypervisor_uptime_seconds', ofHypervisor), legend: each },
        ),
        stat(
          { title: 'Failed units', description: 'Units of its systemd that failed.', w: 4, steps: noneIsGood, runbook: ['ReeveUnhealthy'] },
          { query: series('reeve_hypervisor_units_failed', ofHypervisor), legend: each },
        ),
        stat(
          {
            title: 'Asks for a reboot',
            description: 'An update wants one.',
            w: 4,
            words: { 0: ['no', 'green'], 1: ['yes', 'orange'] },
            runbook: ['ReeveRebootRequired'],
          },
          { query: series('reeve_hypervisor_reboot_required', ofHypervisor), legend: each },
        ),
        stat(
          {
            title: 'Security updates that wait',
            description: 'By the package lists that it has.',
            w: 4,
            steps: noneIsBetter,
            runbook: ['ReeveSecurityUpdatesWait'],
          },
          { query: series('reeve_hypervisor_security_updates_pending', ofHypervisor), legend: each },
        ),
        stat(
          {
            title: 'Clock kept right',
            description: 'Whether something keeps its clock right.',
            w: 4,
            words: { 0: ['no', 'orange'], 1: ['yes', 'green'] },
            runbook: ['ReeveClockUnsynchronized'],
          },
          { query: series('reeve_hypervisor_clock_synchronized', ofHypervisor), legend: each },
        ),
        stat(
          {
            title: 'Circuit',
            description: 'Open: it did not answer several times, and is asked rarely.',
            w: 4,
            words: circuit,
            runbook: ['Unreachable'],
          },
          { query: series('reeve_hypervisor_circuit_state', ofHypervisor), legend: each },
        ),
        stat(
          {
            title: 'Watched',
            description: 'What moves there is told at once. Otherwise the resync finds it.',
            w: 4,
            words: { 0: ['in part', 'orange'], 1: ['yes', 'green'] },
            runbook: ['ReeveWatchSilent'],
          },
          { query: total('min', series('reeve_hypervisor_watch_up', ofHypervisor), ['hypervisor']), legend: each },
        ),
        stat(
          {
            title: 'Last sign of the watch',
            description: 'Every 15 seconds, or sooner where something moves.',
            w: 4,
            unit: 's',
            steps: ['green', [45, 'orange']],
            none: 'not watched',
            runbook: ['ReeveWatchSilent'],
          },
          { query: age(series('reeve_hypervisor_watch_last_event_timestamp_seconds', ofHypervisor)), legend: each },
        ),
        chart(
          {
            title: 'Memory and root file system',
            description: 'What is left of them.',
            w: 8,
            unit: 'percentunit',
            min: 0,
            max: 1,
            steps: ['red', [0.05, 'green']],
            runbook: ['ReeveUnhealthy'],
          },
          [
            { query: series('reeve_hypervisor_memory_available_ratio', ofHypervisor), legend: '{{hypervisor}} memory' },
            { query: series('reeve_hypervisor_root_available_ratio', ofHypervisor), legend: '{{hypervisor}} root' },
          ],
        ),
        chart(
          {
            title: 'Clock off',
            description: "From the controller's clock, beyond what the way there and back can explain.",
            w: 8,
            unit: 's',
            steps: ['green', [1, 'orange']],
            runbook: ['ReeveClockOff'],
          },
          [{ query: clockOff, legend: each }],
        ),
        chart(
          {
            title: 'Way there and back',
            description: 'Of a message, without the time that the host was at work.',
            w: 8,
            unit: 's',
            min: 0,
          },
          [{ query: series('reeve_hypervisor_round_trip_seconds', ofHypervisor), legend: each }],
        ),
        chart(
          {
            title: 'Waiting for its answers',
            description: 'Share of time that Reeve waits for this host: its own work, and the way.',
            w: 8,
            unit: 'percentunit',
            min: 0,
          },
          [{ query: rate(series('reeve_ssh_wait_seconds_total', ofHypervisor)), legend: each }],
        ),
        chart(
          {
            title: 'Messages',
            description: 'Messages a second whose answer was waited for. A cycle without a change is one.',
            w: 8,
            unit: 'cps',
            min: 0,
          },
          [{ query: rate(series('reeve_ssh_round_trips_total', ofHypervisor)), legend: each }],
        ),
        table(
          { title: 'What it runs on', description: 'Versions of what carries out the manifests.', w: 8, none: 'not read yet' },
          { hypervisor: 'Hypervisor', provider: 'Program', version: 'Version' },
          [{ query: series('reeve_hypervisor_provider_info', ofHypervisor), title: 'There' }],
        ),
      ],
    },
    {
      title: 'Containers',
      pieces: [
        chart({ title: 'Processor', description: 'Cores that each uses.', w: 8, unit: 'short', min: 0, none: 'no containers' }, [
          { query: rate(series('reeve_container_cpu_seconds_total', ofHypervisor)), legend: '{{name}}' },
        ]),
        chart({ title: 'Memory', description: 'What each uses.', w: 8, unit: 'bytes', min: 0, none: 'no containers' }, [
          { query: series('reeve_container_memory_bytes', ofHypervisor), legend: '{{name}}' },
        ]),
        chart(
          {
            title: 'Memory, of its limit',
            description: 'At 100 % the kernel begins to kill.',
            w: 8,
            unit: 'percentunit',
            min: 0,
            none: 'no limits',
            steps: ['green', [0.9, 'orange']],
            runbook: ['ReeveContainerOutOfMemory'],
          },
          [
            {
              query: ratio(
                series('reeve_container_memory_bytes', ofHypervisor),
                series('reeve_container_memory_limit_bytes', ofHypervisor),
              ),
              legend: '{{name}}',
            },
          ],
        ),
        chart(
          {
            title: 'Killed for want of memory',
            description: 'Processes that the kernel killed.',
            w: 8,
            min: 0,
            none: 'no containers',
            runbook: ['ReeveContainerOutOfMemory'],
          },
          [{ query: increase(series('reeve_container_oom_kills_total', ofHypervisor), '$__rate_interval'), legend: '{{name}}' }],
          'bars',
        ),
        table(
          {
            title: 'Starts and failed units',
            description:
              'Starts within the time that is shown, times that it did not stop by itself and was killed since the boot of its host, failed units inside.',
            w: 16,
            none: 'no containers',
            runbook: ['ReeveContainerRestarts', 'ReeveContainerKilled', 'ReeveContainerUnitsFailed'],
          },
          { hypervisor: 'Hypervisor', name: 'Container' },
          [
            { query: total('max', starts, ['hypervisor', 'name']), title: 'Starts', steps: ['green', [3, 'red']] },
            {
              query: total('max', series('reeve_container_kills_total', ofHypervisor), ['hypervisor', 'name']),
              title: 'Killed',
              steps: noneIsBetter,
            },
            {
              query: total('max', series('reeve_container_units_failed', ofHypervisor), ['hypervisor', 'name']),
              title: 'Failed units',
              steps: noneIsGood,
            },
          ],
        ),
        table(
          {
            title: 'Beancounters (OpenVZ)',
            description: 'What is held of those that a manifest sets, and what was refused.',
            w: 12,
            none: 'none are set',
            runbook: ['LimitReached'],
          },
          { hypervisor: 'Hypervisor', name: 'Container', counter: 'Counter' },
          [
            { query: total('max', series('reeve_container_ubc_held', ofHypervisor), ['hypervisor', 'name', 'counter']), title: 'Held' },
            {
              query: total('max', series('reeve_container_ubc_failures_total', ofHypervisor), ['hypervisor', 'name', 'counter']),
              title: 'Refused',
              steps: noneIsBetter,
            },
          ],
        ),
      ],
    },
    {
      title: 'Firewall',
      pieces: [
        chart(
          {
            title: 'Rules that are counted',
            description: 'Bytes a second that met a rule with `counter: true`.',
            w: 12,
            unit: 'Bps',
            min: 0,
            none: 'no rule is counted',
          },
          [{ query: rate(series('reeve_firewall_rule_bytes_total', ofHypervisor)), legend: '{{hypervisor}} {{rule}}' }],
        ),
        chart(
          {
            title: 'Rules that are counted, packets',
            description: 'Packets a second.',
            w: 12,
            unit: 'pps',
            min: 0,
            none: 'no rule is counted',
          },
          [{ query: rate(series('reeve_firewall_rule_packets_total', ofHypervisor)), legend: '{{hypervisor}} {{rule}}' }],
        ),
        table(
          {
            title: 'Others who filter there',
            description: "Tables beside Reeve's own, and base chains of theirs that drop: what Reeve lets in may not arrive.",
            w: 24,
            h: 5,
            none: 'no Firewall',
          },
          object,
          [
            { query: series('reeve_firewall_foreign_tables', ofHypervisor), title: 'Tables' },
            { query: series('reeve_firewall_foreign_drop_chains', ofHypervisor), title: 'Chains that drop', steps: noneIsBetter },
          ],
        ),
      ],
    },
  ],
})
