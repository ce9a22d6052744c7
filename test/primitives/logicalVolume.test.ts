import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { Known } from '../../controller/model/observation.ts'
import type { Primitive } from '../../controller/model/primitive.ts'
import { logicalVolumePrimitive } from '../../controller/primitives/logicalVolume/index.ts'
import {
  type LogicalVolumeSpec,
  type LogicalVolumeState,
  type LogicalVolumeWish,
  logicalVolume,
  logicalVolumeId,
  mapperName,
  refuseName,
} from '../../controller/primitives/logicalVolume/spec.ts'
import { volumeGroupId } from '../../controller/primitives/volumeGroup/spec.ts'
import { mutations } from '../conformance/mutate.ts'
import { contextOf } from '../machine/transaction.ts'
import { randomFrom } from '../random.ts'
import { readFixture } from './fixture.ts'
import { entryOf } from './test-host.ts'

const primitive = logicalVolumePrimitive as unknown as Primitive<LogicalVolumeSpec, LogicalVolumeState>

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
        '"lv_uuid":"c74Jyg-XPoE-WnPX-0ghm-vyG5-nJvk-iVctd5", "lv_attr":"-',
        '"lv_uuid":"c74Jyg-XPoE-WnPX-0ghm-vyG5-nJvk-iVctd5", "lv_attr":"o',
      ),
      'it has a snapshot',
    ],
    [
      'what is no plain volume',
      wish({ name: 'raw' }),
      report.replace(
        '"lv_uuid":"c74Jyg-XPoE-WnPX-0ghm-vyG5-nJvk-iVctd5", "lv_attr":"-',
        '"lv_uuid":"c74Jyg-XPoE-WnPX-0ghm-vyG5-nJvk-iVctd5", "lv_attr":"r',
      ),
      'not a plain or thin volume',
    ],
  ])('refuses %s, with what to do', (_, spec, text, reason) => {
    const difference = diff(spec, text)
    expect(difference.status === 'refused' && difference.reasons.join('\n')).toContain(reason)
  })
})

const own =
  '"lv_attr":"-wi-a-----", "lv_size":"67108864", "lv_tags":"", "lv_active":"active", "lv_layout":"linear", "origin":"", "pool_lv":""'
const rawAs = (change: (row: string) => string) =>
  report.replace(/\{"lv_name":"raw".*?\}/, (row) => {
    if (!row.includes(own)) throw new Error('the fixture is another one')
    return change(row)
  })
