import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HostRefusedError } from '../../controller/engine/cycle.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { emptyMemory, type HostMemory } from '../../controller/engine/session.ts'
import { depsOf, textOf, wantedOf } from './deps.ts'
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

describe('the ledger on the host', () => {
  it('refuses a host of another fleet, another name or another machine', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())
    await expect(reconcile(wantedOf([note('/mnt/a', 'two')], 'c1', 'foreign'), deps())).rejects.toThrow(HostRefusedError)
    await host.run('sed -i \'s/"machineId":"[^"]*"/"machineId":"0123"/\' /var/lib/reeve/ledger')
    await expect(reconcile(wantedOf([note('/mnt/a', 'two')]), deps())).rejects.toThrow(/another machine/)
    expect(await text('/mnt/a')).toBe('one')
  })

  it('changes nothing on the word of a damaged ledger, and ignores a torn last line', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())
    await host.run('printf \'{"target":"he1","id\' >>/var/lib/reeve/ledger')
    expect((await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())).status).toBe('noop')
    await host.run("printf '\\ngarbage\\n' >>/var/lib/reeve/ledger")
    await expect(reconcile(wantedOf([note('/mnt/a', 'two')]), deps())).rejects.toThrow(/cannot be read/)
    expect(await text('/mnt/a')).toBe('one')
  })

  it('cuts a torn last line off before it appends, so that the ledger stays readable', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())
    await host.run('truncate -s -9 /var/lib/reeve/ledger')
    memory = emptyMemory()
    expect((await reconcile(wantedOf([note('/mnt/a', 'two')]), deps())).status).toBe('converged')
    memory = emptyMemory()
    expect((await reconcile(wantedOf([note('/mnt/a', 'two')]), deps())).status).toBe('noop')
  })

  it('begins anew where the very first line of the ledger is torn', async () => {
    await host.run('printf \'{"reeve":1,"gener\' >/var/lib/reeve/ledger')
    expect((await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())).status).toBe('converged')
    memory = emptyMemory()
    expect((await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())).status).toBe('noop')
  })
})
