import { createHash } from 'node:crypto'
import { formatted } from '../shell/builtins.ts'
import type { Call, Machine, Tool, Unit } from '../shell/process.ts'

function date(call: Call): number {
  const format = call.words.find((word) => word.startsWith('+'))?.slice(1) ?? '%s'
  const now = call.machine.nowSeconds()
  const whole = Math.floor(now)
  const iso = new Date(whole * 1000).toISOString()
  const values: Readonly<Record<string, string>> = {
    s: String(whole),
    N: String(Math.floor((now - whole) * 1e9)).padStart(9, '0'),
    Y: iso.slice(0, 4),
    m: iso.slice(5, 7),
    d: iso.slice(8, 10),
    H: iso.slice(11, 13),
    M: iso.slice(14, 16),
    S: iso.slice(17, 19),
  }
  call.out(`${format.replace(/%([a-zA-Z])/g, (_, letter) => values[letter] ?? '')}\n`)
  return 0
}

/** A new start or reload, with the times that systemd keeps. */
function note(machine: Machine, unit: Unit, isStart: boolean): void {
  unit.changedSeconds = machine.nowSeconds()
  unit.changedMonotonic = Math.floor(machine.uptimeSeconds() * 1e6)
  if (!isStart) return
  unit.startedSeconds = unit.changedSeconds
  unit.invocation = createHash('sha256').update(`${unit.invocation} ${unit.changedMonotonic}`).digest('hex').slice(0, 32)
}

export function newUnit(machine: Machine, isActive: boolean, isEnabled: boolean): Unit {
  const unit: Unit = { isActive, isEnabled, startedSeconds: 0, changedSeconds: 0, changedMonotonic: 0, invocation: 'unit' }
  note(machine, unit, true)
  return unit
}

function timestamp(seconds: number): string {
  const date = new Date(seconds * 1000)
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][date.getUTCDay()]
  const iso = date.toISOString()
  return `${day} ${iso.slice(0, 10)} ${iso.slice(11, 19)}.${String(Math.floor((seconds % 1) * 1e6)).padStart(6, '0')} UTC`
}

function propertiesOf(name: string, unit: Unit | undefined): Readonly<Record<string, string>> {
  if (unit === undefined) return { LoadState: 'not-found', ActiveState: 'inactive', SubState: 'dead', UnitFileState: '', Names: name }
  return {
    LoadState: 'loaded',
    ActiveState: unit.isActive ? 'active' : 'inactive',
    SubState: unit.isActive ? 'running' : 'dead',
    UnitFileState: unit.isEnabled ? 'enabled' : 'disabled',
    InvocationID: unit.isActive ? unit.invocation : '',
    ActiveEnterTimestamp: timestamp(unit.startedSeconds),
    StateChangeTimestamp: timestamp(unit.changedSeconds),
    StateChangeTimestampMonotonic: String(unit.changedMonotonic),
    NeedDaemonReload: 'no',
    Names: name,
  }
}

const withValue = new Set(['-p', '--property', '-n', '-u', '-o'])

/** The verb, what of `-p` was asked for, and the units. */
function asked(words: readonly string[]) {
  const names = words.filter((word, index) => !word.startsWith('-') && !withValue.has(words[index - 1] ?? ''))
  const properties = words.flatMap((word, index) => (words[index - 1] === '-p' ? word.split(',') : []))
  return { verb: names[0] ?? '', units: names.slice(1), properties }
}

function systemctl(call: Call): number {
  const { verb, units, properties } = asked(call.words)
  const { machine } = call
  switch (verb) {
    case 'show':
      call.out(units.map((name) => shown(propertiesOf(name, machine.units.get(name)), properties)).join('\n'))
      return 0
    case 'is-active':
      return answered(call, units, (unit) => unit?.isActive === true, ['active', 'inactive'], 3)
    case 'is-enabled':
      return answered(call, units, (unit) => unit?.isEnabled === true, ['enabled', 'disabled'], 1)
    case 'list-units':
    case 'daemon-reload':
    case 'reset-failed':
      return 0
    case 'is-system-running':
      call.out('running\n')
      return 0
    default:
      return Math.max(0, ...units.map((name) => change(machine, verb, name)))
  }
}

function shown(values: Readonly<Record<string, string>>, properties: readonly string[]): string {
  return properties.flatMap((name) => (values[name] === undefined ? [] : [`${name}=${values[name]}\n`])).join('')
}

function answered(
  call: Call,
  units: readonly string[],
  holds: (unit: Unit | undefined) => boolean,
  [yes, no]: readonly [string, string],
  status: number,
): number {
  const answers = units.map((name) => holds(call.machine.units.get(name)))
  if (!call.words.includes('--quiet') && !call.words.includes('-q')) call.out(answers.map((is) => `${is ? yes : no}\n`).join(''))
  return answers.every((is) => is) ? 0 : status
}

function change(machine: Machine, verb: string, name: string): number {
  const timer = machine.timers.get(name)
  if (timer !== undefined && verb === 'stop') {
    clearTimeout(timer)
    machine.timers.delete(name)
    return 0
  }
  const unit = machine.units.get(name)
  // Of units whose file Reeve writes nothing is known but that they can be switched on and off.
  if (unit === undefined) return verb === 'enable' || verb === 'disable' ? 0 : 5
  if (verb === 'enable' || verb === 'disable') unit.isEnabled = verb === 'enable'
  else if (verb === 'stop') {
    unit.isActive = false
    note(machine, unit, false)
  } else {
    const isStart = verb.includes('start') || !unit.isActive
    unit.isActive = true
    note(machine, unit, isStart && !(verb === 'reload-or-restart'))
  }
  return 0
}

function dpkgQuery(call: Call): number {
  const format = call.words[call.words.indexOf('-f') + 1] ?? ''
  const names = call.words.filter((word, index) => !word.startsWith('-') && call.words[index - 1] !== '-f')
  let status = 0
  for (const name of names) {
    const version = call.machine.packages.get(name)
    if (version === undefined) {
      call.err(`dpkg-query: no packages found matching ${name}\n`)
      status = 1
    } else call.out(described(format, name, version))
  }
  return status
}

function described(format: string, name: string, version: string): string {
  const values: Readonly<Record<string, string>> = {
    Package: name,
    Version: version,
    Status: 'install ok installed',
    'db:Status-Status': 'installed',
    'db:Status-Abbrev': 'ii ',
  }
  return formatted(
    format.replace(/\$\{([^}]+)\}/g, (_, field) => values[field] ?? ''),
    [],
  )
}

function says(text: string): Tool {
  return (call) => {
    call.out(text)
    return 0
  }
}

export const systemTools: ReadonlyMap<string, Tool> = new Map<string, Tool>([
  ['date', date],
  ['systemctl', systemctl],
  ['dpkg-query', dpkgQuery],
  ['journalctl', says('')],
  ['who', says('')],
  ['timedatectl', says('yes\n')],
  ['apt-get', says('')],
  ['uname', says('Linux\n')],
])
