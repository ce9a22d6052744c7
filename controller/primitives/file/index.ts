import type { FieldValue } from '../../model/primitive.ts'
import { definePrimitive } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { sha256 } from '../../shell/inspect.ts'
import { Secret } from '../../shell/secret.ts'
import { diff } from './diff.ts'
import { type FileState, parse, probe } from './probe.ts'
import { release } from './release.ts'
import type { FileSpec } from './spec.ts'
import { isFromBefore, previous, retire, stagedAt, steps } from './steps.ts'

/** A regular file with its mode and owner. Links, directories and devices in its place are refused, never followed. */
export const filePrimitive = definePrimitive<FileSpec, FileState>({
  type: 'file',
  readsFilesOnly: true,
  isLoaded: true,
  ownership: 'exclusive',
  fields,
  watched: ({ path }) => paths(path),
  probe,
  parse,
  diff,
  steps: (spec, _change, observed, context) => steps(spec, observed, isFromBefore(observed, context.last)),
  retire,
  release,
  previous: (_spec, observed) => previous(observed),
  staged: stagedAt,
})

function fields(spec: FileSpec): Readonly<Record<string, FieldValue>> {
  // Of a secret too the hash of its hash, so that a retirement can tell what we wrote without knowing it; keyed.
  const hash = `sha256:${sha256(spec.content)}`
  const content = spec.content instanceof Secret ? new Secret(hash) : hash
  return { content, mode: spec.mode, owner: spec.owner }
}
