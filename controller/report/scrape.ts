import { Counter, Gauge, type Metric, Registry } from 'prom-client'

/** Series that are written in one go. */
const seriesInOneGo = 1000

/** All metrics in the text format. The series of a large fleet take long to write: others are let in after each thousand; one metric is still as it was at one moment. */
export async function scrape(registry: Registry, breathe: () => Promise<void>): Promise<string> {
  const texts: string[] = []
  for (const { name } of registry.getMetricsAsArray()) {
    texts.push(await writeMetric(registry, name, breathe))
    await breathe()
  }
  return `${texts.join('\n\n')}\n`
}

async function writeMetric(registry: Registry, name: string, breathe: () => Promise<void>): Promise<string> {
  const metric = registry.getSingleMetric(name)
  // A histogram is written in another way, and is small.
  if (!(metric instanceof Gauge || metric instanceof Counter)) return registry.getSingleMetricAsString(name)
  const whole = await metric.get()
  const texts: string[] = []
  for (let from = 0; from === 0 || from < whole.values.length; from += seriesInOneGo) {
    if (from > 0) await breathe()
    const text = await writePart(name, { ...whole, values: whole.values.slice(from, from + seriesInOneGo) })
    texts.push(from === 0 ? text : withoutHead(text))
  }
  return texts.join('\n')
}

/** By prom-client itself, which knows how to write a value: a registry that holds these series alone. */
async function writePart(name: string, part: object): Promise<string> {
  const registry = new Registry()
  registry.registerMetric({ name, get: () => Promise.resolve(part) } as unknown as Metric)
  return (await registry.metrics()).slice(0, -1)
}

/** HELP and TYPE stand once. */
function withoutHead(text: string): string {
  return text.split('\n').slice(2).join('\n')
}
