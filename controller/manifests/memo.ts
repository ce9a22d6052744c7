import type { Steps } from '../model/steps.ts'
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
  readAll(files: readonly TreeFile[], schemas: Schemas): Steps<readonly ReadFile[]>
}

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
        const read = same !== undefined && same.object === file.object ? same.read : readFile(file, schemas)
        if (file.object !== undefined) next.set(file.path, { object: file.object, read })
        all.push(read)
        yield
      }
      known = next
      basedOn = schemas
      return all
    },
  }
}

/** What Git calls the content of a file, and what was read in it. */
interface Known {
  readonly object: string
  readonly read: ReadFile
}

/** Reads one file and holds its documents against their schemas. */
export function readFile(file: TreeFile, schemas: Schemas): ReadFile {
  const yaml = readYaml(file)
  return { file: yaml, documents: yaml.documents.map((document) => validateDocument(document, schemas)) }
}
