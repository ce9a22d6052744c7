import { createHash } from 'node:crypto'
import type { Impact } from '../../model/change.ts'
import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Staged, Step } from '../../model/primitive.ts'
import { type Found, linkReads, sha256 } from '../../shell/inspect.ts'
import { printPayload } from '../../shell/payload.ts'
import { Secret } from '../../shell/secret.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { generationPrefix, isGeneration } from './diff.ts'
import type { TreeState } from './probe.ts'
import type { TreeFile, TreeSpec } from './spec.ts'

/** How many generations stay beside the live one, for a person to go back to. */
const kept = 2

/** Twelve hex digits that name this content. */
export function generationOf(files: TreeSpec['files']): string {
  const lines = Object.entries(files)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, { content, mode, owner }]) => `${name} ${mode} ${owner} ${sha256(content)}\n`)
  return sha256(lines.join('')).slice(0, 12)
}

export function stagedAt(spec: TreeSpec): Staged {
  return { live: spec.path, staged: `${spec.path}.reeve-new` }
}

export function steps(spec: TreeSpec, observed: Known<TreeState>): readonly Step[] {
  const before = linkTarget(observed)
  const name = directoryName(spec, observed)
  return [stage(spec, name, taken(spec, observed)), swap(spec.path, before, name), settle(spec, name)]
}

/** What the live generation holds already just as it is wanted: copied from there at once, it costs neither its bytes in the message nor processes of its own. */
interface Taken {
  readonly from: string
  readonly names: readonly string[]
}

function taken(spec: TreeSpec, observed: Known<TreeState>): Taken | undefined {
  const live = linkTarget(observed)
  if (observed.status === 'absent' || live === undefined || !isGeneration(spec.path, live)) return undefined
  const { files } = observed.state
  const names = Object.entries(spec.files).flatMap(([name, wanted]) => (isAsWanted(wanted, files.get(name)) ? [name] : []))
  return names.length === 0 ? undefined : { from: `${parentOf(spec.path)}/${live}`, names }
}

/** A secret is always written, so that no sum of it is told. */
function isAsWanted({ content, mode, owner }: TreeFile, found: Found | undefined): boolean {
  if (content instanceof Secret || found?.type !== 'file') return false
  return found.sha256 === sha256(content) && found.mode === mode && (found.owner === owner || found.ids === owner)
}

/** That they are still what the plan saw. */
function isUnchanged({ from, names }: Taken, files: TreeSpec['files']): Script {
  const sums = names.map((name) => `${sha256(files[name]?.content ?? '')}  ${name}`)
  return sh`(cd ${from} && printf '%s\n' ${sums} | sha256sum -c --status -) || { printf '%s changed meanwhile: it is not what the plan saw\n' ${from} >&2; exit 1; }`
}

function linkTarget(observed: Known<TreeState>): string | undefined {
  return observed.status === 'present' && 'target' in observed.state.link ? observed.state.link.target : undefined
}

/** A repaired generation stands beside the edited one, so it needs another name: made from what was found, so that it differs from each one before. */
function directoryName(spec: TreeSpec, observed: Known<TreeState>): string {
  const plain = `${generationPrefix(spec.path)}${generationOf(spec.files)}`
  const live = linkTarget(observed)
  if (live === undefined || !live.startsWith(plain)) return plain
  const found =
    observed.status === 'present' ? JSON.stringify([live, ...[...observed.state.files].map(([name, file]) => [name, digest(file)])]) : ''
  return `${plain}-${createHash('sha256').update(found).digest('hex').slice(0, 4)}`
}

function digest(found: TreeState['files'] extends ReadonlyMap<string, infer F> ? F : never): string {
  return found.type === 'file' ? `${found.sha256} ${found.mode} ${found.ids}` : found.type
}

