import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { emptyMemory, type HostMemory } from '../../controller/engine/session.ts'
import { depsOf, textOf, until, wantedOf } from './deps.ts'
import { note } from './note.ts'
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

describe('a verdict', () => {
  const verdict = { probes: [], withinMs: 1500, lockOut: 'kernel' as const }

  it('confirmed over a new connection stays, and only then settles', async () => {
    const cycle = await reconcile(wantedOf([note('/mnt/a', 'x', { verdict, settles: '/mnt/settled' })]), deps())
    expect(cycle).toMatchObject({ status: 'converged', roundTrips: 3 })
    expect(await text('/mnt/settled')).toBe('settled')
  })

  it('that nobody can give is undone by the host itself', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'old')]), deps())
    host.answer = false
    const cycle = await reconcile(wantedOf([note('/mnt/a', 'new', { verdict, settles: '/mnt/settled' })]), deps())
    expect(cycle.status).toBe('failed')
    expect(cycle.message).toContain('could not be confirmed over a new connection in time'.slice(10))
    expect(await text('/mnt/a')).toBe('old')
    expect(await text('/mnt/settled')).toBe('absent')
  })

  it('against a commit probe is undone at once', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'old')]), deps())
    host.answer = false
    const probes = [{ type: 'tcp' as const, host: '127.0.0.1', port: 1 }]
    const cycle = await reconcile(wantedOf([note('/mnt/a', 'new', { verdict: { probes, withinMs: 4000 } })]), deps())
    expect(cycle.message).toContain('prove itself to the commit probe')
    expect(await text('/mnt/a')).toBe('old')
  })
})

describe('a job', () => {
  it('runs apart: the host is free meanwhile, the item is being made, and the ledger knows it afterwards', async () => {
    const slow = note('/mnt/slow', 'x', { isJob: true, sleepSeconds: 2 })
    const started = await reconcile(wantedOf([slow]), deps())
    expect(started.inProgress).toEqual(['he1 note:/mnt/slow'])
    const meanwhile = await reconcile(wantedOf([slow, note('/mnt/fast', 'y')]), deps())
    expect(await text('/mnt/fast')).toBe('y')
    expect(meanwhile.status).toBe('waiting')
    await until(async () => (await host.run('cat /var/lib/reeve/journal/*-0/state 2>/dev/null')).stdout === 'closed\n')
    const after = await reconcile(wantedOf([slow, note('/mnt/fast', 'y')]), deps())
    expect(after.finishedJobs).toMatchObject([{ isDone: true }])
    expect((await reconcile(wantedOf([slow, note('/mnt/fast', 'y')]), deps())).status).toBe('noop')
  })

  const journalOf = async (): Promise<string> => (await host.run('echo /var/lib/reeve/journal/*-0')).stdout.trim()
  const stateOf = async (): Promise<string> => (await host.run('cat /var/lib/reeve/journal/*-0/state-0 2>/dev/null')).stdout

  it('that is done is not undone by a recovery that came late', async () => {
    await reconcile(wantedOf([note('/mnt/slow', 'x', { isJob: true, sleepSeconds: 2 })]), deps())
    await until(async () => (await stateOf()) === 'done\n')
    await host.run(`sh ${await journalOf()}/apply recover`)
    expect([await stateOf(), await text('/mnt/slow')]).toEqual(['done\n', 'x'])
  })

  it('that was undone before it began does not begin any more, and says how it ended', async () => {
    await reconcile(wantedOf([note('/mnt/slow', 'x', { isJob: true, sleepSeconds: 30 })]), deps())
    const journal = await journalOf()
    const holder = `for fd in /proc/[0-9]*/fd/*; do case $(readlink "$fd") in ${journal}/lock*) pid=\${fd#/proc/}; kill -KILL "\${pid%%/*}" 2>/dev/null ;; esac; done`
    await host.run(`${holder}; rm -f /mnt/slow`)
    await host.run(`sh ${journal}/apply recover`)
    await host.run(`sh ${journal}/apply run`)
    expect([await stateOf(), await text('/mnt/slow')]).toEqual(['undone cut 13\n', 'absent'])
    const cycle = await reconcile(wantedOf([]), deps())
    expect(cycle.message).toMatch(/^he1 note:\/mnt\/slow: its job failed: nothing was printed; journal \w+-0 says closed, undone cut 13$/)
  })
})
