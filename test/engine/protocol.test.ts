import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HostRefusedError } from '../../controller/engine/cycle.ts'
import { planOnce, reconcile } from '../../controller/engine/reconcile.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { emptyMemory, type HostMemory } from '../../controller/engine/session.ts'
import type { HypervisorName, ManifestId } from '../../controller/model/ids.ts'
import type { DesiredState } from '../../controller/model/plan.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import type { Script } from '../../controller/shell/sh.ts'
import { note, notePrimitive } from './note.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

const owner = 'Note/one' as ManifestId
let host: ShellHost
let memory: HostMemory

beforeEach(async () => {
  host = await startShellHost()
  memory = emptyMemory()
})
afterEach(() => host.close())

function desired(specs: readonly Spec[], commit = 'c1', fleet = 'test'): DesiredState {
  const hypervisor = 'he1' as HypervisorName
  return { hypervisor, fleet, commit, vitals: [], items: specs.map((spec) => ({ target: { hypervisor }, spec, owners: [owner] })) }
}

function deps(more: Partial<ReconcileDeps> = {}): ReconcileDeps {
  return {
    host,
    memory,
    primitives: new Map([['note', notePrimitive]]),
    random: () => randomBytes(16).toString('hex'),
    observeTimeoutMs: 10_000,
    maxReplyBytes: 1 << 20,
    policy: { approvals: new Set(), isWindowOpen: () => false, suspendedBecause: () => undefined },
    sourceFile: () => 'one.yaml',
    removalOf: () => ({ status: 'removed' }),
    now: () => Date.now() / 1000,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    epoch: 1,
    applyTimeoutMs: 20_000,
    confirmTimeoutMs: 3000,
    ...more,
  }
}

async function text(path: string): Promise<string> {
  return (await host.run(`cat ${path} 2>/dev/null || echo absent`)).stdout.trim()
}

async function writesOutsideRun(): Promise<string> {
  return (
    await host.run(
      'find /var/lib/reeve /mnt /etc/reeve -newer /run/reeve/now ! -type d; find /var/lib/reeve -mindepth 1 -newer /run/reeve/now',
    )
  ).stdout
}

