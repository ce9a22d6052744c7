import { describe, expect, test } from 'vitest'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { Known } from '../../controller/model/observation.ts'
import { logicalVolumePrimitive as primitive } from '../../controller/primitives/logicalVolume/index.ts'
import {
  type LogicalVolumeSpec,
  type LogicalVolumeState,
  type LogicalVolumeWish,
  logicalVolume,
  mapperName,
  refuseName,
} from '../../controller/primitives/logicalVolume/spec.ts'
import { readFixture } from './fixture.ts'
import { entryOf } from './test-host.ts'

const report = readFixture('lvm-fullreport.txt')
const mib = (count: number) => BigInt(count) << 20n

function wish(more: Partial<LogicalVolumeWish> = {}): LogicalVolumeSpec {
  return logicalVolume({ volumeGroup: 'vg_data', name: 've-2', sizeBytes: mib(64), ...more })
}

function observe(spec: LogicalVolumeSpec, text = report): Known<LogicalVolumeState> {
  const state = primitive.parse(text, [{ id: spec.id, spec }]).items.get(spec.id)
  if (state === undefined || state.status === 'unknown') throw new Error(state?.reason ?? 'not mentioned')
  return state
}

function diff(spec: LogicalVolumeSpec, text = report, last?: LedgerEntry) {
  return primitive.diff(spec, observe(spec, text), last)
}

describe('a logical volume', () => {
  test('is read with its tags, its group and its mark, in exact numbers', () => {
    expect(observe(wish())).toEqual({
      status: 'present',
      mark: { fleet: 'lab', owner: 'Volume/ve2' },
      state: expect.objectContaining({ sizeBytes: mib(64), isActive: true, isOpen: true, tags: ['reeve.id=lab/Volume/ve2'] }),
    })
    const huge = report.replace('"vg_free":"3552575488"', '"vg_free":"9007199254740993"')
    const found = observe(wish(), huge)
    expect(found.status === 'present' && found.state.group.freeBytes).toBe(9007199254740993n)
  })

  test('that carries our mark is named, asked for or not', () => {
    expect(primitive.parse(report, []).marked).toEqual([
      { id: 'logicalVolume:vg_data/blank', mark: { fleet: 'lab', owner: 'Volume/blank' } },
      { id: 'logicalVolume:vg_data/ve-2', mark: { fleet: 'lab', owner: 'Volume/ve2' } },
    ])
  })

  test('of equal size in extents is the same', () => {
    expect(diff(wish())).toEqual({ status: 'same' })
    expect(diff(wish({ sizeBytes: mib(61) }))).toEqual({ status: 'same' })
  })

  test('that is taken over gets its mark once the ledger knows it', () => {
    const spec = wish({ name: 'raw' })
    expect(diff(spec)).toEqual({ status: 'same' })
    expect(diff(spec, report, entryOf(spec))).toMatchObject({ status: 'change', change: { impact: 'none', fields: [{ field: 'mark' }] } })
  })

  test.each<[string, LogicalVolumeSpec, string, object]>([
    [
      'grows',
      wish({ sizeBytes: mib(66) }),
      report,
      { action: 'update', impact: 'none', fields: [{ field: 'size', before: '64 MiB', after: '68 MiB' }] },
    ],
    [
      'is created where there is none',
      wish({ name: 'new' }),
      report,
      { action: 'create', impact: 'none', fields: [{ field: 'size', after: '64 MiB' }] },
    ],
    ['is activated', wish({ name: 'off' }), report, { action: 'update', fields: [{ field: 'active' }] }],
    [
      'that is open holds data and loses its pending tag',
      wish(),
      report.replace('"reeve.id=lab/Volume/ve2"', '"reeve.id=lab/Volume/ve2,reeve.mkfs-pending"'),
      { fields: [{ field: 'mkfs-pending' }] },
    ],
    [
      'that is thin grows beyond the free space of its group',
      wish({ sizeBytes: mib(9000) }),
      report.replace(
        '"-wi-ao----", "lv_size":"67108864", "lv_tags":"reeve.id=lab/Volume/ve2"',
        '"Vwi-ao----", "lv_size":"67108864", "lv_tags":"reeve.id=lab/Volume/ve2"',
      ),
      { fields: [{ field: 'size' }] },
    ],
  ])('%s', (_, spec, text, change) => {
    expect(diff(spec, text)).toMatchObject({ status: 'change', change })
  })

  test('that the ledger knows and the host has lost is not made anew without consent', () => {
    const spec = wish({ name: 'gone' })
    expect(diff(spec, report, entryOf(spec))).toMatchObject({ status: 'change', change: { action: 'create', impact: 'dataLoss' } })
    expect(diff(spec, report, { ...entryOf(spec), state: 'undone' })).toMatchObject({ change: { impact: 'none' } })
  })

  const attributes = (text: string) => report.replace('"vg_attr":"wz--n-"', `"vg_attr":"${text}"`)
  test.each<[string, LogicalVolumeSpec, string, string]>([
    [
      'a smaller size',
      wish({ sizeBytes: mib(32) }),
      report,
      've-2 is 64 MiB; spec asks 32 MiB. Volumes are never shrunk: set the size back to 64Mi, or create a new volume and copy',
    ],
    [
      'more than there is free',
      wish({ name: 'new', sizeBytes: 10n << 30n }),
      report,
      'vg_data has 3.3 GiB free, 10 GiB needed (short by 6.7 GiB)',
    ],
    [
      'growth beyond what is free',
      wish({ sizeBytes: 10n << 30n }),
      report,
      'vg_data has 3.3 GiB free, 9.9 GiB more needed to reach 10 GiB (short by 6.6 GiB)',
    ],
    ['a group that is not there', wish({ volumeGroup: 'vg_x' }), report, 'volume group vg_x does not exist on this host (there: vg_data)'],
    ['any group where there is no lvm', wish(), 'no lvm\n', 'there is no lvm on this host; install lvm2'],
    [
      'a group with missing devices',
      wish({ name: 'new' }),
      report.replace('"vg_missing_pv_count":"0"', '"vg_missing_pv_count":"2"'),
      'misses 2 of its devices',
    ],
    ['an exported group', wish({ name: 'new' }), attributes('wzx-n-'), 'run vgimport vg_data'],
    ['a read-only group', wish({ name: 'new' }), attributes('rz--n-'), 'read-only'],
    [
      'growth by hand only',
      wish({ sizeBytes: mib(128), growPolicy: 'Manual' }),
      report,
      'growPolicy is Manual: run lvextend -L 134217728b vg_data/ve-2',
    ],
    [
      'growth under a snapshot',
      wish({ name: 'raw', sizeBytes: mib(128) }),
      report.replace(
        '"lv_name":"raw", "lv_uuid":"c74Jyg-XPoE-WnPX-0ghm-vyG5-nJvk-iVctd5", "lv_attr":"-',
        '"lv_name":"raw", "lv_uuid":"c74Jyg-XPoE-WnPX-0ghm-vyG5-nJvk-iVctd5", "lv_attr":"o',
      ),
      'it has a snapshot',
    ],
    [
      'what is no plain volume',
      wish({ name: 'raw' }),
      report.replace(
        '"lv_name":"raw", "lv_uuid":"c74Jyg-XPoE-WnPX-0ghm-vyG5-nJvk-iVctd5", "lv_attr":"-',
        '"lv_name":"raw", "lv_uuid":"c74Jyg-XPoE-WnPX-0ghm-vyG5-nJvk-iVctd5", "lv_attr":"t',
      ),
      'not a plain or thin volume',
    ],
  ])('refuses %s, with what to do', (_, spec, text, reason) => {
    const difference = diff(spec, text)
    expect(difference.status === 'refused' && difference.reasons.join('\n')).toContain(reason)
  })
})

