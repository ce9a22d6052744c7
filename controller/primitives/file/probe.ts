import { keyOf, type PrimitiveId } from '../../model/ids.ts'
import type { Known, Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { type Found, type FoundFile, inspect, parseInspection, sha256 } from '../../shell/inspect.ts'
import { Secret } from '../../shell/secret.ts'
import type { Script } from '../../shell/sh.ts'
import type { FileSpec } from './spec.ts'

/** A regular file as it was read, or what stands in its place. */
export type FileState = FoundFile | { readonly type: 'other'; readonly what: string }

export function probe(subjects: readonly Subject<FileSpec>[]): Script {
  return inspect(subjects.map(({ id, spec }) => ({ path: keyOf(id), ...shown(spec) })))
}

/** A secret's content never leaves the host: its hash alone tells. */
function shown(spec: FileSpec | undefined): { readonly sha256?: string } {
  return spec === undefined || spec.content instanceof Secret ? {} : { sha256: sha256(spec.content) }
}

export function parse(stdout: string, subjects: readonly Subject<FileSpec>[]): Parsed<FileState> {
  const found = parseInspection(stdout)
  const items = new Map<PrimitiveId, Observed<FileState>>()
  for (const { id } of subjects) items.set(id, observed(found.get(keyOf(id))))
  return { items }
}

function observed(found: Found | undefined): Observed<FileState> {
  if (found === undefined)
    return { status: 'unknown', reason: 'the host did not say what stands there; perhaps it changed while it was read' }
  if (found.type === 'unknown') return { status: 'unknown', reason: found.reason }
  if (found.type === 'absent') return { status: 'absent' }
  return { status: 'present', state: found }
}

/** The file as seen, where a regular one was. */
export function seenFile(observed: Known<FileState>): FoundFile | undefined {
  return observed.status === 'present' && observed.state.type === 'file' ? observed.state : undefined
}
