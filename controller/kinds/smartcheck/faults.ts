import type { DiskCondition } from '../../model/alarm.ts'
import { type Device, hottest } from './devices.ts'
import type { Attribute, Disk } from './disk.ts'
import { warningsIn } from './nvme.ts'
import { longTestLimitHours } from './schedule.ts'
import { ageHours, newest } from './selftests.ts'
import type { SmartCheckSpec } from './spec.ts'

/** One thing that is wrong with a disk. `item` is a stable word for it. */
export interface Fault {
  readonly condition: DiskCondition
  readonly item: string
  readonly text: string
}

/** Everything that a disk's own report says against it. */
export function faultsOf(disk: Disk, device: Device, spec: SmartCheckSpec): readonly Fault[] {
  return [...failing(disk), ...wearing(disk, spec), ...hot(disk, hottest(spec, device)), ...testFaults(disk), ...overdue(disk, spec)]
}

const bits = { failing: 0x08, prefailNow: 0x10, selfTestLog: 0x80 } as const

/** Its own verdict, or bit 3 of smartctl's exit status. 0x04 and 0x40 alone are information: healthy disks have them. */
function failing(disk: Disk): readonly Fault[] {
  if (disk.passed !== false && (disk.exitStatus & bits.failing) === 0) return []
  const warnings = disk.nvme === undefined ? [] : warningsIn(disk.nvme)
  const text = warnings.length === 0 ? 'its own verdict is that it fails' : warnings.join(', ')
  return [{ condition: 'DiskFailing', item: ['own verdict', ...warnings].join(': '), text }]
}

interface Counter {
  readonly item: string
  readonly count: number | undefined
  readonly limit: number
  readonly words: string
}

function wearing(disk: Disk, spec: SmartCheckSpec): readonly Fault[] {
  const { reallocated = 1, pending = 1, uncorrectable = 1, percentageUsed = 80, mediaErrors = 1 } = spec.thresholds ?? {}
  const counters: readonly Counter[] = [
    { item: 'reallocated', count: raw(disk, 5) ?? disk.grownDefects, limit: reallocated, words: 'sectors replaced by spares' },
    { item: 'pending', count: raw(disk, 197), limit: pending, words: 'sectors cannot be read (pending)' },
    { item: 'reported uncorrectable', count: raw(disk, 187), limit: uncorrectable, words: 'reported errors were not correctable' },
    { item: 'offline uncorrectable', count: raw(disk, 198), limit: uncorrectable, words: 'sectors are uncorrectable' },
    { item: 'uncorrected', count: disk.uncorrected, limit: uncorrectable, words: 'errors were not corrected' },
    { item: 'media errors', count: disk.nvme?.mediaErrors, limit: mediaErrors, words: 'media errors' },
    { item: 'percentage used', count: disk.nvme?.percentageUsed, limit: percentageUsed, words: '% of its rated writes are used' },
  ]
  const counted = counters.flatMap(({ item, count, limit, words }) =>
    limit > 0 && count !== undefined && count >= limit ? [wear(item, `${count} ${words}`)] : [],
  )
  return [...counted, ...belowThreshold(disk), ...spareGone(disk)]
}

function wear(item: string, text: string): Fault {
  return { condition: 'DiskWearing', item, text }
}

/** Attributes that the vendor says foretell failure, at or below their threshold now. That they were once (bit 5) is past, and no alarm. */
function belowThreshold(disk: Disk): readonly Fault[] {
  const named = disk.attributes.filter(({ failed, isPrefail }) => failed === 'now' && isPrefail)
  if (named.length === 0 && (disk.exitStatus & bits.prefailNow) !== 0)
    return [wear('prefail', 'an attribute that foretells failure is at its threshold')]
  return named.map(({ id, name, value, threshold }) =>
    wear(`attribute ${id}`, `${name} (${id}) is ${value}, at or below its threshold ${threshold}`),
  )
}

/** Strictly below: QEMU's disk has 0 and 0. */
function spareGone({ nvme }: Disk): readonly Fault[] {
  if (nvme?.spare === undefined || nvme.spareThreshold === undefined || nvme.spare >= nvme.spareThreshold) return []
  return [wear('available spare', `${nvme.spare} % of its spare blocks are left, below its threshold ${nvme.spareThreshold} %`)]
}

function hot({ celsius }: Disk, limit: number): readonly Fault[] {
  if (celsius === undefined || celsius < limit) return []
  return [{ condition: 'DiskHot', item: 'temperature', text: `${celsius} °C, at or above ${limit} °C` }]
}

/** The newest finished test of each sort counts: one that passes later clears an earlier fault, as smartctl itself has it for bit 7. */
function testFaults(disk: Disk): readonly Fault[] {
  const failed = (['short', 'long'] as const).flatMap((test): readonly Fault[] => {
    const last = newest(disk.selfTests, test)
    if (last?.result !== 'failed') return []
    const text = `its last ${test} self-test failed: ${last.said || 'no reason given'}`
    return [{ condition: 'SelfTestFailed', item: `${test} test`, text }]
  })
  if (failed.length > 0 || (disk.exitStatus & bits.selfTestLog) === 0) return failed
  return [{ condition: 'SelfTestFailed', item: 'self-test log', text: 'its self-test log holds errors' }]
}

/** By the hours that the disk has run: one that was off or asleep is not late. */
function overdue(disk: Disk, spec: SmartCheckSpec): readonly Fault[] {
  const limit = longTestLimitHours(spec.schedule)
  if (limit === undefined || disk.protocol === 'NVMe' || disk.hours === undefined || disk.hours < limit) return []
  if (disk.selfTests.some(({ test, result }) => test === 'long' && result === 'running')) return []
  const last = disk.selfTests.find(({ test, result }) => test === 'long' && result !== 'stopped')
  if (last === undefined) return [late('no long self-test is in its log')]
  const age = ageHours(last, disk.hours)
  return age === undefined || age < limit ? [] : [late(`its last long self-test was ${age} hours of running ago`)]
}

function late(text: string): Fault {
  return { condition: 'SelfTestOverdue', item: 'long test', text }
}

function raw(disk: Disk, id: number): number | undefined {
  return disk.attributes.find((attribute: Attribute) => attribute.id === id)?.raw
}
