import type { Diagnostic } from '../model/manifest.ts'
import type { Steps } from '../model/steps.ts'
import type { TreeFile } from '../model/tree.ts'
import { readYaml, type YamlFile } from './load.ts'
import type { Schemas } from './schemas.ts'
import { type ValidatedDocument, validateDocument } from './validate.ts'

/** What is known of a file that should hold manifests. */
export type FileState =
  /** Every document of it could be told; a manifest that it does not hold is not in it. */
  | { readonly status: 'parsed' }
  /** It may hold any manifest whose name stands in it; undefined: any at all. */
  | { readonly status: 'broken'; readonly names: ReadonlySet<string> | undefined }

/** A file of manifests, and what became of its documents. */
export interface ReadFile {
  readonly file: Pick<YamlFile, 'path' | 'text'>
  readonly state: FileState
  /** Of the file and of each of its documents. */
  readonly findings: readonly Diagnostic[]
  readonly documents: readonly ValidatedDocument[]
}

/** Remembers the files of the tree that was read last: a commit costs what it changed, not what the fleet holds. May be lost at any time. */
export interface FileMemo {
  readAll(files: readonly TreeFile[], schemas: Schemas): Steps<readonly ReadFile[]>
}

/** So many that were read before are gone through without a pause. */
const readInOneGo = 500

export function createFileMemo(): FileMemo {
  let known: ReadonlyMap<string, Known> = new Map()
  let basedOn: Schemas | undefined
  return {
    *readAll(files, schemas) {
      const before: typeof known = schemas === basedOn ? known : new Map()
      const next = new Map<string, Known>()
      const all: ReadFile[] = []
      for (const file of files) {
        const same = before.get(file.path)
        const isSame = same?.object !== undefined && same.object === file.object
        const now = isSame ? same : { object: file.object, read: readFile(file, schemas) }
        next.set(file.path, now)
        all.push(now.read)
        if (!isSame || all.length % readInOneGo === 0) yield
      }
      known = next
      basedOn = schemas
      return all
    },
  }
}

/** What Git calls the content of a file, and what was read in it. */
interface Known {
  readonly object: string | undefined
  readonly read: ReadFile
}

/** Reads one file and holds its documents against their schemas. */
function readFile(from: TreeFile, schemas: Schemas): ReadFile {
  const { path, text, ...file } = readYaml(from)
  const documents = file.documents.map((document) => validateDocument(document, schemas))
  const isWhole = file.diagnostics.length === 0 && documents.every((document) => document.id !== undefined)
  const findings = [...file.diagnostics, ...documents.flatMap(({ diagnostics }) => diagnostics)]
  // Without the documents as they were written: a manifest is a copy, and what is kept is kept for long.
  return { file: { path, text }, documents, findings, state: isWhole ? { status: 'parsed' } : { status: 'broken', names: wordsOf(text) } }
}

/** Every word of a broken file that could be a manifest's name; undefined where the file could not be read as text. */
function wordsOf(text: string): ReadonlySet<string> | undefined {
  return text === '' ? undefined : new Set(text.match(/[a-z0-9][-a-z0-9]*/g) ?? [])
}
