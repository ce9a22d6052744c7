import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HostRefusedError } from '../../controller/engine/cycle.ts'
import { planOnce, reconcile } from '../../controller/engine/reconcile.ts'
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

  it.each([
    ['at its end', ''],
    [
      'before lines that did reach the disk',
      `removed":{"target":"he1","id":"note:/mnt/b"}}\\n{"removed":{"target":"he1","id":"note:/mnt/c"}}\\n`,
    ],
  ])('cuts off what a power cut left as NUL bytes in the ledger %s', async (_, rest) => {
    await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())
    const whole = await text('/var/lib/reeve/ledger')
    await host.run(`printf '\\000\\000\\000${rest}' >>/var/lib/reeve/ledger`)
    memory = emptyMemory()
    expect((await reconcile(wantedOf([note('/mnt/a', 'two')]), deps())).status).toBe('converged')
    memory = emptyMemory()
    expect((await reconcile(wantedOf([note('/mnt/a', 'two')]), deps())).status).toBe('noop')
    const now = await text('/var/lib/reeve/ledger')
    expect(now.startsWith(`${whole}\n{"reeve":1,"generation":`)).toBe(true)
    expect(now).not.toContain('\0')
  })

  it('reads the ledger of a host on which another apply is writing it', async () => {
    await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())
    // Ends by itself, also when this test fails.
    const writer = host.run(
      ': >/run/reeve/writing; line=$(tail -n 1 /var/lib/reeve/ledger); n=0; while [ -e /run/reeve/writing ] && [ "$n" -lt 5000 ]; do n=$((n + 1)); printf "%s\\n" "$line" >>/var/lib/reeve/ledger; /bin/true; done',
    )
    await until(async () => (await host.run('cat /run/reeve/writing 2>&1')).stdout === '')
    for (let look = 0; look < 20; look++) {
      memory = emptyMemory()
      expect((await planOnce(wantedOf([note('/mnt/a', 'one')]), deps())).status).toBe('noop')
    }
    await host.run('rm /run/reeve/writing')
    await writer
  })

  it('begins anew where the very first line of the ledger is torn', async () => {
    await host.run('printf \'{"reeve":1,"gener\' >/var/lib/reeve/ledger')
    expect((await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())).status).toBe('converged')
    memory = emptyMemory()
    expect((await reconcile(wantedOf([note('/mnt/a', 'one')]), deps())).status).toBe('noop')
  })
})
