import { createHash } from 'node:crypto'
import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Retirement, Staged, Step, StepContext } from '../../model/primitive.ts'
import { beforeImage, putBack, remember } from '../../shell/beforeImage.ts'
import type { FoundFile } from '../../shell/inspect.ts'
import { printPayload } from '../../shell/payload.ts'
import { keyedHash, Secret } from '../../shell/secret.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { type FileState, seenFile } from './probe.ts'
import type { FileSpec } from './spec.ts'

/** What was there before the first apply: restored from its copy when the manifest goes. */
interface Previous {
  readonly mode: string
  readonly owner: string
  readonly kept: string
}

export function stagedAt(spec: FileSpec): Staged {
  return { live: spec.path, staged: `${spec.path}.reeve-new` }
}

export function steps(spec: FileSpec, observed: Known<FileState>, isFirst: boolean): readonly Step[] {
  const seen = seenFile(observed)
  const judged = spec.check === undefined ? [] : [judge(spec.path, spec.check)]
  return [stage(spec, seen), ...judged, goLive(spec, seen, isFirst)]
}

function judge(path: string, check: readonly string[]): Step {
  return {
    title: `check ${path} by ${check[0]}`,
    phase: 'validate',
    run: sh`said=$(${[...check]} ${`${path}.reeve-new`} 2>&1 </dev/null) || { printf '%s: %s\n' ${check.join(' ')} "$said" >&2; exit 1; }`,
  }
}

function stage(spec: FileSpec, seen: FoundFile | undefined): Step {
  const staged = stagedAt(spec).staged
  const made = sh`${beforeImage(spec.path)}.dirs`
  return {
    title: `stage ${spec.path}`,
    phase: 'stage',
    guard: stillAsSeen(spec.path, seen),
    run: sh`${makeParents(spec.path, made)}
rm -f -- ${staged}
umask 077
set -C
{ ${printPayload(spec.content)}
} > ${staged}
chown -- ${spec.owner} ${staged}
chmod -- ${spec.mode} ${staged}`,
    undo: sh`rm -f -- ${staged}
[ ! -f ${made} ] || while IFS= read -r dir; do rmdir -- "$dir" 2>/dev/null || :; done < ${made}`,
    sync: [staged],
  }
}

/** Missing directories are made, outermost first, and noted innermost first before that, so that an undo takes away just them. */
function makeParents(path: string, noted: Script): Script {
  const parents = path
    .split('/')
    .slice(1, -1)
    .map((_, index, parts) => `/${parts.slice(0, index + 1).join('/')}`)
    .reverse()
  if (parents.length === 0) return sh`:`
  return sh`for dir in ${parents}; do [ -d "$dir" ] || printf '%s\n' "$dir"; done > ${noted}
[ ! -s ${noted} ] || (umask 022; mkdir -p -- ${parents[0] ?? '/'})`
}

function goLive(spec: FileSpec, seen: FoundFile | undefined, isFirst: boolean): Step {
  const { staged } = stagedAt(spec)
  const keep = seen && isFirst ? keepCopy(spec.path, keptAt(seen)) : sh`:`
  return {
    title: seen ? `write ${spec.path}` : `create ${spec.path}`,
    phase: 'change',
    guard: stillAsSeen(spec.path, seen),
    run: sh`${remember(spec.path)}
${keep}
mv -T -- ${staged} ${spec.path}`,
    undo: putBack(spec.path),
  }
}

/** Fails, saying so, where the file is no longer the one that the plan was made from. */
function stillAsSeen(path: string, seen: FoundFile | undefined): Script {
  if (seen === undefined) {
    return sh`if [ -e ${path} ] || [ -L ${path} ]; then printf '%s changed meanwhile: it was absent\n' ${path} >&2; exit 1; fi`
  }
  return sh`{ [ -f ${path} ] && [ ! -L ${path} ] && case $(sha256sum < ${path}) in ${seen.sha256}*) ;; *) false ;; esac
} || { printf '%s changed meanwhile: it is not the file that the plan saw\n' ${path} >&2; exit 1; }`
}

