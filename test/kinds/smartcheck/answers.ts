import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SmartCheck } from '../../../controller/kinds/smartcheck/devices.ts'
import type { SmartCheckSpec } from '../../../controller/kinds/smartcheck/spec.ts'
import { assess } from '../../../controller/kinds/smartcheck/vitals.ts'
import { manifestId } from '../../../controller/model/ids.ts'
import type { Assessment } from '../../../controller/model/kind.ts'

/** JSON of any shape, to be changed by a test. */
// biome-ignore lint/suspicious/noExplicitAny: what a test changes in a captured answer has no type
export type Json = any

/** One captured answer; its first line says from where. */
export function captured(name: string): Json {
  const text = readFileSync(join(import.meta.dirname, 'captured', `${name}.txt`), 'utf8')
  return JSON.parse(text.slice(text.indexOf('\n') + 1))
}

/** A captured answer with something put in. What is put in follows smartctl(8) and the source of 7.3; such disks were not at hand. */
export function changed(name: string, change: (json: Json) => void): Json {
  const json = captured(name)
  change(json)
  return json
}

export const ata = 'ata-KA_FAKE_HDD_KASATA0001'
export const nvme = 'nvme-QEMU_NVMe_Ctrl_KANVME01'
export const links = `link ${ata} ../../sda\nlink ${ata}-part1 ../../sda1\nlink ${nvme} ../../nvme0n1\n`

/** What the probe prints of one disk. */
export function diskLine(json: Json, { index = 0, rc = json?.smartctl?.exit_status ?? 0, how = 'fresh' }: Partial<Shown> = {}): string {
  return `disk ${index} ${rc} ${how} ${typeof json === 'string' ? json : JSON.stringify(json)}\n`
}

interface Shown {
  readonly index: number
  readonly rc: number | string
  readonly how: string
}

export function told(...lines: readonly string[]): string {
  return `${links}${lines.join('')}scan ${JSON.stringify(captured('scan-open'))}\ndone\n`
}

export function assessed(stdout: string, spec: Partial<SmartCheckSpec> = {}): Assessment {
  const whole: SmartCheckSpec = { target: { hypervisor: 'he1' }, devices: [{ id: ata }], unlisted: 'Ignore', ...spec }
  const at = () => ({ file: 'f', line: 1, column: 1 })
  const id = manifestId('SmartCheck', 'disks')
  const manifest: SmartCheck = {
    id,
    kind: 'SmartCheck',
    name: 'disks',
    labels: {},
    annotations: {},
    spec: whole,
    source: at(),
    at,
    generation: '',
  }
  return assess(manifest, { status: 'read', stdout, reason: '' })
}

/** An attribute as smartctl lists it. */
export function attribute(id: number, shown: string, value = Number.parseInt(shown, 10), more: Json = {}): Json {
  const flags = { prefailure: true }
  return { id, name: `Name_${id}`, value: 100, worst: 100, thresh: 10, when_failed: '', flags, raw: { value, string: shown }, ...more }
}

/** An entry of an ATA disk's self-test log: type 1 short, 2 long; the status is the octet of ACS. */
export function selfTest(type: number, status: number, hours: number): Json {
  return { type: { value: type, string: 'x' }, status: { value: status, string: 'Completed: read failure' }, lifetime_hours: hours }
}
