import type { Diagnostic } from '../model/manifest.ts'
import type { Steps } from '../model/steps.ts'
import type { TreeFile } from '../model/tree.ts'
import { withPositions, type YamlFile } from './load.ts'
import { type ParsedFile, parseFile } from './parse.ts'
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
  readAll(files: readonly TreeFile[], schemas: Schemas, ahead?: ReadAhead): Steps<readonly ReadFile[]>
  /** Those that `readAll` will have to read. */
  unread(files: readonly TreeFile[], schemas: Schemas): readonly TreeFile[]
}

/** Files of one tree that were read already, by path. */
export type ReadAhead = ReadonlyMap<string, ReadFile>

/** So many that were read before are gone through without a pause. */
const readInOneGo = 500

export function createFileMemo(): FileMemo {
  let known: ReadonlyMap<string, Known> = new Map()
  let basedOn: Schemas | undefined
  const knownBy = (schemas: Schemas): typeof known => (schemas === basedOn ? known : new Map())
  return {
    unread(files, schemas) {
      const before = knownBy(schemas)
      return files.filter((file) => !isSame(before.get(file.path), file))
    },
    *readAll(files, schemas, ahead) {
      const before = knownBy(schemas)
      const next = new Map<string, Known>()
      const all: ReadFile[] = []
      for (const file of files) {
        const same = before.get(file.path)
        const isKnown = isSame(same, file)
        const now = isKnown ? same : { object: file.object, read: ahead?.get(file.path) ?? readParsed(parseFile(file), schemas) }
        next.set(file.path, now)
        all.push(now.read)
        if (!isKnown || all.length % readInOneGo === 0) yield
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

function isSame(known: Known | undefined, { object }: TreeFile): known is Known {
  return known?.object !== undefined && known.object === object
}

/** Holds the documents of a file against their schemas. */
export function readParsed(parsed: ParsedFile, schemas: Schemas): ReadFile {
  const { path, text, ...file } = withPositions(parsed)
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
