import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { volume } from '../../../controller/kinds/volume/index.ts'
import type { VolumeSpec } from '../../../controller/kinds/volume/spec.ts'
import type { Fleet } from '../../../controller/model/fleet.ts'
import { hypervisorName, manifestId } from '../../../controller/model/ids.ts'
import type { Reading } from '../../../controller/model/kind.ts'
import type { Manifest } from '../../../controller/model/manifest.ts'

type Volume = Manifest<'Volume', VolumeSpec>
type Lvm = NonNullable<VolumeSpec['lvm']>

const target = { hypervisor: hypervisorName('he1') }
const placement = { target, role: 'host' }
const full: VolumeSpec & { readonly lvm: Lvm } = {
  hypervisor: 'he1',
  lvm: { volumeGroup: 'vg_data', name: 've2', size: '10Gi' },
  filesystem: { type: 'ext4', label: 've2' },
  mount: { path: '/var/lib/vz/lv/2', options: ['defaults', 'noatime'], dump: 0, pass: 2, owner: 'root:root', mode: '0755' },
}

function manifest(spec: VolumeSpec, name = 've2'): Volume {
  const at = () => ({ file: 'volumes.yaml', line: 1, column: 1 })
  return { id: manifestId('Volume', name), kind: 'Volume', name, labels: {}, annotations: {}, spec, source: at(), at, generation: '' }
}

function fleetOf(...all: readonly Volume[]): Fleet {
  return { name: 'lab', commit: '', get: () => undefined, secret: () => undefined, all: () => all as never, manifests: all }
}

const changed = (change: Partial<VolumeSpec>): VolumeSpec => ({ ...full, ...change })
const lvm = (change: Partial<Lvm>) => changed({ lvm: { ...full.lvm, ...change } })
const mount = (change: Partial<NonNullable<VolumeSpec['mount']>>) => changed({ mount: { path: '/srv/x', ...change } })
const check = (spec: VolumeSpec) => volume.check(manifest(spec), fleetOf())

const crd = parse(readFileSync(join(import.meta.dirname, '../../../crds/volume.yaml'), 'utf8'))
const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(crd.spec.versions[0].schema.openAPIV3Schema.properties.spec)

