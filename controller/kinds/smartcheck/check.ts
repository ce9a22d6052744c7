import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { parseSeconds } from '../../model/quantity.ts'
import { byId, type Device, isNvme, labelOf, pathOf, type SmartCheck } from './devices.ts'
import { readPattern } from './pattern.ts'

/** What the schema cannot say of a SmartCheck. */
export function check(manifest: SmartCheck, fleet: Fleet): readonly Diagnostic[] {
  const { devices } = manifest.spec
  return [
    ...devices.flatMap((device, index) => checkDevice(manifest, device, `spec.devices[${index}]`)),
    ...checkTwice(manifest),
    ...checkSchedule(manifest),
    ...checkLong(manifest),
    ...checkTemperature(manifest),
    ...checkNotify(manifest, fleet),
    ...checkDiscover(manifest),
    ...checkInterval(manifest),
  ]
}

function checkDevice(manifest: SmartCheck, device: Device, at: string): readonly Diagnostic[] {
  const { id, path, type = 'auto' } = device
  if ((id === undefined) === (path === undefined))
    return [complain(manifest, at, `a disk has exactly one of id and path; this one has ${id === undefined ? 'none' : 'both'}`)]
  return [
    ...(id === undefined ? checkPath(manifest, path ?? '', type, `${at}.path`) : checkId(manifest, id, `${at}.id`)),
    ...checkType(manifest, id ?? '', type, `${at}.type`),
  ]
}

function checkId(manifest: SmartCheck, id: string, at: string): readonly Diagnostic[] {
  const part = /-part\d+$/.exec(id)?.[0]
  return part === undefined ? [] : [complain(manifest, at, `${id} is a partition`, `name the whole disk: ${id.slice(0, -part.length)}`)]
}

function checkPath(manifest: SmartCheck, path: string, type: string, at: string): readonly Diagnostic[] {
  if (path.startsWith(`${byId}/`)) return [complain(manifest, at, `write it as id: ${path.slice(byId.length + 1)}`)]
  const moves = /^\/dev\/(sd[a-z]+|nvme\d+(n\d+)?|hd[a-z])$/.test(path) && !/,\d/.test(type)
  return moves ? [warn(manifest, at, `${path} may be another disk after a reboot`, `write its name of ls ${byId} as id`)] : []
}

function checkType(manifest: SmartCheck, id: string, type: string, at: string): readonly Diagnostic[] {
  if (id.startsWith('nvme-') && type !== 'auto' && type !== 'nvme')
    return [complain(manifest, at, `${id} is an NVMe disk, which does not speak ${type}`, 'write nvme, or leave type out')]
  if (/^(ata|scsi)-/.test(id) && type === 'nvme') return [complain(manifest, at, `${id} is no NVMe disk`, 'leave type out')]
  return []
}

/** Two disks behind one controller have one device and different types. */
function checkTwice(manifest: SmartCheck): readonly Diagnostic[] {
  const keys = manifest.spec.devices.map((device) => `${pathOf(device)} ${device.type ?? 'auto'}`)
  return keys.flatMap((key, index) => {
    const first = keys.indexOf(key)
    const device = manifest.spec.devices[index]
    if (first === index || device === undefined) return []
    return [complain(manifest, `spec.devices[${index}]`, `${labelOf(device)} is listed twice, first as spec.devices[${first}]`)]
  })
}

function checkSchedule(manifest: SmartCheck): readonly Diagnostic[] {
  const { schedule, devices } = manifest.spec
  if (schedule === undefined) return []
  if (schedule.pattern !== undefined) return checkPattern(manifest, schedule.pattern)
  if (schedule.short === undefined && schedule.long === undefined)
    return [complain(manifest, 'spec.schedule', 'schedule asks for no test', 'add short or long, or leave schedule out')]
  const stagger = parseSeconds(schedule.stagger ?? '1h')
  if (!stagger.ok || stagger.value % 3600 !== 0 || stagger.value > 86_400)
    return [complain(manifest, 'spec.schedule.stagger', `stagger is whole hours up to 24h, not ${schedule.stagger}`)]
  return devices.every(isNvme)
    ? [warn(manifest, 'spec.schedule', 'smartd starts no tests on NVMe disks (smartmontools 7.3)', 'leave schedule out')]
    : []
}

