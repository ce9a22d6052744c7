import { afterEach, beforeEach, expect, it } from 'vitest'
import { reconcile } from '../../controller/engine/reconcile.ts'
import { keyOf, primitiveId } from '../../controller/model/ids.ts'
import { type AnyPrimitive, definePrimitive } from '../../controller/model/primitive.ts'
import { sh } from '../../controller/shell/sh.ts'
import { cutPower, depsOf, textOf, until, wantedOf } from './deps.ts'
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

/** Waits before it ends, where a test wants to kill it. */
const slowly: AnyPrimitive = definePrimitive({
  ...notePrimitive,
  retire({ id }) {
    const path = keyOf(id)
    if (path === trash) return { impact: 'none', steps: [], keptBecause: 'it is trash' }
    const run = sh`mv ${path} ${trash}; while [ -e /mnt/slow ]; do sleep 0.05; done`
    return { impact: 'none', steps: [{ title: 'put aside', run, undo: sh`mv ${trash} ${path}` }], leaves: primitiveId('note', trash) }
  },
})

it('a retirement that was killed when the ledger had already said that it is done is undone, is ours again, and is made anew', async () => {
  const deps = () => depsOf(host, { primitives: new Map([['note', slowly]]) })
  expect(await reconcile(wantedOf([note('/mnt/a', 'x')]), deps())).toMatchObject({ status: 'converged' })
  await host.run('touch /mnt/slow')
  const running = reconcile(wantedOf([]), deps()).catch(() => undefined)
  await until(async () => (await textOf(host, trash)) === 'x')
  host.cut()
  await running
  await cutPower(host)
  await host.run(`rm /mnt/slow
L=/var/lib/reeve/ledger; grep '"id":"note:/mnt/a"' $L | tail -n 1 | sed 's|/mnt/a|${trash}|' >>$L; echo '{"removed":{"target":"he1","id":"note:/mnt/a"}}' >>$L`)

  // Whoever looks is first to find out what was interrupted; the next cycle makes it anew.
  expect((await reconcile(wantedOf([]), deps())).recovered).toHaveLength(1)
  expect(await reconcile(wantedOf([]), deps())).toMatchObject({ plan: { orphans: [{ id: 'note:/mnt/trash' }] } })
  expect([await textOf(host, '/mnt/a'), await textOf(host, trash)]).toEqual(['absent', 'x'])
})