function keptAt(seen: FoundFile): string {
  return `/var/lib/reeve/retired/file-${seen.sha256}`
}

function keepCopy(path: string, kept: string): Script {
  return sh`(umask 077; mkdir -p /var/lib/reeve/retired)
[ -f ${kept} ] || { (umask 077; cp -- ${path} ${kept}.part); mv -T -- ${kept}.part ${kept}; }`
}

/** Whether what stands there is what was there before Reeve. What was taken over as it stood, without a step, has no copy yet. */
export function isFromBefore(observed: Known<FileState>, last: LedgerEntry | undefined): boolean {
  const seen = seenFile(observed)
  return last === undefined || (seen !== undefined && last.previous?.includes(JSON.stringify(keptAt(seen))) === true)
}

export function previous(observed: Known<FileState>): string | undefined {
  const seen = seenFile(observed)
  if (!seen) return undefined
  const before: Previous = { mode: seen.mode, owner: seen.ids, kept: keptAt(seen) }
  return JSON.stringify(before)
}

/** The ledger's hash is that of the field `sha256:…` (fields() of this primitive). What is not as we last wrote it is a person's: an old copy of the ledger may name a path that somebody uses for his own since. */
export function retire(entry: LedgerEntry, observed: Known<FileState>, { fleet }: Pick<StepContext, 'fleet'>): Retirement {
  const path = keyOf(entry.id)
  const seen = seenFile(observed)
  if (!seen) return { impact: 'none', steps: [] }
  const written = entry.fields['content']
  if (written !== undefined && !isAsWritten(`sha256:${seen.sha256}`, written, fleet))
    return { impact: 'none', steps: [], keptBecause: 'its content is not what Reeve last wrote' }
  const before = entry.previous === undefined ? undefined : readPrevious(entry.previous)
  const guard = stillAsSeen(path, seen)
  if (before?.kept === keptAt(seen)) return { impact: 'none', steps: [leave(path, before, guard)] }
  return { impact: 'none', steps: [before ? restore(path, before, guard) : remove(path, guard)] }
}

/** Plain, or keyed where the content was a secret. */
function isAsWritten(field: string, written: string, fleet: string): boolean {
  return [hex(field), keyedHash(new Secret(field), fleet)].some((hash) => hash.startsWith(written))
}

function readPrevious(text: string): Previous {
  const { mode, owner, kept } = JSON.parse(text) as Partial<Previous>
  const isRead =
    /^[0-7]{4}$/.test(mode ?? '') && /^\d+:\d+$/.test(owner ?? '') && /^\/var\/lib\/reeve\/retired\/file-[0-9a-f]{64}$/.test(kept ?? '')
  if (!isRead || !mode || !owner || !kept) throw new Error('the ledger does not say what the file was before; it is left as it is')
  return { mode, owner, kept }
}

function remove(path: string, guard: Script): Step {
  return { title: `remove ${path}`, phase: 'change', guard, run: joinScripts([remember(path), sh`rm -f -- ${path}`]), undo: putBack(path) }
}

/** It was as wanted before Reeve took it over, so its content needs no copy. */
function leave(path: string, before: Previous, guard: Script): Step {
  return {
    title: `leave ${path} as it was before Reeve`,
    phase: 'change',
    guard,
    run: joinScripts([remember(path), sh`chown -- ${before.owner} ${path}; chmod -- ${before.mode} ${path}`]),
    undo: putBack(path),
  }
}

function restore(path: string, before: Previous, guard: Script): Step {
  const staged = `${path}.reeve-new`
  return {
    title: `restore ${path} as it was before Reeve`,
    phase: 'change',
    guard,
    run: sh`${remember(path)}
rm -f -- ${staged}
(umask 077; cp -- ${before.kept} ${staged})
chown -- ${before.owner} ${staged}
chmod -- ${before.mode} ${staged}
mv -T -- ${staged} ${path}`,
    undo: putBack(path),
  }
}

function hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
