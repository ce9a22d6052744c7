import { createHash } from 'node:crypto'
import type { FieldDifference, Impact } from '../../model/change.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import { type Conf, describeDevice, devicesIn, readConf, templateOf, valueIn } from './conf.ts'
import type { Beancounter, OpenvzContainerSpec, OpenvzContainerState } from './spec.ts'
import { formatPair, impactOfKey, isBeancounter, isSameCount, parsePair } from './values.ts'

/** All that differs between a wanted container and one that is there, and what it takes. Diff and steps both rest on it. */
export interface Comparison {
  readonly fields: readonly FieldDifference[]
  readonly impact: readonly Impact[]
  /** Parameters that `vzctl set` gets: in the configuration, or in force, they are not as wanted. */
  readonly keys: readonly string[]
  readonly devices: readonly string[]
  readonly writesMark: boolean
  readonly refreshesGuest: boolean
  /** Made by us and never finished. */
  readonly isUnfinished: boolean
  readonly restarts: boolean
  readonly starts: boolean
  readonly stops: boolean
}

/** Less room than a tenth above what is used, and the kernel kills inside. */
const headroomPercent = 110n

export function compare(asked: OpenvzContainerSpec, state: OpenvzContainerState, last: LedgerEntry | undefined): Comparison {
  const conf = readConf(state.conf)
  const spec = asked.isLiveOnly === true ? withoutRestart(asked, state) : asked
  const settings = differingSettings(spec, conf)
  const inForce = differingCounters(spec, state).filter(({ field }) => !settings.some((one) => one.field === field))
  const devices = spec.isLiveOnly === true ? [] : differingDevices(spec, conf)
  const mark = markFields(spec, conf, last)
  const isUnfinished = conf.mark?.state === 'creating' && state.running === 'stopped'
  const isRunning = state.running === 'running'
  const stops = spec.state === 'stopped' && isRunning
  const refreshesGuest = guestChanged(spec, conf)
  const needsRestart = settings.some(({ field }) => impactOfKey(field) === 'restart') || devices.length > 0 || refreshesGuest
  const restarts = isRunning && !stops && (needsRestart || killsInside(spec, state))
  const starts = spec.state === 'running' && !isRunning
  const running = stops || starts ? [{ field: 'state', before: state.running, after: spec.state }] : []
  const unfinished = isUnfinished ? [{ field: 'creation', before: 'cut off', after: 'finished' }] : []
  return {
    fields: [...settings, ...inForce, ...devices, ...mark, ...unfinished, ...running],
    impact: [...(restarts ? (['restart'] as const) : []), ...(stops ? (['outage'] as const) : [])],
    keys: [...settings, ...inForce].map(({ field }) => field),
    devices: devices.map(({ field }) => field),
    writesMark: mark.length > 0,
    refreshesGuest,
    isUnfinished,
    restarts,
    starts,
    stops,
  }
}

/** Without the files inside, which only a restart writes again. */
function withoutRestart(spec: OpenvzContainerSpec, state: OpenvzContainerState): OpenvzContainerSpec {
  const isHeld = (key: string): boolean => impactOfKey(key) === 'restart' || (key === 'PHYSPAGES' && killsInside(spec, state))
  return { ...spec, guestFiles: [], settings: Object.fromEntries(Object.entries(spec.settings).filter(([key]) => !isHeld(key))) }
}

function differingSettings(spec: OpenvzContainerSpec, conf: Conf): readonly FieldDifference[] {
  return Object.entries(spec.settings).flatMap(([field, after]) => {
    const before = field === 'FEATURES' ? askedFeatures(valueIn(conf, field), after) : valueIn(conf, field)
    return before === after || (before === undefined && after === '') ? [] : [{ field, before, after }]
  })
}

/** vzctl joins features to those that are there: only the ones that are asked for can be compared. */
function askedFeatures(before: string | undefined, after: string): string | undefined {
  const names = after.split(' ').map((word) => word.split(':')[0])
  return before
    ?.split(' ')
    .filter((word) => names.includes(word.split(':')[0]))
    .join(' ')
}

