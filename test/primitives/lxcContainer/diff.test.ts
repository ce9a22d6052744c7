import { describe, expect, test } from 'vitest'
import type { Impact } from '../../../controller/model/change.ts'
import type { LedgerEntry } from '../../../controller/model/ledger.ts'
import { newConfig } from '../../../controller/primitives/lxcContainer/config.ts'
import { diff } from '../../../controller/primitives/lxcContainer/diff.ts'
import { fieldsOf } from '../../../controller/primitives/lxcContainer/fields.ts'
import { type LxcContainerSpec, type LxcContainerState, noStarts } from '../../../controller/primitives/lxcContainer/spec.ts'
import { wishHash } from '../../../controller/primitives/lxcContainer/starts.ts'
import { templateMark } from '../../../controller/primitives/lxcContainer/template.ts'
import { web } from './specs.ts'

const mark = { fleet: 'lab', owner: 'Container/web' }
const live = {
  'lxc.cgroup2.memory.low': '0',
  'lxc.cgroup2.memory.high': 'max',
  'lxc.cgroup2.memory.max': '268435456',
  'lxc.cgroup2.memory.swap.max': 'max',
  'lxc.cgroup2.cpu.max': 'max 100000',
  'lxc.cgroup2.cpu.weight': '100',
  'lxc.cgroup2.cpuset.cpus': '',
  'lxc.cgroup2.pids.max': '500',
}

/** The container as it is after `spec` was applied and started. */
function runningAs(spec: LxcContainerSpec, change: Partial<LxcContainerState> = {}): LxcContainerState {
  const config = newConfig({
    settings: spec.settings,
    entries: spec.entries,
    defaults: spec.defaults,
    mark,
    ...(spec.template ? { template: templateMark(spec.template) } : {}),
  })
  return {
    config,
    isPartial: false,
    running: 'running',
    live,
    hierarchy: 'v2',
    memoryNeededBytes: 25_497_600n,
    starts: noStarts,
    started: config,
    onlineCpus: '0-1',
    ...change,
  }
}

function outcome(spec: LxcContainerSpec, state: LxcContainerState) {
  const found = diff(spec, { status: 'present', state }, undefined)
  if (found.status !== 'change') return found.status === 'same' ? 'same' : found.reasons
  return [
    found.change.impact,
    ...found.change.fields.map((field) => `${field.field}: ${field.before ?? 'unset'} -> ${field.after ?? 'unset'}`),
  ]
}

function ledgerOf(spec: LxcContainerSpec): LedgerEntry {
  const fields = Object.fromEntries(Object.keys(fieldsOf(spec)).map((field) => [field, 'hash']))
  return { target: 'he1', id: spec.id, owners: [], files: [], fields, deletionPolicy: 'Retain', state: 'done', commit: 'c' }
}

const stopped = { running: 'stopped', live: {}, started: undefined, memoryNeededBytes: undefined } as const

