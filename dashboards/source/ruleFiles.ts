import { parse, stringify } from 'yaml'
import { severities } from '../../controller/report/alerts.ts'
import { annotationsOf, type Rule, rules } from './rule.ts'

const generated = 'Generated from dashboards/source/ by `npm run generate`. Do not edit.'

/** dashboards/alerts.yml. */
export function alertsFile(): string {
  const all = rules.map((rule) => ({
    alert: rule.alert,
    expr: rule.expr,
    for: rule.for,
    labels: { severity: rule.severity },
    annotations: annotationsOf(rule),
  }))
  return `# ${generated}\n# Alert rules for Prometheus. What each means and what to do: docs/runbook.md. Their cases: alerts.test.yml.\n${stringify({ groups: [{ name: 'reeve', rules: all }] }, { lineWidth: 0 })}`
}

interface Case {
  readonly name: string
  readonly interval: string
  readonly input_series: readonly unknown[]
  readonly alert_rule_test: readonly {
    readonly eval_time: string
    readonly alertname: string
    readonly exp_alerts: readonly { readonly exp_labels: Readonly<Record<string, string>>; readonly summary: string }[]
  }[]
}

/** dashboards/alerts.test.yml: the cases, with the annotations that do not depend on them. */
export function alertCasesFile(cases: string): string {
  const tests = [...(parse(cases) as readonly Case[]), everyCondition()].map((one) => ({
    ...one,
    alert_rule_test: one.alert_rule_test.map((test) => ({
      ...test,
      exp_alerts: test.exp_alerts.map(({ exp_labels, summary }) => ({
        exp_labels,
        exp_annotations: expected(test.alertname, exp_labels, summary),
      })),
    })),
  }))
  const file = { rule_files: ['alerts.yml'], evaluation_interval: '1m', tests }
  return `# ${generated}\n# promtool test rules alerts.test.yml\n${stringify(file, { lineWidth: 0, aliasDuplicateObjects: false })}`
}

function expected(alert: string, labels: Readonly<Record<string, string>>, summary: string) {
  const rule: Rule | undefined = rules.find((one) => one.alert === alert)
  if (rule === undefined) throw new Error(`dashboards/source/rules/cases.yml: there is no rule ${alert}`)
  const { description, runbook_url } = annotationsOf(rule)
  return { summary, description, runbook_url: runbook_url.replace(/\{\{.*\}\}/, (labels['condition'] ?? '').toLowerCase()) }
}

/** Each condition that has no rule of its own: it stands from the second minute on. */
function everyCondition(): Case {
  const conditions = rules.find(({ alert }) => alert === 'ReeveAlertStands')?.conditions ?? []
  const labelled = conditions.map((condition) => ({ hypervisor: 'he1', condition, severity: severities[condition] }))
  const written = (labels: object) =>
    Object.entries(labels)
      .map(([label, value]) => `${label}="${value}"`)
      .join(', ')
  const found = labelled.map((labels) => ({
    exp_labels: labels,
    summary: `${labels.condition} on he1: Reeve found it and mailed it`,
  }))
  return {
    name: 'every cause that Reeve tells, and that has no rule of its own',
    interval: '1m',
    input_series: labelled.map((labels) => ({ series: `reeve_alerts_firing{${written(labels)}}`, values: '0 0 1x10' })),
    alert_rule_test: [
      { eval_time: '2m', alertname: 'ReeveAlertStands', exp_alerts: [] },
      { eval_time: '4m', alertname: 'ReeveAlertStands', exp_alerts: found },
    ],
  }
}
