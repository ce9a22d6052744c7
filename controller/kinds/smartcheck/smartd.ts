import { type Device, hottest, isNvme, pathOf, type SmartCheck, warm } from './devices.ts'
import { scheduleOf } from './schedule.ts'
import type { SmartCheckSpec } from './spec.ts'

/** smartd.conf(5): the only place that writes it. One entry a disk; smartd takes 255 octets a line and 1023 an entry, so options stand on lines of their own. */
export function smartdConf({ spec }: SmartCheck): string {
  return spec.devices.map((device, index) => entry(spec, device, index)).join('')
}

function entry(spec: SmartCheckSpec, device: Device, index: number): string {
  const lines = [
    word(pathOf(device)),
    // removable: without it smartd ends where one disk is gone, and watches none of the others (7.3).
    ['-a', ...(device.type === undefined || device.type === 'auto' ? [] : ['-d', word(device.type)]), '-d', 'removable'].join(' '),
    ...(isNvme(device) ? [] : ataOptions(spec, index)),
    `${spec.standby === 'Wake' ? '' : '-n standby,10,q '}-W ${spec.temperature?.difference ?? 4},${warm(spec, device)},${hottest(spec, device)}`,
    ...notifyOptions(spec.notify),
  ]
  return `${lines.join(' \\\n  ')}\n`
}

/** smartd 7.3 starts no tests on NVMe and knows none of these there. */
function ataOptions({ offlineCollection = true, attributeAutosave = true, schedule }: SmartCheckSpec, index: number): readonly string[] {
  const tests = scheduleOf(schedule, index)
  const switches = [...(offlineCollection ? ['-o on'] : []), ...(attributeAutosave ? ['-S on'] : [])]
  return [...(switches.length === 0 ? [] : [switches.join(' ')]), ...(tests === undefined ? [] : [`-s ${word(tests)}`])]
}

function notifyOptions(notify: SmartCheckSpec['notify']): readonly string[] {
  if (notify === undefined) return []
  return [`-m ${word(notify.mail.join(','))}${notify.exec === undefined ? '' : ` -M exec ${word(notify.exec)}`}`]
}

/** smartd.conf has no quoting: a blank ends a word, # the line, \ goes on with the next. Throws: the check refused them. */
function word(text: string): string {
  if (!/^[\x21\x22\x24-\x5b\x5d-\x7e]+$/.test(text) || text.length > 240)
    throw new Error(`not a word of smartd.conf: ${JSON.stringify(text)}`)
  return text
}
