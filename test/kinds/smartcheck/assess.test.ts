import { describe, expect, test } from 'vitest'
import { rawCount } from '../../../controller/kinds/smartcheck/disk.ts'
import type { SmartCheckSpec } from '../../../controller/kinds/smartcheck/spec.ts'
import { assessed, ata, attribute, captured, changed, diskLine, type Json, nvme, selfTest, told } from './answers.ts'

const weekly: Partial<SmartCheckSpec> = { schedule: { short: { hour: 2 }, long: { weekday: 'Sat', hour: 3 } } }
const ofNvme: Partial<SmartCheckSpec> = { devices: [{ id: nvme }] }
const exit = (status: number) => (json: Json) => (json.smartctl.exit_status = status)
const counting =
  (...rows: readonly Json[]) =>
  (json: Json) =>
    json.ata_smart_attributes.table.push(...rows)
const log =
  (...table: readonly Json[]) =>
  (json: Json) =>
    (json.ata_smart_self_test_log = { extended: { table, count: table.length } })
const health = (values: Json) => (json: Json) => Object.assign(json.nvme_smart_health_information_log, values)
const both =
  (...changes: readonly ((json: Json) => void)[]) =>
  (json: Json) => {
    for (const change of changes) change(json)
  }
const aged = (hours: number) => (json: Json) => (json.power_on_time.hours = hours)

interface Row {
  readonly name: string
  readonly change: (json: Json) => void
  readonly spec?: Partial<SmartCheckSpec>
  readonly healthy: boolean | 'unknown'
  /** Conditions and items of its alarms. */
  readonly alarms: readonly string[]
}

const same = () => {}

