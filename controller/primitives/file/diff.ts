import { type Difference, type FieldDifference, same } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import { bytesOf, type Content, type FoundFile, sha256 } from '../../shell/inspect.ts'
import { Secret } from '../../shell/secret.ts'
import type { FileState } from './probe.ts'
import type { FileSpec } from './spec.ts'

const longestShown = 65_536

export function diff(spec: FileSpec, observed: Known<FileState>): Difference {
  if (observed.status === 'absent') {
    const fields = [
      field('content', undefined, describe(spec.content)),
      field('mode', undefined, spec.mode),
      field('owner', undefined, spec.owner),
    ]
    return { status: 'change', change: { action: 'create', impact: 'none', fields } }
  }
  if (observed.state.type === 'other') return { status: 'refused', reasons: [inTheWay(spec.path, observed.state.what)] }
  const fields = differences(spec, observed.state)
  return fields.length === 0 ? same : { status: 'change', change: { action: 'update', impact: 'none', fields } }
}

/** Why a thing that is no regular file is left alone. */
function inTheWay(path: string, what: string): string {
  return `${path} is a ${what}, not a regular file; it is neither followed nor replaced: move it away, or take it out of the manifest`
}

/** Fields that differ, contents as text for people. */
function differences(wanted: Pick<FileSpec, 'content' | 'mode' | 'owner'>, found: FoundFile): readonly FieldDifference[] {
  const fields: FieldDifference[] = []
  if (sha256(wanted.content) !== found.sha256) fields.push(field('content', describeFound(wanted.content, found), describe(wanted.content)))
  if (wanted.mode !== found.mode) fields.push(field('mode', found.mode, wanted.mode))
  if (wanted.owner !== found.owner && wanted.owner !== found.ids) fields.push(field('owner', found.owner, wanted.owner))
  return fields
}

function field(name: string, before: string | undefined, after: string | undefined): FieldDifference {
  return { field: name, before, after }
}

function describe(content: Content): string {
  if (content instanceof Secret) return String(content)
  return asText(bytesOf(content)) ?? `(not text: ${bytesOf(content).length} bytes, sha256 ${sha256(content)})`
}

function describeFound(wanted: Content, found: FoundFile): string {
  if (wanted instanceof Secret) return `${wanted} (another one)`
  const text = found.content && found.bytes <= longestShown ? asText(found.content) : undefined
  return text ?? `(not shown: ${found.bytes} bytes, sha256 ${found.sha256})`
}

function asText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return /[\0-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
