import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reconcile } from '../../controller/engine/reconcile.ts'
import { containerName, hypervisorName, type ManifestId } from '../../controller/model/ids.ts'
import type { DesiredState } from '../../controller/model/plan.ts'
import { file } from '../../controller/primitives/file/spec.ts'
import { depsOf } from '../conformance/engine.ts'
import { type OpenvzHost, startOpenvzHost } from '../openvz/host.ts'

const target = { hypervisor: hypervisorName('he1'), inside: containerName('101'), provider: 'openvz' as const }

function wanted(content?: string): DesiredState {
  const spec =
    content === undefined ? [] : [file({ path: '/etc/new/motd', content, mode: '0640', owner: 'root:root', deletionPolicy: 'Delete' })]
  const items = spec.map((one) => ({ target, spec: one, owners: ['Kind/one' as ManifestId] }))
  return { hypervisor: target.hypervisor, fleet: 'conform', commit: 'c1', vitals: [], items }
}

let host: OpenvzHost
beforeEach(async () => {
  host = await startOpenvzHost()
  await host.must(
    'cp /mnt/template.tar.gz /var/lib/vz/template/cache/d.tar.gz; vzctl create 101 --ostemplate d >/dev/null; vzctl start 101 >/dev/null',
  )
})
afterEach(() => host.close())

const place = () => depsOf({ host, run: (script) => host.must(script) })

describe('a target inside a container of OpenVZ', () => {
  it('is entered by vzctl exec2, for what is looked at and for what is done', async () => {
    expect(await reconcile(wanted("it's $(here)\n"), place())).toMatchObject({ status: 'converged', message: '' })
    expect(await host.read('/var/lib/vz/private/101/etc/new/motd')).toBe("it's $(here)\n")
    expect(await host.read('/etc/new/motd')).toBeUndefined()
    await host.must("echo other | vzctl exec2 101 'cat >/etc/new/motd'")
    expect((await reconcile(wanted("it's $(here)\n"), place())).drift.map(({ id }) => id)).toEqual(['file:/etc/new/motd'])
    expect((await reconcile(wanted("it's $(here)\n"), place())).status).toBe('noop')
  })

  it('is unknown while it does not run, and goes on afterwards', async () => {
    await host.must('vzctl stop 101 >/dev/null')
    const cycle = await reconcile(wanted('a\n'), place())
    expect(cycle.plan.unknown.map(({ reason }) => reason)).toEqual(['container 101 is not running'])
    expect(cycle.applied).toEqual([])
    await host.must('vzctl start 101 >/dev/null')
    expect((await reconcile(wanted('a\n'), place())).status).toBe('converged')
  })

  it('is told from a container of LXC with the same name, in the ledger too; what was done in it is cleared away', async () => {
    await reconcile(wanted('a\n'), place())
    expect(await host.must('cat /var/lib/reeve/ledger')).toContain('"he1/openvz:101"')
    expect((await reconcile(wanted(), place())).plan.orphans).toEqual([])
    expect(await host.read('/var/lib/vz/private/101/etc/new/motd')).toBeUndefined()
    await reconcile(wanted(), place())
    const journals = 'ls /var/lib/reeve/journal; ls -A /var/lib/vz/private/101/var/lib/reeve/journal 2>/dev/null || :'
    await expect.poll(() => host.must(journals), { timeout: 10_000 }).toBe('')
  })
})
