import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { raiseFence } from '../../controller/engine/apply/fence.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { emptyMemory } from '../../controller/engine/session.ts'
import type { Script } from '../../controller/shell/sh.ts'
import { depsOf, textOf, until, wantedOf } from './deps.ts'
import { note } from './note.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

let host: ShellHost

beforeEach(async () => {
  host = await startShellHost()
})
afterEach(() => host.close())

const fence = (): Promise<string> => textOf(host, '/run/reeve/epoch')
const epochs = async (): Promise<string> =>
  (await host.run(`sed -n 's/.*"epoch":\\([0-9]*\\).*/\\1/p' /var/lib/reeve/ledger | xargs`)).stdout.trim()
const owner = (epoch: ReconcileDeps['epoch'], more: Partial<ReconcileDeps> = {}): ReconcileDeps => depsOf(host, { epoch, ...more })
const newer = (found: number, own: number) =>
  `he1 is in the charge of a newer controller (epoch ${found}; this one has ${own}): stop this one, or, if the newer one is gone for good, raise epoch in reeve.yaml of this one`

/** The same host; before the message that delivers an apply arrives, something else happens. */
function held(act: () => Promise<unknown>): ShellHost {
  let count = 0
  const exchange = async (message: Script, options: Parameters<ShellHost['exchange']>[1]): Promise<string> => {
    if (++count === 2) await act()
    return host.exchange(message, options)
  }
  return { ...host, exchange }
}

describe('an apply under an older epoch', () => {
  it('is refused on the host where the new owner changed something, with what to do, and changes nothing', async () => {
    expect((await reconcile(wantedOf([note('/mnt/a', 'old')]), owner(7))).status).toBe('converged')
    const before = await epochs()
    await expect(reconcile(wantedOf([note('/mnt/a', 'late')]), owner(6))).rejects.toThrow(newer(7, 6))
    expect([await textOf(host, '/mnt/a'), before, await epochs()]).toEqual(['old', '7', '7'])
  })

  it('is refused where the new owner only looked, and found all as it should be', async () => {
    const state = wantedOf([note('/mnt/a', 'x')])
    await reconcile(state, owner(5))
    const late = owner(5, { host: held(() => reconcile(state, owner(9))) })
    await expect(reconcile(wantedOf([note('/mnt/a', 'late')]), late)).rejects.toThrow(newer(9, 5))
    expect([await textOf(host, '/mnt/a'), await epochs(), await fence()]).toEqual(['x', '5', '9'])
    expect((await reconcile(wantedOf([note('/mnt/a', 'new')]), owner(9))).status).toBe('converged')
    expect(await epochs()).toBe('5 9')
    // What was refused is in nobody's way.
    await until(async () => (await host.run('ls /var/lib/reeve/journal')).stdout === '')
  })

  it('is refused where it was delivered and stood still before it took its lock', async () => {
    const state = wantedOf([note('/mnt/a', 'x')])
    await reconcile(state, owner(5))
    const stopped = host.run('exec 9>>/run/reeve/deliver.lock; flock 9; sleep 1.5')
    await until(async () => (await host.run('flock -n /run/reeve/deliver.lock true')).code !== 0)
    const late = reconcile(wantedOf([note('/mnt/a', 'late')]), owner(5)).catch((error: Error) => error.message)
    await host.run(raiseFence(6).text)
    expect(await late).toBe(newer(6, 5))
    await stopped
    expect(await textOf(host, '/mnt/a')).toBe('x')
  })

  it('does not undo what an interrupted apply left: that is the new owner’s', async () => {
    const state = wantedOf([note('/mnt/a', 'half', { sleepSeconds: 30 })])
    const running = reconcile(state, owner(5)).catch((error: Error) => error)
    await until(async () => (await textOf(host, '/mnt/a')) === 'half')
    host.cut()
    await running
    await host.killShells('', { withSleeps: true })
    await host.run(raiseFence(6).text)
    const journal = (await host.run('ls -d /var/lib/reeve/journal/*')).stdout.trim()
    await host.run(`sh ${journal}/apply recover 5`)
    expect(await textOf(host, '/mnt/a')).toBe('half')
    await host.run(`sh ${journal}/apply recover 6`)
    expect(await textOf(host, '/mnt/a')).toBe('absent')
  })
})