const ofAta: readonly Row[] = [
  { name: 'as captured', change: same, healthy: true, alarms: [] },
  { name: 'with entries in its error log (bit 0x40)', change: exit(64), healthy: true, alarms: [] },
  { name: 'that refused one command (bit 0x04)', change: exit(4), healthy: true, alarms: [] },
  { name: 'with an attribute that was low in the past (bit 0x20)', change: exit(32), healthy: true, alarms: [] },
  {
    name: 'whose own verdict is failure',
    change: (json) => (json.smart_status.passed = false),
    healthy: false,
    alarms: ['DiskFailing own verdict'],
  },
  { name: 'that fails by the exit status alone (bit 0x08)', change: exit(8), healthy: false, alarms: ['DiskFailing own verdict'] },
  {
    name: 'that ends with 216: failing, at a threshold, errors logged, self-tests failed',
    change: both(exit(216), (json) => (json.smart_status.passed = false)),
    healthy: false,
    alarms: ['DiskFailing own verdict', 'DiskWearing prefail', 'SelfTestFailed self-test log'],
  },
  { name: 'at a threshold by the exit status alone (bit 0x10)', change: exit(16), healthy: false, alarms: ['DiskWearing prefail'] },
  {
    name: 'with an attribute at its threshold',
    change: both(exit(16), counting(attribute(10, '3', 3, { value: 9, when_failed: 'now' }))),
    healthy: false,
    alarms: ['DiskWearing attribute 10'],
  },
  {
    name: 'with an old-age attribute at its threshold',
    change: counting(attribute(12, '3', 3, { value: 9, when_failed: 'now', flags: { prefailure: false } })),
    healthy: true,
    alarms: [],
  },
  { name: 'with sectors that wait', change: counting(attribute(197, '8')), healthy: false, alarms: ['DiskWearing pending'] },
  { name: 'with sectors lost', change: counting(attribute(198, '2')), healthy: false, alarms: ['DiskWearing offline uncorrectable'] },
  { name: 'with errors reported', change: counting(attribute(187, '1')), healthy: false, alarms: ['DiskWearing reported uncorrectable'] },
  {
    name: 'with sectors replaced',
    change: (json) => (json.ata_smart_attributes.table[3].raw = { value: 304, string: '304' }),
    healthy: false,
    alarms: ['DiskWearing reallocated'],
  },
  {
    name: 'with fewer sectors replaced than are allowed',
    change: (json) => (json.ata_smart_attributes.table[3].raw = { value: 304, string: '304' }),
    spec: { thresholds: { reallocated: 305 } },
    healthy: true,
    alarms: [],
  },
  {
    name: 'whose pending sectors count for nothing',
    change: counting(attribute(197, '8')),
    spec: { thresholds: { pending: 0 } },
    healthy: true,
    alarms: [],
  },
  { name: 'with three counters in 188', change: counting(attribute(188, '17180131332')), healthy: true, alarms: [] },
  {
    name: 'with a temperature in 194 that is packed',
    change: counting(attribute(194, '31 (Min/Max 31/31)', 522125343)),
    healthy: true,
    alarms: [],
  },
  { name: 'that is too warm', change: (json) => (json.temperature.current = 60), healthy: false, alarms: ['DiskHot temperature'] },
  {
    name: 'that is warm, and may be',
    change: (json) => (json.temperature.current = 60),
    spec: { temperature: { critical: 61 } },
    healthy: true,
    alarms: [],
  },
  { name: 'that reads 255 degrees', change: (json) => (json.temperature.current = 255), healthy: true, alarms: [] },
  {
    name: 'whose last short test failed',
    change: log(selfTest(1, 0x74, 1), selfTest(1, 0, 1)),
    healthy: false,
    alarms: ['SelfTestFailed short test'],
  },
  {
    name: 'whose last long test failed',
    change: log(selfTest(1, 0, 2), selfTest(2, 0x79, 1)),
    healthy: false,
    alarms: ['SelfTestFailed long test'],
  },
  { name: 'whose test failed once and passed since', change: log(selfTest(2, 0, 2), selfTest(2, 0x79, 1)), healthy: true, alarms: [] },
  { name: 'whose tests were ended by the host', change: log(selfTest(2, 0x19, 2), selfTest(1, 0x29, 1)), healthy: true, alarms: [] },
  {
    name: 'whose failed test is followed by one that was ended',
    change: log(selfTest(2, 0x19, 2), selfTest(2, 0x79, 1)),
    healthy: false,
    alarms: ['SelfTestFailed long test'],
  },
  { name: 'that tests itself', change: log(selfTest(2, 0xf9, 2)), healthy: true, alarms: [] },
  { name: 'young, without a long test', change: both(aged(300), log()), spec: weekly, healthy: true, alarms: [] },
  {
    name: 'without a long test for too long',
    change: both(aged(400), log()),
    spec: weekly,
    healthy: true,
    alarms: ['SelfTestOverdue long test'],
  },
  {
    name: 'whose long test is long ago',
    change: both(aged(1000), log(selfTest(2, 0, 600))),
    spec: weekly,
    healthy: true,
    alarms: ['SelfTestOverdue long test'],
  },
  {
    name: 'whose monthly long test is not',
    change: both(aged(1000), log(selfTest(2, 0, 600))),
    spec: { schedule: { long: { dayOfMonth: 1, hour: 3 } } },
    healthy: true,
    alarms: [],
  },
  {
    name: 'whose long test is recent, and its hours were counted in 16 bits',
    change: both(aged(70_000), log(selfTest(2, 0, 4400))),
    spec: weekly,
    healthy: true,
    alarms: [],
  },
  {
    name: 'whose long test is of a time to come (QEMU says 4660)',
    change: both(aged(1000), log(selfTest(2, 0, 4660))),
    spec: weekly,
    healthy: true,
    alarms: [],
  },
  { name: 'nobody tests', change: both(aged(90_000), log()), healthy: true, alarms: [] },
  { name: 'without SMART', change: (json) => (json.smart_support = { available: false }), healthy: 'unknown', alarms: [] },
  { name: 'without SMART, told as before 7.2', change: (json) => (json.smart_support = false), healthy: 'unknown', alarms: [] },
  { name: 'told as by 7.0, without a word on support', change: (json) => delete json.smart_support, healthy: true, alarms: [] },
  { name: 'without a verdict of its own', change: (json) => delete json.smart_status, healthy: 'unknown', alarms: [] },
  { name: 'whose verdict is no truth value', change: (json) => (json.smart_status.passed = 'true'), healthy: 'unknown', alarms: [] },
]

