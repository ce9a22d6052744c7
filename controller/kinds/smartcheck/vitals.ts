import type { Assessment, Reading, Vital } from '../../model/kind.ts'
import { parseSeconds } from '../../model/quantity.ts'
import type { Target } from '../../model/target.ts'
import { readAnswer, unlisted } from './answer.ts'
import type { SmartCheck } from './devices.ts'
import { alarmsOf, type Judged, judge, strangerSubject, unlistedAlarm } from './judge.ts'
import { probe } from './probe.ts'
import { attention, samplesOf } from './samples.ts'

const mostUnlisted = 16

/** Health of the disks, apart from cycles: a disk may take a minute to answer, or for ever. */
export function vitals(manifest: SmartCheck, target: Target): readonly Vital[] {
  const every = parseSeconds(manifest.spec.interval ?? '30m')
  const everySeconds = every.ok ? every.value : 1800
  return [{ id: 'disks', target, pace: 'slow', everySeconds, probe: probe(manifest), assess: (reading) => assess(manifest, reading) }]
}

/** Pure: the same answer gives the same verdict. What was not read is unknown, and nothing about it is over. */
export function assess({ spec }: SmartCheck, reading: Reading): Assessment {
  const answer = reading.status === 'unknown' ? reading.reason : readAnswer(reading.stdout)
  if (typeof answer === 'string') return { healthy: 'unknown', reason: 'NotRead', message: answer, samples: [] }
  const judged = spec.devices.map((device, index) => judge(device, index, answer, spec))
  const isScanned = answer.present !== undefined
  const strangers = unlisted(spec, answer)
  const told = spec.unlisted === 'Ignore' || strangers.length === 0 ? [] : [unlistedAlarm(strangers.slice(0, mostUnlisted))]
  const twice = listedTwice(judged)
  return {
    ...verdict(judged, twice),
    samples: samplesOf(judged, isScanned ? strangers.length : undefined),
    alarms: [...judged.flatMap(alarmsOf), ...told],
    unread: [...judged.filter(isUnread).map(({ label }) => label), ...(isScanned ? [] : [strangerSubject])],
  }
}

function isUnread({ unknown, disk, isAsleep }: Judged): boolean {
  return unknown !== undefined && (disk === undefined || isAsleep)
}

function verdict(judged: readonly Judged[], twice: string | undefined): Omit<Assessment, 'samples'> {
  const bad = judged.flatMap(({ label, disk, faults }) => {
    const real = faults.filter(({ condition }) => !attention.includes(condition))
    return real.length === 0
      ? []
      : [{ reason: real[0]?.condition ?? '', text: `${named(label, disk?.serial)}: ${real.map(({ text }) => text).join('; ')}` }]
  })
  const [worst] = bad
  if (worst) return { healthy: false, reason: worst.reason, message: bounded(bad.map(({ text }) => text)) }
  if (twice !== undefined) return { healthy: false, reason: 'ListedTwice', message: twice }
  const unknown = judged.flatMap(({ label, unknown }) => (unknown === undefined ? [] : [`${label}: ${unknown}`]))
  if (unknown.length > 0) return { healthy: 'unknown', reason: 'DiskUnread', message: bounded(unknown) }
  const late = judged.flatMap(({ label, faults }) => faults.map(({ text }) => `${label}: ${text}`))
  const asleep = judged.filter(({ isAsleep }) => isAsleep).length
  const fine = `${judged.length === 1 ? 'its disk reports' : `its ${judged.length} disks report`} no fault${asleep === 0 ? '' : ` (${asleep} asleep: as when last asked)`}`
  return { healthy: true, reason: late.length === 0 ? 'NoFault' : 'SelfTestOverdue', message: bounded([fine, ...late]) }
}

/** sda by two of its names would be tested twice, and its array's other half perhaps never. */
function listedTwice(judged: readonly Judged[]): string | undefined {
  const seen = new Map<string, string>()
  for (const { kernel, label, device } of judged) {
    const key = `${kernel} ${device.type?.includes(',') ? device.type : ''}`
    const first = kernel === undefined ? undefined : seen.get(key)
    if (first !== undefined) return `${first} and ${label} are the same disk, /dev/${kernel}: take one out of the manifest`
    seen.set(key, label)
  }
  return undefined
}

function named(label: string, serial = ''): string {
  return serial === '' || label.includes(serial) ? label : `${label} (serial ${serial})`
}

function bounded(lines: readonly string[]): string {
  const shown = lines.slice(0, 3).join(' · ')
  return `${shown}${lines.length > 3 ? ` · and ${lines.length - 3} more` : ''}`.slice(0, 600)
}