describe('a lying, cut or damaged report', () => {
  test.each<[string, string]>([
    ['cut in the middle', report.slice(0, 700)],
    ['empty', ''],
    ['another program', 'bash: lvm: command not found\n'],
    ['a size that is no number', report.replace('"lv_size":"67108864"', '"lv_size":"10.00g"')],
    ['extents of no size', report.replace('"vg_extent_size":"4194304"', '"vg_extent_size":"0"')],
    ['a field that is missing', report.replaceAll('"lv_tags"', '"tags"')],
    ['rows that are no objects', report.replace(/\{"lv_name":"blank"[^}]*\}/, '7')],
  ])('leaves all unknown: %s', (_, text) => {
    expect(() => primitive.parse(text, [{ id: wish().id }])).toThrow()
  })

  test('two groups of one name leave its volumes unknown', () => {
    const json = JSON.parse(report.slice('report\n'.length)) as { report: unknown[] }
    const twice = `report\n${JSON.stringify({ report: [...json.report, ...json.report] })}`
    expect(primitive.parse(twice, [{ id: wish().id }]).items.get(wish().id)).toMatchObject({
      status: 'unknown',
      reason: expect.stringContaining('two volume groups'),
    })
  })
})

test.each<[string, boolean]>([
  ['ve2', true],
  ['My.box_1+a-b', true],
  ['snapshot1', false],
  ['pvmove0', false],
  ['a_tdata', false],
  ['reeve-trash-a', false],
  ['-x', false],
  ['a b', false],
  ['..', false],
  ['', false],
  ['$(id)', false],
  ['x'.repeat(101), false],
])('the name %j is taken by LVM: %s', (name, isTaken) => {
  expect(refuseName(name) === undefined).toBe(isTaken)
})

test('the device mapper doubles dashes', () => {
  expect(mapperName('vg-a', 'lv-b')).toBe('vg--a-lv--b')
})
