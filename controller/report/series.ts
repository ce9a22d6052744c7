import type { Counter, Gauge, Histogram } from 'prom-client'

export type Labels = Readonly<Record<string, string>>
type Metric = Counter | Gauge | Histogram

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
