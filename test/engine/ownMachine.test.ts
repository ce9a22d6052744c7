import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { containerNumber, findOwnMachine, unitOf } from '../../controller/cli/ownMachine.ts'
import { brakeOf, type Policy } from '../../controller/engine/brake.ts'
import { type OwnMachine, ownDanger, ownMachineOn } from '../../controller/engine/ownMachine.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { HypervisorName, PrimitiveId } from '../../controller/model/ids.ts'
import type { PlannedChange } from '../../controller/model/plan.ts'
import { findingsOf } from '../../controller/report/findings.ts'
import { report } from '../report/reports.ts'
import { depsOf, textOf, wantedOf } from './deps.ts'
import { note } from './note.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

const own: OwnMachine = {
  machineId: 'a'.repeat(32),
  bootId: 'kernel-1',
  names: ['ops1', '101'],
  unit: 'reeve.service',
  user: 'reeve',
  paths: ['/opt/reeve', '/var/lib/reeve-controller'],
}
const he1 = 'he1' as HypervisorName

function change(id: string, more: Partial<PlannedChange> = {}): PlannedChange {
  const fields = [{ field: 'state', cause: 'pending' as const, before: 'running', after: 'stopped' }]
  return { id: id as PrimitiveId, action: 'update', impact: 'none', fields, target: { hypervisor: he1 }, owners: [], ...more }
}

function limit(field: string, before: string | undefined, after: string | undefined) {
  return { field, cause: 'pending' as const, before, after }
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
  { name: 'removing its user', change: change('account:reeve', { action: 'delete' }), danger: 'asked' },
  { name: 'another shell of its user', change: change('account:reeve'), danger: 'none' },
  { name: 'stopping sshd', change: change('service:ssh.service'), danger: 'asked' },
  { name: 'loading sshd anew', change: change('service:ssh.service', { fields: [limit('loaded', 'a', 'b')] }), danger: 'none' },
  { name: 'stopping its network', change: change('service:networking.service'), danger: 'asked' },
]

