import { createHash } from 'node:crypto'
import { reveal, Secret } from './secret.ts'
import { joinScripts, type Script, sh, shellFunction } from './sh.ts'

/** What may stand in a file. */
export type Content = string | Uint8Array | Secret

/** A path to be looked at. With `sha256`, content that differs from it is shown too; without, only its hash. */
export interface Inspected {
  readonly path: string
  readonly sha256?: string
}

/** What stands at a path. Contents are shown up to 64 KiB; `content` is absent where they were not asked for or were as wanted. */
export type Found =
  | { readonly type: 'absent' }
  | { readonly type: 'other'; readonly what: string }
  | { readonly type: 'unknown'; readonly reason: string }
  | FoundFile

export interface FoundFile {
  readonly type: 'file'
  /** Octal, four digits: `0644`. */
  readonly mode: string
  /** `root:root`; UNKNOWN where the host has no name for a number. */
  readonly owner: string
  /** `0:0` */
  readonly ids: string
  readonly bytes: number
  /** Seconds since the epoch at which the inode last changed. */
  readonly changedSeconds: number
  readonly sha256: string
  readonly content?: Uint8Array
}

/** Bytes of a content. For hashing and payloads only. */
export function bytesOf(content: Content): Uint8Array {
  if (content instanceof Secret) return Buffer.from(reveal(content))
  return typeof content === 'string' ? Buffer.from(content) : content
}

/** Hex sha256 of a content, as sha256sum(1) prints it. */
export function sha256(content: Content): string {
  return createHash('sha256').update(bytesOf(content)).digest('hex')
}

/**
 * Defines the shell function `reeve_inspect PATH SHA256 [PATH SHA256]…` (`-` for no hash). One stat and one sha256sum for all paths: the type is tested
 * first by the shell itself, since sha256sum would follow a link and hang on a FIFO.
 */
export const inspectFunction: Script = shellFunction(
  'reeve_inspect',
  sh`wanted_all='' missing='' newline='
' todo=$#
while [ "$todo" -gt 0 ]; do
  path=$1 wanted=$2; shift 2; todo=$((todo - 2))
  if [ -L "$path" ]; then printf 'other symbolic-link %s\n' "$path"
  elif [ -f "$path" ]; then set -- "$@" "$path"; wanted_all="$wanted_all$wanted "
  elif [ -d "$path" ]; then printf 'other directory %s\n' "$path"
  elif [ -e "$path" ]; then printf 'other special-file %s\n' "$path"
  else printf 'absent %s\n' "$path"; missing="$missing$path$newline"
  fi
done
[ -z "$missing" ] || (set -f; IFS=$newline; LC_ALL=C stat -c '' -- $missing 2>&1 >/dev/null </dev/null) || :
[ $# -gt 0 ] || return 0
stat -c 'stat %a %U:%G %u:%g %s %Z %n' -- "$@" </dev/null || :
sums=$(sha256sum -- "$@" </dev/null) || :
while IFS= read -r line; do
  [ -n "$line" ] || continue
  printf 'sum %s\n' "$line"
  path=$1 wanted=\${wanted_all%% *}; wanted_all=\${wanted_all#* }; shift
  case $wanted in -) continue ;; esac
  case $line in "$wanted  $path") continue ;; esac
  printf 'content '; head -c 65536 -- "$path" </dev/null | base64 -w 0 || :
  printf ' %s\n' "$path"
done <<REEVE_SUMS
$sums
REEVE_SUMS`,
)

/** Looks at all these paths. Control characters in a path are a bug: ids do not carry them. */
export function inspect(paths: readonly Inspected[]): Script {
  const words = paths.flatMap(({ path, sha256: wanted }) => [path, wanted ?? '-'])
  const equal = equalFunction(paths)
  if (equal === undefined) return joinScripts([inspectFunction, sh`reeve_inspect ${words}`])
  return joinScripts([inspectFunction, equal, sh`if reeve_equal; then ${printEqual}; else reeve_inspect ${words}; fi`])
}

/**
 * Defines `reeve_equal`: succeeds where all these paths are regular files with the wanted hashes, and then `printEqual` says so as `reeve_inspect` would. The same
 * two processes, but for a thousand files the shell looks at each once instead of walking through lists: a tenth of the time. Undefined where there is nothing to compare.
 */
