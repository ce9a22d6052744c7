import { type Difference, type FieldDifference, same } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import { bytesOf, type Content, type Found, sha256 } from '../../shell/inspect.ts'
import { Secret } from '../../shell/secret.ts'
import type { TreeState } from './probe.ts'
import type { TreeFile, TreeSpec } from './spec.ts'

/** Begins the names of the directories behind a link: `.reeve-` for `/etc/nginx/reeve`. */
export function generationPrefix(path: string): string {
  return `.${path.slice(path.lastIndexOf('/') + 1)}-`
}

/** Whether a link's target is a directory that Reeve made: generation, and what sets a repaired one apart from the edited one. */
export function isGeneration(path: string, target: string): boolean {
  const prefix = generationPrefix(path)
  return target.startsWith(prefix) && /^[0-9a-f]{12}(-[0-9a-f]{4})?$/.test(target.slice(prefix.length))
}

export function diff(spec: TreeSpec, observed: Known<TreeState>): Difference {
  if (observed.status === 'absent') {
    const fields = Object.entries(spec.files).map(([name, wanted]) => ({ field: name, before: undefined, after: asText(wanted.content) }))
    return { status: 'change', change: { action: 'create', impact: 'none', fields } }
  }
  const { link, files } = observed.state
  if ('inTheWay' in link) {
    return { status: 'refused', reasons: [`${spec.path} is a ${link.inTheWay} that Reeve did not make; move it away`] }
  }
  const fields = [...linkDifference(spec.path, link.target), ...fileDifferences(spec, files), ...extraFiles(spec, files)]
  return fields.length === 0 ? same : { status: 'change', change: { action: 'update', impact: 'none', fields } }
}

function linkDifference(path: string, target: string): readonly FieldDifference[] {
  return isGeneration(path, target) ? [] : [{ field: 'link', before: target, after: 'a generation of Reeve' }]
}

function fileDifferences(spec: TreeSpec, files: ReadonlyMap<string, Found>): readonly FieldDifference[] {
  return Object.entries(spec.files).flatMap(([name, wanted]) => fileDifference(name, wanted, files.get(name)))
}

function fileDifference(name: string, wanted: TreeFile, found: Found | undefined): readonly FieldDifference[] {
  if (found === undefined || found.type === 'absent' || found.type === 'unknown') {
    return [{ field: name, before: undefined, after: asText(wanted.content) }]
  }
  if (found.type === 'other') return [{ field: name, before: `(a ${found.what})`, after: asText(wanted.content) }]
  const fields: FieldDifference[] = []
  if (found.sha256 !== sha256(wanted.content)) {
    const before = found.content && found.bytes <= 65_536 ? Buffer.from(found.content).toString() : `(not shown: sha256 ${found.sha256})`
    fields.push({
      field: name,
      before: wanted.content instanceof Secret ? '«secret» (another one)' : before,
      after: asText(wanted.content),
    })
  }
  if (found.mode !== wanted.mode) fields.push({ field: `${name} mode`, before: found.mode, after: wanted.mode })
  if (found.owner !== wanted.owner && found.ids !== wanted.owner)
    fields.push({ field: `${name} owner`, before: found.owner, after: wanted.owner })
  return fields
}

function extraFiles(spec: TreeSpec, files: ReadonlyMap<string, Found>): readonly FieldDifference[] {
  return [...files]
    .filter(([name]) => spec.files[name] === undefined)
    .map(([name, found]) => ({
      field: name,
      before: found.type === 'file' ? `(not ours: sha256 ${found.sha256})` : '(not ours)',
      after: undefined,
    }))
}

function asText(content: Content): string {
  return content instanceof Secret ? String(content) : Buffer.from(bytesOf(content)).toString()
}
