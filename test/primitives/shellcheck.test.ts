import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { primitiveId } from '../../controller/model/ids.ts'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { Known } from '../../controller/model/observation.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { block } from '../../controller/primitives/block/spec.ts'
import { bridge } from '../../controller/primitives/bridge/spec.ts'
import { diskImage } from '../../controller/primitives/diskImage/spec.ts'
import { file } from '../../controller/primitives/file/spec.ts'
import { filesystem } from '../../controller/primitives/filesystem/spec.ts'
import { group as accountGroup } from '../../controller/primitives/group/spec.ts'
import { link } from '../../controller/primitives/link/spec.ts'
import { type LogicalVolumeState, logicalVolume } from '../../controller/primitives/logicalVolume/spec.ts'
import { mailHoldings } from '../../controller/primitives/mailHoldings/spec.ts'
import { mailQueue } from '../../controller/primitives/mailQueue/spec.ts'
import { recipientCopy } from '../../controller/primitives/mailRecipients/spec.ts'
import { mount } from '../../controller/primitives/mount/spec.ts'
import { openvzSample } from '../../controller/primitives/openvzSample/spec.ts'
import { debianPackage } from '../../controller/primitives/package/spec.ts'
import { primitives } from '../../controller/primitives/registry.ts'
import { service } from '../../controller/primitives/service/spec.ts'
import { setting } from '../../controller/primitives/setting/spec.ts'
import { swap } from '../../controller/primitives/swap/spec.ts'
import { sysctl } from '../../controller/primitives/sysctl/spec.ts'
import { tree } from '../../controller/primitives/tree/spec.ts'
import { volumeGroup } from '../../controller/primitives/volumeGroup/spec.ts'
import { readFstab } from '../../controller/shell/fstab.ts'
import { contextOf } from '../machine/transaction.ts'
import { plpa } from './openvzContainer/specs.ts'

const motd = file({ path: '/etc/a b/$(id)', content: "it's\n", mode: '0644', owner: 'root:root' })
const check = { argv: ['nginx', '-t'], failOn: ['conflicting server name'] }
const specs: readonly Spec[] = [
  motd,
  block({
    path: '/etc/a b/$(id)',
    name: 'x',
    content: "it's\n",
    position: { after: '$(id)' },
    created: { mode: '0644', owner: 'root:root' },
  }),
  setting({ key: 'relay_domains', value: '$mydestination "a"', needs: [] }),
  tree({ path: '/etc/nginx/reeve', files: { 'a.conf': { content: 'x\n', mode: '0644', owner: 'root:root' } } }),
  link({ path: '/etc/x', to: '/etc/y' }),
  debianPackage('nginx-light'),
  service({ unit: 'nginx.service', state: 'running', isEnabled: true, loads: [motd], check, reload: 'reload' }),
  sysctl('net.ipv4.ip_forward', '1'),
  recipientCopy({ path: '/etc/a b/$(id)', head: "# it's\n", domains: [] }, []),
  mailQueue('/etc/a b/$(id)', []),
  mailHoldings({ ownKeys: [], ownMaps: '/etc/postfix/reeve' }),
  accountGroup({ name: 'builders', gid: 2000, isSystem: true }),
  bridge({ name: 'lxcbr1', addresses: ['192.168.9.1/24'] }),
  bridge({ name: 'br0', addresses: ['192.0.2.2/24', 'fd00::2/64'], ports: ['eth0'] }),
  plpa({ interfaces: [{ name: 'eth0', bridge: 'br-lxc' }] }),
  openvzSample({ name: 'vps.lv', from: 'basic', set: { VE_PRIVATE: '/var/lib/vz/lv/$VEID/ve' } }),
]

/**
 * What is meant so: words split on purpose under `set -f` (2086), functions and variables that only a part of a script uses (2317, 2034),
 * `$path` inside quotes of another shell's script (2016), a constant as the word of a loop or a case (2041, 2043, 2194), names set elsewhere (2154),
 * `-ef`, which dash has and POSIX has had since 2024 (3013), an answer that ends with the word done (1010), words of lvm that are split on purpose (2046).
 */
