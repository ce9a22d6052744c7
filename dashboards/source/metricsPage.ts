import { exportedName, type MetricDefinition, metricDefinitions, ownerLabels } from '../../controller/model/metric.ts'
import { vitalMetrics } from '../../controller/model/vitalMetrics.ts'

/** docs/metrics.md: every metric that /metrics exports. */
export function metricsPage(): string {
  const rows = Object.entries(metricDefinitions).map(([name, definition]) => row(name, definition))
  return `# Metrics

<!-- Generated from controller/model/*Metrics.ts by \`npm run generate\`. Do not edit. -->

\`/metrics\` of the controller. Base units; a series goes with its manifest or hypervisor. A manifest has at most 12 series on a hypervisor where
nothing is wrong, and 2 for each part that it names (disk, server, rule, sender, …); \`smartctl_*\` have the names and labels of smartctl_exporter,
whose dashboards work with them. Dashboards and alert rules that use them: [dashboards](../dashboards/README.md).

| metric | type | labels | what it is |
|---|---|---|---|
${rows.join('\n')}
`
}

function row(name: string, { type, labels, help }: MetricDefinition): string {
  const all = name in vitalMetrics ? [...ownerLabels, ...labels] : labels
  return `| \`${exportedName(name)}\` | ${type} | ${all.map((label) => `\`${label}\``).join(' ')} | ${help} |`
}
