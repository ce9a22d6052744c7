import { text, whole, within } from './json.ts'

/** One test of a disk's own log, newest first. */
export interface SelfTest {
  readonly test: 'short' | 'long' | 'other'
  readonly result: 'passed' | 'failed' | 'running' | 'stopped'
  /** Hours that the disk had run by then. */
  readonly hours: number | undefined
  readonly said: string
}

const mostTests = 40

/** ATA keeps 19 or 21 (standard, extended log), NVMe 20. */
export function readSelfTests(json: unknown): readonly SelfTest[] {
  const ata = within(json, 'ata_smart_self_test_log', 'extended', 'table') ?? within(json, 'ata_smart_self_test_log', 'standard', 'table')
  if (Array.isArray(ata)) return ata.slice(0, mostTests).flatMap(ataTest)
  const nvme = within(json, 'nvme_self_test_log', 'table')
  return Array.isArray(nvme) ? nvme.slice(0, mostTests).flatMap(nvmeTest) : []
}

/** Types of ACS, with 128 added where the disk did nothing else meanwhile. */
const ataTypes: Readonly<Record<number, SelfTest['test']>> = { 1: 'short', 2: 'long', 129: 'short', 130: 'long' }

function ataTest(row: unknown): readonly SelfTest[] {
  const [type, status] = [whole(within(row, 'type', 'value')), whole(within(row, 'status', 'value'))]
  if (type === undefined || status === undefined) return []
  const said = text(within(row, 'status', 'string'))
  return [{ test: ataTypes[type] ?? 'other', result: ataResult(status >> 4), hours: whole(within(row, 'lifetime_hours')), said }]
}

/** The high half of the status (ACS, self-test execution status): 1 and 2 were interrupted by the host, 3 to 8 are faults, 15 runs. */
function ataResult(half: number): SelfTest['result'] {
  if (half === 0) return 'passed'
  if (half === 15) return 'running'
  return half >= 3 && half <= 8 ? 'failed' : 'stopped'
}

const nvmeTypes: Readonly<Record<number, SelfTest['test']>> = { 1: 'short', 2: 'long' }

/** Results of the device self-test log (NVM Express): 5 to 7 are faults, 15 an empty place. */
function nvmeTest(row: unknown): readonly SelfTest[] {
  const [type, value] = [whole(within(row, 'self_test_code', 'value')), whole(within(row, 'self_test_result', 'value'))]
  if (type === undefined || value === undefined || value === 15) return []
  const result = value === 0 ? 'passed' : value >= 5 && value <= 7 ? 'failed' : 'stopped'
  const said = text(within(row, 'self_test_result', 'string'))
  return [{ test: nvmeTypes[type] ?? 'other', result, hours: whole(within(row, 'power_on_hours')), said }]
}

/** The newest test of a sort that came to an end by itself. */
export function newest(tests: readonly SelfTest[], test: SelfTest['test']): SelfTest | undefined {
  return tests.find((one) => one.test === test && (one.result === 'passed' || one.result === 'failed'))
}

/** ATA counts hours in 16 bits. Undefined where the log is from a later time than the disk has lived: then it cannot be believed. */
export function ageHours(test: SelfTest, diskHours: number | undefined): number | undefined {
  if (test.hours === undefined || diskHours === undefined) return undefined
  const age = test.hours > diskHours ? undefined : (diskHours - test.hours) % 65_536
  return age
}