const meant = 'SC2086,SC2317,SC2034,SC2016,SC2043,SC2194,SC2154,SC2148,SC2041,SC3013,SC1010,SC2046'

function shellcheck(text: string): string {
  try {
    execFileSync('shellcheck', ['-s', 'sh', '-e', meant, '-f', 'gcc', '-'], { input: `set -eu\n${text}`, stdio: ['pipe', 'pipe', 'pipe'] })
    return ''
  } catch (error) {
    return String((error as { stdout?: Buffer }).stdout)
  }
}

const lv = { volumeGroup: 'vg-x', name: 'a' } as const
const group = {
  name: 'vg-x',
  sizeBytes: 1n << 40n,
  freeBytes: 1n << 40n,
  freeByDevice: [1n << 39n, 1n << 39n],
  extentBytes: 4n << 20n,
  missingDevices: 0,
  attributes: 'wz--n-',
}
const volumeState: LogicalVolumeState = {
  ...{ sizeBytes: 4n << 20n, attributes: '-wi-------', isActive: false, isOpen: false, layout: 'linear', origin: '', uuid: 'abcdef-1' },
  ...{ pool: '', stripes: 1, thinVolumes: 0, tags: ['reeve.id=testfleet/Volume/a', 'reeve.trash-days=3'], group },
}
const trashed = { ...volumeState, tags: ['reeve.trash=testfleet/Volume/a', 'reeve.trash-due=1'], trash: { dueSeconds: 1, isDue: true } }
const trashName = 'reeve-trash-a-abcdef'
const around = (volumes: Readonly<Record<string, LogicalVolumeState>>) => ({
  hasLvm: true,
  groups: [{ group, volumes: new Map(Object.entries(volumes)) }],
  groupNames: [],
})
const files = (content: string) => ({ content, label: 'old', uuid: 'u', sizeBytes: 1n, fullBytes: 2n, deviceBytes: 2n, isMounted: true })
const grown = ['size', 'label', 'active', 'trash-days', 'mark', 'mkfs-pending', 'on', 'fstab', 'mode']
const image = diskImage({ path: "/srv/i m'g $(id).qcow2", sizeBytes: 1n << 30n, owner: 'a', group: 'b', mode: '0640' })
const isPresent = (state: unknown): Known<unknown> => ({ status: 'present', state, mark: { fleet: 'testfleet', owner: 'Volume/a' } })
const isAbsent = (found: unknown): Known<unknown> => ({ status: 'absent', around: found })

/** What is there decides which steps there are. */
const situations: readonly (readonly [name: string, spec: Spec, observed: Known<unknown>])[] = [
  ['a new volume', logicalVolume({ ...lv, sizeBytes: 1n, stripes: 2, deletionPolicy: 'Delete', trashDays: 3 }), isAbsent(around({}))],
  ['a new thin pool', logicalVolume({ ...lv, sizeBytes: 1n, isThinPool: true }), isAbsent(around({}))],
  ['a new thin volume', logicalVolume({ ...lv, sizeBytes: 1n, thinPool: 'pool' }), isAbsent(around({}))],
  ['a volume in the trash', logicalVolume({ ...lv, sizeBytes: 1n, bringsBack: 'Volume/a' }), isAbsent(around({ [trashName]: trashed }))],
  ['a volume that differs', logicalVolume({ ...lv, sizeBytes: 1n << 30n }), isPresent(volumeState)],
  ...(['ext4', 'xfs', 'btrfs', 'swap'] as const).flatMap((format) => [
    [
      `a new ${format}`,
      filesystem({ ...lv, format, label: `it's $(x)` }),
      isAbsent({ tags: ['reeve.mkfs-pending'], isZero: true, isMounted: false }),
    ] as const,
    [`a small ${format}`, filesystem({ ...lv, format, label: `it's $(x)` }), isPresent(files(format))] as const,
  ]),
  ['an idle swap area', swap({ device: '/dev/vg-x/a' }), isAbsent({ isOn: false, lines: [] })],
  [
    'a swap area in use',
    swap({ device: '/dev/vg-x/a' }),
    isPresent({ isOn: true, lines: readFstab('/dev/vg-x/a none swap sw,x-reeve.id=testfleet/V/a 0 0') }),
  ],
  ['a volume group', volumeGroup('vg-x', ['/dev/disk/by-id/a', '/dev/disk/by-id/b']), isAbsent(undefined)],
  [
    'a btrfs to mount',
    mount({ path: '/srv/a b', device: '/dev/vg-x/a', format: 'btrfs' }),
    isPresent({ here: [], lines: [], owner: '', group: '', mode: '' }),
  ],
  ['a new image', image, isAbsent(undefined)],
  ['a new image of another', { ...image, source: { how: 'copy', path: '/srv/a b' } } as Spec, isAbsent(undefined)],
  ['an image over another', { ...image, source: { how: 'backing', path: '/srv/a b' } } as Spec, isAbsent(undefined)],
  ['a small image', image, isPresent({ sizeBytes: 1n, owner: 'x', group: 'y', mode: '0600' })],
]

