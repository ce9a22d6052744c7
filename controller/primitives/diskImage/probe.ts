import { keyOf } from '../../model/ids.ts'
import type { Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { headerBytes, type ImageHeader, readHeader } from './header.ts'
import { customizedSuffix, type DiskImageSpec } from './spec.ts'

/** An image, and its file. */
export interface DiskImageState extends ImageHeader {
  readonly owner: string
  readonly group: string
  /** Four octal digits. */
  readonly mode: string
  /** A process holds a lock of QEMU's on it. */
  readonly isInUse: boolean
  /** Hash of what was written into it (`customizedAs`); empty for none. */
  readonly customized: string
}

/** Of an image that is not there: whether it could be made. */
export interface ImageSurroundings {
  readonly hasTool: boolean
  /** What is at the source; undefined where there is nothing. */
  readonly source: ImageHeader | undefined
  readonly hasFolder: boolean
}

/**
 * Three processes for any number of images: `stat`, and `head` whose bytes `base64` carries. Locks are read from the kernel's list by the shell: an image
 * that a virtual machine has open must be left alone. qemu-img itself is not asked: it is a process for each image, and stumbles over those locks.
 */
export function probe(subjects: readonly Subject<DiskImageSpec>[]): Script {
  if (subjects.length === 0) return { text: ':' }
  const paths = askedPaths(subjects)
  const folders = [...new Set(subjects.map(({ id }) => folderOf(keyOf(id))))]
  return joinScripts([
    sh`export LC_ALL=C
if command -v qemu-img >/dev/null; then echo tool; fi
if [ -r /proc/locks ]; then
  while read -r number sort mode access process file rest; do
    if [ "$sort" = OFDLCK ]; then echo "lock $file"; fi
  done </proc/locks
fi
for folder in ${folders}; do
  if [ -d "$folder" ]; then printf 'folder %s\n' "$folder"; fi
done
set --
for path in ${paths}; do
  if [ -L "$path" ]; then printf 'odd %s\n' "$path"
  elif [ -f "$path" ]; then
    set -- "$@" "$path"
    customized=
    if [ -r "$path"${customizedSuffix} ]; then read -r customized <"$path"${customizedSuffix} || :; fi
    printf 'customized %.64s %s\n' "\${customized:--}" "$path"
  elif [ -e "$path" ]; then printf 'odd %s\n' "$path"
  else printf 'absent %s\n' "$path"
  fi
done
if [ $# -gt 0 ]; then
  stat -c 'stat %D:%i %s %a %U %G %n' -- "$@" </dev/null || :
  echo headers
  head -v -c ${headerBytes} -- "$@" 2>/dev/null | base64
  echo end
fi
echo done`,
  ])
}

function askedPaths(subjects: readonly Subject<DiskImageSpec>[]): readonly string[] {
  return [...new Set(subjects.flatMap(({ id, spec }) => [keyOf(id), ...(spec?.source === undefined ? [] : [spec.source.path])]))]
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')))
}

/** Throws where the answer is cut short. */
export function parse(stdout: string, subjects: readonly Subject<DiskImageSpec>[]): Parsed<DiskImageState> {
  if (subjects.length === 0) return { items: new Map() }
  const lines = stdout.split('\n')
  if (lines.at(-2) !== 'done') throw new Error('the answer is cut short')
  const [headers, end] = [lines.indexOf('headers'), lines.indexOf('end')]
  const facts = lines.slice(0, headers === -1 ? -2 : headers)
  const stats = new Map(facts.flatMap(readStat))
  const bytes = Buffer.from(headers === -1 ? '' : lines.slice(headers + 1, end).join(''), 'base64')
  const answer: Answer = { facts: new Set(facts), stats, starts: readStarts(bytes, stats) }
  return { items: new Map(subjects.map((subject) => [subject.id, observe(subject, answer)])) }
}

interface Answer {
  readonly facts: ReadonlySet<string>
  readonly stats: ReadonlyMap<string, Stat>
  readonly starts: ReadonlyMap<string, Buffer>
}

interface Stat {
  /** As /proc/locks names the file: `fd:00:1234`. */
  readonly file: string
  readonly bytes: number
  readonly mode: string
  readonly owner: string
  readonly group: string
}

function observe({ id, spec }: Subject<DiskImageSpec>, { facts, stats, starts }: Answer): Observed<DiskImageState> {
  const path = keyOf(id)
  if (facts.has(`odd ${path}`))
    return { status: 'unknown', reason: `${path} is a symbolic link or no plain file; write the path of a file` }
  if (facts.has(`absent ${path}`)) {
    const source = starts.get(spec?.source?.path ?? '')
    const around: ImageSurroundings = {
      hasTool: facts.has('tool'),
      source: source === undefined ? undefined : readHeader(source),
      hasFolder: facts.has(`folder ${folderOf(path)}`),
    }
    return { status: 'absent', around }
  }
  const [stat, start] = [stats.get(path), starts.get(path)]
  if (stat === undefined || start === undefined) return { status: 'unknown', reason: `${path} cannot be read` }
  const { owner, group, mode } = stat
  const isInUse = facts.has(`lock ${stat.file}`)
  const customized = readCustomized(facts, path)
  if (customized === undefined) return { status: 'unknown', reason: `what was read of ${path} has lost a part` }
  return { status: 'present', state: { ...readHeader(start), owner, group, mode, isInUse, customized } }
}

/** A hash, or nothing: what else stands there is nobody's hash. */
function readCustomized(facts: ReadonlySet<string>, path: string): string | undefined {
  const line = [...facts].find((fact) => fact.startsWith('customized ') && fact.endsWith(` ${path}`))
  if (line === undefined) return undefined
  return /^customized ([0-9a-f]{64}) /.exec(line)?.[1] ?? ''
}

function readStat(line: string): readonly [string, Stat][] {
  const [, device = '', inode, bytes, mode = '', owner, group, path] =
    /^stat ([0-9a-f]+):(\d+) (\d+) ([0-7]+) (\S+) (\S+) (.+)$/.exec(line) ?? []
  if (path === undefined || owner === undefined || group === undefined) return []
  const file = `${deviceNumbers(Number.parseInt(device, 16))}:${inode}`
  return [[path, { file, bytes: Number(bytes), mode: mode.padStart(4, '0'), owner, group }]]
}

/** stat(1) gives one number, /proc/locks (fs/locks.c) major and minor, both in hexadecimal of at least two digits. */
function deviceNumbers(device: number): string {
  const major = (device >>> 8) & 0xfff
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00)
  return [major, minor].map((number) => number.toString(16).padStart(2, '0')).join(':')
}

/** `head -v` writes `==> NAME <==`, the bytes, and an empty line before the next; how many bytes, the size tells. */
function readStarts(bytes: Buffer, stats: ReadonlyMap<string, Stat>): ReadonlyMap<string, Buffer> {
  const starts = new Map<string, Buffer>()
  let at = 0
  for (const [path, stat] of stats) {
    const header = Buffer.from(`${at === 0 ? '' : '\n'}==> ${path} <==\n`)
    if (!bytes.subarray(at, at + header.length).equals(header)) throw new Error('the headers do not come as head(1) writes them')
    const from = at + header.length
    at = from + Math.min(stat.bytes, headerBytes)
    if (at > bytes.length) throw new Error('the headers are cut short')
    starts.set(path, bytes.subarray(from, at))
  }
  return starts
}
