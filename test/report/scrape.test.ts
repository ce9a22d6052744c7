import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { scrape } from '../../controller/report/scrape.ts'

it('writes what prom-client itself writes, and lets others in after each thousand series', async () => {
  const registry = new Registry()
  const registers = [registry]
  const many = new Gauge({ name: 'many', help: 'So many\n"series"', labelNames: ['name', 'type'], registers })
  for (let number = 0; number < 2500; number++) many.set({ name: `n"${number}\\`, type: 'x\ny' }, number)
  new Counter({ name: 'none_total', help: 'Nothing', labelNames: ['a'], registers })
  new Gauge({ name: 'one', help: 'One', registers }).set(1)
  new Histogram({ name: 'took', help: 'Took', labelNames: ['by'], buckets: [0.1, 1], registers }).observe({ by: 'me' }, 0.5)
  const exactly = new Gauge({ name: 'exactly', help: 'A thousand', labelNames: ['name'], registers })
  for (let number = 0; number < 1000; number++) exactly.set({ name: String(number) }, number)
  let breaths = 0
  expect(
    await scrape(registry, async () => {
      breaths++
    }),
  ).toBe(await registry.metrics())
  expect(breaths).toBe(2 + 5)
})
