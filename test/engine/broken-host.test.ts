import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import type { HypervisorName, ManifestId } from '../../controller/model/ids.ts'
import type { DesiredState } from '../../controller/model/plan.ts'
import { file } from '../../controller/primitives/file/spec.ts'
import { primitives } from '../../controller/primitives/registry.ts'
import { depsOf } from './deps.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

const hypervisor = 'he1' as HypervisorName

function wanted(contents: Readonly<Record<string, string>>): DesiredState {
  const items = Object.entries(contents).map(([path, content]) => ({
    target: { hypervisor },
    spec: file({ path, content, mode: '0644', owner: 'root:root', adopt: 'Replace' }),
    owners: ['Hypervisor/he1' as ManifestId],
  }))
  return { hypervisor, fleet: 'test', commit: 'c1', vitals: [], items }
}

let host: ShellHost
beforeEach(async () => {
  host = await startShellHost()
})
afterEach(() => host.close())

const deps = (): ReconcileDeps => depsOf(host, { primitives: new Map(primitives.map((primitive) => [primitive.type, primitive])) })

/** A new connection, as after a reboot of the controller. */
async function cut(): Promise<void> {
  host.cut()
  while (host.sessionId() !== 0) await new Promise((resolve) => setTimeout(resolve, 10))
}

const large = 'x'.repeat(200_000)

/** What the host is made to suffer, and how it gets well again. */
const troubles: readonly { readonly name: string; readonly break: string; readonly heal: string; readonly says: RegExp }[] = [
  {
    name: 'the disk of a file is full',
    break: 'mkdir -p /mnt/d && mount -t tmpfs -o size=64k none /mnt/d && printf old >/mnt/d/a',
    heal: 'mount -o remount,size=10m /mnt/d',
    says: /could not stage \/mnt\/d\/a: .*(is the disk full|No space left on device|sync).*; it was undone/,
  },
  {
    name: 'the file system of a file is read-only',
    break: 'mkdir -p /mnt/d && printf old >/mnt/d/a && mount --bind /mnt/d /mnt/d && mount -o remount,bind,ro /mnt/d',
    heal: 'umount /mnt/d',
    says: /[Rr]ead-only file system/,
  },
  {
    name: 'the file is immutable in its folder, which is a mount point itself',
    break: 'mkdir -p /mnt/d && printf old >/mnt/d/a && mount --bind /mnt/d/a /mnt/d/a',
    heal: 'umount /mnt/d/a',
    says: /busy|cannot move/i,
  },
]

describe('a host that is broken keeps what it has, says why, and converges once it is well', () => {
  it.each(troubles)('$name', async ({ break: harm, heal, says }) => {
    expect((await host.run(harm)).code).toBe(0)
    const state = wanted({ '/mnt/d/a': large, '/mnt/b': 'fine' })
    const cycle = await reconcile(state, deps())
    expect(cycle.status).toBe('failed')
    expect(cycle.message).toMatch(says)
    expect((await host.run('cat /mnt/d/a /mnt/b')).stdout).toBe('oldfine')
    expect((await host.run('find /mnt/d -mindepth 1')).stdout).toBe('/mnt/d/a\n')
    expect((await host.run(heal)).code).toBe(0)
    expect((await reconcile(state, deps())).status).toBe('converged')
    expect((await reconcile(state, deps())).status).toBe('noop')
  })

  it('the disk of the ledger is full: nothing is begun', async () => {
    await host.run('mount -t tmpfs -o size=8k none /var/lib/reeve')
    const result = await reconcile(wanted({ '/mnt/a': large }), deps()).catch((error: Error) => error)
    expect(result instanceof Error ? result.message : result.message).toMatch(
      /No space left on device[\s\S]*refused: the plan arrived damaged, or the disk is full/,
    )
    expect((await host.run('ls /mnt')).stdout).toBe('')
    await host.run('mount -o remount,size=10m /var/lib/reeve')
    expect((await reconcile(wanted({ '/mnt/a': large }), deps())).status).toBe('converged')
  })

  it('the ledger alone cannot be written: the host refuses, which is a failure and no waiting', async () => {
    await host.run('cd /var/lib/reeve && : >ledger && mount --bind ledger ledger && mount -o remount,bind,ro ledger')
    await expect(reconcile(wanted({ '/mnt/a': 'x' }), deps())).rejects.toThrow('he1 refused the apply: its ledger: it cannot be written')
    expect((await host.run('ls /mnt')).stdout).toBe('')
    await host.run('umount /var/lib/reeve/ledger')
    expect((await reconcile(wanted({ '/mnt/a': 'x' }), deps())).status).toBe('converged')
  })

  it('the disk of the ledger is read-only: nothing is begun', async () => {
    await host.run('mount -o remount,ro /var/lib/reeve')
    const result = await reconcile(wanted({ '/mnt/a': 'x' }), deps()).catch((error: Error) => error)
    expect(result instanceof Error ? result.message : result.message).toMatch(/Read-only file system\nrefused: the journal cannot be made/)
    expect((await host.run('ls /mnt')).stdout).toBe('')
    await host.run('mount -o remount,rw /var/lib/reeve')
    expect((await reconcile(wanted({ '/mnt/a': 'x' }), deps())).status).toBe('converged')
  })

  it('/run is full: what cannot be read is unknown, and nothing is changed', async () => {
    await reconcile(wanted({ '/mnt/a': 'x' }), deps())
    await cut()
    await host.run(
      'umount /run/reeve; mount -t tmpfs -o size=4k none /run/reeve; head -c 9999 /dev/zero >/run/reeve/full 2>/dev/null; echo y >/mnt/a',
    )
    const result = await reconcile(wanted({ '/mnt/a': 'x' }), deps()).catch((error: Error) => error)
    expect(result instanceof Error ? result.message : result.message).toMatch(/./)
    expect((await host.run('cat /mnt/a')).stdout).toBe('y\n')
    await host.run('rm /run/reeve/full; mount -o remount,size=10m /run/reeve')
    await cut()
    expect((await reconcile(wanted({ '/mnt/a': 'x' }), deps())).status).toBe('converged')
  })
})
