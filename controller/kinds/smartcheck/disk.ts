import { number, text, whole, within } from './json.ts'
import { type NvmeLog, readNvme } from './nvme.ts'
import { readSelfTests, type SelfTest } from './selftests.ts'

export interface Attribute {
  readonly id: number
  readonly name: string
  readonly value: number
  readonly worst: number
  readonly threshold: number
  readonly raw: number
  readonly isPrefail: boolean
  readonly failed: 'now' | 'past' | 'never'
}

/** A disk as it describes itself. */
export interface Disk {
  readonly model: string
  readonly serial: string
  readonly firmware: string
  readonly family: string
  /** `ATA`, `NVMe`, `SCSI`. */
  readonly protocol: string
  /** `/dev/sda`. */
  readonly device: string
  readonly type: string
  readonly exitStatus: number
  readonly capacityBytes: number | undefined
  /** Its own verdict; undefined where it has none. */
  readonly passed: boolean | undefined
  readonly isSupported: boolean
  readonly attributes: readonly Attribute[]
  readonly nvme: NvmeLog | undefined
  readonly grownDefects: number | undefined
  /** Of a SCSI disk: read, written and verified. */
  readonly uncorrected: number | undefined
  readonly celsius: number | undefined
  readonly hours: number | undefined
  readonly powerCycles: number | undefined
  readonly errors: number | undefined
  readonly selfTests: readonly SelfTest[]
}

const mostAttributes = 30

/** Reads one answer of `smartctl --json`; a string says why it is not believed. Nothing in it is taken for granted: disks and their firmware lie. */
export function readDisk(json: unknown): Disk | string {
  const exitStatus = whole(within(json, 'smartctl', 'exit_status'))
  if (exitStatus === undefined || exitStatus > 255) return 'smartctl gave no whole answer'
  const protocol = text(within(json, 'device', 'protocol'))
  // Bit 0: no such option or type; bit 1: not opened, or no answer to the first question (smartctl(8), EXIT STATUS).
  if ((exitStatus & 3) !== 0) return firstMessage(json) || `smartctl could not open it (exit status ${exitStatus})`
  if (protocol === '') return 'smartctl did not say what it is'
  return { exitStatus, protocol, ...identity(json), ...health(json) }
}

function firstMessage(json: unknown): string {
  const messages = within(json, 'smartctl', 'messages')
  return Array.isArray(messages) ? text(within(messages[0], 'string')) : ''
}

function identity(json: unknown) {
  return {
    model: text(within(json, 'model_name')) || [within(json, 'scsi_vendor'), within(json, 'scsi_product')].map(text).join(' ').trim(),
    serial: text(within(json, 'serial_number')),
    firmware: text(within(json, 'firmware_version')) || text(within(json, 'scsi_revision')),
    family: text(within(json, 'model_family')),
    device: text(within(json, 'device', 'name')),
    type: text(within(json, 'device', 'type')),
    capacityBytes: number(within(json, 'user_capacity', 'bytes')),
  }
}

function health(json: unknown) {
  const passed = within(json, 'smart_status', 'passed')
  // An object since 7.2, a truth value before, absent in 7.0 and 7.1.
  const support = within(json, 'smart_support')
  const available = typeof support === 'boolean' ? support : within(support, 'available')
  return {
    passed: typeof passed === 'boolean' ? passed : undefined,
    isSupported: available !== false,
    attributes: readAttributes(within(json, 'ata_smart_attributes', 'table')),
    nvme: readNvme(json),
    grownDefects: whole(within(json, 'scsi_grown_defect_list')),
    uncorrected: uncorrected(json),
    celsius: celsius(within(json, 'temperature', 'current')),
    hours: whole(within(json, 'power_on_time', 'hours')),
    powerCycles: whole(within(json, 'power_cycle_count')),
    errors: whole(within(json, 'ata_smart_error_log', 'extended', 'count') ?? within(json, 'ata_smart_error_log', 'summary', 'count')),
    selfTests: readSelfTests(json),
  }
}

/** 0 is what disks and bridges say that have no sensor, 255 what was not read. */
function celsius(value: unknown): number | undefined {
  const degrees = number(value)
  return degrees === undefined || degrees === 0 || degrees < -60 || degrees >= 200 ? undefined : degrees
}

function uncorrected(json: unknown): number | undefined {
  const counts = ['read', 'write', 'verify'].flatMap(
    (way) => whole(within(json, 'scsi_error_counter_log', way, 'total_uncorrected_errors')) ?? [],
  )
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0)
}

function readAttributes(table: unknown): readonly Attribute[] {
  return Array.isArray(table) ? table.slice(0, mostAttributes).flatMap(attributeOf) : []
}

function attributeOf(row: unknown): readonly Attribute[] {
  const [id, value] = [whole(within(row, 'id')), whole(within(row, 'value'))]
  const raw = rawCount(within(row, 'raw', 'string'), within(row, 'raw', 'value'))
  if (id === undefined || id > 255 || value === undefined || raw === undefined) return []
  const failed = text(within(row, 'when_failed'))
  return [
    {
      id,
      value,
      raw,
      name: text(within(row, 'name')) || `Attribute_${id}`,
      worst: whole(within(row, 'worst')) ?? value,
      threshold: whole(within(row, 'thresh')) ?? 0,
      isPrefail: within(row, 'flags', 'prefailure') === true,
      failed: failed === 'now' ? 'now' : failed === '' || failed === '-' ? 'never' : 'past',
    },
  ]
}

/**
 * What an attribute counts. Vendors pack several numbers into its 48 bits: `raw.string` has them apart where smartctl knows the disk ("31 (Min/Max 31/31)"),
 * and what is still beyond 32 bits is three counters of 16, of which the lowest is meant (Seagate's 188: 0x4_0004_0004).
 */
export function rawCount(shown: unknown, value: unknown): number | undefined {
  const first = /^\s*(\d{1,15})(?![\dx])/.exec(typeof shown === 'string' ? shown : '')?.[1]
  const count = first === undefined ? whole(value) : Number(first)
  if (count === undefined) return undefined
  return count > 2 ** 32 ? count % 2 ** 16 : count
}
