import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { planOnce, reconcile } from '../../controller/engine/reconcile.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { emptyMemory, type HostMemory } from '../../controller/engine/session.ts'
import type { AnyPrimitive } from '../../controller/model/primitive.ts'
import { joinScripts, type Script, sh } from '../../controller/shell/sh.ts'
import { depsOf, textOf, until, wantedOf } from './deps.ts'
import { note, notePrimitive } from './note.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

let host: ShellHost
let memory: HostMemory

beforeEach(async () => {
  host = await startShellHost()
  memory = emptyMemory()
})
afterEach(() => host.close())

const deps = (more: Partial<ReconcileDeps> = {}): ReconcileDeps => depsOf(host, { memory, ...more })
const text = (path: string): Promise<string> => textOf(host, path)

describe('two writers on one host', () => {
  it('leaves an apply alone that still runs for a controller that died', async () => {
    const running = reconcile(wantedOf([note('/mnt/a', 'x', { sleepSeconds: 2 })]), deps()).catch((error: Error) => error)
    await until(async () => (await text('/mnt/a')) === 'x')
    host.cut()
    expect(await running).toBeInstanceOf(Error)
    memory = emptyMemory()
    const busy = await reconcile(wantedOf([note('/mnt/a', 'y')]), deps())
    expect(busy.status).toBe('waiting')
    await until(async () => (await host.run('cat /var/lib/reeve/journal/*/state 2>/dev/null')).stdout !== '')
    expect((await reconcile(wantedOf([note('/mnt/a', 'y')]), deps())).status).toBe('converged')
    expect(await text('/mnt/a')).toBe('y')
  })

  it('refuses a plan that another controller overtook', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())
    const other = emptyMemory()
    const late = deps({
      host: { ...host, exchange: overtaken(() => reconcile(wantedOf([note('/mnt/a', 'theirs')]), deps({ memory: other }))) },
    })
    const cycle = await reconcile(wantedOf([note('/mnt/a', 'ours')]), late)
    expect(cycle.applied.filter(({ outcome }) => outcome.status === 'done').length).toBeLessThanOrEqual(2)
    expect(await text('/mnt/a')).toBe('ours')
    expect((await host.run('grep -c generation /var/lib/reeve/ledger')).stdout.trim()).toBe('3')
  })

  it('leaves the journal alone in which another controller carries out the same plan', async () => {
    const state = wantedOf([note('/mnt/a', 'x', { sleepSeconds: 2 })])
    const [one, two] = await Promise.all([reconcile(state, deps()), reconcile(state, deps({ host: ofItsOwn(), memory: emptyMemory() }))])
    // The slower of the two finds the other at work, or done already.
    expect([one.status, two.status].sort()).toEqual(['converged', expect.stringMatching(/^(waiting|noop)$/)])
    expect((await reconcile(state, deps())).status).toBe('noop')
    expect((await host.run('grep -c generation /var/lib/reeve/ledger')).stdout.trim()).toBe('1')
  })
})

const silence = { drift: [], finishedJobs: [], recovered: [], applied: [] }
const emptiness = { transactions: [], records: [], forgotten: [], withheld: [], refused: [], orphans: [], unknown: [] }

