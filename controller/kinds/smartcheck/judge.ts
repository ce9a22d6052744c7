import type { Alarm, DiskCondition } from '../../model/alarm.ts'
import { type Answer, kernelName, type Stranger } from './answer.ts'
import { type Device, labelOf, pathOf } from './devices.ts'
import { type Disk, readDisk } from './disk.ts'
import { type Fault, faultsOf } from './faults.ts'
import type { SmartCheckSpec } from './spec.ts'

/** What is known of one listed disk. */
export interface Judged {
  readonly device: Device
  readonly label: string
  readonly kernel: string | undefined
  readonly disk: Disk | undefined
  readonly isAsleep: boolean
  readonly faults: readonly Fault[]
  /** Why nothing can be said of it, where that is so. */
  readonly unknown: string | undefined
}

/** One disk: its own report, or why there is none. Only a whole report with the disk's own verdict is ever taken for health. */
export function judge(device: Device, index: number, answer: Answer, spec: SmartCheckSpec): Judged {
  const kernel = kernelName(device, answer)
  const base = { device, label: labelOf(device), kernel, disk: undefined, isAsleep: false, faults: [], unknown: undefined }
  const found = answer.disks.get(index)
  if (isMissing(device, kernel, answer)) {
    return { ...base, faults: [{ condition: 'DiskMissing', item: 'missing', text: 'it is not there any more' }] }
  }
  if (found === undefined) return { ...base, unknown: 'it was not asked' }
  if (found.exitStatus === undefined || [124, 137].includes(found.exitStatus)) return { ...base, unknown: 'it did not answer in time' }
  const { isAsleep } = found
  if (isAsleep && found.json === undefined) return { ...base, isAsleep, unknown: 'it is asleep, and was not asked yet' }
  const disk = readDisk(found.json)
  if (typeof disk === 'string') return { ...base, isAsleep, unknown: disk }
  if (!isAsleep && disk.exitStatus !== found.exitStatus) return { ...base, unknown: 'its answer contradicts how smartctl ended' }
  if (!disk.isSupported) return { ...base, disk, isAsleep, unknown: 'it has no SMART (Unsupported)' }
  const faults = faultsOf(disk, device, spec)
  const unknown = disk.passed === undefined && faults.length === 0 ? 'it did not give its own verdict' : undefined
  return { ...base, disk, isAsleep, faults, unknown }
}

/** Only a name that udev would give can be missed, and only where the others could be read. */
function isMissing(device: Device, kernel: string | undefined, { links, present }: Answer): boolean {
  return device.id !== undefined && kernel === undefined && (links.size > 0 || present !== undefined)
}

const todos: Readonly<Record<DiskCondition, string>> = {
  DiskFailing: 'copy what is only on this disk now, and replace it.',
  DiskWearing: 'see to it that what is on it is elsewhere too (array, backup), and order another one.',
  DiskHot: "look after the machine's fans and the air around it.",
  DiskMissing: 'look whether it was pulled, its cable or its controller; if it was replaced, list the new one in the manifest.',
  SelfTestFailed: 'copy what is only on this disk, and replace it. If it was replaced already, list the new one.',
  SelfTestOverdue: 'look whether smartd runs and the machine is on at that hour; start one by hand: smartctl -t long.',
  DiskUnread: 'ask it by hand (smartctl -x), and look at the log of the kernel.',
  DiskUnlisted: 'list it in the manifest, so that it is tested and watched; or set spec.unlisted to Ignore.',
}

/** One alarm for each condition of a disk, with all that tells which disk it is. */
export function alarmsOf(judged: Judged): readonly Alarm[] {
  const { label, unknown, disk, isAsleep } = judged
  const unread: readonly Fault[] =
    unknown === undefined || disk !== undefined || isAsleep ? [] : [{ condition: 'DiskUnread', item: 'unread', text: unknown }]
  return [...Map.groupBy([...judged.faults, ...unread], ({ condition }) => condition)].map(([condition, faults]) => ({
    condition,
    subject: label,
    items: faults.map(({ item }) => item),
    summary: `${label}: ${faults.map(({ text }) => text).join('; ')}`,
    facts: identityOf(judged),
    todo: todos[condition],
  }))
}

function identityOf({ device, disk, kernel, isAsleep }: Judged): Alarm['facts'] {
  const known: readonly (readonly [string, string | undefined])[] = [
    ['Disk', pathOf(device)],
    ['Now', kernel === undefined ? undefined : `/dev/${kernel}${isAsleep ? ', asleep; this is its last answer' : ''}`],
    ['Model', disk?.model],
    ['Serial', disk?.serial],
    ['Firmware', disk?.firmware],
    ['Has run', disk?.hours === undefined ? undefined : `${disk.hours} hours`],
  ]
  return known.flatMap(([label, value]) => (value === undefined || value === '' ? [] : [[label, value] as const]))
}

/** A line for spec.devices. NVMe is told by its name. */
function entryOf({ name, type }: Stranger): string {
  const where = name.startsWith('/') ? `path: ${name}` : `id: ${name}`
  return `{${where}${type === 'auto' || type === 'nvme' ? '' : `, type: ${type}`}}`
}

export const strangerSubject = 'disks that no manifest lists'

/** One alarm for all of them; another disk is worth another mail. */
export function unlistedAlarm(strangers: readonly Stranger[]): Alarm {
  const names = strangers.map(({ name }) => name)
  const summary = `${names.length === 1 ? 'a disk that no manifest lists' : `${names.length} disks that no manifest lists`}: ${names.join(', ')}`
  const facts = strangers.flatMap((one) => [['Disk', one.name] as const, ['List it as', entryOf(one)] as const])
  return { condition: 'DiskUnlisted', subject: strangerSubject, items: names, summary, facts, todo: todos.DiskUnlisted }
}