describe('a Volume', () => {
  test('in full is valid', () => {
    expect(validate(full)).toBe(true)
    expect(check(full)).toEqual([])
  })

  test('becomes a logical volume, its filesystem and its mount, each needing the one before', () => {
    const specs = volume.compile(manifest(full), placement, fleetOf(manifest(full)))
    expect(specs).toEqual([
      {
        type: 'logicalVolume',
        id: 'logicalVolume:vg_data/ve2',
        volumeGroup: 'vg_data',
        name: 've2',
        sizeBytes: '10737418240',
        pending: ['mkfs'],
        growPolicy: 'Automatic',
        deletionPolicy: 'Retain',
        bringsBack: 'Volume/ve2',
      },
      {
        type: 'filesystem',
        id: 'filesystem:/dev/vg_data/ve2',
        volumeGroup: 'vg_data',
        name: 've2',
        format: 'ext4',
        label: 've2',
        growPolicy: 'Automatic',
        deletionPolicy: 'Retain',
        needs: [{ target, id: 'logicalVolume:vg_data/ve2' }],
      },
      {
        type: 'mount',
        id: 'mount:/var/lib/vz/lv/2',
        path: '/var/lib/vz/lv/2',
        device: '/dev/vg_data/ve2',
        format: 'ext4',
        options: ['defaults', 'noatime'],
        dump: 0,
        pass: 2,
        owner: 'root',
        group: 'root',
        mode: '0755',
        deletionPolicy: 'Retain',
        needs: [{ target, id: 'filesystem:/dev/vg_data/ve2' }],
      },
    ])
  })

  test('without a filesystem stays raw, and is never one to format', () => {
    const specs = volume.compile(manifest({ hypervisor: 'he1', lvm: { volumeGroup: 'vg', size: '1Gi' } }, 'db'), placement, fleetOf())
    expect(specs).toMatchObject([{ id: 'logicalVolume:vg/db', pending: [] }])
  })

  test('of xfs is not checked at boot', () => {
    const specs = volume.compile(manifest(changed({ filesystem: { type: 'xfs' }, mount: { path: '/srv/x' } })), placement, fleetOf())
    expect(specs[2]).toMatchObject({ format: 'xfs', pass: 0, options: ['defaults'] })
  })

  test('below the path of another on the same hypervisor is mounted after it', () => {
    const outer = manifest(mount({ path: '/srv' }), 'outer')
    const inner = manifest(mount({ path: '/srv/inner' }), 'inner')
    const elsewhere = manifest({ ...mount({ path: '/srv/inner' }), hypervisor: 'he2' }, 'elsewhere')
    const namesake = manifest(mount({ path: '/srv/in' }), 'namesake')
    const needs = (one: Volume) => volume.compile(one, placement, fleetOf(outer, inner, elsewhere, namesake))[2]?.needs?.map(({ id }) => id)
    expect(needs(inner)).toEqual(['filesystem:/dev/vg_data/ve2', 'mount:/srv'])
    expect(needs(outer)).toEqual(['filesystem:/dev/vg_data/ve2'])
  })

  test('claims its logical volume and its path on its hypervisor', () => {
    expect(volume.claims?.(manifest(full), fleetOf())).toEqual([
      { scope: 'LV in vg_data on he1', value: 've2', path: 'spec.lvm.name' },
      { scope: 'mount path on he1', value: '/var/lib/vz/lv/2', path: 'spec.mount.path' },
    ])
  })

  test.each<[string, VolumeSpec, string, string]>([
    ['a bare suffix', lvm({ size: '10G' }), 'spec.lvm.size', 'write 10Gi (LVM counts in GiB; 10G would be 9.31 GiB)'],
    ['no size', lvm({ size: '0' }), 'spec.lvm.size', 'size must be positive'],
    ['a size beyond anything', lvm({ size: '9999999Pi' }), 'spec.lvm.size', 'larger than anything there is'],
    [
      'a small xfs',
      changed({ lvm: { ...full.lvm, size: '299Mi' }, filesystem: { type: 'xfs' } }),
      'spec.lvm.size',
      'mkfs.xfs needs 300 MiB',
    ],
    ['a reserved name', lvm({ name: 'snapshot1' }), 'spec.lvm.name', 'LVM reserves (snapshot, pvmove)'],
    ['a long name', lvm({ name: 'x'.repeat(127) }), 'spec.lvm.name', 'longer than 100 characters'],
    ['a group of dots', lvm({ volumeGroup: '..' }), 'spec.lvm.volumeGroup', 'not a name that vgcreate takes'],
    [
      'a long label on xfs',
      changed({ filesystem: { type: 'xfs', label: 'thirteen-char' } }),
      'spec.filesystem.label',
      'at most 12 characters',
    ],
    ['a mount without a filesystem', { hypervisor: 'he1', lvm: full.lvm, mount: { path: '/srv/x' } }, 'spec.mount', 'cannot be mounted'],
    ['the root', mount({ path: '/' }), 'spec.mount.path', 'is a system directory'],
    ['/etc', mount({ path: '/etc' }), 'spec.mount.path', 'is a system directory'],
    ['below /proc', mount({ path: '/proc/x' }), 'spec.mount.path', 'is a system directory'],
    ['traversal', mount({ path: '/srv/../etc' }), 'spec.mount.path', 'is not normalised'],
    ['an empty part', mount({ path: '/srv//x' }), 'spec.mount.path', 'is not normalised'],
    ['a slash at the end', mount({ path: '/srv/x/' }), 'spec.mount.path', 'is not normalised'],
    ['noauto', mount({ options: ['noauto'] }), 'spec.mount.options[0]', 'noauto contradicts'],
    ['a bind mount', mount({ options: ['noatime', 'bind'] }), 'spec.mount.options[1]', 'option bind does not belong'],
    ['our own mark', mount({ options: ['x-reeve.id=a/b/c'] }), 'spec.mount.options[0]', 'option x-reeve.id does not belong'],
  ])('is refused with %s', (_, spec, path, summary) => {
    expect(validate(spec)).toBe(true)
    expect(check(spec)).toMatchObject([{ severity: 'error', path, summary: expect.stringContaining(summary) }])
  })

  test.each(['ext2', 'ext3'] as const)('of %s is warned about', (type) => {
    expect(check(changed({ filesystem: { type } }))).toMatchObject([{ severity: 'warning', path: 'spec.filesystem.type' }])
  })

  test.each<[string, unknown]>([
    ['a size in words', lvm({ size: 'ten' })],
    ['a negative size', lvm({ size: '-1' })],
    ['a name with a space', lvm({ name: 'a b' })],
    ['a name that is an option', lvm({ name: '-x' })],
    ['a name of 128 characters', lvm({ name: 'x'.repeat(128) })],
    ['shell in a name', lvm({ name: '$(id)' })],
    ['an unknown filesystem', changed({ filesystem: { type: 'ext5' as 'ext4' } })],
    ['a relative path', mount({ path: 'srv/x' })],
    ['a newline in a path', mount({ path: '/srv/x\n/dev/sda / ext4' })],
    ['two options in one', mount({ options: ['noatime,nosuid'] })],
    ['a blank in an option', mount({ options: ['noatime 0 0'] })],
    ['a short mode', mount({ mode: '755' })],
    ['a numeric owner', mount({ owner: '0:0' })],
    ['a field that does not exist', { ...full, thinPool: 'x' }],
  ])('is not valid with %s', (_, spec) => {
    expect(validate(spec)).toBe(false)
  })
})

