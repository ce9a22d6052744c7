import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readRules } from '../../../controller/cli/rules.ts'
import { moved } from '../../../controller/loop/moved.ts'
import { makeRevision, type Revision, type RevisionRules } from '../../../controller/loop/revision.ts'
import type { HypervisorName } from '../../../controller/model/ids.ts'
import type { Ledger } from '../../../controller/model/ledger.ts'
import type { OpenSecret } from '../../../controller/model/secrets.ts'
import type { Tree } from '../../../controller/model/tree.ts'
import { Secret } from '../../../controller/shell/secret.ts'
import { print, printOf } from './print.ts'
import { type Act, beginnings, done, historyOf, treeOf, type World } from './world.ts'

const isLong = process.env['REEVE_TEST_LONG'] === '1'
const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const number = fc.nat(10_000)
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constantFrom('edit', 'edit', 'reorder', 'drop', 'rename', 'refer', 'refer', 'label', 'graft', 'graft', 'double'),
      at: number,
      to: number,
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('break', 'remove', 'move'), at: number }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('repair', 'repair', 'secret'), at: number, to: number }) },
)

/** Commits, each of some acts. `isCrossed`: the one before is read once more at the same time. */
const commits = fc.array(fc.record({ acts: fc.array(act, { minLength: 1, maxLength: 3 }), isCrossed: fc.boolean() }), {
  minLength: 1,
  maxLength: isLong ? 20 : 6,
})

const openSecret: OpenSecret = async (bytes) => {
  const text = Buffer.from(bytes).toString()
  if (text === 'closed') return { status: 'closed', reason: 'it is closed', hint: 'open it' }
  return { status: 'opened', secret: new Secret(Buffer.from(text).toString('base64')) }
}

/** Breathes every so many steps, so that what is read at the same time is read in turns. */
function slices() {
  let asked = 0
  return { nowMs: () => Math.floor(asked++ / 40) * 100, breathe: () => new Promise<void>((resolve) => setImmediate(resolve)) }
}

const { memo: _, compileMemo: __, slices: ___, ...coldRules } = { ...readRules('fleet'), openSecret }
const cold: RevisionRules = coldRules

/** A host that was brought to what a revision asks of it. */
function ledgerOf({ compiled, commit, fleet }: Revision): readonly Ledger[] {
  const fileOf = new Map(fleet.manifests.map(({ id, source }) => [id, source.file]))
  return [...compiled.states].map(([hypervisor, { items }]) => ({
    header: { format: 1, fleet: 'fleet', hypervisor, machineId: 'm', epoch: 1, generation: 1, commit },
    entries: new Map(
      items.map(({ spec, owners }) => [spec.id, { owners, files: owners.flatMap((owner) => fileOf.get(owner) ?? []) }]),
    ) as unknown as Ledger['entries'],
  }))
}

function statesThatDiffer(before: Revision, next: Revision): readonly HypervisorName[] {
  return [...next.compiled.states.keys()].filter(
    (name) => print(before.compiled.states.get(name)?.items, true) !== print(next.compiled.states.get(name)?.items, true),
  )
}

async function play(first: World, history: readonly { readonly acts: readonly Act[]; readonly isCrossed: boolean }[]) {
  const warm: RevisionRules = { ...readRules('fleet'), openSecret, slices: slices() }
  const trees: Tree[] = [treeOf(first, 'c0')]
  let world = first
  let before = await makeRevision(trees[0] as Tree, warm, historyOf(trees), [])
  for (const [index, { acts, isCrossed }] of history.entries()) {
    world = acts.reduce((now, one) => done(one, now, first), world)
    const tree = treeOf(world, `c${index + 1}`)
    trees.push(tree)
    const git = historyOf(trees)
    const ledgers = ledgerOf(before)
    const crossed = isCrossed ? makeRevision(trees[index] as Tree, warm, git, ledgers) : undefined
    const next = await makeRevision(tree, warm, git, ledgers)
    const anew = await makeRevision(tree, cold, git, ledgers)
    expect(printOf(next)).toBe(printOf(anew))
    if (crossed !== undefined) expect(printOf(await crossed)).toBe(printOf(await makeRevision(trees[index] as Tree, cold, git, ledgers)))
    const names = moved(before, next)
    expect(names).toEqual(expect.arrayContaining([...statesThatDiffer(before, next)]))
    expect(moved(before, anew)).toEqual(expect.arrayContaining([...names]))
    before = next
  }
}

it.each(beginnings)(
  'comes to the same, byte for byte, as reading everything anew: random commits on %s',
  async (_name, first) => {
    await fc.assert(
      fc.asyncProperty(commits, (history) => play(first, history)),
      { seed, numRuns: isLong ? 60 : 2, endOnFailure: !isLong },
    )
  },
  isLong ? 3_600_000 : 240_000,
)
