import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Move } from '../dashboards/moves.ts'
import { nativeFaults } from '../dashboards/native.ts'
import { type Prometheus, panelQueries, type Query, startPrometheus } from '../dashboards/prometheus.ts'
import { hasMoved, sum } from '../dashboards/shown.ts'
import type { World } from './world.ts'

const queries = panelQueries('30s', '300s')
/** Longer than a cycle: what is age is young again after each. */
const jumpSeconds = 8

/** A Prometheus that scrapes the controller: real faults move its panels. */
export function panelScenarios(use: () => World, isLong: boolean): void {
  describe('the panels show that', { retry: 0, timeout: 200_000 }, () => {
    let prometheus: Prometheus
    beforeAll(async () => {
      prometheus = await startPrometheus(use().port)
      await prometheus.queryUntilThere('count_over_time(reeve_hypervisor_up[1m]) > 2')
    }, 60_000)
    afterAll(() => prometheus?.[Symbol.asyncDispose]())

    const faults = nativeFaults.filter(({ isQuick }) => isLong || isQuick).map((fault) => [fault.name, fault] as const)
    test.each(faults)('%s', async (_, { inject, heal, shows }) => {
      const shown = Object.entries(shows).flatMap(([where, moves]) => asked(where, moves))
      await oldEnough(shown, prometheus)
      const before = new Map(await Promise.all(shown.map(async ({ query }) => [query, await prometheus.query(query.expression)] as const)))
      await inject(use())
      const still = new Set(shown)
      await expect
        .poll(
          async () => {
            for (const one of still) {
              const answers = { before: before.get(one.query) ?? [], after: await prometheus.query(one.query.expression), jumpSeconds }
              if (hasMoved(one.move, one.query, answers)) still.delete(one)
            }
            return [...still].map(({ query, move }) => `${query.where}: ${query.expression} never ${move}`)
          },
          { timeout: 45_000, interval: 200 },
        )
        .toEqual([])
      await heal(use())
    })
  })
}

/** What is younger than a jump cannot fall by one: a commit may have come a moment ago. */
async function oldEnough(shown: ReturnType<typeof asked>, prometheus: Prometheus): Promise<void> {
  const ages = shown.filter(({ move, query }) => move === 'falls' && query.expression.includes('time()'))
  for (const { query } of ages)
    await expect
      .poll(async () => sum(await prometheus.query(query.expression)), { timeout: 60_000, interval: 500 })
      .toBeGreaterThan(2 * jumpSeconds)
}

function asked(where: string, moves: Move | readonly (Move | undefined)[]): readonly { readonly query: Query; readonly move: Move }[] {
  const own = queries.filter((query) => query.where === where)
  if (own.length === 0) throw new Error(`there is no panel ${where}`)
  return own.flatMap((query, index) => {
    const move = typeof moves === 'string' ? moves : moves[index]
    return move === undefined ? [] : [{ query, move }]
  })
}