describe('the fence', () => {
  it('only ever rises, whoever raises it at the same time, and is not written twice', async () => {
    await Promise.all([3, 9, 4, 8, 2, 7].map((epoch) => host.run(raiseFence(epoch).text)))
    expect(await fence()).toBe('9')
    const written = (await host.run('stat -c %Y.%i /run/reeve/epoch')).stdout
    await host.run(raiseFence(9).text)
    expect((await host.run('stat -c %Y.%i /run/reeve/epoch')).stdout).toBe(written)
    expect((await host.run('stat -c %a /run/reeve/epoch')).stdout.trim()).toBe('600')
  })

  it.each(['', 'x', '9 9 9', '99999999999999999999999999', '-1', '$(id)'])(
    'lets nobody through who cannot compare himself: %j',
    async (text) => {
      await reconcile(wantedOf([note('/mnt/a', 'x')]), owner(5))
      const late = owner(5, { host: held(() => host.run(`printf '%s' '${text}' >/run/reeve/epoch`)) })
      const end = await reconcile(wantedOf([note('/mnt/a', 'late')]), late).then(
        () => 'applied',
        () => 'refused',
      )
      // A negative one is lower than any.
      expect([end, await textOf(host, '/mnt/a')]).toEqual(text === '-1' ? ['applied', 'late'] : ['refused', 'x'])
      // Whoever is in charge puts it right with the first look of a session.
      expect((await reconcile(wantedOf([note('/mnt/a', 'new')]), owner(6))).status).toBe('converged')
      expect(await fence()).toBe('6')
    },
  )

  it('is not there for a controller that shares nothing', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'x')]), owner(1))
    expect([await fence(), await epochs()]).toEqual(['absent', '1'])
  })

  it('is raised again after a reboot has forgotten it', async () => {
    const memory = emptyMemory()
    await reconcile(wantedOf([note('/mnt/a', 'x')]), owner(5, { memory }))
    await host.run('rm /run/reeve/epoch')
    host.cut()
    await expect
      .poll(() => reconcile(wantedOf([note('/mnt/a', 'x')]), owner(5, { memory })).catch(() => undefined))
      .toMatchObject({ status: 'noop' })
    expect(await fence()).toBe('5')
  })
})

describe('the fence of an owner that was not certain when it asked', () => {
  it('is raised with the next question, though it was certain when the answer came', async () => {
    const memory = emptyMemory()
    const wanted = wantedOf([note('/mnt/a', 'x')])
    await reconcile(wanted, owner(5))
    let answers = 0
    const answering = {
      ...host,
      exchange: (message: Script, options: Parameters<ShellHost['exchange']>[1]) =>
        host.exchange(message, options).finally(() => answers++),
    }
    const doubtful = owner(9, { memory, host: answering, mayNotWrite: () => (answers === 0 ? 'etcd cannot be reached' : undefined) })
    await reconcile(wanted, doubtful)
    await reconcile(wanted, doubtful)
    expect(await fence()).toBe('9')
  })
})

describe('a person’s command', () => {
  it('goes on under the epoch that it finds, of the ledger or of the fence, and the owner after it', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'x')]), owner(5))
    await host.run(raiseFence(8).text)
    expect((await reconcile(wantedOf([note('/mnt/a', 'by hand')]), owner('found'))).status).toBe('converged')
    expect([await textOf(host, '/mnt/a'), await epochs(), await fence()]).toEqual(['by hand', '5 8', '8'])
    expect((await reconcile(wantedOf([note('/mnt/a', 'by hand')]), owner(8))).status).toBe('noop')
  })
})

describe('a controller that is not certain to be in charge', () => {
  it('looks, and says why it changes nothing', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'x')]), owner(5))
    await host.run('echo drift >/mnt/a')
    const cycle = await reconcile(wantedOf([note('/mnt/a', 'x')]), owner(5, { mayNotWrite: () => 'etcd cannot be reached' }))
    expect(cycle).toMatchObject({
      status: 'held',
      message: 'suspended: etcd cannot be reached',
      applied: [],
      drift: [{ id: 'note:/mnt/a' }],
    })
    expect(await textOf(host, '/mnt/a')).toBe('drift')
  })
})
