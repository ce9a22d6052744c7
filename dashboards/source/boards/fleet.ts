import { dashboard, hypervisors, kinds } from '../dashboard.ts'
import { chart, stat, table } from '../panel.ts'
import { age, increase, ofHypervisor, ofObject, only, quantile, rate, series, total, type Vector } from '../query.ts'
import { isUp, noneIsBetter, noneIsGood, object } from './words.ts'

const proof = age(series('reeve_hypervisor_last_proof_timestamp_seconds', ofHypervisor))
/** Hosts where the commit in force is not verified yet. */
const behind =
  `${series('reeve_hypervisor_revision_info', ofHypervisor)} unless on (commit) ${series('reeve_git_revision_info')}` as Vector<
    'hypervisor' | 'commit'
  >

export const fleet = dashboard({
  name: 'fleet',
  title: 'fleet',
  description: 'Whether the fleet is as Git says, since when not, and where to look.',
  variables: [hypervisors, kinds],
  groups: [
    {
      title: 'Is the fleet as Git says?',
      pieces: [
        stat(
          {
            title: 'Fields that drift',
            description: 'Fields that differ from Git because a host moved, and were not put right.',
            w: 4,
            steps: noneIsGood,
            runbook: ['DriftFound'],
          },
          { query: total('sum', series('reeve_drift_fields', ofObject)) },
        ),
        stat(
          {
            title: 'Oldest drift',
            description: 'How long something drifts.',
            w: 4,
            unit: 's',
            none: 'nothing drifts',
            steps: ['orange', [3600, 'red']],
            runbook: ['DriftFound'],
          },
          { query: total('max', series('reeve_drift_open_seconds', ofObject)) },
        ),
        stat(
          {
            title: 'Changes withheld',
            description: 'Changes that a brake holds back until a window, a person or a commit.',
            w: 4,
            none: 'none',
            steps: noneIsBetter,
            runbook: ['Withheld'],
          },
          { query: total('sum', series('reeve_withheld_changes', ofHypervisor)) },
        ),
        stat(
          {
            title: 'Oldest proof',
            description: 'Time since the hypervisor that was held against Git longest ago. Beyond it nothing is known.',
            w: 4,
            unit: 's',
            decimals: 0,
            steps: ['green', [180, 'orange'], [900, 'red']],
            runbook: ['Unreachable', 'ReeveHypervisorNotLookedAt'],
          },
          { query: total('max', proof) },
        ),
        stat(
          {
            title: 'Commit → applied, 95 %',
            description: 'From a commit being seen to it being verified on a host, within the time that is shown.',
            w: 4,
            unit: 's',
            decimals: 1,
            none: 'no commit',
            steps: ['green', [10, 'orange'], [60, 'red']],
          },
          { query: quantile(0.95, increase(series('reeve_commit_to_applied_seconds_bucket'), '$__range')) },
        ),
        stat(
          { title: 'Alerts that stand', description: 'Causes that were mailed and are not over.', w: 4, steps: noneIsGood },
          { query: total('sum', series('reeve_alerts_firing'), ['severity']), legend: '{{severity}}' },
        ),
      ],
    },
    {
      title: 'What is wrong',
      pieces: [
        table(
          {
            title: 'What stands',
            description: 'Every cause that was mailed and is not over. The condition leads to what to do about it.',
            w: 12,
            none: 'nothing',
          },
          { condition: 'Condition', hypervisor: 'Hypervisor', severity: 'Severity' },
          [{ query: only(total('sum', series('reeve_alerts_firing'), ['condition', 'hypervisor', 'severity']), '> 0'), title: 'Causes' }],
        ),
        table(
          {
            title: 'Not as Git says',
            description: 'Manifests whose Ready is false.',
            w: 12,
            none: 'all are',
            runbook: ['ReconcileFailed'],
          },
          object,
          [
            {
              query: only(series('reeve_resource_condition', { ...ofObject, type: '="Ready"' }), '== 0'),
              title: 'Ready',
              words: { 0: ['not as Git says', 'red'] },
            },
          ],
        ),
        table(
          {
            title: 'As Git says, and does not work',
            description: 'Manifests whose Healthy is false.',
            w: 12,
            none: 'all do',
            runbook: ['ReeveUnhealthy'],
          },
          object,
          [
            {
              query: only(series('reeve_resource_condition', { ...ofObject, type: '="Healthy"' }), '== 0'),
              title: 'Healthy',
              words: { 0: ['does not work', 'red'] },
            },
          ],
        ),
        table(
          {
            title: 'Stuck or suspended',
            description: 'Stalled waits for a commit or a person; Suspended is left alone because its manifest says so.',
            w: 12,
            none: 'none',
            runbook: ['Refused'],
          },
          { ...object, type: 'Condition' },
          [
            {
              query: only(series('reeve_resource_condition', { ...ofObject, type: '=~"Stalled|Suspended"' }), '== 1'),
              title: 'Is',
              words: { 1: ['yes', 'orange'] },
            },
          ],
        ),
      ],
    },
    {
      title: 'Hypervisors',
      pieces: [
        table(
          { title: 'Hypervisors', description: 'One row each; its name leads to more.', w: 24, h: 9, runbook: ['Unreachable'] },
          { hypervisor: 'Hypervisor' },
          [
            { query: total('max', series('reeve_hypervisor_up', ofHypervisor), ['hypervisor']), title: 'State', words: isUp },
            {
              query: total('max', proof, ['hypervisor']),
              title: 'Last proof',
              unit: 's',
              decimals: 0,
              steps: ['green', [180, 'orange'], [900, 'red']],
            },
            {
              query: total('sum', series('reeve_drift_fields', ofHypervisor), ['hypervisor']),
              title: 'Fields that drift',
              steps: noneIsGood,
            },
            { query: total('sum', series('reeve_withheld_changes', ofHypervisor), ['hypervisor']), title: 'Withheld', steps: noneIsBetter },
            {
              query: total('max', series('reeve_hypervisor_commit_to_applied_seconds', ofHypervisor), ['hypervisor']),
              title: 'Commit → applied',
              unit: 's',
              decimals: 1,
            },
            {
              query: total('count', series('reeve_resource_condition', { ...ofHypervisor, type: '="Ready"' }), ['hypervisor']),
              title: 'Manifests',
            },
            {
              query: total('max', series('reeve_hypervisor_suspended', ofHypervisor), ['hypervisor']),
              title: 'Suspended',
              words: { 0: ['no', 'green'], 1: ['by command', 'orange'] },
            },
          ],
        ),
      ],
    },
    {
      title: 'Git',
      pieces: [
        stat(
          { title: 'Commit in force', description: 'What the fleet shall be as.', w: 8 },
          { query: series('reeve_git_revision_info'), legend: '{{commit}}' },
          'name',
        ),
        stat(
          {
            title: 'Errors in it',
            description: 'What they are about stays at its last good version; all else converges.',
            w: 4,
            steps: noneIsGood,
            runbook: ['BadCommit'],
          },
          { query: series('reeve_git_revision_errors') },
        ),
        stat(
          {
            title: 'Repository answered',
            description: 'Time since the repository last answered. Commits arrive within the poll interval.',
            w: 4,
            unit: 's',
            decimals: 0,
            steps: ['green', [120, 'orange'], [900, 'red']],
            runbook: ['GitTrouble'],
          },
          { query: age(series('reeve_git_last_fetch_timestamp_seconds')) },
        ),
        stat(
          {
            title: 'Not at it',
            description: 'Hypervisors where the commit in force is not verified yet. For a moment after a commit that is all of them.',
            w: 4,
            none: 'none',
            steps: ['orange', [1, 'orange']],
          },
          { query: behind, legend: '{{hypervisor}}' },
          'name',
        ),
        stat(
          {
            title: 'Newest commit',
            description:
              'Refused: it, or one below it, is not trusted, or the branch went back or was rewritten. What was in force stays so.',
            w: 4,
            words: { 0: ['in force', 'green'], 1: ['refused', 'red'] },
            runbook: ['CommitRefused'],
          },
          { query: series('reeve_git_head_refused') },
        ),
        chart(
          { title: 'Manifests not as Git says, by kind', description: 'Ready is false.', w: 12, min: 0, decimals: 0, none: 'all are' },
          [
            {
              query: total('count', only(series('reeve_resource_condition', { ...ofObject, type: '="Ready"' }), '== 0'), ['kind']),
              legend: '{{kind}}',
            },
          ],
          'stacked',
        ),
        chart(
          {
            title: 'Cycles, by what came of them',
            description:
              'noop: nothing to do · success: changed and verified · withheld: a brake holds something back · error: is tried again.',
            w: 12,
            unit: 'cps',
          },
          [{ query: total('sum', rate(series('reeve_reconcile_total', ofHypervisor)), ['result']), legend: '{{result}}' }],
          'stacked',
        ),
      ],
    },
  ],
})
