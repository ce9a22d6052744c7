import { keyOf, type PrimitiveId, typeOf } from '../../model/ids.ts'
import type { Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { pathOfBlock } from '../block/spec.ts'
import { fileOfSetting } from '../setting/spec.ts'
import type { ServiceSpec } from './spec.ts'

export interface ServiceState {
  /** loaded, masked, error, … (systemctl(1)) */
  readonly load: string
  readonly active: string
  readonly sub: string
  readonly unitFile: string
  readonly invocation: string
  /** Seconds since the epoch of its last change of state: a start, but also a reload through systemd. */
  readonly changedSeconds: number
  readonly changedMonotonic: string
  /** Seconds since the epoch of its last start; 0 where systemd does not say. */
  readonly startedSeconds: number
  readonly needsDaemonReload: boolean
  /** What our last load of it left behind. */
  readonly stamp: Stamp | undefined
  /** When the newest of the files that it loads changed; 0 where it loads none. */
  readonly filesChangedSeconds: number
  /** Of those that only a start reads. */
  readonly startFilesChangedSeconds: number
}

export interface Stamp {
  /** What was loaded, or `as-of:SECONDS`: whatever stood in its files then, as when a change of them was undone before anything was loaded. */
  readonly digest: string
  readonly invocation: string
  readonly changedMonotonic: string
  /** What it was started with, where that is more than its package brings. */
  readonly startDigest?: string
}

const properties =
  'LoadState,ActiveState,SubState,UnitFileState,InvocationID,ActiveEnterTimestamp,StateChangeTimestamp,StateChangeTimestampMonotonic,NeedDaemonReload,Job,Names'

/** How to tell the path of a thing on the target's disk from its id. */
const onDisk: Readonly<Record<string, (id: PrimitiveId) => string>> = {
  file: keyOf,
  tree: keyOf,
  link: keyOf,
  block: pathOfBlock,
  setting: fileOfSetting,
}

export function stampPath(unit: string): string {
  return `/var/lib/reeve/stamps/${unit}`
}

/** One systemctl for the named units, one stat for all that they load; stamps are read by the shell itself. */
export function probe(subjects: readonly Subject<ServiceSpec>[]): Script {
  const units = subjects.map(({ id }) => keyOf(id))
  const paths = [...new Set(subjects.flatMap(({ spec }) => (spec ? pathsOf(spec) : [])))]
  return sh`for unit in ${units}; do
  stamp=''
  [ ! -f /var/lib/reeve/stamps/"$unit" ] || IFS= read -r stamp < /var/lib/reeve/stamps/"$unit" || :
  printf 'stamp %s %s\n' "$unit" "$stamp"
done
set --
for path in ${paths}; do
  if [ -d "$path" ]; then set -- "$@" "$path" "$path"/*
  elif [ -e "$path" ] || [ -L "$path" ]; then set -- "$@" "$path"; fi
done
[ $# -eq 0 ] || stat -c 'changed %.6Z %f %n' -- "$@" 2>/dev/null </dev/null || :
printf 'units\n'
systemctl show --timestamp=us+utc -p ${properties} -- ${units} </dev/null`
}

export function pathsOf({ loads }: Pick<ServiceSpec, 'loads'>): readonly string[] {
  return [...new Set(loads.flatMap((id) => onDisk[typeOf(id)]?.(id) ?? []))]
}

export function parse(stdout: string, subjects: readonly Subject<ServiceSpec>[]): Parsed<ServiceState> {
  const [head = '', tail = ''] = split(stdout, 'units\n')
  const lines = head.split('\n')
  const blocks = tail.trimEnd().split(/\n\n+/)
  const items = new Map<PrimitiveId, Observed<ServiceState>>()
  for (const [index, subject] of subjects.entries()) items.set(subject.id, observed(subject, lines, blocks[index] ?? ''))
  return { items }
}

function split(text: string, marker: string): readonly [string, string] {
  const at = text.startsWith(marker) ? 0 : text.indexOf(`\n${marker}`)
  if (at === -1) return [text, '']
  return [text.slice(0, at), text.slice(text.indexOf(marker, at) + marker.length)]
}

function observed({ id, spec }: Subject<ServiceSpec>, lines: readonly string[], block: string): Observed<ServiceState> {
  const unit = keyOf(id)
  const read = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
  const names = (read.get('Names') ?? '').split(' ').map(plainName)
  if (!names.includes(unit)) return { status: 'unknown', reason: `systemctl did not answer for ${unit}` }
  if (read.get('LoadState') === 'not-found') return { status: 'absent' }
  const active = read.get('ActiveState')
  if (!active || !read.get('LoadState')) return { status: 'unknown', reason: `systemctl did not say whether ${unit} is active` }
  // While a machine boots its daemons wait for their turn: systemd shows the job only where there is one (org.freedesktop.systemd1(5)).
  if (active === 'inactive' && Number(read.get('Job') ?? 0) > 0)
    return { status: 'unknown', reason: `systemd has a job for ${unit} in its queue: it is about to start` }
  return { status: 'present', state: stateOf(read, active, { stamp: stampOf(unit, lines), ...changesOf(spec, lines) }) }
}

/** systemctl(1) puts names with a backslash between quotes, the backslash doubled. */
function plainName(shown: string): string {
  return shown.startsWith('"') ? shown.slice(1, -1).replaceAll('\\\\', '\\') : shown
}

function stateOf(
  read: ReadonlyMap<string, string>,
  active: string,
  more: Pick<ServiceState, 'stamp' | 'filesChangedSeconds' | 'startFilesChangedSeconds'>,
): ServiceState {
  return {
    load: read.get('LoadState') ?? '',
    active,
    sub: read.get('SubState') ?? '',
    unitFile: read.get('UnitFileState') ?? '',
    invocation: read.get('InvocationID') ?? '',
    changedSeconds: secondsOf(read.get('StateChangeTimestamp')),
    startedSeconds: secondsOf(read.get('ActiveEnterTimestamp')),
    changedMonotonic: read.get('StateChangeTimestampMonotonic') ?? '',
    needsDaemonReload: read.get('NeedDaemonReload') === 'yes',
    ...more,
  }
}

/** As systemctl(1) writes it with `--timestamp=us+utc`: `Sun 2026-11-22 12:00:00.123456 UTC`. */
function secondsOf(timestamp = ''): number {
  const [, date, time, fraction = 0] = /^\w+ (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)? UTC$/.exec(timestamp) ?? []
  return date === undefined ? 0 : Date.parse(`${date}T${time}Z`) / 1000 + Number(fraction)
}

function stampOf(unit: string, lines: readonly string[]): Stamp | undefined {
  const prefix = `stamp ${unit} `
  const match = /^(\S+) (\S+) (\d+)(?: ([0-9a-f]+))?$/.exec(lines.find((line) => line.startsWith(prefix))?.slice(prefix.length) ?? '')
  const [, digest, invocation, changedMonotonic, startDigest] = match ?? []
  if (!digest || !invocation || !changedMonotonic) return undefined
  return { digest, invocation, changedMonotonic, ...(startDigest === undefined ? {} : { startDigest }) }
}

function changesOf(spec: ServiceSpec | undefined, lines: readonly string[]) {
  return {
    filesChangedSeconds: newestChange(spec ? pathsOf(spec) : [], lines),
    startFilesChangedSeconds: newestChange(pathsOf({ loads: spec?.startsWith ?? [] }), lines),
  }
}

function newestChange(paths: readonly string[], lines: readonly string[]): number {
  if (paths.length === 0) return 0
  const times = lines.map((line) => /^changed (\d+(?:\.\d+)?) ([0-9a-f]+) (.+)$/.exec(line)).filter((match) => match !== null)
  const own = times.filter(([, , mode = '', path = '']) =>
    paths.some((one) => path === one || (path.startsWith(`${one}/`) && isRegular(mode))),
  )
  return Math.max(0, ...own.map(([, time]) => Number(time)))
}

/** By the raw mode as stat(1) prints it: S_IFREG of inode(7). */
function isRegular(mode: string): boolean {
  return (Number.parseInt(mode, 16) & 0o170000) === 0o100000
}