const ofNvmeRows: readonly Row[] = [
  { name: 'as captured, with 0 % spare and a threshold of 0', change: same, healthy: true, alarms: [] },
  {
    name: 'whose memory backup failed (a SAMSUNG MZWLL: exit 8, warning 16)',
    change: both(exit(8), health({ critical_warning: 16 }), (json) => (json.smart_status = { passed: false })),
    healthy: false,
    alarms: ['DiskFailing own verdict: its backup of volatile memory failed'],
  },
  {
    name: 'that is read-only and has no spare',
    change: both(exit(8), health({ critical_warning: 9 })),
    healthy: false,
    alarms: ['DiskFailing own verdict: its spare blocks run out: it is read-only'],
  },
  { name: 'used up beyond its rating', change: health({ percentage_used: 142 }), healthy: false, alarms: ['DiskWearing percentage used'] },
  { name: 'with media errors', change: health({ media_errors: 7 }), healthy: false, alarms: ['DiskWearing media errors'] },
  { name: 'with many entries in its error log', change: health({ num_err_log_entries: 9000 }), healthy: true, alarms: [] },
  {
    name: 'below its spare',
    change: health({ available_spare: 9, available_spare_threshold: 10 }),
    healthy: false,
    alarms: ['DiskWearing available spare'],
  },
  { name: 'warm, as NVMe may be', change: (json) => (json.temperature.current = 74), healthy: true, alarms: [] },
  { name: 'too warm', change: (json) => (json.temperature.current = 75), healthy: false, alarms: ['DiskHot temperature'] },
  {
    name: 'whose self-test found a bad segment',
    change: (json) =>
      (json.nvme_self_test_log = {
        table: [{ self_test_code: { value: 2 }, self_test_result: { value: 7, string: 'failed' }, power_on_hours: 1 }],
      }),
    healthy: false,
    alarms: ['SelfTestFailed long test'],
  },
]

/** What differs of a SCSI disk; after smartctl 7.3's scsiprint.cpp. */
const scsi = (json: Json) => {
  for (const key of Object.keys(json).filter((key) => key.startsWith('ata_'))) delete json[key]
  Object.assign(json.device, { type: 'scsi', protocol: 'SCSI' })
  json.scsi_grown_defect_list = 0
  json.scsi_error_counter_log = { read: { total_uncorrected_errors: 0 }, write: { total_uncorrected_errors: 0 } }
}
const ofScsi: readonly Row[] = [
  { name: 'without a fault', change: scsi, healthy: true, alarms: [] },
  {
    name: 'with grown defects',
    change: both(scsi, (json) => (json.scsi_grown_defect_list = 3)),
    healthy: false,
    alarms: ['DiskWearing reallocated'],
  },
  {
    name: 'with errors that were not corrected',
    change: both(scsi, (json) => (json.scsi_error_counter_log.write.total_uncorrected_errors = 1)),
    healthy: false,
    alarms: ['DiskWearing uncorrected'],
  },
]

function alarms(found: ReturnType<typeof assessed>): readonly string[] {
  return (found.alarms ?? []).map(({ condition, items }) => `${condition} ${items.join(': ')}`)
}

describe.each([
  ['ATA', 'qemu-ata', {}, ofAta],
  ['NVMe', 'qemu-nvme', ofNvme, ofNvmeRows],
  ['SCSI', 'qemu-ata', {}, ofScsi],
] as const)('an %s disk', (_protocol, base, device, rows) => {
  test.each(rows)('$name', ({ change, spec = {}, healthy, alarms: expected }) => {
    const found = assessed(told(diskLine(changed(base, change))), { ...device, ...spec })
    expect({ healthy: found.healthy, alarms: alarms(found) }).toEqual({ healthy, alarms: expected })
  })
})