test.each(situations)('shellcheck has nothing against the scripts for %s', (_, spec, observed) => {
  const primitive = primitives.find(({ type }) => type === spec.type)
  const fields = [...grown, 'options', 'mounted'].map((field) => ({ field, before: '', after: '' }))
  const entry = { id: spec.id, deletionPolicy: 'Delete' } as LedgerEntry
  const inTrash = { ...entry, id: primitiveId('logicalVolume', `vg-x/${trashName}`) }
  const steps = [
    ...(primitive?.steps(spec, { action: 'update', impact: 'none', fields }, observed, contextOf({})) ?? []),
    ...(primitive?.retire?.(entry, observed, contextOf({})).steps ?? []),
    ...(spec.type === 'logicalVolume' ? (primitive?.retire?.(inTrash, isPresent(trashed), contextOf({})).steps ?? []) : []),
  ]
  const scripts = [
    primitive?.probe([{ id: spec.id, spec }], 'testfleet'),
    ...steps.flatMap(({ guard, run, check: after, undo }) => [guard, run, after, undo]),
  ]
  const texts = scripts.filter((script) => script !== undefined).map(({ text }) => text)
  // In one process: what one script leaves set is of no matter to another, since each is a function of its own.
  const all = texts.map((text, index) => `script_${index}() {\n${text}\n}`).join('\n')
  expect(steps.length).toBeGreaterThan(0)
  expect(shellcheck(all)).toBe('')
})

const port = { name: 'eth0', isThere: true, isBridge: false, master: undefined, addresses: [], isNetworkds: false }

test.each(specs.map((spec) => [spec.type, spec] as const))('shellcheck has nothing against the scripts of %s', (type, spec) => {
  const primitive = primitives.find((one) => one.type === type)
  const absent: Known<unknown> = { status: 'absent', ...(type === 'bridge' ? { around: { boot: undefined, ports: [port] } } : {}) }
  const difference = primitive?.diff(spec, absent, undefined)
  const change =
    difference?.status === 'change'
      ? difference.change
      : { action: 'update', impact: 'none', fields: [{ field: 'value', before: undefined, after: '' }] }
  const staged = [{ live: '/etc/a', staged: '/etc/a.reeve-new' }]
  const steps = primitive?.steps(spec, change as never, absent, contextOf({ staged })) ?? []
  const scripts = [
    primitive?.probe([{ id: spec.id, spec }], 'testfleet'),
    ...steps.flatMap(({ guard, run, check: after, undo }) => [guard, run, after, undo]),
  ]
  const texts = scripts.filter((script) => script !== undefined).map(({ text }) => text)
  expect(texts.length).toBeGreaterThan(1)
  expect(texts.map(shellcheck).filter((said) => said !== '')).toEqual([])
})
