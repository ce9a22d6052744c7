import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planOnce, reconcile } from '../../controller/engine/reconcile.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { emptyMemory, type HostMemory } from '../../controller/engine/session.ts'
import { keepUntold } from '../../controller/engine/unheard.ts'
import { acceptsOf, type Before, type HeldBack, reconcileApart, type Settled, type TrialDeps } from '../../controller/loop/trials.ts'
import { type HypervisorName, keyOf, type ManifestId } from '../../controller/model/ids.ts'
import { brokenBefore } from '../../controller/model/outcome.ts'
import type { DesiredState } from '../../controller/model/plan.ts'
import type { AnyPrimitive, Spec } from '../../controller/model/primitive.ts'
import { sh } from '../../controller/shell/sh.ts'
import { depsOf as hostDepsOf } from '../engine/deps.ts'
import { note, notePrimitive } from '../engine/note.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'

// A note that several manifests share, on a real shell: its check refuses a text with the word BAD, and any text while /mnt/broken is there.
const shared = '/mnt/shared'
const nobody: Before = { held: new Map(), retried: new Map() }
let host: ShellHost
let memory: HostMemory

beforeEach(async () => {
  host = await startShellHost()
  memory = emptyMemory()
})
afterEach(() => host.close())

const checked: AnyPrimitive = {
  ...notePrimitive,
  steps: (spec, change, observed, context) => [
    ...notePrimitive.steps(spec, change, observed, context),
    {
      title: 'check the note',
      phase: 'load',
      run: sh`[ ! -e /mnt/broken ] || { cat /mnt/broken >&2; exit 1; }
bad=$(tr ' ' '\n' <${keyOf(spec.id)} | grep BAD) || exit 0
printf 'refused: %s\n' "$bad" >&2
exit 1`,
    },
  ],
}

type Versions = Readonly<Record<string, string>>

/** What a fleet of these manifests wants, each a word; what is held back has the newest of its older versions that it may have. */
function wanted(head: Versions, past: Readonly<Record<string, readonly string[]>>, held: HeldBack): Versions {
  return Object.fromEntries(
    Object.entries(head).flatMap(([owner, version]) => {
      const suspect = held.get(owner as ManifestId)
      const older = suspect === undefined ? version : (past[owner] ?? []).find(acceptsOf(suspect))
      return older === undefined ? [] : [[owner, older]]
    }),
  )
}

function stateOf(versions: Versions): DesiredState {
  const hypervisor = 'he1' as HypervisorName
  const owners = Object.keys(versions) as ManifestId[]
  const items: { spec: Spec; owners: readonly ManifestId[] }[] = [{ spec: note(shared, Object.values(versions).join(' ')), owners }]
  items.push({ spec: note('/mnt/other', 'other'), owners: ['Note/other' as ManifestId] })
  // What all of them ask for alike, such as a package.
  items.push({ spec: note('/mnt/same', 'same'), owners })
  // What one that is bad asks for besides, and is there.
  const bad = owners.filter((owner) => versions[owner]?.endsWith('BAD'))
  if (bad.length > 0) items.push({ spec: note('/mnt/besides', 'besides'), owners: bad })
  return { hypervisor, fleet: 'test', commit: 'c1', vitals: [], items: items.map((item) => ({ ...item, target: { hypervisor } })) }
}

function depsOf(versions: Versions): ReconcileDeps {
  return hostDepsOf(host, {
    memory,
    primitives: new Map([['note', checked]]),
    generationOf: (owner) => versions[owner],
    removalOf: () => ({ status: 'frozen', because: 'test' }),
  })
}

/** Settles the host on these versions; counts the cycles that it took. */
async function settle(
  head: Versions,
  past: Readonly<Record<string, readonly string[]>> = {},
  before: Before = nobody,
  more: Partial<TrialDeps> = {},
): Promise<Settled & { readonly cycles: number }> {
  let cycles = 0
  const cycle = (held: HeldBack, isTrial: boolean) => {
    cycles++
    const versions = wanted(head, past, held)
    return reconcile(stateOf(versions), { ...depsOf(versions), isTrial })
  }
  const settled = await reconcileApart(
    { cycle, generationOf: (owner) => head[owner], isOver: () => false, keepUntold: (cycles) => keepUntold(memory, cycles), ...more },
    before,
  )
  return { ...settled, cycles }
}

