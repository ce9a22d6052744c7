import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRounds, type Party, type Result } from '../../controller/cli/rounds.ts'
import { planOnce, reconcile } from '../../controller/engine/reconcile.ts'
import { emptyMemory } from '../../controller/engine/session.ts'
import { neighboursOf } from '../../controller/loop/beside.ts'
import type { HostHandle } from '../../controller/loop/ports.ts'
import { makeRevision, type Revision } from '../../controller/loop/revision.ts'
import type { HypervisorName } from '../../controller/model/ids.ts'
import type { DesiredState } from '../../controller/model/plan.ts'
import { depsOf, textOf } from '../engine/deps.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { type Boards, rules, treeOf } from '../loop/neighbours/rig.ts'
import { startOpenvzHost } from '../openvz/host.ts'

// Two real shells under the rounds of `reeve plan` and `reeve apply`.
const names = ['he1', 'he2'] as HypervisorName[]
const hosts = new Map<string, ShellHost>()
let looks: string[] = []

beforeEach(async () => {
  looks = []
  for (const name of names) hosts.set(name, await startShellHost())
})
afterEach(async () => {
  await Promise.all([...hosts.values()].map((host) => host.close()))
})

const he = (name: string): ShellHost => hosts.get(name) as ShellHost
const history = { history: async () => [], readFile: async () => undefined }
const revisionOf = (boards: Boards, of: readonly string[] = names): Promise<Revision> =>
  makeRevision(treeOf('c1', of, boards), rules, history, [])
const both = [{ hypervisor: 'he1' }, { hypervisor: 'he2' }]
const slow = (text: string, more = {}): Boards => ({ gates: { at: both, text, isSlow: true, ...more } })
const mirror = (text: string): Boards => ({
  source: { at: [{ hypervisor: 'he2' }], path: '/mnt/source', text },
  mirror: { at: [{ hypervisor: 'he1' }], text: '', mirrors: { hypervisor: 'he2', path: '/mnt/source' } },
})

interface Run {
  readonly changes: boolean
  readonly down?: string
  /** Seconds by which each wait moves the clock: patience ends soon. */
  readonly hurries?: number
  onWait?(): Promise<unknown>
}

/** Rounds over both hosts, as the commands make them. */
async function run(revision: Revision, { changes, down, hurries = 0, onWait }: Run): Promise<Readonly<Record<string, Result>>> {
  let ahead = 0
  const rounds = createRounds({
    waits: changes,
    nowSeconds: () => Date.now() / 1000 + ahead,
    async wait() {
      ahead += hurries
      await onWait?.()
    },
    randomHex: () => randomBytes(16).toString('hex'),
  })
  const partyOf = (name: HypervisorName): Party => ({
    name,
    handle: Object.assign(Object.create(he(name)) as ShellHost, { [Symbol.asyncDispose]: async () => {} }) as HostHandle,
    async cycle() {
      looks.push(name)
      if (name === down) throw new Error('no route to host')
      const { peers, turnOf } = rounds.ground(revision)
      const policy = { approvals: new Set<string>(), isWindowOpen: () => false, suspendedBecause: () => undefined, turnOf }
      const primitives = new Map(rules.primitives.map((primitive) => [primitive.type, primitive]))
      const deps = depsOf(he(name), { memory: emptyMemory(), primitives, policy, peers })
      return (changes ? reconcile : planOnce)(revision.compiled.states.get(name) as DesiredState, deps)
    },
  })
  return Object.fromEntries(await rounds.run(names.map(partyOf), revision))
}

const statusOf = (result: Result | undefined): string =>
  result === undefined
    ? 'not looked at'
    : 'error' in result
      ? result.error.message
      : `${result.cycle.status} ${result.cycle.message}`.trim()
const heldOf = (result: Result | undefined) => (result && 'cycle' in result ? result.cycle.plan.withheld.map(({ because }) => because) : [])