describe('what a change costs', () => {
  test.each<[string, Record<string, string>, Impact, string]>([
    ['memory', { 'lxc.cgroup2.memory.max': '536870912' }, 'none', 'lxc.cgroup2.memory.max: 268435456 -> 536870912'],
    ['memory below use and a tenth', { 'lxc.cgroup2.memory.max': '28000000' }, 'restart', 'lxc.cgroup2.memory.max: 268435456 -> 28000000'],
    ['memory just above it', { 'lxc.cgroup2.memory.max': '28049408' }, 'none', 'lxc.cgroup2.memory.max: 268435456 -> 28049408'],
    ['CPU time', { 'lxc.cgroup2.cpu.max': '50000 100000' }, 'none', 'lxc.cgroup2.cpu.max: unset -> 50000 100000'],
    ['autostart', { 'lxc.start.auto': '0' }, 'none', 'lxc.start.auto: 1 -> 0'],
    ['start order', { 'lxc.start.order': '5' }, 'none', 'lxc.start.order: unset -> 5'],
    ['groups', { 'lxc.group': 'onboot a' }, 'none', 'lxc.group: unset -> onboot a'],
    ['host name', { 'lxc.uts.name': 'www' }, 'restart', 'lxc.uts.name: web -> www'],
    ['bridge', { 'lxc.net.0.link': 'br1' }, 'restart', 'lxc.net.0.link: br-lxc -> br1'],
    [
      'address',
      { 'lxc.net.0.ipv4.address': '192.168.100.11/24' },
      'restart',
      'lxc.net.0.ipv4.address: 192.168.100.10/24 -> 192.168.100.11/24',
    ],
    ['MTU', { 'lxc.net.0.mtu': '1400' }, 'restart', 'lxc.net.0.mtu: unset -> 1400'],
    ['nesting', { 'lxc.apparmor.allow_nesting': '1' }, 'restart', 'lxc.apparmor.allow_nesting: 0 -> 1'],
  ])('%s', (_name, settings, impact, field) => {
    expect(outcome(web({}, settings), runningAs(web()))).toEqual([impact, field])
  })

  test.each<[string, Record<string, string>]>([
    ['host name', { 'lxc.uts.name': 'www' }],
    ['address', { 'lxc.net.0.ipv4.address': '192.168.100.11/24' }],
  ])('%s of a stopped container costs nothing', (_name, settings) => {
    const wanted = web({ state: 'unmanaged' }, settings)
    expect(outcome(wanted, runningAs(web(), stopped))[0]).toBe('none')
  })

  test('what is as wanted is the same', () => {
    expect(outcome(web(), runningAs(web()))).toBe('same')
    expect(outcome(web({ state: 'stopped' }), runningAs(web(), stopped))).toBe('same')
  })
})

describe('the running state', () => {
  test.each<[LxcContainerSpec['state'], LxcContainerState['running'], unknown]>([
    ['running', 'stopped', ['none', 'state: stopped -> running']],
    ['running', 'frozen', ['none', 'state: frozen -> running']],
    ['stopped', 'running', ['outage', 'state: running -> stopped']],
    ['stopped', 'frozen', ['outage', 'state: frozen -> stopped']],
    ['frozen', 'running', ['outage', 'state: running -> frozen']],
    ['frozen', 'stopped', ['none', 'state: stopped -> frozen']],
    ['frozen', 'frozen', 'same'],
    ['unmanaged', 'stopped', 'same'],
    ['unmanaged', 'running', 'same'],
    ['unmanaged', 'frozen', 'same'],
  ])('wanted %s, found %s', (state, running, expected) => {
    expect(outcome(web({ state }), runningAs(web(), running === 'stopped' ? stopped : { running }))).toEqual(expected)
  })
})

describe('drift', () => {
  test('a limit that only the kernel holds otherwise', () => {
    const state = runningAs(web(), { live: { ...live, 'lxc.cgroup2.pids.max': '99' } })
    expect(outcome(web(), state)).toEqual(['none', 'lxc.cgroup2.pids.max: 99 (in force) -> 500'])
  })

  test('a limit of ours that is not wanted any more is lifted', () => {
    const { 'lxc.cgroup2.pids.max': _gone, ...settings } = web().settings
    expect(outcome(web({ settings }), runningAs(web()))).toEqual(['none', 'lxc.cgroup2.pids.max: 500 -> unset'])
  })

  test('a limit whose controller is off cannot be seen and is left alone', () => {
    expect(outcome(web(), runningAs(web(), { live: {} }))).toBe('same')
  })

  test('a file changed by hand under a container that runs as wanted costs nothing', () => {
    const state = runningAs(web({}, { 'lxc.uts.name': 'other' }), { started: runningAs(web()).config })
    expect(outcome(web(), state)).toEqual(['none', 'lxc.uts.name: other -> web'])
  })

  test('a file as wanted under a container that was started otherwise waits for a restart', () => {
    const state = runningAs(web(), { started: runningAs(web({}, { 'lxc.uts.name': 'other' })).config })
    expect(outcome(web(), state)).toEqual(['restart', 'lxc.uts.name: other (in the running container) -> web'])
  })

  test('where it cannot be told what it was started with, nothing is made up', () => {
    expect(outcome(web(), runningAs(web(), { started: undefined }))).toBe('same')
  })
})

