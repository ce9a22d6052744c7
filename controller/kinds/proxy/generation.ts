import { createHash } from 'node:crypto'
import type { Fleet } from '../../model/fleet.ts'
import type { NetworkProbe } from '../../model/primitive.ts'
import { listenOf, type ProxyManifest, reachableAt } from './places.ts'

/** Name of a server that only this content of this manifest has: who hears it answer knows that it was loaded. */
export interface Generation {
  readonly name: string
  readonly id: string
}

/** Named by all that is rendered for this manifest, in a form that JSON keeps. */
export function generationOf(content: unknown): Generation {
  const id = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12)
  return { id, name: `g-${id}.reeve.invalid` }
}

/** A daemon says that it reloaded also where it kept its old configuration (a port in use): only an answer of the new one proves it. */
export function proofs(proxy: ProxyManifest, { id, name }: Generation, fleet: Fleet, status = 200): readonly NetworkProbe[] {
  const [first] = proxy.spec.vhosts
  const listen = first ? listenOf(first) : undefined
  const host = listen ? reachableAt(proxy, listen, fleet) : undefined
  if (listen === undefined || host === undefined) return []
  return [{ type: 'http', host, port: listen.port, path: '/', hostHeader: name, expectStatus: [status], expectBody: id }]
}
