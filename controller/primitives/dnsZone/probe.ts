import { keyOf, type PrimitiveId } from '../../model/ids.ts'
import type { Mark, Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { askDns, type DnsAnswer, parseDns, soaType } from '../../shell/dnsAsk.ts'
import { sha256 } from '../../shell/inspect.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { access, copyPath, type DnsZoneSpec, type Primary, serialLine, zoneFolder, zonePath } from './spec.ts'

/** The zone file as it stands. */
export interface FoundFile {
  /** Octal, and names: `644 root:bind`. */
  readonly access: string
  /** Undefined where the line is no serial. */
  readonly serial: number | undefined
  /** Without its serial it is as wanted. */
  readonly isEqual: boolean
  /** Its text, where it is not. */
  readonly content?: string
  /** Changes stand beside it that named has not written into it yet: it would write them over whatever stood there then. */
  readonly hasJournal?: true
}

export interface DnsZoneState {
  /** Undefined on a secondary. */
  readonly file: FoundFile | undefined
  /** Of the folder of zone files. */
  readonly folderAccess: string
  /** What the server says; undefined where nothing answers. */
  readonly served: DnsAnswer | undefined
  /** The target's own clock, in seconds since the epoch. */
  readonly clockSeconds: number
}

/** What stands in the place of a serial where files are compared. */
const masked = 'SERIAL'
const largest = 16_777_216

/** The file as it shall be, with this serial. */
export function fileText({ before, after }: Pick<Primary, 'before' | 'after'>, serial: number | string): string {
  return `${before}${serial}\n${after}`
}

/**
 * Processes by tool, whatever the number of zones: date, stat, two sed, sha256sum and one perl. Files are compared as one stream with their serials
 * masked; only where that differs is their text shown.
 */
export function probe(subjects: readonly Subject<DnsZoneSpec>[]): Script {
  const primaries = subjects.filter(({ spec }) => spec === undefined || spec.role.type === 'primary')
  const isNameds = ({ spec }: Subject<DnsZoneSpec>) => spec?.role.type === 'primary' && spec.role.isDynamic === true
  const files = primaries.filter((subject) => !isNameds(subject)).map(({ id }) => zonePath(keyOf(id)))
  const updated = primaries.filter(isNameds).map(({ id }) => zonePath(keyOf(id)))
  const questions = subjects.map(({ id, spec }) => ({ ...(spec?.ask ?? loopback), type: soaType, name: keyOf(id) }))
  return joinScripts([
    sh`printf 'clock '; date +%s
stat -c 'folder %a %U:%G' -- ${zoneFolder} 2>/dev/null </dev/null || :`,
    ...(files.length === 0 ? [] : [lookAtFiles(files, expected(subjects))]),
    ...(updated.length === 0 ? [] : [lookForFiles(updated)]),
    sh`for reeve_copy in ${subjects.map(({ id }) => copyPath(keyOf(id)))}; do [ ! -f "$reeve_copy" ] || printf 'copy %s\n' "$reeve_copy"; done`,
    askDns(questions),
  ])
}

const loopback = { address: '127.0.0.1', port: 53 }

/** Hash of all files in a row, as they shall be; empty where one of them is known by its name alone. */
function expected(subjects: readonly Subject<DnsZoneSpec>[]): string {
  const texts = subjects.flatMap(({ spec }) =>
    spec?.role.type === 'primary' && spec.role.isDynamic
      ? []
      : spec?.role.type === 'primary'
        ? [fileText(spec.role, masked)]
        : spec === undefined
          ? [undefined]
          : [],
  )
  return texts.includes(undefined) ? '' : sha256(texts.join(''))
}

/** Files that named writes by itself: whether they are there. */
function lookForFiles(files: readonly string[]): Script {
  return sh`for reeve_file in ${files}; do
  if [ -L "$reeve_file" ] || { [ -e "$reeve_file" ] && [ ! -f "$reeve_file" ]; }; then printf 'other %s\n' "$reeve_file"
  elif [ -f "$reeve_file" ]; then printf 'updated %s\n' "$reeve_file"
  elif [ -d ${zoneFolder} ] || [ ! -e ${zoneFolder} ]; then printf 'absent %s\n' "$reeve_file"; fi
done`
}

function lookAtFiles(files: readonly string[], sum: string): Script {
  const mask = `${serialLine}s/^[0-9]\\{1,10\\}$/${masked}/`
  return sh`set --
for reeve_file in ${files}; do
  if [ -L "$reeve_file" ] || { [ -e "$reeve_file" ] && [ ! -f "$reeve_file" ]; }; then printf 'other %s\n' "$reeve_file"
  elif [ -f "$reeve_file" ]; then
    set -- "$@" "$reeve_file"
    if [ -f "$reeve_file.jnl" ] && [ ! -f "$reeve_file.signed" ]; then printf 'journal %s\n' "$reeve_file"; fi
  elif [ -d ${zoneFolder} ] || [ ! -e ${zoneFolder} ]; then printf 'absent %s\n' "$reeve_file"; fi
done
if [ $# -gt 0 ]; then
  stat -c 'file %a %U:%G %s %n' -- "$@" </dev/null || :
  sed -s -n ${`${serialLine}{s/^/serial /;p;F;}`} -- "$@" </dev/null || :
  reeve_sum=$(LC_ALL=C sed -s ${mask} -- "$@" </dev/null | sha256sum) || reeve_sum=''
  if [ $# = ${files.length} ] && [ "\${reeve_sum%% *}" = ${sum === '' ? 'none' : sum} ]; then printf 'equal\n'
  else for reeve_file; do
    printf 'content '; head -c ${largest} -- "$reeve_file" </dev/null | base64 -w 0 || :
    printf ' %s\n' "$reeve_file"
  done; fi
fi`
}

interface Read {
  readonly lines: readonly string[]
  readonly isEqual: boolean
  readonly serials: ReadonlyMap<string, string>
  readonly files: ReadonlyMap<string, string>
  readonly contents: ReadonlyMap<string, string>
  readonly clockSeconds: number
  readonly dns: ReturnType<typeof parseDns>
}

export function parse(stdout: string, subjects: readonly Subject<DnsZoneSpec>[]): Parsed<DnsZoneState> {
  const read = readLines(stdout)
  return { items: new Map<PrimitiveId, Observed<DnsZoneState>>(subjects.map((subject) => [subject.id, observed(subject, read)])) }
}

function readLines(stdout: string): Read {
  const lines = stdout.split('\n')
  const all = (grammar: RegExp) => lines.flatMap((line) => grammar.exec(line) ?? [])
  const pairs = (grammar: RegExp) =>
    new Map(lines.flatMap((line) => [grammar.exec(line)].flatMap((match) => (match ? [[match[2] ?? '', match[1] ?? ''] as const] : []))))
  const serials = new Map<string, string>()
  for (const [index, line] of lines.entries()) if (line.startsWith('serial ')) serials.set(lines[index + 1] ?? '', line.slice(7))
  return {
    lines,
    isEqual: lines.includes('equal'),
    serials,
    files: pairs(/^file ([0-7]{1,4} \S+:\S+) \d+ (\/.+)$/),
    contents: pairs(/^content ([A-Za-z0-9+/=]*) (\/.+)$/),
    clockSeconds: Number(all(/^clock (\d{1,12})$/)[1] ?? Number.NaN),
    dns: parseDns(stdout),
  }
}

function unknown(reason: string): Observed<DnsZoneState> {
  return { status: 'unknown', reason }
}

function observed({ id, spec }: Subject<DnsZoneSpec>, read: Read): Observed<DnsZoneState> {
  const zone = keyOf(id)
  if (Number.isNaN(read.clockSeconds)) return unknown('the target did not tell its time')
  const served = servedOf(zone, spec, read)
  if (typeof served === 'string') return unknown(served)
  const folderAccess = /^folder ([0-7]{1,4} \S+:\S+)$/m.exec(read.lines.join('\n'))?.[1] ?? ''
  const common = { folderAccess, served, clockSeconds: read.clockSeconds }
  if (spec?.role.type === 'secondary') return secondary(common, served)
  const path = zonePath(zone)
  if (read.lines.includes(`other ${path}`)) return unknown(`${path} is no regular file; it is neither followed nor replaced`)
  if (read.lines.includes(`absent ${path}`))
    return spec === undefined && read.lines.includes(`copy ${copyPath(zone)}`)
      ? { status: 'present', state: { ...common, file: undefined } }
      : { status: 'absent', around: { ...common, file: undefined } }
  const file = spec?.role.type === 'primary' && spec.role.isDynamic ? updatedFile(path, read) : fileOf(path, spec, read)
  return typeof file === 'string' ? unknown(file) : marked({ ...common, file }, spec)
}

/** A secondary is always there: one that does not know the zone refuses the question. */
function secondary(common: Omit<DnsZoneState, 'file'>, served: DnsAnswer | undefined): Observed<DnsZoneState> {
  if (served === undefined) return unknown('no name server answers on the target')
  return { status: 'present', state: { ...common, file: undefined } }
}

/** Undefined: no server answers, which is its service's trouble and not the zone's. */
function servedOf(zone: string, spec: DnsZoneSpec | undefined, { dns }: Read): DnsAnswer | undefined | string {
  const { address, port } = spec?.ask ?? loopback
  const answer = dns.answers.find((one) => one.name === zone && one.address === address && one.port === port)
  if (answer !== undefined) return answer
  if (dns.silent.has(`${address} ${port}`)) return undefined
  return dns.isWhole ? 'the name server was not asked for it' : 'the target could not ask its name server: is perl there?'
}

/** What is in it is not looked at: it is as old as named likes. */
function updatedFile(path: string, { lines }: Read): FoundFile | string {
  if (!lines.includes(`updated ${path}`)) return 'the target did not say what stands in the place of its file'
  return { access: access.file, serial: undefined, isEqual: true }
}

function fileOf(path: string, spec: DnsZoneSpec | undefined, read: Read): FoundFile | string {
  const { files, serials, contents, isEqual } = read
  const mode = files.get(path)
  if (mode === undefined) return 'the target did not say what stands in the place of its file'
  const text = serials.get(path) ?? ''
  const serial = /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 ? Number(text) : undefined
  const encoded = contents.get(path)
  const journal = read.lines.includes(`journal ${path}`) ? ({ hasJournal: true } as const) : {}
  if (isEqual) return serial === undefined ? 'the serial of its file could not be read' : { access: mode, serial, isEqual, ...journal }
  if (encoded === undefined) return 'the text of its file could not be read'
  const content = Buffer.from(encoded, 'base64').toString()
  const wanted = spec?.role.type === 'primary' && serial !== undefined ? fileText(spec.role, text) : undefined
  return { access: mode, serial, isEqual: content === wanted, content, ...journal }
}

function marked(state: DnsZoneState, spec: DnsZoneSpec | undefined): Observed<DnsZoneState> {
  const text = state.file?.content ?? (spec?.role.type === 'primary' ? spec.role.before : '')
  const [, fleet, owner] = /^; Managed by Reeve, fleet ([a-z0-9-]{1,63}), (\S.{0,200})\n/.exec(text) ?? []
  const mark: Mark | undefined = fleet === undefined || owner === undefined ? undefined : { fleet, owner }
  return mark ? { status: 'present', state, mark } : { status: 'present', state }
}