describe('what is not told, or not whole, is unknown and never healthy', () => {
  const good = diskLine(captured('qemu-ata'))
  const text = JSON.stringify(captured('qemu-ata'))
  test.each([
    ['nothing at all', ''],
    ['an answer without its end', told(good).slice(0, -5)],
    ['no word of the disk', told()],
    ['a disk that does not answer in time', told(diskLine('', { rc: 'none' }))],
    ['a smartctl that was ended', told(diskLine('', { rc: 124 }))],
    ['JSON cut in the middle', told(diskLine(text.slice(0, 3000)))],
    ['no JSON', told(diskLine('Segmentation fault', { rc: 0 }))],
    ['JSON of nothing', told(diskLine('null', { rc: 0 }))],
    ['a list', told(diskLine('[]', { rc: 0 }))],
    ['an exit status that contradicts the process', told(diskLine(captured('qemu-ata'), { rc: 8 }))],
    ['no such device type', told(diskLine(captured('no-device-type')))],
    ['a disk that cannot be opened', told(diskLine(captured('no-such-device')))],
    ['a disk asleep that was never asked', told(diskLine('', { rc: 3, how: 'asleep' }))],
    ['exit 2 beside a good report', told(diskLine(changed('qemu-ata', exit(2))))],
    ['a verdict on a protocol that is not said', told(diskLine(changed('qemu-ata', (json) => delete json.device.protocol)))],
    ['a tree of prototypes', told(diskLine('{"__proto__":{"smart_status":{"passed":true}},"smartctl":{"exit_status":0}}', { rc: 0 }))],
  ])('%s', (_name, stdout) => {
    expect(assessed(stdout).healthy).toBe('unknown')
    expect((assessed(stdout).alarms ?? []).every(({ condition }) => condition === 'DiskUnread')).toBe(true)
  })

  test('but the whole report of a real one by -x is believed, whose log of SCT it has not (bit 0x04)', () => {
    const json = captured('qemu-ata-x')
    expect(json.smartctl.exit_status).toBe(4)
    expect(assessed(told(diskLine(json)))).toMatchObject({ healthy: true, alarms: [] })
  })

  test('and numbers that are none count for nothing', () => {
    const absurd = changed('qemu-ata', (json) => {
      json.temperature.current = '99'
      json.power_on_time.hours = -1
      json.power_cycle_count = Number.POSITIVE_INFINITY
      json.ata_smart_attributes.table = [null, 7, { id: 197 }, { id: 5, value: 100, raw: { string: 'x', value: Number.NaN } }]
      json.ata_smart_self_test_log = { standard: { table: [{ type: 1 }, 'x'] } }
    })
    expect(assessed(told(diskLine(absurd)))).toMatchObject({ healthy: true, alarms: [] })
  })

  test('and a name with escapes and line feeds becomes one plain line', () => {
    const named = changed('qemu-ata', (json) => {
      json.model_name = 'EVIL\u001b[2J\nSubject: x'
      json.smart_status.passed = false
    })
    expect(assessed(told(diskLine(named))).alarms?.[0]?.facts).toContainEqual(['Model', 'EVIL [2J Subject: x'])
  })
})

