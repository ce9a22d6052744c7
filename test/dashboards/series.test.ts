import { describe, expect, it } from 'vitest'
import { type MetricDefinition, metricDefinitions, ownerLabels } from '../../controller/model/metric.ts'
import { vitalMetrics } from '../../controller/model/vitalMetrics.ts'
import { createMetrics, type Metrics } from '../../controller/report/metrics.ts'
import { exampleFleet, recordFleet } from './fleet.ts'
import { nowSeconds } from './readings.ts'

interface Line {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

async function seriesOf(metrics: Metrics): Promise<readonly Line[]> {
  const all = await metrics.registry.getMetricsAsJSON()
  return all.flatMap(({ name, values }) => values.map(({ labels }) => ({ name, labels: labels as Line['labels'] })))
}

/** Labels of a part that a manifest or its machine names: a disk, a server, a rule. */
const parts = ['target', 'server', 'rule', 'zone', 'sender', 'disk', 'counter', 'thin_pool', 'volume_group', 'provider', 'test']

function partOf({ labels }: Line): string | undefined {
  const own = parts.flatMap((label) => (labels[label] === undefined ? [] : [`${label} ${labels[label]} ${labels['device'] ?? ''}`]))
  return own.length === 0 ? undefined : own.join(' ')
}

async function measured(more: boolean) {
  const metrics = createMetrics()
  await recordFleet(metrics, exampleFleet({ more }), nowSeconds)
  const all = (await seriesOf(metrics)).filter(({ labels, name }) => labels['kind'] !== undefined && !name.startsWith('smartctl_'))
  const ours = Map.groupBy(all, ({ labels }) => ownerLabels.map((label) => labels[label]).join(' '))
  return [...ours].map(([manifest, lines]) => {
    const named = new Set(lines.flatMap((line) => partOf(line) ?? []))
    return { manifest, series: lines.length, parts: named.size, most: 12 + 2 * named.size }
  })
}

describe('the series of a manifest', () => {
  it.each([
    ['of the example fleet', false],
    ['of every kind of thing', true],
  ])('%s are at most 12 on a hypervisor, and 2 for each part that it names', async (_, more) => {
    const rows = await measured(more)
    expect(rows.length).toBeGreaterThan(20)
    for (const { manifest, series, parts: named } of rows)
      console.log(`${String(series).padStart(4)} series  ${String(named).padStart(2)} parts  ${manifest}`)
    expect(rows.filter(({ series, most }) => series > most)).toEqual([])
    expect(rows.filter(({ series, parts: named }) => named === 0 && series > 12)).toEqual([])
  })

  it('have just the labels that their definitions name', async () => {
    const metrics = createMetrics()
    await recordFleet(metrics, exampleFleet({ more: true }), nowSeconds)
    const lines = (await seriesOf(metrics)).filter(({ labels }) => labels['kind'] !== undefined)
    for (const { name, labels } of lines) {
      const key = name.replace(/^reeve_/, '')
      const definition: MetricDefinition | undefined = metricDefinitions[key as keyof typeof metricDefinitions]
      const own = key in vitalMetrics ? [...ownerLabels, ...(definition?.labels ?? [])] : (definition?.labels ?? [])
      expect(Object.keys(labels).sort(), name).toEqual([...own].sort())
    }
    const measuredNames = new Set(lines.map(({ name }) => name.replace(/^reeve_/, '')))
    expect(Object.keys(vitalMetrics).filter((name) => !measuredNames.has(name))).toEqual([])
  })

  it("of the controller's own times are of the whole controller", () => {
    for (const [name, { type, labels }] of Object.entries(metricDefinitions) as readonly [string, MetricDefinition][]) {
      if (type === 'histogram') expect(labels, name).not.toContain('hypervisor')
    }
  })
})
