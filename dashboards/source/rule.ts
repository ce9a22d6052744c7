import { type AlertCondition, alertConditions } from '../../controller/model/alarm.ts'
import { anchorOf } from './panel.ts'
import { series, total } from './query.ts'
import { containersRules } from './rules/containers.ts'
import { controllerRules } from './rules/controller.ts'
import { machinesRules } from './rules/machines.ts'
import { manifestsRules } from './rules/manifests.ts'
import { servicesRules } from './rules/services.ts'
import { storageRules } from './rules/storage.ts'

/** An alert rule of Prometheus. */
export interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for: string
  /** `{{ $labels.severity }}`: as its series says. */
  readonly severity: 'critical' | 'warning' | '{{ $labels.severity }}'
  readonly summary: string
  /** What to do, in a sentence or two; no templates. */
  readonly todo: string
  /** A heading of docs/runbook.md. */
  readonly runbook: string
  /** Conditions that Reeve mails about for which this rule stands. */
  readonly conditions?: readonly AlertCondition[]
}

/** Relative, since nobody but its owner knows where this repository is shown; dashboards/README.md says how to put an address before it. */
export const runbookFile = 'docs/runbook.md'

const own: readonly Rule[] = [
  ...controllerRules,
  ...manifestsRules,
  ...machinesRules,
  ...containersRules,
  ...storageRules,
  ...servicesRules,
]

/** Conditions that have a rule of their own. */
const covered = own.flatMap(({ conditions = [] }) => conditions)

/** All else that Reeve mails about: one rule for each condition that has none of its own. */
const stands: Rule = {
  alert: 'ReeveAlertStands',
  expr: `${total('sum', series('reeve_alerts_firing', { condition: `!~"${[...covered].sort().join('|')}"` }), ['hypervisor', 'condition', 'severity'])} > 0`,
  for: '1m',
  severity: '{{ $labels.severity }}',
  summary: '{{ $labels.condition }}{{ with $labels.hypervisor }} on {{ . }}{{ end }}: Reeve found it and mailed it',
  todo: 'The mail and reeve status say what was found, since when, and what to do.',
  runbook: '{{ $labels.condition | toLower }}',
  conditions: alertConditions.filter((condition) => !covered.includes(condition)),
}

export const rules: readonly Rule[] = [...own, stands]

/** What each rule tells people beside its summary. */
export function annotationsOf({ summary, todo, runbook }: Rule) {
  const anchor = runbook.startsWith('{{') ? runbook : anchorOf(runbook)
  return { summary, description: todo, runbook_url: `${runbookFile}#${anchor}` }
}
