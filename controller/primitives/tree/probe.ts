import { keyOf, type PrimitiveId } from '../../model/ids.ts'
import type { Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { equalFunction, type Found, inspectFunction, parseInspection, printEqual, sha256 } from '../../shell/inspect.ts'
import { Secret } from '../../shell/secret.ts'
import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import { markIn } from '../file/spec.ts'
import type { TreeFile, TreeSpec } from './spec.ts'

export interface TreeState {
  /** What the link says, or what stands there instead of a link. */
  readonly link: { readonly target: string } | { readonly inTheWay: string }
  /** By name: what the directory behind the link holds. */
  readonly files: ReadonlyMap<string, Found>
}

/** Collects `path hash` words of what is wanted and of all else that lies in the directory, for one call of reeve_inspect. */
const collect = shellFunction(
  'reeve_tree',
  sh`tree=$1; shift
if [ -L "$tree" ]; then links="$links$tree$newline"
elif [ -d "$tree" ]; then printf 'tree directory %s\n' "$tree"; return 0
elif [ -e "$tree" ]; then printf 'tree file %s\n' "$tree"; return 0
else printf 'tree absent %s\n' "$tree"; return 0; fi
wanted_names=$newline
while [ $# -gt 0 ]; do
  words="$words$tree/$1$newline$2$newline"; wanted_names="$wanted_names$1$newline"; shift 2
done
set +f
for entry in "$tree"/* "$tree"/.[!.]* "$tree"/..?*; do
  [ -e "$entry" ] || [ -L "$entry" ] || continue
  case $entry in *[[:cntrl:]]*) printf 'strange %s\n' "$tree"; continue ;; esac
  case $wanted_names in *"$newline\${entry##*/}$newline"*) continue ;; esac
  words="$words$entry$newline-$newline"
done`,
)

export function probe(subjects: readonly Subject<TreeSpec>[]): Script {
  const equal = equalTrees(subjects)
  if (equal === undefined) return lookAtEach(subjects)
  return joinScripts([
    shellFunction('reeve_each', lookAtEach(subjects)),
    equal,
    sh`if reeve_trees; then ${printEqual}; else reeve_each; fi`,
  ])
}

/** Defines `reeve_trees`: succeeds where every tree is a link to a directory that holds just what is wanted. It prints only then. */
function equalTrees(subjects: readonly Subject<TreeSpec>[]): Script | undefined {
  const wanted = subjects.flatMap(({ spec }) => (spec === undefined ? [] : [spec]))
  const equal = equalFunction(
    wanted.flatMap((spec) =>
      Object.entries(spec.files).map(([name, { content }]) => ({ path: `${spec.path}/${name}`, ...(hashOf(content) ?? {}) })),
    ),
  )
  if (equal === undefined || wanted.length < subjects.length) return undefined
  const links = wanted.map(({ path }) => path)
  const body = [
    sh`set +f`,
    ...wanted.map(
      (spec) => sh`[ -L ${spec.path} ] || return 1
IFS='
'
set -- ${spec.path}/* ${spec.path}/.[!.]* ${spec.path}/..?*
listed=$*
unset IFS
[ "$listed" = ${listing(spec)} ] || return 1`,
    ),
    sh`reeve_equal || return 1
links=$(readlink -- ${links} </dev/null) || return 1
printf '%s\n' links "$links" for ${links} end`,
  ]
  return joinScripts([equal, shellFunction('reeve_trees', joinScripts(body))])
}

/** What the three patterns of a listing become where only the wanted files are there: a pattern without a match stays as it is (POSIX XCU 2.13.3). */
function listing({ path, files }: TreeSpec): string {
  const names = Object.keys(files).sort()
  return [...(names.length === 0 ? ['*'] : names), '.[!.]*', '..?*'].map((name) => `${path}/${name}`).join('\n')
}

function lookAtEach(subjects: readonly Subject<TreeSpec>[]): Script {
  const calls = subjects.map(({ id, spec }) => sh`reeve_tree ${[keyOf(id), ...wantedWords(spec)]}`)
  return joinScripts([
    inspectFunction,
    collect,
    sh`newline='
' links='' words=''`,
    ...calls,
    sh`set -f; IFS=$newline
[ -z "$links" ] || { printf 'links\n'; LC_ALL=C readlink -- $links </dev/null; printf 'for\n%s' "$links"; }
printf 'end\n'
set -- $words
unset IFS
set +f
reeve_inspect "$@"`,
  ])
}

function wantedWords(spec: TreeSpec | undefined): readonly string[] {
  if (spec === undefined) return []
  return Object.entries(spec.files).flatMap(([name, { content }]) => [name, hashOf(content)?.sha256 ?? '-'])
}

function hashOf(content: TreeFile['content']): { readonly sha256: string } | undefined {
  return content instanceof Secret ? undefined : { sha256: sha256(content) }
}

export function parse(stdout: string, subjects: readonly Subject<TreeSpec>[]): Parsed<TreeState> {
  const [head = '', ...rest] = stdout.split('\nend\n')
  const cutAt = stdout.startsWith('end\n') ? ['', stdout.slice(4)] : [head, rest.join('\nend\n')]
  const found = parseInspection(cutAt[1] ?? '')
  const lines = (cutAt[0] ?? '').split('\n')
  const links = readLinks(lines)
  const items = new Map<PrimitiveId, Observed<TreeState>>()
  for (const { id } of subjects) items.set(id, observed(keyOf(id), lines, links, found))
  return { items }
}

/** readlink(1) prints one target a line, in the order asked; another count means a target with a newline or a link that vanished. */
function readLinks(lines: readonly string[]): ReadonlyMap<string, string> {
  const start = lines.indexOf('links')
  const middle = lines.indexOf('for', start)
  if (start === -1 || middle === -1) return new Map()
  const targets = lines.slice(start + 1, middle)
  const paths = lines.slice(middle + 1).filter((line) => line !== '')
  if (targets.length !== paths.length) throw new Error('links changed while they were read, or one holds a newline')
  return new Map(paths.map((path, index) => [path, targets[index] ?? '']))
}

function observed(
  path: string,
  lines: readonly string[],
  links: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, Found>,
): Observed<TreeState> {
  if (lines.includes(`tree absent ${path}`)) return { status: 'absent' }
  for (const what of ['directory', 'file']) {
    if (lines.includes(`tree ${what} ${path}`)) return { status: 'present', state: { link: { inTheWay: what }, files: new Map() } }
  }
  const target = links.get(path)
  if (target === undefined) return { status: 'unknown', reason: 'the host did not say what stands there' }
  const inside = [...found]
    .filter(([file]) => file.startsWith(`${path}/`))
    .map(([file, entry]) => [file.slice(path.length + 1), entry] as const)
  const unread = inside.find(([, entry]) => entry.type === 'unknown')
  if (unread?.[1].type === 'unknown') return { status: 'unknown', reason: unread[1].reason }
  const strange = lines.includes(`strange ${path}`) ? [['(a name with control characters)', { type: 'other', what: 'file' }] as const] : []
  const state: TreeState = { link: { target }, files: new Map([...inside, ...strange]) }
  const mark = inside.map(([, entry]) => (entry.type === 'file' ? markIn(entry.content) : undefined)).find((one) => one !== undefined)
  return mark ? { status: 'present', state, mark } : { status: 'present', state }
}