const text = async (): Promise<string> => (await host.run(`cat ${shared} 2>/dev/null || echo absent`)).stdout.trim()
const failures = ({ cycle }: Settled) => cycle.applied.filter(({ outcome }) => outcome.status === 'failed')

const first: Versions = { 'Note/a': 'a1', 'Note/b': 'b1', 'Note/c': 'c1', 'Note/d': 'd1' }
const past = { 'Note/a': ['a1'], 'Note/b': ['b1'], 'Note/c': ['c1'], 'Note/d': ['d1'] }

describe('several manifests in one transaction', () => {
  const cases: readonly { readonly name: string; readonly head: Versions; readonly live: string; readonly rejected: readonly string[] }[] =
    [
      {
        name: 'one bad of four that moved',
        head: { 'Note/a': 'a2', 'Note/b': 'b2', 'Note/c': 'c2BAD', 'Note/d': 'd2' },
        live: 'a2 b2 c1 d2',
        rejected: ['Note/c'],
      },
      {
        name: 'two bad of three that moved',
        head: { ...first, 'Note/a': 'a2BAD', 'Note/b': 'b2', 'Note/d': 'd2BAD' },
        live: 'a1 b2 c1 d1',
        rejected: ['Note/a', 'Note/d'],
      },
      { name: 'the only one that moved', head: { ...first, 'Note/b': 'b2BAD' }, live: 'a1 b1 c1 d1', rejected: ['Note/b'] },
      {
        name: 'all that moved',
        head: { ...first, 'Note/a': 'a2BAD', 'Note/d': 'd2BAD' },
        live: 'a1 b1 c1 d1',
        rejected: ['Note/a', 'Note/d'],
      },
      { name: 'a new one', head: { ...first, 'Note/a': 'a2', 'Note/e': 'e1BAD' }, live: 'a2 b1 c1 d1', rejected: ['Note/e'] },
    ]
  it.each(cases)('$name: the others go live, each bad one fails in its own words and stays as it was', async ({ head, live, rejected }) => {
    await settle(first)
    memory = emptyMemory()
    const settled = await settle(head, past)
    expect(await text()).toBe(live)
    expect([...settled.rejected.keys()].toSorted()).toEqual(rejected)
    expect(failures(settled).map(({ transaction, isHeldBack }) => [transaction.owners, isHeldBack])).toEqual(
      [...settled.rejected.keys()].map((owner) => [[owner], true]),
    )
    for (const { transaction, outcome } of failures(settled))
      expect(outcome).toMatchObject({ stderr: `refused: ${head[transaction.owners[0] ?? '']}` })
    expect(settled.cycle.status).toBe('failed')
    await expect.poll(async () => (await host.run('ls /var/lib/reeve/journal')).stdout, { timeout: 10_000 }).toBe('')
  })

  it('of a host that has nothing yet: what is good is made, what is bad is as if it had never been there', async () => {
    const settled = await settle({ 'Note/a': 'a1', 'Note/b': 'b1BAD', 'Note/c': 'c1' })
    expect(await text()).toBe('a1 c1')
    expect([...settled.rejected.keys()]).toEqual(['Note/b'])
  })

  it('keep what was rejected held back without another trial, and tell of it each time', async () => {
    await settle(first)
    const head = { ...first, 'Note/a': 'a2', 'Note/b': 'b2BAD' }
    const { rejected } = await settle(head, past)
    const again = await settle(head, past, { held: rejected, retried: new Map() })
    expect(again).toMatchObject({ cycles: 1, cycle: { status: 'failed' } })
    expect(failures(again).map(({ transaction }) => transaction.owners)).toEqual([['Note/b']])
    const next = await settle({ ...head, 'Note/c': 'c2' }, past, { held: rejected, retried: new Map() })
    expect(next.cycles).toBe(1)
    expect(await text()).toBe('a2 b1 c2 d1')
  })

  it('let the rejected one in once it is good, and are as wanted', async () => {
    await settle(first)
    const { rejected } = await settle({ ...first, 'Note/b': 'b2BAD' }, past)
    const settled = await settle({ ...first, 'Note/b': 'b3' }, past, { held: new Map(), retried: rejected })
    expect(settled).toMatchObject({ rejected: new Map(), cycle: { status: 'converged' } })
    expect(await text()).toBe('a1 b3 c1 d1')
    const versions = { ...first, 'Note/b': 'b3' }
    expect((await planOnce(stateOf(versions), depsOf(versions))).status).toBe('noop')
  })

  it('write nothing of what does not change while the rejected one is tried again, and all of it once it is let in', async () => {
    await settle(first)
    await host.run('printf besides >/mnt/besides')
    const head = { ...first, 'Note/b': 'b2BAD' }
    const { rejected } = await settle(head, past)
    const held = { held: rejected, retried: new Map() }
    const retry = { held: new Map(), retried: rejected }
    // The first retry finishes what the first try began to take over.
    for (const before of [held, retry, held]) await settle(head, past, before)
    const lines = async () => Number((await host.run('grep -c -e "note:/mnt/same" -e "note:/mnt/besides" /var/lib/reeve/ledger')).stdout)
    const all = async () => (await host.run('cat /var/lib/reeve/ledger')).stdout
    const [before, settled] = [await lines(), await all()]
    await settle(head, past, held)
    expect(await all()).toBe(settled)
    for (const again of [retry, held]) await settle(head, past, again)
    expect(await lines()).toBe(before)
    const good = { ...first, 'Note/b': 'b3' }
    await settle(good, past)
    expect((await all()).split('\n').findLast((line) => line.includes('note:/mnt/same'))).toContain('"Note/b":"b3"')
  })

  it.each([
    { name: 'the checker says that it was broken before', words: brokenBefore, cycles: 1 },
    { name: 'each of them fails in the same words', words: 'no space left on device 4711', cycles: 4 },
  ])('blame nobody where $name', async ({ words, cycles }) => {
    await settle(first)
    await host.run(`echo '${words}' >/mnt/broken`)
    const settled = await settle({ ...first, 'Note/a': 'a2', 'Note/b': 'b2' }, past)
    expect(settled).toMatchObject({ rejected: new Map(), cycles, cycle: { status: 'failed' } })
    expect(failures(settled).map(({ transaction }) => transaction.owners)).toEqual([Object.keys(first)])
    expect(await text()).toBe('a1 b1 c1 d1')
  })

  it('are told as one failure where what was in force is not in Git any more', async () => {
    await settle(first)
    const settled = await settle({ ...first, 'Note/a': 'a2BAD', 'Note/b': 'b2' }, past, nobody, {
      cycle: (held) => {
        if (held.size > 0) return Promise.resolve(undefined)
        const versions = { ...first, 'Note/a': 'a2BAD', 'Note/b': 'b2' }
        return reconcile(stateOf(versions), depsOf(versions))
      },
    })
    expect(failures(settled).map(({ transaction }) => transaction.owners)).toEqual([Object.keys(first)])
    expect(await text()).toBe('a1 b1 c1 d1')
  })

  it('are left undecided, and told of by nobody, when a new commit comes in the middle', async () => {
    await settle(first)
    const settled = await settle({ ...first, 'Note/a': 'a2BAD' }, past, nobody, { isOver: () => true })
    expect(settled).toMatchObject({ isInterrupted: true, rejected: new Map(), cycles: 1 })
    expect(await text()).toBe('a1 b1 c1 d1')
  })

  it.each([
    { name: 'a new commit comes', more: { isOver: () => true } },
    { name: 'the line breaks', breaks: true },
  ])('leave what was put right beside them to the next cycle to tell where $name in the middle', async ({ more = {}, breaks }) => {
    await settle(first)
    await host.run('echo theirs >/mnt/other')
    const head = { ...first, 'Note/a': 'a2BAD', 'Note/b': 'b2' }
    let count = 0
    const cycle = (held: HeldBack, isTrial: boolean) => {
      if (++count > 1) return Promise.reject(new Error('the line broke'))
      const versions = wanted(head, past, held)
      return reconcile(stateOf(versions), { ...depsOf(versions), isTrial })
    }
    const broken = settle(head, past, nobody, breaks ? { cycle } : more)
    if (breaks) await expect(broken).rejects.toThrow('the line broke')
    else await broken
    const { cycle: next } = await settle(first)
    expect(next.drift.map(({ id }) => id)).toEqual(['note:/mnt/other'])
    expect(next.applied.map(({ outcome, transaction }) => [outcome.status, transaction.owners])).toEqual([
      ['done', ['Note/other']],
      // What the bad one asks for besides.
      ['done', ['Note/a']],
    ])
    expect((await settle(first)).cycle).toMatchObject({ drift: [], applied: [] })
  })
})
