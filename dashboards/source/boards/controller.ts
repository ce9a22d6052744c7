import { dashboard } from '../dashboard.ts'
import { chart, stat } from '../panel.ts'
import { age, increase, quantile, rate, series, total, type Vector } from '../query.ts'
import { noneIsBetter, zeroIsBad } from './words.ts'

const seconds = { unit: 's', min: 0, w: 8 } as const

export const controller = dashboard({
  name: 'controller',
  title: 'controller',
  description: 'Whether Reeve itself keeps up: its queue, its times, Git, and its mails.',
  variables: [],
  groups: [
    {
      title: 'Does it keep up?',
      pieces: [
        stat(
          {
            title: 'Scraped',
            description: 'Whether Prometheus reaches it.',
            w: 4,
            steps: zeroIsBad,
            words: { 0: ['no', 'red'], 1: ['yes', 'green'] },
            runbook: ['ReeveSilent'],
          },
          { query: 'up{job="reeve"}' as Vector<never> },
        ),
        stat(
          {
            title: 'Waiting',
            description: 'Hypervisors that wait for a worker.',
            w: 4,
            steps: ['green', [10, 'orange']],
            runbook: ['ReeveHypervisorNotLookedAt'],
          },
          { query: series('reeve_workqueue_depth') },
        ),
        stat(
          {
            title: 'Longest in hand',
            description: 'Age of the work that is longest in hand.',
            w: 4,
            unit: 's',
            steps: ['green', [300, 'orange'], [900, 'red']],
            runbook: ['ReeveHypervisorNotLookedAt'],
          },
          { query: series('reeve_workqueue_longest_running_processor_seconds') },
        ),
        stat(
          { title: 'Mails that wait', description: 'In its spool.', w: 4, steps: noneIsBetter, runbook: ['ReeveMailFails'] },
          { query: series('reeve_mail_spool_messages') },
        ),
        stat(
          { title: 'Last mail', description: 'Since the smarthost last took one.', w: 4, unit: 's', decimals: 0, none: 'never' },
          { query: age(series('reeve_mail_last_success_timestamp_seconds')) },
        ),
        stat({ title: 'Hypervisors', description: 'That it looks after.', w: 4 }, { query: total('count', series('reeve_hypervisor_up')) }),
        chart(
          {
            title: 'A cycle, by phase, 95 %',
            description: 'observe reads the host, plan compares, apply changes and reads again.',
            ...seconds,
          },
          [{ query: quantile(0.95, rate(series('reeve_reconcile_duration_seconds_bucket')), ['phase']), legend: '{{phase}}' }],
        ),
        chart({ title: 'In the queue, 95 %', description: 'From being due to having a worker.', ...seconds }, [
          { query: quantile(0.95, rate(series('reeve_workqueue_queue_duration_seconds_bucket'))), legend: 'in the queue' },
        ]),
        chart({ title: 'With a worker, 95 %', description: 'A whole cycle.', ...seconds }, [
          { query: quantile(0.95, rate(series('reeve_workqueue_work_duration_seconds_bucket'))), legend: 'with a worker' },
        ]),
        chart(
          {
            title: 'Cycles and retries',
            description: 'Cycles a second that ended, and hypervisors that were put back after an error.',
            w: 12,
            unit: 'cps',
            min: 0,
          },
          [
            { query: rate(series('reeve_workqueue_adds_total')), legend: 'cycles' },
            { query: rate(series('reeve_workqueue_retries_total')), legend: 'retries' },
          ],
        ),
        chart({ title: 'Work at a time', description: 'Workers that are busy, on average.', w: 12, min: 0 }, [
          { query: rate(series('reeve_workqueue_work_duration_seconds_sum')), legend: 'workers' },
        ]),
      ],
    },
    {
      title: 'Git and mail',
      pieces: [
        chart(
          {
            title: 'News of the repository',
            description:
              'success: it answered with something new, or again. error: it did not answer, or its newest commit cannot be read.',
            w: 8,
            min: 0,
            decimals: 0,
            runbook: ['GitTrouble'],
          },
          [{ query: total('sum', increase(series('reeve_git_fetch_total'), '$__rate_interval'), ['result']), legend: '{{result}}' }],
          'bars',
        ),
        chart(
          { title: 'Mails', description: 'Attempts, by result.', w: 8, min: 0, decimals: 0, runbook: ['ReeveMailFails'] },
          [{ query: total('sum', increase(series('reeve_mail_total'), '$__rate_interval'), ['result']), legend: '{{result}}' }],
          'bars',
        ),
        chart(
          {
            title: 'Commits that were refused',
            description: 'By the reason of the first fault.',
            w: 8,
            min: 0,
            decimals: 0,
            runbook: ['CommitRefused'],
          },
          [{ query: increase(series('reeve_git_verify_failures_total'), '$__rate_interval'), legend: '{{reason}}' }],
          'bars',
        ),
        chart(
          { title: 'Webhooks', description: 'Requests, by what became of them.', w: 8, min: 0, decimals: 0, runbook: ['WebhookRefused'] },
          [{ query: increase(series('reeve_webhook_requests_total'), '$__rate_interval'), legend: '{{result}}' }],
          'bars',
        ),
        chart(
          { title: 'Status at the forge', description: 'Attempts to set the status of a commit, by result.', w: 8, min: 0, decimals: 0 },
          [{ query: increase(series('reeve_commit_status_total'), '$__rate_interval'), legend: '{{result}}' }],
          'bars',
        ),
        chart(
          {
            title: 'Replicas',
            description:
              'Hypervisors that each is in charge of; how many controllers it sees; 0 where it is not certain, and so changes nothing; and how many hypervisors it cannot reach, be they in the charge of another one that can.',
            w: 8,
            min: 0,
            decimals: 0,
            runbook: ['EtcdUnreachable', 'Unreachable'],
          },
          [
            { query: series('reeve_replica_hypervisors'), legend: '{{instance}} is in charge of' },
            { query: series('reeve_replicas'), legend: '{{instance}} sees' },
            { query: series('reeve_replica_certain'), legend: '{{instance}} is certain' },
            { query: series('reeve_replica_ways_cut'), legend: '{{instance}} cannot reach' },
          ],
        ),
        chart(
          { title: 'Causes that stand', description: 'By condition.', w: 8, min: 0, decimals: 0 },
          [{ query: total('sum', series('reeve_alerts_firing'), ['condition']), legend: '{{condition}}' }],
          'stacked',
        ),
      ],
    },
  ],
})
