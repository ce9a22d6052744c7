import type { Revision } from '../../../controller/loop/revision.ts'
import { reveal, Secret } from '../../../controller/shell/secret.ts'

/** All that a revision says, to the last byte and in its order, with its secrets open. What is printed is frozen: whoever changed it later would be found. */
export function printOf({ commit, fleet, frozen, stale, head, compiled, diagnostics }: Revision): string {
  return print({
    ...{ commit, frozen, stale: [...stale], diagnostics, states: compiled.states, placed: compiled.placed },
    ...{ peers: [...compiled.peers.keys()], watchers: [...compiled.peers.values()].map(({ by }) => [...by]), rollouts: compiled.rollouts },
    ...{ invalid: head.invalid, files: head.files, headDiagnostics: head.diagnostics },
    fleet: fleet.manifests.map(({ id, labels, annotations, generation, spec, source }) => ({
      id,
      labels,
      annotations,
      generation,
      spec,
      source,
    })),
  })
}

/** `isSorted`: whatever the order of its fields. */
export function print(value: unknown, isSorted = false): string {
  if (value instanceof Secret) return `secret ${reveal(value)}`
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Map) return `map ${print([...value], isSorted)}`
  if (value instanceof Set) return `set ${print([...value], isSorted)}`
  if (typeof value === 'function') return 'function'
  if (typeof value !== 'object' || value === null) return value === undefined ? 'undefined' : JSON.stringify(value)
  Object.freeze(value)
  if (Array.isArray(value)) return `[${value.map((each) => print(each, isSorted)).join(',')}]`
  const fields = Object.entries(value)
  return `{${(isSorted ? fields.sort(([one], [other]) => (one < other ? -1 : 1)) : fields)
    .filter(([, each]) => each !== undefined)
    .map(([name, each]) => `${name}:${print(each, isSorted)}`)
    .join(',')}}`
}