describe("a Volume's health", () => {
  const [vital] = volume.vitals?.(manifest(full), placement, fleetOf()) ?? []
  const read = (stdout: string): Reading => ({ status: 'read', stdout, reason: '' })
  const group = 'group 4290772992 3552575488\n'
  // df of coreutils 9.1 on Debian 12
  const df = (avail: number, iavail: number) =>
    `${group}  1B-blocks     Avail Inodes IFree Mounted on\n   1000000 ${avail}  16384 ${iavail} /var/lib/vz/lv/2\n`

  test.each<[string, Reading, boolean | string, string]>([
    ['space', read(df(500_000, 16_373)), true, 'SpaceLeft'],
    ['no space', read(df(49_999, 16_373)), false, 'FilesystemFull'],
    ['no inodes', read(df(500_000, 3)), false, 'NoInodes'],
    [
      'nothing mounted there',
      read(`${group} 1B-blocks Avail Inodes IFree Mounted on\n 1000000 500000 16384 16373 /\n`),
      false,
      'NotMounted',
    ],
    ['nothing read', { status: 'unknown', stdout: '', reason: 'timed out' }, 'unknown', 'NotRead'],
  ])('with %s', (_, reading, healthy, reason) => {
    expect(vital?.assess(reading)).toMatchObject({ healthy, reason })
  })

  const alarms = (stdout: string) => vital?.assess(read(stdout)).alarms?.map(({ condition, items }) => `${condition} ${items.join()}`)
  test.each<[string, string, readonly string[], readonly string[]]>([
    ['much space', df(500_000, 16_373), [], []],
    ['a fifth of it', df(200_000, 16_373), [], []],
    ['less than a fifth: an alert goes on, none begins', df(199_999, 16_373), [], ['/var/lib/vz/lv/2']],
    ['15 %', df(150_000, 16_373), [], ['/var/lib/vz/lv/2']],
    ['less', df(149_999, 16_373), ['FilesystemFilling space'], []],
    ['few inodes', df(500_000, 2_400), ['FilesystemFilling inodes'], []],
    ['less than 8 %: the worse alert goes on', df(79_999, 16_373), ['FilesystemFilling space'], ['/var/lib/vz/lv/2']],
    ['less than 5 %', df(49_999, 16_373), ['FilesystemFull space'], ['/var/lib/vz/lv/2']],
    ['no inodes at all', df(49_999, 0), ['FilesystemFull space,inodes'], ['/var/lib/vz/lv/2']],
    ['nothing mounted: nothing is over', group, [], ['/var/lib/vz/lv/2']],
  ])('with %s', (_, stdout, raised, unread) => {
    expect(alarms(stdout)).toEqual(raised)
    expect(vital?.assess(read(stdout)).unread).toEqual(unread)
  })

  test('on btrfs is not asked for inodes that it does not count', () => {
    const counted = vital?.assess(read(`${group} 1B-blocks Avail Inodes IFree Mounted on\n 1000000 500000 0 0 /var/lib/vz/lv/2\n`))
    expect(counted).toMatchObject({ healthy: true, alarms: [] })
    expect(vital?.assess(read(`${group} 1000000 500000 - - /var/lib/vz/lv/2\n`))).toMatchObject({ healthy: true, alarms: [] })
  })

  test('gives sizes of group and filesystem as numbers', () => {
    expect(vital?.assess(read(df(500_000, 16_373))).samples).toEqual([
      { metric: 'volume_group_size_bytes', value: 4290772992, labels: { volume_group: 'vg_data' } },
      { metric: 'volume_group_free_bytes', value: 3552575488, labels: { volume_group: 'vg_data' } },
      { metric: 'volume_size_bytes', value: 1_000_000 },
      { metric: 'volume_available_bytes', value: 500_000 },
      { metric: 'volume_inodes', value: 16_384 },
      { metric: 'volume_inodes_free', value: 16_373 },
    ])
  })
})

