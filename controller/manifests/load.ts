import type { Diagnostic, SourceRef } from '../model/manifest.ts'
import type { TreeFile } from '../model/tree.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { type ParsedFile, parseFile } from './parse.ts'
import { createPositions } from './positions.ts'

/** One YAML document of a file, as plain data with positions. */
export interface YamlDocument {
  readonly value: unknown
  /** Position of a field by path; the nearest parent where it is absent. */
  at(path: string): SourceRef
  /** Position of the field's name, for complaints about the name itself. */
  atName(path: string): SourceRef
  readonly diagnostics: readonly Diagnostic[]
}

/** A file as it was parsed, and where its fields stand. */
export interface YamlFile extends Omit<ParsedFile, 'documents'> {
  readonly documents: readonly YamlDocument[]
}

/** Reads a file of several YAML documents with positions. Never throws on input. */
export function readYaml(file: Pick<TreeFile, 'path' | 'bytes'>, limits: Limits = defaultLimits): YamlFile {
  return withPositions(parseFile(file, limits), limits)
}

/** Of a file that was parsed, here or elsewhere. What is made holds on to no tree: it is kept as long as the manifest. */
export function withPositions(parsed: ParsedFile, limits: Limits = defaultLimits): YamlFile {
  const positions = createPositions(parsed, limits)
  const documents = parsed.documents.map(({ index, value, start, diagnostics }) => ({
    value,
    at: (path: string) => (path === '' ? start : positions.of(index, path, 'value')),
    atName: (path: string) => (path === '' ? start : positions.of(index, path, 'name')),
    diagnostics,
  }))
  return { ...parsed, documents }
}
