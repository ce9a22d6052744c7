import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { cutPower, depsOf, until, wantedOf } from './deps.ts'
import { note } from './note.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

let host: ShellHost
let deps: ReconcileDeps

beforeEach(async () => {
  host = await startShellHost()
  deps = depsOf(host)
})
afterEach(() => host.close())

const path = '/mnt/note'
const write = (text: string): Promise<unknown> => host.run(`echo ${text} >${path}`)
const isUnder = async (state: string): Promise<boolean> =>
  (await host.run(`grep -qsx '${state}' /var/lib/reeve/journal/*/state-0`)).code === 0

/** An apply whose line breaks while it is at work. */
async function cutInTheMiddle(text: string, sleepSeconds: number): Promise<void> {
  const broken = expect(reconcile(wantedOf([note(path, text, { sleepSeconds })]), deps)).rejects.toThrow('the shell died')
  await until(() => isUnder('begun'))
  host.cut()
  await broken
}

const told = ({ drift, applied }: Cycle): unknown => ({
  drift: drift.map(({ id }) => id),
  applied: applied.map(({ transaction, outcome }) => `${outcome.status} ${transaction.changes.map(({ id }) => id)}`),
})
const nothing = { drift: [], applied: [] }

describe('what was done while the line broke', () => {
  it('is told by the next cycle, drift as drift, and by it alone', async () => {
    await reconcile(wantedOf([note(path, 'ours')]), deps)
    await write('theirs')
    await cutInTheMiddle('ours', 0.5)
    await until(() => isUnder('done'))
    const wanted = wantedOf([note(path, 'ours')])
    const next = await reconcile(wanted, deps)
    expect(told(next)).toEqual({ drift: [`note:${path}`], applied: [`done note:${path}`] })
    expect(next.status).toBe('converged')
    expect(told(await reconcile(wanted, deps))).toEqual(nothing)
  })

  it('is no drift where a commit asked for it', async () => {
    await cutInTheMiddle('ours', 0.5)
    await until(() => isUnder('done'))
    expect(told(await reconcile(wantedOf([note(path, 'ours')]), deps))).toEqual({ drift: [], applied: [`done note:${path}`] })
  })

  it('is told once it is done, where it still runs when the line is back', async () => {
    await reconcile(wantedOf([note(path, 'ours')]), deps)
    await write('theirs')
    await cutInTheMiddle('ours', 2)
    const wanted = wantedOf([note(path, 'ours')])
    const during = await reconcile(wanted, deps)
    expect([during.status, told(during)]).toEqual(['waiting', nothing])
    await until(() => isUnder('done'))
    expect(told(await reconcile(wanted, deps))).toEqual({ drift: [`note:${path}`], applied: [`done note:${path}`] })
  })

  it('is told whole, where its first pass was done and the second one still runs when the line is back', { timeout: 60_000 }, async () => {
    const second = '/mnt/second'
    const both = wantedOf([note(path, 'ours'), note(second, 'ours')])
    await reconcile(both, deps)
    await write('theirs')
    // The second thing drifts as the first pass is at work: the line breaks in the second pass.
    const slow = wantedOf([note(path, 'ours', { sleepSeconds: 2 }), note(second, 'ours', { sleepSeconds: 5 })])
    const broken = expect(reconcile(slow, deps)).rejects.toThrow('the shell died')
    await until(() => isUnder('begun'))
    await host.run(`echo theirs >${second}`)
    await until(async () => (await host.run(`cat ${second}`)).stdout.trim() === 'ours')
    host.cut()
    await broken
    const during = await reconcile(both, deps)
    expect([during.status, told(during)]).toEqual(['waiting', nothing])
    await until(async () => (await host.run('grep -sx closed /var/lib/reeve/journal/*/state')).stdout.split('\n').length === 3)
    const next = await reconcile(both, deps)
    expect(told(next)).toEqual({
      drift: [`note:${path}`, `note:${second}`],
      applied: [`done note:${path}`, `done note:${second}`],
    })
    expect(told(await reconcile(both, deps))).toEqual(nothing)
  })

  it('is not told as done where it was undone: the plan that follows finds it again', async () => {
    await reconcile(wantedOf([note(path, 'ours')]), deps)
    await write('theirs')
    await cutInTheMiddle('ours', 30)
    await cutPower(host)
    expect(told(await reconcile(wantedOf([note(path, 'ours')]), deps))).toEqual({ drift: [`note:${path}`], applied: [`done note:${path}`] })
  })
})
