import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findOwnMachine, unitOf } from '../../controller/cli/ownMachine.ts'
import { brakeOf, type Policy } from '../../controller/engine/brake.ts'
import { type OwnMachine, ownDanger } from '../../controller/engine/ownMachine.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { HypervisorName, PrimitiveId } from '../../controller/model/ids.ts'
import type { PlannedChange } from '../../controller/model/plan.ts'
import { findingsOf } from '../../controller/report/findings.ts'
import { report } from '../report/reports.ts'
import { depsOf, textOf, wantedOf } from './deps.ts'
import { note } from './note.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

const own: OwnMachine = { machineId: 'a'.repeat(32), unit: 'reeve.service', paths: ['/opt/reeve', '/var/lib/reeve-controller'] }
const he1 = 'he1' as HypervisorName

function change(id: string, more: Partial<PlannedChange> = {}): PlannedChange {
  const fields = [{ field: 'state', cause: 'pending' as const, before: 'running', after: 'stopped' }]
  return { id: id as PrimitiveId, action: 'update', impact: 'none', fields, target: { hypervisor: he1 }, owners: [], ...more }
}

const dangers: readonly { readonly name: string; readonly change: PlannedChange; readonly danger: 'none' | 'never' | 'asked' }[] = [
  { name: 'stopping, restarting or reloading its own unit', change: change('service:reeve.service'), danger: 'never' },
  {
    name: 'enabling its own unit',
    change: change('service:reeve.service', { fields: [{ field: 'enabled', cause: 'pending', before: 'no', after: 'yes' }] }),
    danger: 'none',
  },
  { name: 'giving up its own unit', change: change('service:reeve.service', { action: 'delete', fields: [] }), danger: 'never' },
  { name: 'another unit', change: change('service:nginx.service'), danger: 'none' },
  {
    name: 'a unit of that name in a container',
    change: change('service:reeve.service', { target: { hypervisor: he1, inside: 'web' } as never }),
    danger: 'none',
  },
  { name: 'the firewall', change: change('nftTable:inet reeve'), danger: 'asked' },
  { name: 'removing a file that it runs from', change: change('file:/opt/reeve/package.json', { action: 'delete' }), danger: 'asked' },
  { name: 'removing the folder above it', change: change('tree:/opt', { action: 'delete' }), danger: 'asked' },
  { name: 'unmounting its state', change: change('mount:/var/lib/reeve-controller', { action: 'delete' }), danger: 'asked' },
  { name: 'writing a file beside it', change: change('file:/opt/reeve-notes', { action: 'delete' }), danger: 'none' },
  { name: 'a package', change: change('package:git'), danger: 'none' },
]

describe('on the machine that the controller runs on', () => {
  it.each(dangers)('$name: $danger', ({ change, danger }) => {
    const found = ownDanger(change, own)
    expect(found === undefined ? 'none' : found.isApprovable ? 'asked' : 'never').toBe(danger)
  })

  it('what could end it is withheld until somebody asks for exactly that, and told with what to do', () => {
    const policy: Policy = { approvals: new Set(), isWindowOpen: () => true, suspendedBecause: () => undefined, ownMachine: own }
    const candidate = (id: string) => ({
      change: change(id),
      spec: { type: 'x', id: id as PrimitiveId, restarts: 'Always' as const },
      isForeign: false,
    })
    const firewall = brakeOf(he1, [candidate('nftTable:inet reeve')], policy)
    expect(firewall).toMatchObject({ brake: 'OwnMachine', approval: expect.stringMatching(/^[0-9a-f]{12}$/) })
    expect(brakeOf(he1, [candidate('nftTable:inet reeve')], { ...policy, approvals: new Set([firewall?.approval ?? '']) })).toBeUndefined()
    const unit = brakeOf(he1, [candidate('service:reeve.service')], policy)
    expect(unit).not.toHaveProperty('approval')
    const [finding] = findingsOf(report(0, { withheld: unit ? [unit] : [] }))
    expect(finding?.render(0).text.replaceAll(/\s+/g, ' ')).toMatch(
      /reeve\.service is this very controller.*systemctl restart reeve\.service.*What to do: do it by hand/,
    )
  })

  it('elsewhere nothing of it is withheld', () => {
    const policy: Policy = { approvals: new Set(), isWindowOpen: () => true, suspendedBecause: () => undefined }
    expect(
      brakeOf(he1, [{ change: change('service:reeve.service'), spec: { type: 'x', id: 'x:y' as PrimitiveId }, isForeign: false }], policy),
    ).toBeUndefined()
  })
})

describe('which machine that is', () => {
  let host: ShellHost
  beforeAll(async () => {
    host = await startShellHost()
  })
  afterAll(() => host.close())

  it('is told by the id that the host itself says', async () => {
    const machineId = await textOf(host, '/etc/machine-id')
    const ownMachine: OwnMachine = { ...own, machineId, paths: ['/mnt/own'] }
    const kept = { ...note('/mnt/own', 'x'), deletionPolicy: 'Delete' as const }
    expect((await reconcile(wantedOf([kept]), depsOf(host, { ownMachine }))).status).toBe('converged')
    const gone = await reconcile(wantedOf([], 'c2'), depsOf(host, { ownMachine }))
    expect(gone.plan.withheld.map(({ brake }) => brake)).toEqual(['OwnMachine'])
    const other = await reconcile(wantedOf([], 'c2'), depsOf(host, { ownMachine: { ...ownMachine, machineId: 'b'.repeat(32) } }))
    expect(other.plan.withheld).toEqual([])
    expect(await textOf(host, '/mnt/own')).toBe('absent')
  })

  it.each([
    ['0::/system.slice/reeve.service\n', 'reeve.service'],
    ['12:cpu:/x\n1:name=systemd:/system.slice/reeve.service\n', 'reeve.service'],
    ['0::/user.slice/user-0.slice/session-1.scope\n', undefined],
    ['0::/\n', undefined],
    ['', undefined],
  ])('and the unit by its cgroup: %j', (cgroup, unit) => expect(unitOf(cgroup)).toBe(unit))

  it('is this one, where it has an id', () => {
    expect(findOwnMachine({ stateDir: '/s' })?.machineId ?? '').toBe(readFileSync('/etc/machine-id', 'utf8').trim())
  })
})