describe('a controller that meets a running apply', () => {
  const slow = (text: string, sleepSeconds = 2) => wantedOf([note('/mnt/a', text, { sleepSeconds }), note('/mnt/b', text)], 'c2')

  /** Another controller, with shells of its own, that does what this says; resolves when its apply is half done. */
  async function begin(act: (its: ReconcileDeps) => Promise<Cycle>, more: Partial<ReconcileDeps> = {}): Promise<() => Promise<Cycle>> {
    const cycle = act(deps({ host: ofItsOwn(), memory: emptyMemory(), controller: 'reeve apply on ops2', ...more }))
    await until(async () => (await text('/mnt/a')) === 'new')
    return () => cycle
  }

  it('derives nothing from what it sees, and says whose apply it is', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'old'), note('/mnt/b', 'old'), note('/mnt/c', 'old')]), deps())
    const theirs = await begin((its) => reconcile(slow('new'), its))
    for (const look of [planOnce, reconcile]) {
      const cycle = await look(slow('old'), deps())
      expect(cycle).toMatchObject({ status: 'waiting', passes: look === planOnce ? 0 : 1, roundTrips: 1, ...silence, plan: emptiness })
      expect(cycle.message).toMatch(
        /^apply [0-9a-f]{16} \(fleet test, commit c2, by reeve apply on ops2\) is running on the host since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/,
      )
      expect(cycle.busy).toMatchObject({ isOverdue: false, by: 'fleet test, commit c2, by reeve apply on ops2' })
    }
    expect((await theirs()).status).toBe('converged')
    expect(await reconcile(slow('new'), deps())).toMatchObject({ status: 'noop', ...silence })
  })

  it('looks again where an apply began while it was reading, and had ended before it was done', async () => {
    const state = wantedOf([note('/mnt/a', 'old'), note('/mnt/b', 'old')])
    await reconcile(state, deps())
    const probe: AnyPrimitive['probe'] = (...asked) => joinScripts([notePrimitive.probe(...asked), sh`sleep 2`])
    const looking = planOnce(state, deps({ primitives: new Map([['note', { ...notePrimitive, probe }]]) }))
    await host.run('sleep 0.7')
    expect((await reconcile(slow('new', 0), deps({ host: ofItsOwn(), memory: emptyMemory() }))).status).toBe('converged')
    const cycle = await looking
    expect(cycle).toMatchObject({
      roundTrips: 2,
      busy: undefined,
      ...silence,
      plan: { ...emptiness, transactions: [{}, {}], ledgerGeneration: 2 },
    })
  })

  it('derives nothing where applies follow upon each other while it reads', async () => {
    const state = wantedOf([note('/mnt/a', 'old'), note('/mnt/b', 'old')])
    await reconcile(state, deps())
    const busily = sh`echo "$$ $(date +%N)" >/run/reeve/turn`
    const probe: AnyPrimitive['probe'] = (...asked) => joinScripts([notePrimitive.probe(...asked), busily])
    await host.run('echo half >/mnt/a; rm /mnt/b')
    const message = 'another apply ran on the host while it was being read'
    expect(await reconcile(state, deps({ primitives: new Map([['note', { ...notePrimitive, probe }]]) }))).toMatchObject({
      status: 'waiting',
      message,
      roundTrips: 2,
      ...silence,
      plan: emptiness,
    })
  })

  it('leaves the jobs alone that the running apply has not started yet', async () => {
    const job = note('/mnt/job', 'x', { isJob: true })
    const state = wantedOf([note('/mnt/a', 'new', { sleepSeconds: 2 }), job])
    const theirs = await begin((its) => reconcile(state, its))
    expect(await reconcile(state, deps())).toMatchObject({ status: 'waiting', ...silence })
    await theirs()
    await until(async () => (await text('/mnt/job')) === 'x')
    await until(async () => (await reconcile(state, deps())).status === 'noop')
  })

  it('waits for one that is delivered and not started yet, and undoes it once its controller is gone', async () => {
    const journal = '/var/lib/reeve/journal/0123456789abcdef'
    await host.run(`mkdir -p ${journal} && echo ': >${journal}/started; echo recovered >${journal}/state' >${journal}/apply`)
    const deliverer = host.run('exec flock /run/reeve/outcome.0123456789abcdef sleep 2')
    await until(async () => (await host.run('ls /run/reeve')).stdout.includes('outcome'))
    const state = wantedOf([note('/mnt/a', 'x')])
    const message = 'apply 0123456789abcdef is being started on the host'
    expect(await reconcile(state, deps())).toMatchObject({ status: 'waiting', message, ...silence, plan: emptiness })
    await deliverer
    expect(await reconcile(state, deps())).toMatchObject({ status: 'converged', recovered: ['0123456789abcdef'] })
  })

  it('tells of one that runs for longer than it was given', async () => {
    const theirs = await begin((its) => reconcile(slow('new', 5), its), { applyTimeoutMs: 1000 })
    await until(async () => (await planOnce(slow('old'), deps())).busy?.isOverdue === true)
    const { status, message } = await planOnce(slow('old'), deps())
    expect(status).toBe('waiting')
    expect(message).toMatch(/ is running on the host since .* UTC, longer than the 1 s that it was given; what it does now: cat \S+$/)
    expect(await theirs()).toMatchObject({ status: 'waiting', applied: [] })
    await until(async () => (await reconcile(slow('new', 5), deps())).status === 'noop')
  })

  it('is told its own outcomes, however many others look on and clear away', async () => {
    const specs = (text: string) => wantedOf(['a', 'b', 'c', 'd'].map((name) => note(`/mnt/${name}`, text)))
    const others = [0, 1].map(() => deps({ host: ofItsOwn(), memory: emptyMemory() }))
    for (let turn = 0; turn < 4; turn++) {
      const all = await Promise.all([deps(), ...others].map((each) => untilNoop(() => reconcile(specs(`turn ${turn}`), each))))
      for (const cycle of all.flat()) {
        expect(['noop', 'converged', 'waiting']).toContain(cycle.status)
        expect(cycle).toMatchObject({ drift: [], plan: { withheld: [], refused: [], orphans: [], unknown: [] } })
        for (const { outcome } of cycle.applied) expect(outcome).toEqual({ status: 'done' })
      }
      expect(all.flat().flatMap((cycle) => cycle.applied)).toHaveLength(4)
    }
    await expect
      .poll(async () => (await host.run('ls /var/lib/reeve/journal; ls /run/reeve | grep outcome')).stdout, { timeout: 10_000 })
      .toBe('')
  })
})

async function untilNoop(act: () => Promise<Cycle>): Promise<readonly Cycle[]> {
  const cycles: Cycle[] = []
  while (cycles.at(-1)?.status !== 'noop') cycles.push(await act())
  return cycles
}

/** The same host, over shells of another controller: a new one for each message. */
function ofItsOwn(): ShellHost {
  const exchange = (message: Script) => host.run(message.text).then(({ stdout }) => stdout)
  return { ...host, exchange, tell: (message) => void host.run(message.text), sessionId: () => Math.random() }
}

function overtaken(act: () => Promise<unknown>): ShellHost['exchange'] {
  let count = 0
  return async (message, options) => {
    count++
    if (count === 2) await act()
    return host.exchange(message, options)
  }
}
