import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

export type Labels = Readonly<Record<string, string>>
type Metric = Counter | Gauge | Histogram

/** What every metric of ours is made from: name (without prefix) and help, and its labels. */
export interface Definition {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}

/** Name of a metric as it is exported; smartctl_* keep the names that others' dashboards know (DESIGN §9). */
export function exportedName(name: string): string {
  return name.startsWith('smartctl_') || name.startsWith('reeve_') ? name : `reeve_${name}`
}

export function counter(registry: Registry, { name, help, labels = [] }: Definition): Counter {
  return new Counter({ name: exportedName(name), help, labelNames: [...labels], registers: [registry] })
}

export function gauge(registry: Registry, { name, help, labels = [] }: Definition): Gauge {
  return new Gauge({ name: exportedName(name), help, labelNames: [...labels], registers: [registry] })
}

export function histogram(registry: Registry, definition: Definition, bucketsSeconds: readonly number[]): Histogram {
  const { name, help, labels = [] } = definition
  return new Histogram({ name: exportedName(name), help, labelNames: [...labels], buckets: [...bucketsSeconds], registers: [registry] })
}

/** Deletes every series of a metric whose labels agree with these: an object that is gone leaves no numbers behind. */
export async function forget(metric: Metric, where: Labels): Promise<void> {
  const { values } = await metric.get()
  for (const { labels } of values) if (agrees(labels, where)) metric.remove(withoutBucket(labels))
}

function agrees(labels: Partial<Record<string, string | number>>, where: Labels): boolean {
  return Object.entries(where).every(([label, value]) => labels[label] === value)
}

function withoutBucket({ le: _bucket, ...labels }: Partial<Record<string, string | number>>) {
  return labels
}