describe('an apply', () => {
  it('goes on to the second placement when the first one is done, and then does nothing more', async () => {
    const revision = await revisionOf(slow('one', { asks: 'network' }))
    const first = await run(revision, { changes: true })
    expect([statusOf(first['he1']), statusOf(first['he2'])]).toEqual(['converged', 'converged'])
    expect(await textOf(he('he2'), '/mnt/note')).toBe('one')
    looks = []
    const second = await run(revision, { changes: true })
    expect([statusOf(second['he1']), statusOf(second['he2'])]).toEqual(['noop', 'noop'])
    expect(looks).toEqual(['he1', 'he2'])
  })

  it.each(['network', 'slow'] as const)(
    'goes on to a second placement on the same hypervisor, whose health is asked by %s',
    async (asks) => {
      const host = await startOpenvzHost()
      await he('he1').close()
      hosts.set('he1', host)
      for (const ctid of ['101', '102'])
        await host.must(
          `cp /mnt/template.tar.gz /var/lib/vz/template/cache/d.tar.gz; vzctl create ${ctid} --ostemplate d >/dev/null; vzctl start ${ctid} >/dev/null`,
        )
      const at = ['101', '102'].map((ctid) => ({ hypervisor: 'he1', ctid }))
      const revision = await revisionOf({ gates: { at, path: '/root/note', text: 'one', isSlow: true, asks } })
      const after = await run(revision, { changes: true })
      expect(statusOf(after['he1'])).toBe('converged')
      for (const ctid of ['101', '102']) expect(await textOf(host, `/var/lib/vz/private/${ctid}/root/note`)).toBe('one')
    },
  )

  it('waits for a first placement that becomes healthy', async () => {
    await he('he1').run('echo ill >/mnt/note.ill')
    const after = await run(await revisionOf(slow('one')), { changes: true, onWait: () => he('he1').run('rm /mnt/note.ill') })
    expect([statusOf(after['he1']), statusOf(after['he2'])]).toEqual(['converged', 'converged'])
  })

  it('ends without the second placement when the first one stays ill', async () => {
    await he('he1').run('echo ill >/mnt/note.ill')
    const after = await run(await revisionOf(slow('one')), { changes: true, hurries: 50 })
    expect(statusOf(after['he2'])).toBe('waiting waits until he1 is Healthy with this commit: ill')
    expect(await textOf(he('he2'), '/mnt/note')).toBe('absent')
  })

  it('does not try a first placement again that failed', async () => {
    const after = await run(await revisionOf(slow('one', { fails: true })), { changes: true })
    expect(statusOf(after['he2'])).toContain('waits until he1 is Healthy with this commit: the change of note:/mnt/note failed there')
    expect(looks).toEqual(['he1', 'he2', 'he2'])
  })

  it('ends without the second placement when the first one cannot be reached', async () => {
    const after = await run(await revisionOf(slow('one')), { changes: true, down: 'he1' })
    expect(statusOf(after['he2'])).toContain('he1 could not be read: no route to host')
    expect(looks).toEqual(['he1', 'he2', 'he2'])
  })

  it('asks a peer first, and follows what it became', async () => {
    const after = await run(await revisionOf(mirror('one')), { changes: true })
    expect([statusOf(after['he1']), statusOf(after['he2'])]).toEqual(['converged', 'converged'])
    expect(await textOf(he('he1'), '/mnt/note')).toBe('seen one')
  })

  it('leaves it to the one that asks where a peer cannot be reached', async () => {
    const after = await run(await revisionOf(mirror('one')), { changes: true, down: 'he2' })
    expect(statusOf(after['he1'])).toBe('converged')
    expect(await textOf(he('he1'), '/mnt/note')).toBe('alone')
  })
})

describe('a plan', () => {
  it('says what the second placement waits for, and changes nothing', async () => {
    const after = await run(await revisionOf(slow('one')), { changes: false })
    expect(heldOf(after['he2'])).toEqual(['waits until he1 is Healthy with this commit: note:/mnt/note is not yet as Git says'])
    expect(await textOf(he('he1'), '/mnt/note')).toBe('absent')
  })

  it('is made from what peers say', async () => {
    await he('he2').run('echo other >/mnt/source')
    const after = await run(await revisionOf(mirror('one')), { changes: false })
    const result = after['he1']
    const changes = result && 'cycle' in result ? result.cycle.plan.transactions.flatMap((transaction) => transaction.changes) : []
    expect(changes.flatMap(({ fields }) => fields.map((field) => field.after))).toEqual(['seen other'])
  })
})

it.each([
  { name: 'a peer', boards: mirror('one'), of: 'he1', beside: ['he2'] },
  { name: 'nobody where it is only looked at', boards: mirror('one'), of: 'he2', beside: [] },
  { name: 'a placement that comes first', boards: slow('one'), of: 'he2', beside: ['he1'] },
  { name: 'nobody where it comes first', boards: slow('one'), of: 'he1', beside: [] },
])('one hypervisor alone needs $name', async ({ boards, of, beside }) => {
  expect([...neighboursOf([of as HypervisorName], await revisionOf(boards))]).toEqual(beside)
})
