import type { ManifestId } from './ids.ts'

/** Where in a tree a thing was written. Line and column count from 1; 0 means the file as a whole. */
export interface SourceRef {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface Manifest<K extends string = string, S = unknown> {
  readonly id: ManifestId
  readonly kind: K
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: S
  readonly source: SourceRef
  /** Position of a field of this manifest, by path such as `spec.rules[2].ports`; the nearest parent where the field is absent. */
  at(path: string): SourceRef
  /** Hash of the manifest's own content: moves only when the manifest does, never with an unrelated commit. */
  readonly generation: string
}

/** One finding about what people wrote: what, where, what to do. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  readonly at: SourceRef
  /** Path of the field, such as `spec.rules[2].ports`; empty for the file. */
  readonly path: string
  readonly summary: string
  readonly hint?: string
  /** The manifest it is about, where one could be told. */
  readonly manifest?: ManifestId
}