describe('the protocol on the host', () => {
  it('makes what is wanted in two round trips, and the second cycle takes one and writes nothing', async () => {
    const state = desired([note('/mnt/a', 'hello'), note('/mnt/b', "it's $(hostile) `x`")])
    const first = await reconcile(state, deps())
    expect(first).toMatchObject({ status: 'converged', roundTrips: 2, message: '' })
    expect(await text('/mnt/b')).toBe("it's $(hostile) `x`")
    await host.run('sleep 0.05; touch /run/reeve/now')
    const second = await reconcile(state, deps())
    expect(second).toMatchObject({ status: 'noop', roundTrips: 1, drift: [] })
    expect(await writesOutsideRun()).toBe('')
    expect((await host.run('ls /var/lib/reeve/journal')).stdout).toBe('')
  })

  it('tells drift from pending by the ledger, also after the controller forgot everything', async () => {
    await reconcile(desired([note('/mnt/a', 'one')]), deps())
    await host.run('echo other >/mnt/a')
    memory = emptyMemory()
    const plan = await planOnce(desired([note('/mnt/a', 'one')]), deps())
    expect(plan.drift).toMatchObject([{ id: 'note:/mnt/a', fields: [{ field: 'text', before: 'other', after: 'one', cause: 'drift' }] }])
    const moved = await planOnce(desired([note('/mnt/a', 'two')], 'c2'), deps())
    expect(moved.drift).toEqual([])
    expect((await reconcile(desired([note('/mnt/a', 'one')]), deps())).status).toBe('converged')
  })

  it.each(['guard', 'run', 'check'] as const)('undoes a transaction whose %s fails, and carries on with the others', async (fails) => {
    await reconcile(desired([note('/mnt/a', 'old'), note('/mnt/b', 'old')]), deps())
    const cycle = await reconcile(desired([note('/mnt/a', 'new', { fails: [fails] }), note('/mnt/b', 'new')]), deps())
    expect(cycle.status).toBe('failed')
    expect(await text('/mnt/a')).toBe('old')
    expect(await text('/mnt/b')).toBe('new')
    const again = await planOnce(desired([note('/mnt/a', 'old'), note('/mnt/b', 'new')]), deps())
    expect(again.status).toBe('noop')
  })

  it('says so when the undo fails too', async () => {
    const cycle = await reconcile(desired([note('/mnt/a', 'x', { fails: ['run', 'undo'] })]), deps())
    expect(cycle.applied).toMatchObject([{ outcome: { status: 'failed', undone: false, step: 'write /mnt/a', stderr: 'it broke' } }])
    expect(cycle.message).toContain('and the undo failed too')
  })

  it('skips only what needs the failed transaction', async () => {
    const a = note('/mnt/a', 'x', { fails: ['run'] })
    const b = note('/mnt/b', 'x', { needs: [{ target: { hypervisor: 'he1' as HypervisorName }, id: a.id }] })
    const cycle = await reconcile(desired([b, a, note('/mnt/c', 'x')]), deps())
    expect(cycle.applied.map(({ outcome }) => outcome.status).sort()).toEqual(['done', 'failed', 'skipped'])
    expect(await text('/mnt/b')).toBe('absent')
    expect(await text('/mnt/c')).toBe('x')
  })

  it('recovers an apply that was killed in the middle: undone first, then made again', async () => {
    await reconcile(desired([note('/mnt/a', 'old')]), deps())
    const running = reconcile(desired([note('/mnt/a', 'new', { sleepSeconds: 30 })]), deps()).catch((error: Error) => error)
    await until(async () => (await text('/mnt/a')) === 'new')
    // Only of this host: other tests of this machine have journals too, and this very script names them.
    await host.run(
      'for p in /proc/[0-9]*; do [ "$(readlink $p/ns/mnt)" = "$(readlink /proc/$$/ns/mnt)" ] || continue; case $(tr "\\0" " " <$p/cmdline) in "/bin/sh /var/lib/reeve/journal/"*|"sleep 30 "*) kill -9 "${p##*/}" ;; esac; done 2>/dev/null',
    )
    await running
    memory = emptyMemory()
    const cycle = await reconcile(desired([note('/mnt/a', 'newer')]), deps())
    expect(cycle.recovered).toHaveLength(1)
    expect(cycle.status).toBe('converged')
    expect(await text('/mnt/a')).toBe('newer')
  })

  it('leaves an apply alone that still runs for a controller that died', async () => {
    const running = reconcile(desired([note('/mnt/a', 'x', { sleepSeconds: 2 })]), deps()).catch((error: Error) => error)
    await until(async () => (await text('/mnt/a')) === 'x')
    host.cut()
    expect(await running).toBeInstanceOf(Error)
    memory = emptyMemory()
    const busy = await reconcile(desired([note('/mnt/a', 'y')]), deps())
    expect(busy.status).toBe('waiting')
    await until(async () => (await host.run('cat /var/lib/reeve/journal/*/state 2>/dev/null')).stdout !== '')
    expect((await reconcile(desired([note('/mnt/a', 'y')]), deps())).status).toBe('converged')
    expect(await text('/mnt/a')).toBe('y')
  })

  it('reads the ledger of a host on which another apply is writing it', async () => {
    await reconcile(desired([note('/mnt/a', 'one')]), deps())
    // Ends by itself, also when this test fails.
    const writer = host.run(
      ': >/run/reeve/writing; line=$(tail -n 1 /var/lib/reeve/ledger); n=0; while [ -e /run/reeve/writing ] && [ "$n" -lt 5000 ]; do n=$((n + 1)); printf "%s\\n" "$line" >>/var/lib/reeve/ledger; /bin/true; done',
    )
    await until(async () => (await host.run('cat /run/reeve/writing 2>&1')).stdout === '')
    for (let look = 0; look < 20; look++) {
      memory = emptyMemory()
      expect((await planOnce(desired([note('/mnt/a', 'one')]), deps())).status).toBe('noop')
    }
    await host.run('rm /run/reeve/writing')
    await writer
  })

  it('refuses a plan that another controller overtook', async () => {
    await reconcile(desired([note('/mnt/a', 'one')]), deps())
    const other = emptyMemory()
    const late = deps({
      host: { ...host, exchange: overtaken(() => reconcile(desired([note('/mnt/a', 'theirs')]), deps({ memory: other }))) },
    })
    const cycle = await reconcile(desired([note('/mnt/a', 'ours')]), late)
    expect(cycle.applied.filter(({ outcome }) => outcome.status === 'done').length).toBeLessThanOrEqual(2)
    expect(await text('/mnt/a')).toBe('ours')
    expect((await host.run('grep -c generation /var/lib/reeve/ledger')).stdout.trim()).toBe('3')
  })

  it('refuses a host of another fleet, another name or another machine', async () => {
    await reconcile(desired([note('/mnt/a', 'one')]), deps())
    await expect(reconcile(desired([note('/mnt/a', 'two')], 'c1', 'foreign'), deps())).rejects.toThrow(HostRefusedError)
    await host.run('sed -i \'s/"machineId":"[^"]*"/"machineId":"0123"/\' /var/lib/reeve/ledger')
    await expect(reconcile(desired([note('/mnt/a', 'two')]), deps())).rejects.toThrow(/another machine/)
    expect(await text('/mnt/a')).toBe('one')
  })

  it('changes nothing on the word of a damaged ledger, and ignores a torn last line', async () => {
    await reconcile(desired([note('/mnt/a', 'one')]), deps())
    await host.run('printf \'{"target":"he1","id\' >>/var/lib/reeve/ledger')
    expect((await reconcile(desired([note('/mnt/a', 'one')]), deps())).status).toBe('noop')
    await host.run("printf '\\ngarbage\\n' >>/var/lib/reeve/ledger")
    await expect(reconcile(desired([note('/mnt/a', 'two')]), deps())).rejects.toThrow(/cannot be read/)
    expect(await text('/mnt/a')).toBe('one')
  })

  it('cuts a torn last line off before it appends, so that the ledger stays readable', async () => {
    await reconcile(desired([note('/mnt/a', 'one')]), deps())
    await host.run('truncate -s -9 /var/lib/reeve/ledger')
    memory = emptyMemory()
    expect((await reconcile(desired([note('/mnt/a', 'two')]), deps())).status).toBe('converged')
    memory = emptyMemory()
    expect((await reconcile(desired([note('/mnt/a', 'two')]), deps())).status).toBe('noop')
  })

  it.each([
    ['at its end', ''],
    [
      'before lines that did reach the disk',
      `removed":{"target":"he1","id":"note:/mnt/b"}}\\n{"removed":{"target":"he1","id":"note:/mnt/c"}}\\n`,
    ],
  ])('cuts off what a power cut left as NUL bytes in the ledger %s', async (_, rest) => {
    await reconcile(desired([note('/mnt/a', 'one')]), deps())
    const whole = await text('/var/lib/reeve/ledger')
    await host.run(`printf '\\000\\000\\000${rest}' >>/var/lib/reeve/ledger`)
    memory = emptyMemory()
    expect((await reconcile(desired([note('/mnt/a', 'two')]), deps())).status).toBe('converged')
    memory = emptyMemory()
    expect((await reconcile(desired([note('/mnt/a', 'two')]), deps())).status).toBe('noop')
    const now = await text('/var/lib/reeve/ledger')
    expect(now.startsWith(`${whole}\n{"reeve":1,"generation":`)).toBe(true)
    expect(now).not.toContain('\0')
  })

  it('begins anew where the very first line of the ledger is torn', async () => {
    await host.run('printf \'{"reeve":1,"gener\' >/var/lib/reeve/ledger')
    expect((await reconcile(desired([note('/mnt/a', 'one')]), deps())).status).toBe('converged')
    memory = emptyMemory()
    expect((await reconcile(desired([note('/mnt/a', 'one')]), deps())).status).toBe('noop')
  })

  it('leaves the journal alone in which another controller carries out the same plan', async () => {
    const state = desired([note('/mnt/a', 'x', { sleepSeconds: 2 })])
    const other = {
      ...host,
      exchange: (message: Script) => host.run(message.text).then(({ stdout }) => stdout),
      sessionId: () => Math.random(),
    }
    const [one, two] = await Promise.all([reconcile(state, deps()), reconcile(state, deps({ host: other, memory: emptyMemory() }))])
    // The slower of the two finds the other at work, or done already.
    expect([one.status, two.status].sort()).toEqual(['converged', expect.stringMatching(/^(waiting|noop)$/)])
    expect((await reconcile(state, deps())).status).toBe('noop')
    expect((await host.run('grep -c generation /var/lib/reeve/ledger')).stdout.trim()).toBe('1')
  })

  it('sweeps away a journal that a power cut left half delivered', async () => {
    await host.run('mkdir -p /var/lib/reeve/journal/0123456789abcdef && : >/var/lib/reeve/journal/0123456789abcdef/apply.new')
    expect((await reconcile(desired([note('/mnt/a', 'x')]), deps())).status).toBe('converged')
    await reconcile(desired([note('/mnt/a', 'x')]), deps())
    expect((await host.run('ls /var/lib/reeve/journal')).stdout).toBe('')
  })

  it('obeys the console: a hold stops changes, its expiry lifts it', async () => {
    await host.run("printf 'reason: I am repairing this\\n' >/etc/reeve/hold")
    const held = await reconcile(desired([note('/mnt/a', 'one')]), deps())
    expect(held).toMatchObject({ status: 'held', message: 'held at the console: I am repairing this' })
    await host.run("printf 'reason: done\\nuntil: 2020-01-01T00:00:00Z\\n' >/etc/reeve/hold")
    expect((await reconcile(desired([note('/mnt/a', 'one')]), deps())).status).toBe('converged')
  })

  it('removes what left Git, and keeps what Git did not surely give up', async () => {
    await reconcile(desired([note('/mnt/a', 'one'), note('/mnt/b', 'one')]), deps())
    memory = emptyMemory()
    const frozen = await reconcile(
      desired([note('/mnt/a', 'one')]),
      deps({ removalOf: () => ({ status: 'frozen', because: 'its file is broken' }) }),
    )
    expect(frozen.plan.orphans).toMatchObject([{ id: 'note:/mnt/b', because: 'its file is broken' }])
    expect(await text('/mnt/b')).toBe('one')
    expect((await reconcile(desired([note('/mnt/a', 'one')]), deps())).status).toBe('converged')
    expect(await text('/mnt/b')).toBe('absent')
  })

  it('never overwrites silently what exists and is not ours', async () => {
    await host.run('echo mine >/mnt/a; echo same >/mnt/b')
    const cycle = await reconcile(desired([note('/mnt/a', 'theirs'), note('/mnt/b', 'same')]), deps())
    expect(cycle.plan.withheld).toMatchObject([{ brake: 'Adopt' }])
    expect(await text('/mnt/a')).toBe('mine')
    expect(
      (
        await reconcile(
          desired([note('/mnt/a', 'theirs', { adopt: 'Replace' })]),
          deps({ removalOf: () => ({ status: 'frozen', because: 'test' }) }),
        )
      ).status,
    ).toBe('converged')
    expect(await text('/mnt/a')).toBe('theirs')
  })
})