describe('lines of which there may be many', () => {
  const fuse = { key: 'lxc.mount.entry', value: '/dev/fuse dev/fuse none bind,create=file,optional 0 0' }
  const data = { key: 'lxc.mount.entry', value: '/srv/data data none bind,create=dir 0 0' }
  const name = ({ key, value }: typeof fuse) => `${key} ${value}`

  test('one more is a restart; the same under other blanks is the same', () => {
    expect(outcome(web({ entries: [fuse] }), runningAs(web()))).toEqual(['restart', `${name(fuse)}: unset -> there`])
    const spaced = runningAs(web())
    const config = `lxc.mount.entry =  /dev/fuse   dev/fuse none bind,create=file,optional 0 0\n${spaced.config}`
    expect(outcome(web({ entries: [fuse] }), { ...spaced, config, started: config })).toBe('same')
  })

  test('one less is a restart where it was ours; others’ lines are theirs', () => {
    const last = ledgerOf(web({ entries: [fuse] }))
    const state = runningAs(web({ entries: [fuse, data] }))
    const found = diff(web(), { status: 'present', state }, last)
    expect(found).toMatchObject({ change: { impact: 'restart', fields: [{ field: name(fuse), before: 'there', after: undefined }] } })
    expect(diff(web(), { status: 'present', state }, undefined)).toEqual({ status: 'same' })
  })

  test('a stopped container takes it without a restart', () => {
    expect(outcome(web({ entries: [fuse], state: 'stopped' }), runningAs(web(), stopped))).toEqual([
      'none',
      `${name(fuse)}: unset -> there`,
    ])
  })

  test('in the file, and not in the container that runs: it waits for a restart', () => {
    const state = runningAs(web({ entries: [fuse] }), { started: runningAs(web()).config })
    expect(outcome(web({ entries: [fuse] }), state)).toEqual(['restart', `${name(fuse)}: unset (in the running container) -> there`])
  })

  test('of the two families of device rules only the one counts that the host has', () => {
    const rules = ['lxc.cgroup2.devices.allow', 'lxc.cgroup.devices.allow'].map((key) => ({ key, value: 'c 10:229 rwm' }))
    const found = (hierarchy: 'v1' | 'v2') => outcome(web({ entries: rules }), runningAs(web(), { hierarchy, live: {} }))
    expect(found('v2')).toEqual(['restart', 'lxc.cgroup2.devices.allow c 10:229 rwm: unset -> there'])
    expect(found('v1')).toEqual(['restart', 'lxc.cgroup.devices.allow c 10:229 rwm: unset -> there'])
  })
})

describe('a container that does not come up', () => {
  const starts = (spec: LxcContainerSpec) => ({ byWish: { [wishHash(spec)]: { tried: 3, failed: 3 } }, log: ['no init'] })
  test('is left alone in the end, with what LXC said', () => {
    expect(outcome(web(), runningAs(web(), { ...stopped, starts: starts(web()) }))).toEqual([
      expect.stringContaining('web does not start, and is left alone for now. LXC says: no init; repair it'),
    ])
  })
  test('is tried again as soon as something else is asked for', () => {
    expect(outcome(web({}, { 'lxc.uts.name': 'www' }), runningAs(web(), { ...stopped, starts: starts(web()) }))[0]).toBe('none')
  })
  test('a restart that failed three times is not tried again at the cost of an outage each time', () => {
    const www = web({}, { 'lxc.uts.name': 'www' })
    expect(outcome(www, runningAs(web(), { starts: starts(www) }))).toEqual([expect.stringContaining('web does not start')])
    expect(
      outcome(
        web({}, { 'lxc.cgroup2.pids.max': '600' }),
        runningAs(web(), { starts: starts(web({}, { 'lxc.cgroup2.pids.max': '600' })) }),
      )[0],
    ).toBe('none')
  })
})

describe('on a host with cgroup v1', () => {
  const legacy = { hierarchy: 'v1', live: { ...live, 'lxc.cgroup2.cpuset.cpus': '0-1' } } as const
  test('the same limits are the same', () => {
    expect(outcome(web(), runningAs(web(), legacy))).toBe('same')
  })
  test('a limit is live there, too', () => {
    expect(outcome(web({}, { 'lxc.cgroup2.memory.max': '536870912' }), runningAs(web(), legacy))).toEqual([
      'none',
      'lxc.cgroup2.memory.max: 268435456 -> 536870912',
    ])
  })
  test.each<[string, LxcContainerSpec, string]>([
    [
      'memory kept for it',
      web({}, { 'lxc.cgroup2.memory.low': '4096' }),
      'resources.memoryReservation: this host has cgroup v1, which knows no memory.low; leave it out',
    ],
    [
      'swap without memory',
      web({ settings: { 'lxc.cgroup2.memory.swap.max': '0' } }),
      'resources.swap: this host has cgroup v1, which limits swap only together with memory; set resources.memory too',
    ],
  ])('%s is refused', (_name, spec, reason) => {
    expect(outcome(spec, runningAs(web(), legacy))).toEqual([reason])
  })
})

