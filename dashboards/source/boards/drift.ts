import { dashboard, hypervisors, kinds } from '../dashboard.ts'
import { chart, stat, table } from '../panel.ts'
import { increase, ofHypervisor, ofObject, only, quantile, series, total, type Vector } from '../query.ts'
import { noneIsBetter, object } from './words.ts'

const labels = ['hypervisor', 'kind', 'name'] as const
/** Found and not put right. */
const left =
  `${increase(series('reeve_drift_detected_total', ofObject), '$__range')} - ${increase(series('reeve_drift_corrected_total', ofObject), '$__range')}` as Vector<
    (typeof labels)[number]
  >

export const drift = dashboard({
  name: 'drift',
  title: 'drift',
  description: 'What drifts and since when, what Reeve did about it, what it withheld, and how commits arrive.',
  variables: [hypervisors, kinds],
  groups: [
    {
      title: 'Now',
      pieces: [
        table(
          {
            title: 'What drifts now',
            description:
              'Fields that a host changed and that were not put right, and since when. `reeve status` and the mail name each with what was wanted and found.',
            w: 16,
            h: 9,
            none: 'nothing drifts',
            runbook: ['DriftFound'],
          },
          object,
          [
            { query: only(series('reeve_drift_fields', ofObject), '> 0'), title: 'Fields' },
            { query: series('reeve_drift_open_seconds', ofObject), title: 'Since', unit: 's', steps: ['orange', [3600, 'red']] },
          ],
        ),
        table(
          {
            title: 'What is withheld',
            description: 'Changes that a brake holds back, by the brake.',
            w: 8,
            h: 9,
            none: 'nothing',
            runbook: ['Withheld', 'RolloutWaits'],
          },
          { hypervisor: 'Hypervisor', reason: 'Brake' },
          [{ query: series('reeve_withheld_changes', ofHypervisor), title: 'Changes', steps: noneIsBetter }],
        ),
      ],
    },
    {
      title: 'Drift over time',
      pieces: [
        chart(
          { title: 'Found', description: 'Items found drifting; what stays is found again in each cycle.', w: 8, min: 0, decimals: 0 },
          [
            {
              query: increase(series('reeve_drift_detected_total', ofObject), '$__rate_interval'),
              legend: '{{hypervisor}} {{kind}}/{{name}}',
            },
          ],
          'bars',
        ),
        chart(
          {
            title: 'Put right',
            description: 'Items put right and verified. One that comes again and again is fought over: something else writes it.',
            w: 8,
            min: 0,
            decimals: 0,
            runbook: ['DriftFound'],
          },
          [
            {
              query: increase(series('reeve_drift_corrected_total', ofObject), '$__rate_interval'),
              legend: '{{hypervisor}} {{kind}}/{{name}}',
            },
          ],
          'bars',
        ),
        chart(
          {
            title: 'How long it is open',
            description: 'Age of the oldest open drift of each manifest.',
            w: 8,
            unit: 's',
            min: 0,
            none: 'nothing drifted',
          },
          [{ query: total('max', series('reeve_drift_open_seconds', ofObject), labels), legend: '{{hypervisor}} {{kind}}/{{name}}' }],
        ),
        chart(
          {
            title: 'How soon it is found',
            description: 'From what announced it, by the watch; of what nothing announced, the most that it can have been there.',
            w: 24,
            unit: 's',
            min: 0,
            none: 'nothing drifted',
            runbook: ['ReeveWatchSilent'],
          },
          [
            {
              query: quantile(0.5, increase(series('reeve_drift_detection_seconds_bucket'), '1h'), ['source']),
              legend: '{{source}}, half of them',
            },
            {
              query: quantile(0.95, increase(series('reeve_drift_detection_seconds_bucket'), '1h'), ['source']),
              legend: '{{source}}, 95 %',
            },
          ],
        ),
        table(
          { title: 'Drifts most', description: 'Items found, within the time that is shown.', w: 12, none: 'nothing drifted' },
          object,
          [
            {
              query: only(
                `topk(10, ${increase(series('reeve_drift_detected_total', ofObject), '$__range')})` as Vector<(typeof labels)[number]>,
                '> 0',
              ),
              title: 'Found',
              decimals: 0,
            },
          ],
        ),
        table(
          {
            title: 'Found and not put right',
            description: 'Because driftPolicy is Report, a brake holds it, or putting it right failed.',
            w: 12,
            none: 'all was put right',
            runbook: ['DriftFound', 'ReconcileFailed'],
          },
          object,
          [{ query: only(left, '> 0.5'), title: 'Times', decimals: 0, steps: ['green', [1, 'orange']] }],
        ),
      ],
    },
    {
      title: 'Commits',
      pieces: [
        chart(
          {
            title: 'Commit → applied',
            description: 'From a commit being seen to it being verified on a host, over all hosts.',
            w: 12,
            unit: 's',
            min: 0,
            none: 'no commit',
          },
          [
            { query: quantile(0.5, increase(series('reeve_commit_to_applied_seconds_bucket'), '1h')), legend: 'half of the hosts' },
            { query: quantile(0.95, increase(series('reeve_commit_to_applied_seconds_bucket'), '1h')), legend: '95 %' },
          ],
        ),
        chart(
          {
            title: 'Commit → applied, by hypervisor',
            description: 'Of the newest commit that is verified there.',
            w: 12,
            unit: 's',
            min: 0,
            none: 'no commit',
          },
          [{ query: series('reeve_hypervisor_commit_to_applied_seconds', ofHypervisor), legend: '{{hypervisor}}' }],
        ),
        stat(
          { title: 'Time since the newest commit', description: 'Since it was seen first.', w: 4, unit: 's', decimals: 0 },
          { query: `time() - ${series('reeve_git_revision_timestamp_seconds')}` as Vector<never> },
        ),
        table(
          { title: 'Where which commit is', description: 'The newest commit that is verified on each hypervisor.', w: 20, h: 6 },
          { hypervisor: 'Hypervisor', commit: 'Commit' },
          [{ query: series('reeve_hypervisor_revision_info', ofHypervisor), title: 'There' }],
        ),
      ],
    },
    {
      title: 'Removals',
      pieces: [
        chart(
          { title: 'Retired', description: 'Items taken away because no manifest asks for them.', w: 12, min: 0, decimals: 0 },
          [{ query: increase(series('reeve_prune_total', ofHypervisor), '$__rate_interval'), legend: '{{hypervisor}}' }],
          'bars',
        ),
        chart(
          {
            title: 'Removals withheld',
            description: 'Plans that would take away too much: they wait for `reeve approve`.',
            w: 12,
            min: 0,
            decimals: 0,
            runbook: ['Withheld'],
          },
          [{ query: increase(series('reeve_prune_blocked_total', ofHypervisor), '$__rate_interval'), legend: '{{hypervisor}} {{reason}}' }],
          'bars',
        ),
      ],
    },
  ],
})