describe('a verdict', () => {
  const verdict = { probes: [], withinMs: 1500, lockOut: 'kernel' as const }

  it('confirmed over a new connection stays, and only then settles', async () => {
    const cycle = await reconcile(desired([note('/mnt/a', 'x', { verdict, settles: '/mnt/settled' })]), deps())
    expect(cycle).toMatchObject({ status: 'converged', roundTrips: 3 })
    expect(await text('/mnt/settled')).toBe('settled')
  })

  it('that nobody can give is undone by the host itself', async () => {
    await reconcile(desired([note('/mnt/a', 'old')]), deps())
    host.answer = false
    const cycle = await reconcile(desired([note('/mnt/a', 'new', { verdict, settles: '/mnt/settled' })]), deps())
    expect(cycle.status).toBe('failed')
    expect(cycle.message).toContain('could not be confirmed over a new connection in time'.slice(10))
    expect(await text('/mnt/a')).toBe('old')
    expect(await text('/mnt/settled')).toBe('absent')
  })

  it('against a commit probe is undone at once', async () => {
    await reconcile(desired([note('/mnt/a', 'old')]), deps())
    host.answer = false
    const probes = [{ type: 'tcp' as const, host: '127.0.0.1', port: 1 }]
    const cycle = await reconcile(desired([note('/mnt/a', 'new', { verdict: { probes, withinMs: 4000 } })]), deps())
    expect(cycle.message).toContain('prove itself to the commit probe')
    expect(await text('/mnt/a')).toBe('old')
  })
})

describe('a job', () => {
  it('runs apart: the host is free meanwhile, the item is being made, and the ledger knows it afterwards', async () => {
    const slow = note('/mnt/slow', 'x', { isJob: true, sleepSeconds: 2 })
    const started = await reconcile(desired([slow]), deps())
    expect(started.inProgress).toEqual(['he1 note:/mnt/slow'])
    const meanwhile = await reconcile(desired([slow, note('/mnt/fast', 'y')]), deps())
    expect(await text('/mnt/fast')).toBe('y')
    expect(meanwhile.status).toBe('waiting')
    await until(async () => (await host.run('cat /var/lib/reeve/journal/*-0/state 2>/dev/null')).stdout === 'closed\n')
    const after = await reconcile(desired([slow, note('/mnt/fast', 'y')]), deps())
    expect(after.finishedJobs).toMatchObject([{ isDone: true }])
    expect((await reconcile(desired([slow, note('/mnt/fast', 'y')]), deps())).status).toBe('noop')
  })
})

function overtaken(act: () => Promise<unknown>): ShellHost['exchange'] {
  let count = 0
  return async (message, options) => {
    count++
    if (count === 2) await act()
    return host.exchange(message, options)
  }
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await isTrue()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it did not come true in time')
}