describe('what is refused', () => {
  const template = (digit: string) => ({ template: { path: '/a.tar', sha256: digit.repeat(64) } })
  test.each<[string, LxcContainerSpec, Partial<LxcContainerState>, string]>([
    [
      'another root',
      web({}, { 'lxc.rootfs.path': 'lvm:/dev/vg_data/new' }),
      {},
      'the root file system of web is /dev/vg_data/web; spec.rootfs asks for /dev/vg_data/new, which would leave its data behind',
    ],
    [
      'other ids than its files have',
      web({ entries: ['u', 'g'].map((sort) => ({ key: 'lxc.idmap', value: `${sort} 0 100000 65536` })) }),
      {},
      'spec.unprivileged is immutable for an existing container: the files of web belong to the ids of its map none (root inside is root); asked for is g 0 100000 65536, u 0 100000 65536',
    ],
    [
      'CPUs that are not there',
      web({}, { 'lxc.cgroup2.cpuset.cpus': '0-63' }),
      {},
      'cpuSet 0-63 names CPUs that the host does not have (online: 0-1)',
    ],
    [
      'what lxc-create left half done',
      web(),
      { isPartial: true },
      'lxc-create was cut off while it made web; finish or remove it by hand (/var/lib/lxc/web/partial)',
    ],
  ])('%s', (_name, spec, change, reason) => {
    expect(outcome(spec, runningAs(web(), change))).toEqual([reason])
  })

  test('ids that were ours are never taken away: the files belong to them; those of a user are his', () => {
    const entries = ['u', 'g'].map((sort) => ({ key: 'lxc.idmap', value: `${sort} 0 100000 65536` }))
    expect(outcome(web(), runningAs(web({ entries })))).toEqual([expect.stringContaining('asked for is none (root inside is root)')])
    const his = `lxc.idmap = u 0 300000 65536\nlxc.idmap = g 0 300000 65536\n${runningAs(web()).config}`
    expect(outcome(web(), runningAs(web(), { config: his, started: his }))).toBe('same')
  })

  test('another template', () => {
    expect(outcome(web(template('b')), runningAs(web(template('a'))))).toEqual([
      'spec.template is immutable for an existing container (changing it would rebuild and destroy its data)',
    ])
    expect(outcome(web(template('b')), runningAs(web()))).toBe('same')
  })

  test('a change over a line that the user broke, which is named; without a change it is not ours to judge', () => {
    const state = runningAs(web())
    const broken = { ...state, config: `${state.config}lxc.network.type = veth\n` }
    expect(outcome(web(), broken)).toBe('same')
    expect(outcome(web({}, { 'lxc.uts.name': 'www' }), broken)).toEqual([
      expect.stringMatching(
        /^\/var\/lib\/lxc\/web\/config was broken by hand.*: line \d+: lxc\.network\.type was removed in LXC 3; use lxc\.net\.0\.\*; correct that line$/,
      ),
    ])
  })
})

test('what was taken over as it stood gets its mark once the ledger holds it', () => {
  const state = runningAs(web())
  const unmarked = { ...state, config: state.config.replace(/^# reeve.*\n/gm, '') }
  const last = {
    target: 'he1',
    id: web().id,
    owners: [],
    files: [],
    fields: {},
    deletionPolicy: 'Retain',
    state: 'done',
    commit: 'c',
  } as const
  expect(diff(web(), { status: 'present', state: unmarked }, undefined)).toEqual({ status: 'same' })
  expect(diff(web(), { status: 'present', state: unmarked }, last)).toEqual({
    status: 'change',
    change: { action: 'update', impact: 'none', fields: [{ field: 'mark', before: undefined, after: 'ours' }] },
  })
  expect(diff(web(), { status: 'present', state }, last)).toEqual({ status: 'same' })
})
