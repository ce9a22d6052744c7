import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planOnce, reconcile } from '../../controller/engine/reconcile.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { emptyMemory, type HostMemory } from '../../controller/engine/session.ts'
import type { HypervisorName } from '../../controller/model/ids.ts'
import { atRest, cutPower, depsOf, killApply, killMain, textOf, until, wantedOf } from './deps.ts'
import { note } from './note.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

let host: ShellHost
let memory: HostMemory

beforeEach(async () => {
  host = await startShellHost()
  memory = emptyMemory()
})
afterEach(() => host.close())

const suspendedHost: ReconcileDeps['policy'] = {
  approvals: new Set(),
  isWindowOpen: () => false,
  suspendedBecause: () => undefined,
  hostSuspendedBecause: () => 'repairs',
}
const deps = (more: Partial<ReconcileDeps> = {}): ReconcileDeps => depsOf(host, { memory, ...more })
const text = (path: string): Promise<string> => textOf(host, path)

describe('the protocol on the host', () => {
  it('makes what is wanted in two round trips, and the second cycle takes one and writes nothing', async () => {
    const state = wantedOf([note('/mnt/a', 'hello'), note('/mnt/b', "it's $(hostile) `x`")])
    const first = await reconcile(state, deps())
    expect(first).toMatchObject({ status: 'converged', roundTrips: 2, message: '' })
    expect(await text('/mnt/b')).toBe("it's $(hostile) `x`")
    // Told, not waited for: what the first cycle clears away is no write of the second one.
    await expect.poll(async () => (await host.run('ls /var/lib/reeve/journal')).stdout, { timeout: 10_000 }).toBe('')
    await host.run('sleep 0.05; touch /run/reeve/now')
    const second = await reconcile(state, deps())
    expect(second).toMatchObject({ status: 'noop', roundTrips: 1, drift: [] })
    expect(await writesOutsideRun()).toBe('')
  })

  it('tells drift from pending by the ledger, also after the controller forgot everything', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())
    await host.run('echo other >/mnt/a')
    memory = emptyMemory()
    const plan = await planOnce(wantedOf([note('/mnt/a', 'one')]), deps())
    expect(plan.drift).toMatchObject([{ id: 'note:/mnt/a', fields: [{ field: 'text', before: 'other', after: 'one', cause: 'drift' }] }])
    const moved = await planOnce(wantedOf([note('/mnt/a', 'two')], 'c2'), deps())
    expect(moved.drift).toEqual([])
    expect((await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())).status).toBe('converged')
  })

  it('tells what moved while a cycle was at work as drift too, and what it made itself as none', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'one'), note('/mnt/b', 'one')]), deps())
    await host.run('echo other >/mnt/a')
    const state = wantedOf([note('/mnt/a', 'one'), note('/mnt/b', 'one'), note('/mnt/c', 'new')])
    const told: unknown[] = []
    let looks = 0
    const cycle = await reconcile(
      state,
      deps({
        onProgress: (event) => {
          if (event.type === 'planned') told.push(event.drift.map(({ id }) => id))
        },
        host: {
          ...host,
          exchange: async (message, options) => {
            if (++looks === 2) await host.run('echo meanwhile >/mnt/b')
            return host.exchange(message, options)
          },
        },
      }),
    )
    expect(cycle).toMatchObject({
      status: 'converged',
      drift: [{ id: 'note:/mnt/a' }, { id: 'note:/mnt/b', fields: [{ before: 'meanwhile' }] }],
    })
    expect(told).toEqual([['note:/mnt/a'], ['note:/mnt/b']])
    expect(await text('/mnt/b')).toBe('one')
  })

  it.each(['guard', 'run', 'check'] as const)('undoes a transaction whose %s fails, and carries on with the others', async (fails) => {
    await reconcile(wantedOf([note('/mnt/a', 'old'), note('/mnt/b', 'old')]), deps())
    const cycle = await reconcile(wantedOf([note('/mnt/a', 'new', { fails: [fails] }), note('/mnt/b', 'new')]), deps())
    expect(cycle.status).toBe('failed')
    expect(await text('/mnt/a')).toBe('old')
    expect(await text('/mnt/b')).toBe('new')
    const again = await planOnce(wantedOf([note('/mnt/a', 'old'), note('/mnt/b', 'new')]), deps())
    expect(again.status).toBe('noop')
  })

  it('says so when the undo fails too', async () => {
    const cycle = await reconcile(wantedOf([note('/mnt/a', 'x', { fails: ['run', 'undo'] })]), deps())
    expect(cycle.applied).toMatchObject([{ outcome: { status: 'failed', undone: false, step: 'write /mnt/a', stderr: 'it broke' } }])
    expect(cycle.message).toContain('and the undo failed too')
  })

  it('skips only what needs the failed transaction', async () => {
    const a = note('/mnt/a', 'x', { fails: ['run'] })
    const b = note('/mnt/b', 'x', { needs: [{ target: { hypervisor: 'he1' as HypervisorName }, id: a.id }] })
    const cycle = await reconcile(wantedOf([b, a, note('/mnt/c', 'x')]), deps())
    expect(cycle.applied.map(({ outcome }) => outcome.status).sort()).toEqual(['done', 'failed', 'skipped'])
    expect(await text('/mnt/b')).toBe('absent')
    expect(await text('/mnt/c')).toBe('x')
  })

  it('does once, after all else, what several steps owe, also where one of them was undone', async () => {
    const cycle = await reconcile(
      wantedOf([
        note('/mnt/a', 'x', { closes: '/mnt/closed' }),
        note('/mnt/b', 'x', { closes: '/mnt/closed', fails: ['run'] }),
        note('/mnt/c', 'x', { closes: '/mnt/other' }),
      ]),
      deps(),
    )
    expect(cycle.applied.map(({ outcome }) => outcome.status).sort()).toEqual(['done', 'done', 'failed'])
    expect(await text('/mnt/closed')).toBe('closed')
    expect(await text('/mnt/other')).toBe('closed')
  })

  it('does what an apply owed that was killed before it came to that', async () => {
    const running = reconcile(wantedOf([note('/mnt/a', 'new', { sleepSeconds: 30, closes: '/mnt/closed' })]), deps())
    await until(async () => (await text('/mnt/a')) === 'new')
    expect(await text('/mnt/closed')).toBe('absent')
    await killApply(host)
    await running
    expect(await text('/mnt/closed')).toBe('closed')
  })

  it('undoes an apply that was killed in the middle at once, says how far it came, and makes it again', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'old')]), deps())
    const running = reconcile(wantedOf([note('/mnt/a', 'new', { sleepSeconds: 30 })]), deps())
    await until(async () => (await text('/mnt/a')) === 'new')
    await killApply(host)
    const cut = await running
    expect(cut).toMatchObject({ status: 'failed', recovered: [expect.any(String)] })
    expect(cut.message).toMatch(/^note:\/mnt\/a: could not finish: it was interrupted in step 2 of 2: .*; it was undone$/)
    expect(await text('/mnt/a')).toBe('old')
    expect((await reconcile(wantedOf([note('/mnt/a', 'newer')]), deps())).status).toBe('converged')
  })

  it.each([{ isJob: false }, { isJob: true }])(
    'undoes nothing below the feet of a transaction that outlives its apply (as a job: $isJob)',
    async ({ isJob }) => {
      await reconcile(wantedOf([note('/mnt/a', 'old')]), deps())
      const running = reconcile(wantedOf([note('/mnt/a', 'new', { sleepSeconds: 3, isJob })]), deps()).catch((error: Error) => error)
      await until(async () => (await text('/mnt/a')) === 'new')
      await killMain(host)
      await running
      await until(async () => (await reconcile(wantedOf([note('/mnt/a', 'old')]), deps())).message === '')
      await atRest(host)
      expect(await text('/mnt/a')).toBe('old')
    },
  )

  it('recovers what was killed together with its controller: undone first, then made again', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'old')]), deps())
    const running = reconcile(wantedOf([note('/mnt/a', 'new', { sleepSeconds: 30 })]), deps()).catch((error: Error) => error)
    await until(async () => (await text('/mnt/a')) === 'new')
    host.cut()
    await running
    await killApply(host)
    memory = emptyMemory()
    const cycle = await reconcile(wantedOf([note('/mnt/a', 'newer')]), deps())
    expect(cycle.recovered).toHaveLength(1)
    expect(cycle.status).toBe('converged')
    expect(await text('/mnt/a')).toBe('newer')
  })

  it('undoes what had begun when the power was lost before that was on disk', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'old')]), deps())
    const running = reconcile(wantedOf([note('/mnt/a', 'new', { sleepSeconds: 30 })]), deps()).catch((error: Error) => error)
    await until(async () => (await text('/mnt/a')) === 'new')
    host.cut()
    await running
    await cutPower(host)
    expect(await text('/mnt/a')).toBe('new')
    await host.run('for s in /var/lib/reeve/journal/*/state-0; do : >"$s"; done')
    const cycle = await reconcile(wantedOf([note('/mnt/a', 'new')]), deps())
    // It stood there as wanted, half made and unproven: it was put back, and made whole.
    expect(cycle).toMatchObject({ status: 'converged', recovered: [expect.any(String)], applied: [{ outcome: { status: 'done' } }] })
  })

  it('tells in each cycle of an interrupted apply that cannot be undone, and changes nothing until a person says so', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'old')]), deps())
    const running = reconcile(wantedOf([note('/mnt/a', 'new', { sleepSeconds: 30, fails: ['undo'] })]), deps()).catch(
      (error: Error) => error,
    )
    await until(async () => (await text('/mnt/a')) === 'new')
    host.cut()
    await running
    await killApply(host)
    for (let looks = 0; looks < 2; looks++) {
      const cycle = await reconcile(wantedOf([note('/mnt/b', 'x')]), deps())
      expect(cycle).toMatchObject({ status: 'failed', stuck: expect.stringContaining('an interrupted apply cannot be undone') })
    }
    expect(await text('/mnt/b')).toBe('absent')
    await host.run('rm -r /var/lib/reeve/journal/*')
    expect(await reconcile(wantedOf([note('/mnt/b', 'x')]), deps())).toMatchObject({ status: 'converged' })
  })

  it('sweeps away a journal that a power cut left half delivered', async () => {
    await host.run('mkdir -p /var/lib/reeve/journal/0123456789abcdef && : >/var/lib/reeve/journal/0123456789abcdef/apply.new')
    expect((await reconcile(wantedOf([note('/mnt/a', 'x')]), deps())).status).toBe('converged')
    await reconcile(wantedOf([note('/mnt/a', 'x')]), deps())
    await expect.poll(async () => (await host.run('ls /var/lib/reeve/journal')).stdout, { timeout: 10_000 }).toBe('')
  })

  it('obeys the console: a hold stops changes, its expiry lifts it', async () => {
    await host.run("printf 'reason: I am repairing this\\n' >/etc/reeve/hold")
    const held = await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())
    expect(held).toMatchObject({ status: 'held', message: 'held at the console: I am repairing this' })
    await host.run("printf 'reason: done\\nuntil: 2020-01-01T00:00:00Z\\n' >/etc/reeve/hold")
    expect((await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())).status).toBe('converged')
  })

  it.each<{ readonly who: string; readonly hold: string; readonly more: Partial<ReconcileDeps>; readonly said: string }>([
    { who: 'the console', hold: 'reason: I look at it', more: {}, said: 'held at the console: I look at it' },
    { who: 'whoever suspended the host', hold: '', more: { policy: suspendedHost }, said: 'suspended: repairs' },
  ])('leaves what was interrupted as it is, as long as $who says so, and then undoes it', async ({ hold, more, said }) => {
    await reconcile(wantedOf([note('/mnt/a', 'old')]), deps())
    const running = reconcile(wantedOf([note('/mnt/a', 'new', { sleepSeconds: 30 })]), deps()).catch((error: Error) => error)
    await until(async () => (await text('/mnt/a')) === 'new')
    if (hold !== '') await host.run(`echo '${hold}' >/etc/reeve/hold`)
    host.cut()
    await cutPower(host)
    await running
    const held = await reconcile(wantedOf([note('/mnt/a', 'new')]), deps(more))
    expect(held).toMatchObject({
      status: 'held',
      recovered: [],
      applied: [],
      message: `${said}; an apply that was interrupted is undone only after that`,
    })
    expect(await text('/mnt/a')).toBe('new')
    await host.run('rm -f /etc/reeve/hold')
    const free = await reconcile(wantedOf([note('/mnt/a', 'old')]), deps())
    expect([free.recovered.length, await text('/mnt/a')]).toEqual([1, 'old'])
  })

  it('removes what left Git, and keeps what Git did not surely give up', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'one'), note('/mnt/b', 'one')]), deps())
    memory = emptyMemory()
    const frozen = await reconcile(
      wantedOf([note('/mnt/a', 'one')]),
      deps({ removalOf: () => ({ status: 'frozen', because: 'its file is broken' }) }),
    )
    expect(frozen.plan.orphans).toMatchObject([{ id: 'note:/mnt/b', because: 'its file is broken' }])
    expect(await text('/mnt/b')).toBe('one')
    expect((await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())).status).toBe('converged')
    expect(await text('/mnt/b')).toBe('absent')
  })

  it('never overwrites silently what exists and is not ours', async () => {
    await host.run('echo mine >/mnt/a; echo same >/mnt/b')
    const cycle = await reconcile(wantedOf([note('/mnt/a', 'theirs'), note('/mnt/b', 'same')]), deps())
    expect(cycle.plan.withheld).toMatchObject([{ brake: 'Adopt' }])
    expect(await text('/mnt/a')).toBe('mine')
    expect(
      (
        await reconcile(
          wantedOf([note('/mnt/a', 'theirs', { adopt: 'Replace' })]),
          deps({ removalOf: () => ({ status: 'frozen', because: 'test' }) }),
        )
      ).status,
    ).toBe('converged')
    expect(await text('/mnt/a')).toBe('theirs')
  })
})

async function writesOutsideRun(): Promise<string> {
  return (
    await host.run(
      'find /var/lib/reeve /mnt /etc/reeve -newer /run/reeve/now ! -type d; find /var/lib/reeve -mindepth 1 -newer /run/reeve/now',
    )
  ).stdout
}
