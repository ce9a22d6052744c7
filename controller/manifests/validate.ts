import { createHash } from 'node:crypto'
import { isDnsLabel, type ManifestId, manifestId } from '../model/ids.ts'
import type { Diagnostic, Manifest, SourceRef } from '../model/manifest.ts'
import { envelopeFindings, isFields } from './envelope.ts'
import { defaultLimits } from './limits.ts'
import type { YamlDocument } from './load.ts'
import type { Schemas } from './schemas.ts'
import { type SchemaFinding, schemaFindings, shown } from './sentence.ts'

/** What became of one document. */
export interface ValidatedDocument {
  /** Told from kind and name even where the rest is wrong; undefined where it could be any manifest. */
  readonly id: ManifestId | undefined
  readonly source: SourceRef
  /** Present when the document has no error. */
  readonly manifest?: Manifest
  readonly diagnostics: readonly Diagnostic[]
}

/** Holds one document against the schema of its kind: a manifest, or every error at its line. */
export function validateDocument(document: YamlDocument, schemas: Schemas): ValidatedDocument {
  const { value } = document
  const source = document.at('')
  if (!isFields(value)) return { id: undefined, source, diagnostics: [...document.diagnostics, notAManifest(source)] }
  const id = identity(value, schemas)
  // Its defaults are filled in; the generation is hashed from what was written.
  const spec: unknown = structuredClone(value.spec ?? {})
  const findings = document.diagnostics.length > 0 ? [] : [...envelopeFindings(value, schemas), ...specFindings(value, spec, schemas)]
  const diagnostics = [...document.diagnostics, ...bounded(findings).map((each) => diagnosed(document, each))].map((each) =>
    named(each, id),
  )
  if (id === undefined || diagnostics.length > 0) return { id, source, diagnostics }
  return { id, source, diagnostics, manifest: manifestOf(value, spec, document, source) }
}

/** A list of mistakes in thousands helps nobody, and takes minutes to place. */
function bounded(findings: readonly SchemaFinding[]): readonly SchemaFinding[] {
  const rest = findings.length - defaultLimits.findings
  if (rest <= 0) return findings
  const more = {
    path: '',
    isAboutName: false,
    summary: `${rest} more findings of this manifest are not shown`,
    hint: 'correct these first',
  }
  return [...findings.slice(0, defaultLimits.findings), more]
}

function notAManifest(at: SourceRef): Diagnostic {
  return {
    severity: 'error',
    at,
    path: '',
    summary: 'this is not a manifest',
    hint: 'a manifest has the fields apiVersion, kind, metadata and spec',
  }
}

function named(diagnostic: Diagnostic, id: ManifestId | undefined): Diagnostic {
  return id === undefined ? diagnostic : { ...diagnostic, manifest: id }
}

function diagnosed(document: YamlDocument, { path, isAboutName, summary, hint }: SchemaFinding): Diagnostic {
  const at = isAboutName ? document.atName(path) : document.at(path)
  return { severity: 'error', at, path, summary, ...(hint === undefined ? {} : { hint }) }
}

/** The manifest that a document is meant to be, if its kind and name are right. */
function identity(value: Readonly<Record<string, unknown>>, schemas: Schemas): ManifestId | undefined {
  const name = isFields(value.metadata) ? value.metadata.name : undefined
  if (typeof value.kind !== 'string' || typeof name !== 'string') return undefined
  return schemas.has(value.kind) && isDnsLabel(name) ? manifestId(value.kind, name) : undefined
}

/** Findings of a spec; the copy gets its defaults. */
function specFindings(value: Readonly<Record<string, unknown>>, copy: unknown, schemas: Schemas): readonly SchemaFinding[] {
  const schema = schemas.get(String(value.kind))
  if (schema === undefined) return []
  if (value.spec === undefined && schema.isSpecRequired)
    return [{ path: 'spec', isAboutName: false, summary: 'the field "spec" is missing' }]
  const spec = value.spec ?? {}
  if (!isFields(spec)) return [{ path: 'spec', isAboutName: false, summary: `must be fields (name: value), not ${shown(spec)}` }]
  return schema.validate(copy) ? [] : schemaFindings(schema.validate.errors ?? [], spec, 'spec')
}

function manifestOf(value: Readonly<Record<string, unknown>>, spec: unknown, document: YamlDocument, source: SourceRef): Manifest {
  const kind = String(value.kind)
  const metadata = value.metadata as {
    readonly name: string
    readonly labels?: Record<string, string>
    readonly annotations?: Record<string, string>
  }
  const { name, labels = {}, annotations = {} } = metadata
  const generation = contentHash({ kind, name, labels, annotations, spec: value.spec ?? {} })
  return { id: manifestId(kind, name), kind, name, labels, annotations, spec, source, at: document.at, generation }
}

/** sha256 of a value in canonical JSON: sorted names, no white space. Comments, order and layout do not move it. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex')
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isFields(value)) return JSON.stringify(value) ?? 'null'
  const fields = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
  return `{${fields.join(',')}}`
}