describe('a set of disks', () => {
  const two: Partial<SmartCheckSpec> = { devices: [{ id: ata }, { id: nvme }] }
  const lines = [diskLine(captured('qemu-ata')), diskLine(captured('qemu-nvme'), { index: 1 })]

  test('is healthy where each is', () => {
    expect(assessed(told(...lines), two)).toMatchObject({
      healthy: true,
      reason: 'NoFault',
      message: 'its 2 disks report no fault',
      unread: [],
    })
  })

  test('misses one that is not there', () => {
    const gone = { devices: [{ id: ata }, { id: 'ata-GONE_1234' }] }
    const found = assessed(told(lines[0] ?? '', diskLine(captured('no-such-device'), { index: 1 })), gone)
    expect(found).toMatchObject({ healthy: false, reason: 'DiskMissing', message: 'ata-GONE_1234: it is not there any more' })
    expect(alarms(found)).toEqual(['DiskMissing missing'])
  })

  test('is not missing where the host could not list its disks', () => {
    const gone = { devices: [{ id: 'ata-GONE_1234' }] }
    expect(assessed('disk 0 none fresh \ndone\n', gone)).toMatchObject({ healthy: 'unknown' })
  })

  test('tells of one that nobody listed, by its best name', () => {
    const found = assessed(told(...lines), { unlisted: 'Report' })
    expect(found).toMatchObject({
      healthy: true,
      alarms: [
        {
          condition: 'DiskUnlisted',
          items: [nvme],
          facts: [
            ['Disk', nvme],
            ['List it as', `{id: ${nvme}}`],
          ],
        },
      ],
    })
    const discover = (include: string[], exclude: string[] = []) =>
      assessed(told(...lines), { unlisted: 'Report', discover: { include, exclude } }).alarms?.map(({ items }) => items)
    expect(discover(['nvme-*'])).toEqual([[nvme]])
    expect(discover(['*'], ['nv*_?*'])).toEqual([])
    expect(discover(['ata-*', 'usb-*'])).toEqual([])
    expect(discover([`${'*?'.repeat(40)}x`])).toEqual([])
  })

  test('does not forget strangers because a scan failed', () => {
    expect(assessed(`${diskLine(captured('qemu-ata'))}done\n`, { unlisted: 'Report' }).unread).toContain('disks that no manifest lists')
  })

  test('knows a disk by the two names that it has', () => {
    const twice = { devices: [{ id: ata }, { path: '/dev/sda' }] }
    const found = assessed(told(lines[0] ?? '', diskLine(captured('qemu-ata'), { index: 1 })), twice)
    expect(found).toMatchObject({
      healthy: false,
      reason: 'ListedTwice',
      message: `${ata} and /dev/sda are the same disk, /dev/sda: take one out of the manifest`,
    })
  })

  test('takes two disks behind one controller for two', () => {
    const raid = {
      devices: [
        { path: '/dev/sda', type: 'megaraid,0' },
        { path: '/dev/sda', type: 'megaraid,1' },
      ],
    }
    expect(assessed(told(lines[0] ?? '', diskLine(captured('qemu-ata'), { index: 1 })), raid)).toMatchObject({ healthy: true })
  })

  test('holds what a disk asleep said last, failure too', () => {
    const failing = changed('qemu-ata', (json) => (json.smart_status.passed = false))
    expect(assessed(told(diskLine(captured('qemu-ata'), { rc: 3, how: 'asleep' })))).toMatchObject({
      healthy: true,
      message: 'its disk reports no fault (1 asleep: as when last asked)',
    })
    expect(assessed(told(diskLine(failing, { rc: 3, how: 'asleep' })))).toMatchObject({ healthy: false, reason: 'DiskFailing', unread: [] })
  })

  test('with a disk that fails and one that is unread is not healthy, and says which is which', () => {
    const failing = diskLine(changed('qemu-ata', (json) => (json.smart_status.passed = false)))
    const found = assessed(told(failing, diskLine('', { index: 1, rc: 'none' })), two)
    expect(found).toMatchObject({ healthy: false, unread: [nvme] })
    expect(alarms(found)).toEqual(['DiskFailing own verdict', 'DiskUnread unread'])
  })
})

test.each([
  ['8', 8, 8],
  ['31 (Min/Max 31/31)', 522125343, 31],
  ['2111 (12437 0)', 53413, 2111],
  ['0/12345678', 12345678, 0],
  ['17180131332', 17180131332, 4],
  ['4294967296', 4294967296, 4294967296],
  ['12345h+30m+12.345s', 99, 12345],
  ['0x000000000007', 7, 7],
  ['', 5, 5],
  ['x', -1, undefined],
  [undefined, undefined, undefined],
])('the raw value %j with %j counts %j', (shown, value, count) => {
  expect(rawCount(shown, value)).toBe(count)
})

test('the numbers have the names and labels of smartctl_exporter, and no more than 155 series a disk', () => {
  const { samples } = assessed(told(diskLine(captured('qemu-ata'))))
  const labels = { device: 'sda', serial_number: 'KASATA0001', model_name: 'KA FAKE HDD' }
  expect(samples).toContainEqual({ metric: 'smartctl_device_smart_status', value: 1, labels })
  expect(samples).toContainEqual({ metric: 'smartctl_device_temperature', value: 31, labels: { ...labels, temperature_type: 'current' } })
  const attributeLabels = { ...labels, attribute_id: '5', attribute_name: 'Reallocated_Sector_Ct', attribute_value_type: 'thresh' }
  expect(samples).toContainEqual({ metric: 'smartctl_device_attribute', value: 36, labels: attributeLabels })
  const many = changed(
    'qemu-ata',
    (json) => (json.ata_smart_attributes.table = Array.from({ length: 500 }, (_, id) => attribute(id % 255, '1'))),
  )
  expect(assessed(told(diskLine(many))).samples.length).toBeLessThanOrEqual(155)
})