/** The directory is closed to all but root until its files have their modes. */
function stage(spec: TreeSpec, name: string, live: Taken | undefined): Step {
  const { staged } = stagedAt(spec)
  const directory = `${parentOf(spec.path)}/${name}`
  const entries = Object.entries(spec.files)
  const written = entries.filter(([file]) => live === undefined || !live.names.includes(file))
  return {
    title: `stage ${spec.path} as ${name}`,
    phase: 'stage',
    guard: joinScripts([
      sh`[ -d ${parentOf(spec.path)} ] || { printf '%s is no directory: is the package installed?\n' ${parentOf(spec.path)} >&2; exit 1; }`,
      ...(live === undefined ? [] : [isUnchanged(live, spec.files)]),
    ]),
    run: joinScripts([
      keepOld(directory),
      unlessLive(spec.path, name),
      sh`rm -f -- ${staged}
(umask 077; mkdir -- ${directory})`,
      ...(live === undefined ? [] : [sh`cp --preserve=mode,ownership -- ${live.names.map((file) => `${live.from}/${file}`)} ${directory}`]),
      ...writeFiles(directory, written),
      ...(spec.looksOlder ? [sh`touch -d '3 seconds ago' -- ${entries.map(([file]) => `${directory}/${file}`)}`] : []),
      sh`chmod 0755 ${directory}
ln -s -- ${name} ${staged}`,
    ]),
    undo: sh`[ -e ${oldImage(directory)}.begun ] || exit 0
${joinScripts([sh`rm -f -- ${staged}`, unlessLive(spec.path, name), putBackOld(spec.path, name)])}`,
    sync: entries.map(([file]) => `${directory}/${file}`),
  }
}

/** A generation of the same content may stand there from earlier, for a person to go back to. */
function keepOld(directory: string): Script {
  const image = oldImage(directory)
  return sh`if [ -d ${directory} ] && [ ! -d ${image} ]; then rm -rf -- ${image}.part; cp -a -- ${directory} ${image}.part; mv -T -- ${image}.part ${image}; fi
: > ${image}.begun`
}

function putBackOld(path: string, name: string): Script {
  const directory = `${parentOf(path)}/${name}`
  const image = oldImage(directory)
  return sh`if [ -d ${image} ] && [ ! -e ${directory} ]; then
  rm -rf -- ${`${directory}.part`}; cp -a -- ${image} ${`${directory}.part`}; mv -T -- ${`${directory}.part`} ${directory}
fi`
}