export function equalFunction(paths: readonly Inspected[]): Script | undefined {
  if (paths.length === 0) return undefined
  const known = paths.filter((one) => one.sha256 !== undefined)
  const all = [...known, ...paths.filter((one) => one.sha256 === undefined)].map((one) => one.path)
  const sums = known.map((one) => `${one.sha256}  ${one.path}`).join('\n')
  return shellFunction(
    'reeve_equal',
    sh`set -- ${all}
for path; do
  if [ -L "$path" ] || ! [ -f "$path" ]; then return 1; fi
done
stats=$(stat -c 'stat %a %U:%G %u:%g %s %Z %n' -- "$@" </dev/null) || return 1
sums=$(sha256sum -- "$@" </dev/null) || return 1
case $sums in ${sums}*) ;; *) return 1 ;; esac`,
  )
}

/** After `reeve_equal`. sha256sum's lines need no word before them: no other line begins with a hash. */
export const printEqual: Script = sh`printf '%s\n' "$stats" "$sums"`

/** Path → what stands there, from the output of `reeve_inspect`. Lines that it did not write are ignored; a path it does not name is not in the map. */
export function parseInspection(stdout: string): ReadonlyMap<string, Found> {
  const stats = new Map<string, Omit<FoundFile, 'sha256'>>()
  const found = new Map<string, Found>()
  const contents = new Map<string, Uint8Array>()
  let trouble: string | undefined
  for (const line of stdout.split('\n')) {
    const [word, rest] = cut(line)
    if (word === 'absent') found.set(rest, { type: 'absent' })
    else if (word === 'other') found.set(cut(rest)[1], { type: 'other', what: cut(rest)[0].replace('-', ' ') })
    else if (word === 'stat:' && !/(No such file or directory|Not a directory)$/.test(rest)) trouble = rest
    else if (word === 'stat') readStat(rest, stats)
    else if (word === 'sum') readSum(rest, stats, found)
    else if (/^\\?[0-9a-f]{64}$/.test(word)) readSum(line, stats, found)
    else if (word === 'content') contents.set(cut(rest)[1], Buffer.from(cut(rest)[0], 'base64'))
  }
  return withContents(found, contents, trouble)
}

/** Condition: this path is a symbolic link that says exactly this. */
export function linkReads(path: string, target: string): Script {
  return sh`{ reads=$(readlink -- ${path}) || reads=''; [ "$reads" = ${target} ]; }`
}

function withContents(found: ReadonlyMap<string, Found>, contents: ReadonlyMap<string, Uint8Array>, trouble: string | undefined) {
  const all = new Map<string, Found>()
  for (const [path, entry] of found) {
    const content = contents.get(path)
    if (entry.type === 'file' && content) all.set(path, { ...entry, content })
    else if (entry.type === 'absent' && trouble !== undefined) all.set(path, { type: 'unknown', reason: trouble })
    else all.set(path, entry)
  }
  return all
}

function readStat(text: string, stats: Map<string, Omit<FoundFile, 'sha256'>>): void {
  const match = /^([0-7]{1,4}) (\S+:\S+) (\d+:\d+) (\d+) (\d+) (.+)$/.exec(text)
  if (!match) return
  const [, mode = '', owner = '', ids = '', bytes, changed, path = ''] = match
  stats.set(path, { type: 'file', mode: mode.padStart(4, '0'), owner, ids, bytes: Number(bytes), changedSeconds: Number(changed) })
}

/** GNU sha256sum escapes a backslash in a name and then begins the line with one. */
function readSum(text: string, stats: ReadonlyMap<string, Omit<FoundFile, 'sha256'>>, found: Map<string, Found>): void {
  const match = /^(\\?)([0-9a-f]{64}) [ *](.+)$/.exec(text)
  if (!match) return
  const [, escaped, hash = '', name = ''] = match
  const path = escaped ? name.replaceAll('\\\\', '\\') : name
  const stat = stats.get(path)
  if (stat) found.set(path, { ...stat, sha256: hash })
}

function cut(text: string): readonly [string, string] {
  const at = text.indexOf(' ')
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
