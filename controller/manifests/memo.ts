import type { Manifest, SourceRef } from '../model/manifest.ts'
import type { TreeFile } from '../model/tree.ts'
import { readYaml, type YamlFile } from './load.ts'
import type { Schemas } from './schemas.ts'
import { type ValidatedDocument, validateDocument } from './validate.ts'

/** A file of manifests, and what became of its documents. */
export interface ReadFile {
  readonly file: YamlFile
  readonly documents: readonly ValidatedDocument[]
}

/** Remembers the files of the tree that was read last: a commit costs what it changed, not what the fleet holds. May be lost at any time. */
export interface FileMemo {
  readAll(files: readonly TreeFile[], commit: string, schemas: Schemas): readonly ReadFile[]
}

export function createFileMemo(): FileMemo {
  let known: ReadonlyMap<string, ReadFile> = new Map()
  return {
    readAll(files, commit, schemas) {
      const next = new Map<string, ReadFile>()
      const all = files.map((file) => {
        const key = file.object === undefined ? undefined : `${file.object} ${file.path}`
        const before = key === undefined ? undefined : known.get(key)
        const read = before ?? readFile(file, commit, schemas)
        if (key !== undefined && isClean(read)) next.set(key, read)
        return before === undefined ? read : atCommit(before, commit)
      })
      known = next
      return all
    },
  }
}

/** Reads one file and holds its documents against their schemas. */
export function readFile(file: TreeFile, commit: string, schemas: Schemas): ReadFile {
  const yaml = readYaml(file, commit)
  return { file: yaml, documents: yaml.documents.map((document) => validateDocument(document, schemas)) }
}

/** What is wrong is told with the commit that it is read at; so it is read anew. */
function isClean({ file, documents }: ReadFile): boolean {
  return file.diagnostics.length === 0 && documents.every(({ diagnostics, manifest }) => diagnostics.length === 0 && manifest !== undefined)
}

/** The same file in another commit. */
function atCommit({ file, documents }: ReadFile, commit: string): ReadFile {
  const stamp = (source: SourceRef): SourceRef => ({ ...source, commit })
  const moved = (manifest: Manifest): Manifest => ({
    ...manifest,
    source: stamp(manifest.source),
    at: (path) => stamp(manifest.at(path)),
  })
  return {
    file,
    documents: documents.map((one) => ({
      ...one,
      source: stamp(one.source),
      ...(one.manifest === undefined ? {} : { manifest: moved(one.manifest) }),
    })),
  }
}