describe('the health of a thin pool', () => {
  const poolSpec: VolumeSpec = { hypervisor: 'he1', lvm: { volumeGroup: 'vg', name: 'pool', size: '1Gi', type: 'ThinPool' } }
  const inside: VolumeSpec = { hypervisor: 'he1', lvm: { volumeGroup: 'vg', size: '1Gi', thinPool: 'pool' } }
  const [pool, thin] = [manifest(poolSpec, 'pool'), manifest(inside, 'thin')]
  const assess = (one: Volume, fleet: Fleet, line: string) =>
    volume.vitals?.(one, placement, fleet)?.[0]?.assess({ status: 'read', stdout: `group 1 1\n${line}`, reason: '' })

  // lvs of LVM 2.03.16
  test.each<[string, string, boolean, string, readonly string[], readonly string[]]>([
    ['empty', 'pool 104857600 0.00 10.94', true, 'SpaceLeft', [], []],
    ['less than 80 %: an alert goes on, none begins', 'pool 104857600 79.99 10.94', true, 'SpaceLeft', [], ['vg/pool']],
    ['filling', 'pool 104857600 80.00 10.94', true, 'SpaceLeft', ['ThinPoolFilling data'], []],
    ['short of metadata', 'pool 104857600 10.00 85.00', true, 'SpaceLeft', ['ThinPoolFilling metadata'], []],
    ['nearly full', 'pool 104857600 90.00 10.94', false, 'ThinPoolFull', ['ThinPoolFull data'], ['vg/pool']],
    ['full', 'pool 104857600 100.00 14.84 out_of_data', false, 'ThinPoolFull', ['ThinPoolFull out_of_data'], ['vg/pool']],
    ['not there', 'pool ', false, 'PoolNotRead', [], ['vg/pool']],
  ])('that is %s', (_, line, healthy, reason, alarms, unread) => {
    const found = assess(pool, fleetOf(pool, thin), `${line}\n`)
    expect(found).toMatchObject({ healthy, reason, unread })
    expect(found?.alarms?.map(({ condition, items }) => `${condition} ${items.join()}`)).toEqual(alarms)
  })

  test('is told once, by its own manifest, and by its volumes where it has none', () => {
    expect(assess(thin, fleetOf(pool, thin), 'pool 104857600 95.00 10.94\n')).toMatchObject({ healthy: true, alarms: [] })
    expect(assess(thin, fleetOf(thin), 'pool 104857600 95.00 10.94\n')).toMatchObject({
      healthy: false,
      alarms: [{ condition: 'ThinPoolFull' }],
    })
  })

  test('is a number in the metrics', () => {
    expect(assess(pool, fleetOf(pool), 'pool 104857600 87.50 10.94\n')?.samples).toContainEqual({
      metric: 'volume_thin_pool_data_used_ratio',
      value: 0.875,
      labels: { thin_pool: 'pool' },
    })
  })
})

