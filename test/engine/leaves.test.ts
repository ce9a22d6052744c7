import { afterEach, beforeEach, expect, it } from 'vitest'
import { reconcile } from '../../controller/engine/reconcile.ts'
import { keyOf, primitiveId } from '../../controller/model/ids.ts'
import { type AnyPrimitive, definePrimitive } from '../../controller/model/primitive.ts'
import { sh } from '../../controller/shell/sh.ts'
import { depsOf, textOf, wantedOf } from './deps.ts'
import { note, notePrimitive } from './note.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

let host: ShellHost
beforeEach(async () => {
  host = await startShellHost()
})
afterEach(() => host.close())

const trash = '/mnt/trash'
/** What retirements were told of the controller's clock. */
const times: (number | undefined)[] = []

/** What is not wanted any more is put aside first, kept there while it says so, and then removed. */
const leaving: AnyPrimitive = definePrimitive({
  ...notePrimitive,
  retire({ id }, observed, { nowSeconds }) {
    times.push(nowSeconds)
    const path = keyOf(id)
    if (path !== trash)
      return { impact: 'none', steps: [{ title: 'put aside', run: sh`mv ${path} ${trash}` }], leaves: primitiveId('note', trash) }
    const isKept = observed.status === 'present' && observed.state === 'keep'
    return { impact: 'none', steps: isKept ? [] : [{ title: 'remove', run: sh`rm ${trash}` }], keptBecause: 'it says so' }
  },
})

it('what a retirement leaves is owned from then on, kept and told, and removed in its turn', async () => {
  const deps = () => depsOf(host, { primitives: new Map([['note', leaving]]), now: () => 1_800_000_000.5 })
  expect(await reconcile(wantedOf([note('/mnt/a', 'keep')]), deps())).toMatchObject({ status: 'converged' })
  expect(await reconcile(wantedOf([]), deps())).toMatchObject({ status: 'converged' })
  expect([await textOf(host, '/mnt/a'), await textOf(host, trash)]).toEqual(['absent', 'keep'])

  const kept = await reconcile(wantedOf([]), deps())
  expect(kept).toMatchObject({ status: 'noop', plan: { orphans: [{ id: 'note:/mnt/trash', owners: ['Note/one'] }] } })
  expect(kept.plan.orphans[0]?.because).toContain('it says so')

  await host.run(`echo go >${trash}`)
  expect(await reconcile(wantedOf([]), deps())).toMatchObject({ status: 'converged' })
  expect(await textOf(host, trash)).toBe('absent')
  expect(await reconcile(wantedOf([]), deps())).toMatchObject({ status: 'noop', plan: { orphans: [] } })
  expect(new Set(times)).toEqual(new Set([1_800_000_000]))
})