const asThin = rawAs((row) => `${row.replace('-wi-a', 'Vwi-a').replace('"pool_lv":""', '"pool_lv":"swp"')}`).replace(
  /("lv_name":"swp".*?"lv_attr":")-/,
  '$1t',
)

describe('the layout of a logical volume', () => {
  test('is read: thin volumes with their pool, pools with the number of theirs, stripes', () => {
    expect(observe(wish({ name: 'raw' }), asThin)).toMatchObject({ state: { pool: 'swp', stripes: 1 } })
    expect(observe(wish({ name: 'swp' }), asThin)).toMatchObject({ state: { thinVolumes: 1 } })
    const striped = report.replace(/"seg": \[/, '"seg": [{"lv_name":"raw", "stripes":"2"}')
    expect(observe(wish({ name: 'raw' }), striped)).toMatchObject({ state: { stripes: 2, group: { freeByDevice: [3552575488n] } } })
  })

  test.each<[string, LogicalVolumeSpec, string]>([
    ['thin, in its pool', wish({ name: 'raw', thinPool: 'swp' }), asThin],
    ['thin, where nothing is said', wish({ name: 'raw' }), asThin],
    ['a pool', wish({ name: 'swp', isThinPool: true }), asThin],
  ])('%s is the same', (_, spec, text) => {
    expect(diff(spec, text)).toEqual({ status: 'same' })
  })

  test('is made thin in a pool that stands, and in one that is still to come', () => {
    const create = { status: 'change', change: { action: 'create' } }
    expect(diff(wish({ name: 'new', thinPool: 'swp', sizeBytes: 100n << 30n }), asThin)).toMatchObject(create)
    const needs = [{ target: { hypervisor: 'he1' as never }, id: logicalVolumeId('vg_data', 'soon') }]
    expect(diff(wish({ name: 'new', thinPool: 'soon', needs }))).toMatchObject(create)
  })

  test('is made in a group that is still to come', () => {
    const needs = [{ target: { hypervisor: 'he1' as never }, id: volumeGroupId('vg_soon') }]
    expect(diff(wish({ volumeGroup: 'vg_soon', needs }))).toMatchObject({ status: 'change', change: { action: 'create' } })
  })

  test('in stripes rounds to whole extents of each', () => {
    const striped = report.replace(/"seg": \[/, '"seg": [{"lv_name":"raw", "stripes":"2"}')
    expect(diff(wish({ name: 'raw', stripes: 2, sizeBytes: mib(57) }), striped)).toEqual({ status: 'same' })
    expect(diff(wish({ name: 'raw', sizeBytes: mib(57) }), striped)).toEqual({ status: 'same' })
  })

  test.each<[string, LogicalVolumeSpec, string, string]>([
    ['another pool', wish({ name: 'raw', thinPool: 'other' }), asThin, 'lies in the thin pool swp; spec asks for the pool other'],
    ['a pool for what has its own space', wish({ thinPool: 'swp' }), asThin, 'lies in no thin pool; spec asks for the pool swp'],
    ['a volume of what is a pool', wish({ name: 'swp' }), asThin, 'is a thin pool; set lvm.type to ThinPool'],
    ['a pool of what is a volume', wish({ isThinPool: true }), report, 'is a linear volume and no thin pool'],
    ['a pool that is not there', wish({ name: 'new', thinPool: 'nope' }), asThin, 'thin pool vg_data/nope does not exist (there: swp)'],
    ['a pool that is none', wish({ name: 'new', thinPool: 'raw' }), report, 'vg_data/raw is no thin pool but a linear volume'],
    ['other stripes', wish({ stripes: 2 }), report, 'is spread over 1 device(s); spec asks 2. Set lvm.stripes to 1'],
    [
      'more stripes than devices',
      wish({ name: 'new', stripes: 2 }),
      report,
      'cannot spread 64 MiB over 2 devices: each needs 32 MiB free, there is 3.3 GiB',
    ],
  ])('is refused as %s, with what to do', (_, spec, text, reason) => {
    const difference = diff(spec, text)
    expect(difference.status === 'refused' && difference.reasons.join('\n')).toContain(reason)
  })
})

describe('what waits in the trash', () => {
  const trash = 'reeve-trash-ve9-c74Jyg'
  const inTrash = (tags: string) =>
    rawAs((row) =>
      row
        .replace('"lv_name":"raw"', `"lv_name":"${trash}"`)
        .replace('vg_data/raw', `vg_data/${trash}`)
        .replace('"lv_tags":""', `"lv_tags":"${tags}"`),
    )
  const tagged = inTrash('reeve.trash=lab/Volume/ve9,reeve.trash-due=1800000000')
  const spec = wish({ name: 've9', bringsBack: 'Volume/ve9' })
  const entry: LedgerEntry = { ...entryOf(wish({ name: trash })), deletionPolicy: 'Delete' }
  const retire = (text: string, nowSeconds = 1_800_000_000) =>
    primitive.retire?.(entry, observe(wish({ name: trash }), text), contextOf({ fleet: 'lab', nowSeconds }))

  test('is asked for its time only where the ledger knows of any', () => {
    expect(primitive.probe([{ id: spec.id }], 'lab').text).not.toContain('date')
    expect(primitive.probe([{ id: entry.id }], 'lab').text).toContain('date +%s')
  })

  test('comes back with its manifest', () => {
    expect(diff(spec, tagged)).toMatchObject({
      change: { action: 'create', impact: 'none', fields: [{ field: 'data', before: `in the trash as ${trash}` }] },
    })
    const steps = primitive.steps(
      spec,
      { action: 'create', impact: 'none', fields: [] },
      observe(spec, tagged),
      contextOf({ fleet: 'lab', owners: ['Volume/ve9'] }),
    )
    expect(steps.map(({ title }) => title)).toEqual([`take logical volume vg_data/ve9 back from the trash (${trash}), with its data`])
  })

  test.each<[string, string]>([
    ['of a namesake of another kind', inTrash('reeve.trash=lab/Container/ve9,reeve.trash-due=1')],
    ['of another manifest', inTrash('reeve.trash=lab/Volume/xve9,reeve.trash-due=1')],
    ['without our tag', inTrash('mine')],
  ])('does not come back where it is that %s', (_, text) => {
    expect(diff(spec, text)).toMatchObject({ change: { fields: [{ field: 'size' }] } })
  })

  test('goes when its days are over, by the clock of the host and by ours', () => {
    expect(retire(`now 1800000000\n${tagged}`)?.steps.map(({ title }) => title)).toEqual([
      `remove logical volume vg_data/${trash}, whose days in the trash are over`,
    ])
  })

  const dueTags = 'reeve.trash=lab/Volume/ve9,reeve.trash-due=1'
  test.each<[string, string, string]>([
    ['its days are not over', `now 1799999999\n${tagged}`, 'it is in the trash until 2027-01-15T08:00Z'],
    ['the host did not tell the time', tagged, 'it is in the trash until'],
    ['it carries no tag of ours', `now 1800000000\n${inTrash('mine')}`, 'no longer carries our tag'],
    ['it is of another fleet', `now 2\n${inTrash(dueTags.replace('lab', 'other'))}`, 'no longer carries our tag'],
    ['it has no day', `now 1800000000\n${inTrash('reeve.trash=lab/Volume/ve9')}`, 'no longer carries our tag'],
    ['it is in use again', `now 2\n${inTrash(`reeve.id=lab/Volume/x,${dueTags}`)}`, 'tagged as a volume in use'],
    [
      'somebody has it open',
      `now 2\n${inTrash(dueTags).replace(/("lv_name":"reeve-trash.*?"lv_device_open":")"/, '$1open"')}`,
      'in the trash and in use',
    ],
    ['it has a snapshot', `now 2\n${inTrash(dueTags).replace(/("lv_name":"reeve-trash.*?"lv_attr":")-/, '$1o')}`, 'has a snapshot'],
  ])('stays while %s', (_, text, because) => {
    expect(retire(text)).toMatchObject({ steps: [], keptBecause: expect.stringContaining(because) })
  })

  test.each<[string, number, number, string]>([
    ['the clock of the host jumped a day ahead', 1_800_000_000, 1_799_913_600, 'is over by the clock of the host and not by that of Reeve'],
    ['the clock of Reeve jumped a day ahead', 1_799_913_600, 1_800_000_000, 'is over by the clock of Reeve and not by that of the host'],
    ['the clock of the host went back to its first day', 1, 1_800_000_000, 'set right the one that is wrong'],
    ['both say that it is early', 1_799_999_999, 1_799_999_999, 'it is in the trash until 2027-01-15T08:00Z'],
  ])('stays while %s', (_, onHost, here, because) => {
    expect(retire(`now ${onHost}\n${tagged}`, here)).toMatchObject({ steps: [], keptBecause: expect.stringContaining(because) })
  })

  test('stays where nobody tells the time here', () => {
    const context = contextOf({ fleet: 'lab' })
    expect(primitive.retire?.(entry, observe(wish({ name: trash }), `now 1800000000\n${tagged}`), context)).toMatchObject({ steps: [] })
  })

  const day = 86_400
  test.each<[string, number]>([
    ['a host that lags a day behind', day],
    ['a host that is a day ahead', -day],
    ['a host and a Reeve that agree', 0],
  ])('has its days from the later of two clocks: %s', (_, ahead) => {
    const own = wish()
    const nowSeconds = Math.floor(Date.now() / 1000) + ahead
    const retirement = primitive.retire?.(
      { ...entryOf(own), deletionPolicy: 'Delete' },
      observe(own),
      contextOf({ fleet: 'lab', nowSeconds }),
    )
    // The tool is a word that does nothing: only the day that the step writes is looked at.
    const script = `set -eu; lvm() { :; }; REEVE_BEFORE=$(mktemp -d); ${retirement?.steps[0]?.run.text}\ncat "$REEVE_BEFORE"/*; rm -r "$REEVE_BEFORE"`
    const due = Number(execFileSync('dash', ['-c', script], { encoding: 'utf8' }).replace('reeve.trash-due=', ''))
    const earliest = Math.floor(Date.now() / 1000) + Math.max(0, ahead) + 7 * day
    expect(Math.round((due - earliest) / day)).toBe(0)
  })

  test('is named in the ledger under the name that it gets', () => {
    const own = wish()
    const retirement = primitive.retire?.({ ...entryOf(own), deletionPolicy: 'Delete' }, observe(own), contextOf({ fleet: 'lab' }))
    expect(retirement).toMatchObject({ impact: 'none', leaves: 'logicalVolume:vg_data/reeve-trash-ve-2-Ikz1FM' })
  })

  test('is no pool that still holds volumes', () => {
    const pool = asThin.replace(/("lv_name":"swp".*?"lv_tags":")"/, '$1reeve.id=lab/Volume/swp"')
    const wanted = wish({ name: 'swp', isThinPool: true })
    const retirement = primitive.retire?.(
      { ...entryOf(wanted), deletionPolicy: 'Delete' },
      observe(wanted, pool),
      contextOf({ fleet: 'lab' }),
    )
    expect(retirement).toMatchObject({ steps: [], keptBecause: expect.stringContaining('still holds 1 volume(s)') })
  })

  test('stays for other days than the default by a tag, which is written and mended', () => {
    const days = wish({ deletionPolicy: 'Delete', trashDays: 30 })
    expect(diff(days, report, entryOf(days))).toMatchObject({ change: { fields: [{ field: 'trash-days', before: '7', after: '30' }] } })
    expect(diff(days, report.replace('"reeve.id=lab/Volume/ve2"', '"reeve.id=lab/Volume/ve2,reeve.trash-days=30"'), entryOf(days))).toEqual(
      { status: 'same' },
    )
    expect(diff(wish({ trashDays: 30 }), report, entryOf(wish()))).toEqual({ status: 'same' })
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
    ['a volume whose name lost a letter on the way', report.replace('"lv_name":"blank"', '"lv_name":"blak"')],
    ['a group whose name lost a letter on the way', report.replace('"vg_name":"vg_data"', '"vg_name":"vg_dat"')],
    ['a volume that was lost on the way', report.replace(/\{"lv_name":"blank".*\},\n/, '')],
    ['a group that was lost on the way', report.replace(/\{"vg_name":.*\}\n/, '')],
    ['rows that are no objects', report.replace(/\{"lv_name":"blank"[^}]*\}/, '7')],
  ])('leaves all unknown: %s', (_, text) => {
    expect(() => primitive.parse(text, [{ id: wish().id }])).toThrow()
  })

  test('never reads as a volume that is gone, whatever was damaged on the way', () => {
    const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    for (const { name, damaged } of mutations(report, randomFrom(seed), 1500)) {
      const items = () => primitive.parse(damaged, [{ id: wish().id }]).items
      let status: string | undefined
      try {
        status = items().get(wish().id)?.status
      } catch {
        continue
      }
      expect(status, `REEVE_TEST_SEED=${seed}, ${name}\n${damaged}`).not.toBe('absent')
    }
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