function oldImage(directory: string): Script {
  return sh`"$REEVE_BEFORE"/${`tree-${sha256(directory).slice(0, 16)}`}`
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

function unlessLive(path: string, name: string): Script {
  return sh`${linkReads(path, name)} || rm -rf -- ${`${parentOf(path)}/${name}`}`
}

/** All of them, then one process for those of one owner, and one for those of one mode. */
function writeFiles(directory: string, files: readonly (readonly [string, TreeFile])[]): readonly Script[] {
  const pathsBy = (of: (file: TreeFile) => string): ReadonlyMap<string, readonly string[]> =>
    new Map(
      [...Map.groupBy(files, ([, file]) => of(file))].map(
        ([word, group]) => [word, group.map(([name]) => `${directory}/${name}`)] as const,
      ),
    )
  return [
    ...files.map(
      ([name, { content }]) => sh`{ ${printPayload(content)}
} > ${`${directory}/${name}`}`,
    ),
    ...[...pathsBy(({ owner }) => owner)].map(([owner, paths]) => sh`chown -- ${owner} ${paths}`),
    ...[...pathsBy(({ mode }) => mode)].map(([mode, paths]) => sh`chmod -- ${mode} ${paths}`),
  ]
}

function swap(path: string, before: string | undefined, name: string): Step {
  const changed = `${path} changed meanwhile: it is not the one that the plan saw`
  return {
    title: `swap ${path} to ${name}`,
    phase: 'change',
    guard:
      before === undefined
        ? sh`if [ -e ${path} ] || [ -L ${path} ]; then printf '%s\n' ${changed} >&2; exit 1; fi`
        : sh`${linkReads(path, before)} || { printf '%s\n' ${changed} >&2; exit 1; }`,
    run: sh`mv -T -- ${`${path}.reeve-new`} ${path}`,
    undo: before === undefined ? removeLink(path, name) : relink(path, name, before),
  }
}

function removeLink(path: string, name: string): Script {
  return sh`! ${linkReads(path, name)} || rm -f -- ${path}`
}

function relink(path: string, from: string, to: string): Script {
  const back = `${path}.reeve-back`
  return sh`if ${linkReads(path, from)}; then rm -f -- ${back}; ln -s -- ${to} ${back}; mv -T -- ${back} ${path}; fi`
}

/**
 * Older generations go only once the new one is proven: until then they are what an undo goes back to. One that holds a secret, which is one with a file that
 * not everybody may read, does not stay: what was changed because it leaked must be gone.
 */
function settle({ path, files }: TreeSpec, name: string): Step {
  const parent = parentOf(path)
  const gone = sh`"$REEVE_BEFORE"/${`gone-${sha256(path).slice(0, 16)}`}`
  const left = Object.values(files).some(({ content }) => content instanceof Secret) ? 0 : kept
  return {
    title: `remove generations of ${path} beyond the last ${kept + 1}`,
    phase: 'settle',
    run: sh`cd ${parent}
gone=${gone}
list=$(ls -1td -- ${generationPrefix(path)}????????????* 2>/dev/null) || :
left=${left}
unread=no
secrets=$(find ./${generationPrefix(path)}????????????* -type f ! -perm -004 </dev/null) || unread=yes
printf '%s\n' "$list" | while IFS= read -r old; do
  case $old in ''|${name}|*[!A-Za-z0-9_.-]*) continue ;; esac
  if [ ! -d "$old" ] || [ -L "$old" ]; then continue; fi
  closed=$unread
  case $secrets in *"./$old/"*) closed=yes ;; esac
  if [ "$left" -gt 0 ] && [ "$closed" = no ]; then left=$((left - 1)); continue; fi
  if [ "$closed" = yes ] && [ ! -d "$gone/$old" ]; then
    mkdir -p "$gone"; rm -rf -- "$gone/$old.part"; cp -a -- "$old" "$gone/$old.part"; mv -T -- "$gone/$old.part" "$gone/$old"
  fi
  rm -rf -- "$old"
done`,
    // It may be the one that the undo goes back to.
    undo: sh`for old in ${gone}/${generationPrefix(path)}*; do
  case $old in *.part) continue ;; esac
  [ -d "$old" ] || continue
  back=${parent}/"\${old##*/}"
  rm -rf -- "$back" "$back.part"; cp -a -- "$old" "$back.part"; mv -T -- "$back.part" "$back"
done`,
  }
}

/** Takes the link away, then the directories; what they held is still in Git. */
export function retire(entry: LedgerEntry, observed: Known<TreeState>): { readonly impact: Impact; readonly steps: readonly Step[] } {
  const path = keyOf(entry.id)
  const target = linkTarget(observed)
  if (target === undefined || !isGeneration(path, target)) return { impact: 'none', steps: [] }
  const back = `${path}.reeve-back`
  const remove: Step = {
    title: `remove ${path}`,
    phase: 'change',
    guard: sh`${linkReads(path, target)} || { printf '%s changed meanwhile\n' ${path} >&2; exit 1; }`,
    run: sh`rm -f -- ${path}`,
    undo: sh`if [ ! -L ${path} ] && [ ! -e ${path} ]; then rm -f -- ${back}; ln -s -- ${target} ${back}; mv -T -- ${back} ${path}; fi`,
  }
  const settle: Step = {
    title: `remove the generations of ${path}`,
    phase: 'settle',
    run: sh`cd ${parentOf(path)}
for old in ${generationPrefix(path)}????????????*; do
  case $old in *[!A-Za-z0-9_.-]*) continue ;; esac
  [ ! -d "$old" ] || [ -L "$old" ] || rm -rf -- "$old"
done`,
  }
  return { impact: 'none', steps: [remove, settle] }
}
