import type { TreeFile } from '../model/tree.ts'
import { namePattern } from './secrets.ts'

/** Names of secrets in the files of the tree that was read last. May be lost at any time. */
export interface SecretNamesMemo {
  namesIn(files: readonly TreeFile[]): ReadonlySet<string>
}

interface Known {
  readonly object: string
  readonly names: readonly string[]
}

export function createSecretNamesMemo(): SecretNamesMemo {
  let known: ReadonlyMap<string, Known> = new Map()
  return {
    namesIn(files) {
      const next = new Map<string, Known>()
      const all = new Set<string>()
      for (const { path, object, bytes } of files) {
        const before = known.get(path)
        const names = object !== undefined && before?.object === object ? before.names : namesIn(bytes)
        if (object !== undefined) next.set(path, { object, names })
        for (const name of names) all.add(name)
      }
      known = next
      return all
    },
  }
}

const naming = new RegExp(`secretRef["']?\\s*:\\s*["']?(${namePattern})(?![-a-z0-9])`, 'g')

/** Whatever looks like the name of a secret: one too many costs a look into the history, and nothing else. */
function namesIn(bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return text.includes('secretRef') ? [...text.toString('utf8').matchAll(naming)].map((match) => match[1] ?? '') : []
}