/** `vzctl set` without --save leaves no trace in the configuration: the kernel says what is in force. What it does not say is left alone. */
function differingCounters(spec: OpenvzContainerSpec, state: OpenvzContainerState): readonly FieldDifference[] {
  return Object.entries(spec.settings).flatMap(([field, after]) => {
    const counter = isBeancounter(field) ? state.counters[field.toLowerCase()] : undefined
    const wanted = parsePair(field, after)
    if (counter === undefined || wanted === undefined) return []
    if (isSameCount(counter.barrier, wanted.barrier) && isSameCount(counter.limit, wanted.limit)) return []
    return [{ field, before: `${formatPair(counter)} (in force)`, after }]
  })
}

/** Devices by name: those to make anew, and those that nobody asks for. */
function differingDevices(spec: OpenvzContainerSpec, conf: Conf): readonly FieldDifference[] {
  const found = devicesIn(conf)
  const wanted = spec.interfaces.flatMap((device) => {
    const there = found.find(({ name }) => name === device.name)
    const before = there === undefined ? undefined : describeDevice(there, device)
    const after = describeDevice(device, device)
    return before === after ? [] : [{ field: `NETIF ${device.name}`, before, after }]
  })
  const gone = found.filter((one) => !spec.interfaces.some(({ name }) => name === one.name))
  return [...wanted, ...gone.map((one) => ({ field: `NETIF ${one.name}`, before: describeDevice(one, one), after: undefined }))]
}

/** What was taken over as it stood gets its mark once it is in the ledger: a lost ledger is rebuilt from marks. */
function markFields(spec: OpenvzContainerSpec, conf: Conf, last: LedgerEntry | undefined): readonly FieldDifference[] {
  if (conf.mark === undefined) return last === undefined ? [] : [{ field: 'mark', before: undefined, after: 'ours' }]
  const guest = guestChanged(spec, conf)
    ? [{ field: 'guest files', before: conf.mark.guest ?? 'none', after: guestHash(spec) ?? 'none' }]
    : []
  return conf.mark.state === 'creating' ? [{ field: 'mark', before: 'creating', after: 'made' }, ...guest] : guest
}

/** The hash is written with the mark: at creation with the files themselves, at adoption without, since a guest's files are its own until the manifest changes. */
function guestChanged(spec: OpenvzContainerSpec, conf: Conf): boolean {
  const wanted = guestHash(spec)
  return conf.mark?.state === 'made' && wanted !== undefined && conf.mark.guest !== wanted
}

/** Of the files that a restart writes again; undefined where there are none. */
export function guestHash(spec: OpenvzContainerSpec): string | undefined {
  const files = spec.guestFiles.filter((file) => file.refresh !== 'never')
  if (files.length === 0) return undefined
  return createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 12)
}

/** Physical pages are taken away from what runs at once; the other counters only refuse what is asked for next. */
function killsInside(spec: OpenvzContainerSpec, state: OpenvzContainerState): boolean {
  const counter: Beancounter | undefined = state.counters['physpages']
  const wanted = parsePair('PHYSPAGES', spec.settings['PHYSPAGES'] ?? '')
  if (counter === undefined || wanted === undefined || wanted.limit >= counter.limit) return false
  return wanted.limit * 100n < counter.held * headroomPercent
}

/** Values of the spec that can be compared, by field. */
export function fieldsOf(spec: OpenvzContainerSpec): Readonly<Record<string, string>> {
  return {
    ...spec.settings,
    ...Object.fromEntries(spec.interfaces.map((device) => [`NETIF ${device.name}`, describeDevice(device, device)])),
    ...Object.fromEntries(spec.guestFiles.map((file) => [`guest ${file.path}`, `${file.mode} ${file.refresh}\n${file.content}`])),
    ...(spec.privateArea === undefined ? {} : { VE_PRIVATE: spec.privateArea }),
    template: templateOf(spec) ?? 'none',
    sample: spec.creation?.sample ?? 'none',
    state: spec.state,
    mark: 'ours',
    stop: `${spec.stop.timeoutSeconds}s ${spec.stop.force ? 'then kill' : 'never kill'}`,
  }
}