function checkPattern(manifest: SmartCheck, pattern: string): readonly Diagnostic[] {
  const at = 'spec.schedule.pattern'
  const { schedule = {} } = manifest.spec
  const other = (['short', 'long', 'stagger'] as const).find((field) => schedule[field] !== undefined)
  if (other !== undefined) return [complain(manifest, at, `pattern says all of the schedule; it cannot stand beside ${other}`)]
  const read = readPattern(pattern)
  if (!read.ok) return [complain(manifest, at, `${pattern} is no schedule: ${read.reason}`)]
  return read.types.size > 0
    ? []
    : [
        complain(
          manifest,
          at,
          `${pattern} never runs: no day and hour match it`,
          'write T/MM/DD/d/HH; d is 1 (Mon) to 7 (Sun), HH 00 to 23',
        ),
      ]
}

function checkLong(manifest: SmartCheck): readonly Diagnostic[] {
  const long = manifest.spec.schedule?.long
  if (long === undefined || (long.weekday === undefined) !== (long.dayOfMonth === undefined)) return []
  const found = long.weekday === undefined ? 'neither' : 'both'
  return [complain(manifest, 'spec.schedule.long', `a long test has a weekday or a dayOfMonth; this one has ${found}`)]
}

function checkTemperature(manifest: SmartCheck): readonly Diagnostic[] {
  const { info, critical } = manifest.spec.temperature ?? {}
  return info !== undefined && critical !== undefined && info >= critical
    ? [complain(manifest, 'spec.temperature.info', `info (${info}) must be below critical (${critical})`)]
    : []
}

// smartd.conf has no quoting, and smartd hands the address to a shell script: letters, digits and ._%+- only. One with @ in front would name a script.
const address = /^[A-Za-z0-9_%+][A-Za-z0-9._%+-]*(@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)?$/
const mostMail = 200
const mailers = /^(postfix|exim4.*|msmtp-mta|ssmtp|nullmailer|dma|sendmail.*|opensmtpd|courier-mta|citadel-server)$/

function checkNotify(manifest: SmartCheck, fleet: Fleet): readonly Diagnostic[] {
  const { notify, target } = manifest.spec
  if (notify === undefined) return []
  const wrong = notify.mail.flatMap((mail, index) =>
    address.test(mail) ? [] : [complain(manifest, `spec.notify.mail[${index}]`, `${JSON.stringify(mail)} is not a mail address`)],
  )
  if (wrong.length > 0) return wrong
  if (notify.mail.join(',').length > mostMail)
    return [complain(manifest, 'spec.notify.mail', `smartd takes ${mostMail} characters of addresses`, 'write one that forwards')]
  const { packages = [], mailer } = fleet.get('Hypervisor', target.hypervisor)?.spec.system ?? {}
  if (mailer?.mailCommand === true || packages.some((name) => mailers.test(name))) return []
  if (mailer !== undefined) {
    const summary = `smartd mails by mail(1), which system.mailer of Hypervisor ${target.hypervisor} does not bring`
    return [warn(manifest, 'spec.notify.mail', summary, 'set mailer.mailCommand to true')]
  }
  const hint = 'add one (postfix, msmtp-mta, …), or leave notify out: Reeve mails by itself'
  return [warn(manifest, 'spec.notify.mail', `Hypervisor ${target.hypervisor} asks for no package that delivers mail`, hint)]
}

/** Nobody would ever be told of what is looked for. */
function checkDiscover(manifest: SmartCheck): readonly Diagnostic[] {
  const { discover, unlisted } = manifest.spec
  if (discover === undefined) return []
  if (unlisted === 'Ignore')
    return [complain(manifest, 'spec.discover', 'discover tells of new disks, and unlisted: Ignore of none', 'leave one of the two out')]
  const both = (discover.include ?? []).findIndex((pattern) => discover.exclude?.includes(pattern))
  return both === -1
    ? []
    : [complain(manifest, `spec.discover.include[${both}]`, `${discover.include?.[both]} is in exclude too, and so never told of`)]
}

function checkInterval(manifest: SmartCheck): readonly Diagnostic[] {
  const { interval = '30m' } = manifest.spec
  const read = parseSeconds(interval)
  return read.ok && read.value >= 300 && read.value <= 86_400
    ? []
    : [complain(manifest, 'spec.interval', `interval is 5m to 1d, not ${interval}`)]
}

function warn(manifest: SmartCheck, path: string, summary: string, hint: string): Diagnostic {
  return { ...complain(manifest, path, summary, hint), severity: 'warning' }
}