describe('on the machine that the controller runs on', () => {
  it.each(dangers)('$name: $danger', ({ change, danger }) => {
    const found = ownDanger(change, own)
    expect(found === undefined ? 'none' : found.isApprovable ? 'asked' : 'never').toBe(danger)
  })

  it('what is only kept where a new connection comes in is asked for: its own comes in over the loopback', () => {
    expect(ownDanger(change('file:/etc/ssh/sshd_config.d/00-reeve.conf'), own, true)).toMatchObject({
      isApprovable: true,
      because: expect.stringContaining('nor about its way to Git and to the mail server') as string,
    })
    expect(ownDanger(change('file:/etc/ssh/sshd_config.d/00-reeve.conf'), own)).toBeUndefined()
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

  it('is this one, with its kernel and its names', () => {
    expect(findOwnMachine({ stateDir: '/s' })).toMatchObject({
      machineId: readFileSync('/etc/machine-id', 'utf8').trim(),
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      names: [hostname()],
    })
  })

  it.each([
    ['Name:\tcat\nenvID:\t101\n', ['101']],
    ['Name:\tcat\nenvID:\t0\n', []],
    ['Name:\tcat\n', []],
  ])('and of OpenVZ the number of the container: %j', (status, names) => expect(containerNumber(status)).toEqual(names))
})

describe('on the hypervisor whose container the controller runs in', () => {
  const inside: OwnMachine = { ...own, inside: 'ops1' }
  const within = { hypervisor: he1, inside: 'ops1', provider: 'lxc' } as never
  const box = 'lxcContainer:ops1'
  const cases: readonly (readonly [string, PlannedChange, 'none' | 'never' | 'asked'])[] = [
    ['retiring it', change(box, { action: 'delete', fields: [] }), 'asked'],
    ['stopping it', change(box, { fields: [limit('state', 'running', 'stopped')] }), 'asked'],
    ['freezing it', change(box, { fields: [limit('state', 'running', 'frozen')] }), 'asked'],
    ['restarting it', change(box, { impact: 'restart', fields: [limit('lxc.uts.name', 'a', 'b')] }), 'asked'],
    ['less memory', change(box, { fields: [limit('lxc.cgroup2.memory.max', '1G', '512M')] }), 'asked'],
    ['memory limited for the first time', change(box, { fields: [limit('lxc.cgroup2.memory.max', undefined, '8G')] }), 'asked'],
    ['fewer processes', change(box, { fields: [limit('lxc.cgroup2.pids.max', '500', '50')] }), 'asked'],
    ['more memory', change(box, { fields: [limit('lxc.cgroup2.memory.max', '512M', '1073741824')] }), 'none'],
    ['memory without a limit', change(box, { fields: [limit('lxc.cgroup2.memory.max', '512M', undefined)] }), 'none'],
    ['memory in words that are unknown', change(box, { fields: [limit('lxc.cgroup2.memory.max', 'much', 'more')] }), 'asked'],
    ['starting with the host', change(box, { fields: [limit('lxc.start.auto', '0', '1')] }), 'none'],
    ['another container', change('lxcContainer:web', { action: 'delete', fields: [] }), 'none'],
    ['the firewall of the host', change('nftTable:inet reeve'), 'asked'],
    ['its bridge', change('bridge:br-lxc'), 'asked'],
    ['a unit of its name on the host', change('service:reeve.service'), 'none'],
    ['its own unit', change('service:reeve.service', { target: within }), 'never'],
    ['its own program', change('tree:/opt/reeve', { action: 'delete', target: within }), 'asked'],
    ['its own firewall', change('nftTable:inet reeve', { target: within }), 'asked'],
    ['another unit beside it', change('service:nginx.service', { target: within }), 'none'],
    ['the firewall of another container', change('nftTable:inet reeve', { target: { hypervisor: he1, inside: 'web' } as never }), 'none'],
  ]
  it.each(cases)('%s: %s', (_name, planned, danger) => {
    const found = ownDanger(planned, inside)
    expect(found === undefined ? 'none' : found.isApprovable ? 'asked' : 'never').toBe(danger)
  })

  const item = (id: string, settings = {}) => ({ spec: { type: 'lxcContainer', id: id as PrimitiveId, settings } })
  const kept = (id: string) => ({ entries: new Map([[id, { id: id as PrimitiveId }]]) }) as unknown as Parameters<typeof ownMachineOn>[3]
  const facts = { machineId: 'b'.repeat(32), bootId: 'kernel-1' }
  it.each<readonly [string, string | undefined, ReturnType<typeof ownMachineOn>]>([
    ['the same kernel, and a container of its name', 'ops1', ownMachineOn(own, facts, [item(box)], undefined)],
    ['… that is called so inside alone', 'a7', ownMachineOn(own, facts, [item('lxcContainer:a7', { 'lxc.uts.name': 'ops1' })], undefined)],
    ['… that left Git, and is in the ledger', 'ops1', ownMachineOn(own, facts, [], kept(box))],
    ['… of OpenVZ, by its number', '101', ownMachineOn(own, facts, [item('openvzContainer:101')], undefined)],
    ['another container', undefined, ownMachineOn(own, facts, [item('lxcContainer:web')], undefined)],
    ['another kernel', undefined, ownMachineOn(own, { ...facts, bootId: 'kernel-2' }, [item(box)], undefined)],
    [
      'nothing known of itself',
      undefined,
      ownMachineOn({ machineId: '', unit: undefined, paths: [] }, { machineId: '', bootId: '' }, [item(box)], undefined),
    ],
  ])('is told by %s', (_name, name, found) => expect(found?.inside).toBe(name))

  it('which it is not where the machine is its own', () => {
    expect(ownMachineOn(own, { machineId: own.machineId, bootId: 'kernel-1' }, [item(box)], undefined)).toBe(own)
  })
})