describe('a Volume becomes, with more said,', () => {
  const ids = (spec: VolumeSpec, ...others: readonly Volume[]) => {
    const own = manifest(spec, 'one')
    const specs = volume.compile(own, placement, fleetOf(own, ...others))
    return specs.map(({ id, needs = [] }) => [id, ...needs.map((need) => need.id)].join(' '))
  }
  const base = { hypervisor: 'he1', lvm: { volumeGroup: 'vg', size: '1Gi' } } as const
  const devices = ['/dev/disk/by-id/a']

  test('swap in use', () => {
    expect(ids({ ...base, filesystem: { type: 'swap' } })).toEqual([
      'logicalVolume:vg/one',
      'filesystem:/dev/vg/one logicalVolume:vg/one',
      'swap:/dev/vg/one filesystem:/dev/vg/one',
    ])
  })

  test('a volume group, which all volumes in it need', () => {
    const maker = { ...base, lvm: { ...base.lvm, createVolumeGroup: { devices } } }
    expect(ids(maker)).toEqual(['volumeGroup:vg', 'logicalVolume:vg/one volumeGroup:vg'])
    expect(ids(base, manifest(maker, 'maker'))).toEqual(['logicalVolume:vg/one volumeGroup:vg'])
  })

  test('a thin volume, which needs the pool that a manifest makes', () => {
    const pool = manifest({ ...base, lvm: { ...base.lvm, name: 'pool', type: 'ThinPool' } }, 'pool')
    const thin = { ...base, lvm: { ...base.lvm, thinPool: 'pool' } }
    expect(ids(thin, pool)).toEqual(['logicalVolume:vg/one logicalVolume:vg/pool'])
    expect(ids(thin)).toEqual(['logicalVolume:vg/one'])
    expect(volume.compile(pool, placement, fleetOf(pool))).toMatchObject([{ isThinPool: true, pending: [] }])
  })

  test('a volume in the trash for as many days as it says', () => {
    expect(volume.compile(manifest({ ...base, trashDays: 30 }), placement, fleetOf())).toMatchObject([{ trashDays: 30 }])
  })
})

describe('an image', () => {
  const image = { path: '/srv/i.qcow2', size: '10Gi' } as const
  const compiled = (more: Partial<NonNullable<VolumeSpec['image']>>, growPolicy?: 'Manual') =>
    volume.compile(
      manifest({ hypervisor: 'he1', image: { ...image, ...more }, ...(growPolicy ? { growPolicy } : {}) }),
      placement,
      fleetOf(),
    )

  test('is one thing, and claims its path', () => {
    expect(compiled({})).toMatchObject([
      { id: 'diskImage:/srv/i.qcow2', sizeBytes: '10737418240', preallocation: 'off', deletionPolicy: 'Retain' },
    ])
    expect(volume.claims?.(manifest({ hypervisor: 'he1', image }), fleetOf())).toEqual([
      { scope: 'image on he1', value: '/srv/i.qcow2', path: 'spec.image.path' },
    ])
    expect(volume.vitals?.(manifest({ hypervisor: 'he1', image }), placement, fleetOf())).toEqual([])
  })

  test('has files, with modes and owners where none are said', () => {
    const files = [
      { path: '/etc/hostname', content: 'web01' },
      { path: '/etc/key', content: '', mode: '0600', owner: '7:8' },
    ]
    expect(compiled({ copyFrom: '/srv/lb01.qcow2', customize: { files } })).toMatchObject([
      { customize: { partition: 1, files: [{ path: '/etc/hostname', content: 'web01', mode: '0644', owner: '0:0' }, files[1]] } },
    ])
  })

  test('is a copy of another one, or lies over it, with owner and mode', () => {
    expect(compiled({ copyFrom: '/srv/lb01.qcow2' })).toMatchObject([{ source: { how: 'copy', path: '/srv/lb01.qcow2' } }])
    expect(compiled({ backingFile: '/srv/base.qcow2' })).toMatchObject([{ source: { how: 'backing', path: '/srv/base.qcow2' } }])
    expect(compiled({ owner: 'libvirt-qemu:kvm', mode: '0600', preallocation: 'full' }, 'Manual')).toMatchObject([
      { owner: 'libvirt-qemu', group: 'kvm', mode: '0600', preallocation: 'full', growPolicy: 'Manual' },
    ])
  })
})
