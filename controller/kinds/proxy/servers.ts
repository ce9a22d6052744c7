import type { Fleet } from '../../model/fleet.ts'
import { addressOfContainer, type Upstream } from './places.ts'

type Server = Upstream['servers'][number]

/** Address of a server behind a proxy, declared here or by its Container; the check let no other through. */
export function hostOfServer({ container, address = '' }: Server, fleet: Fleet): string {
  const host = container === undefined ? address : addressOfContainer(fleet, container)
  if (host === undefined) throw new Error(`check let a container without an address through: ${container}`)
  return host
}

/** As in a URL. */
export function serverAddress(server: Server, fleet: Fleet): string {
  const host = hostOfServer(server, fleet)
  return `${host.includes(':') ? `[${host}]` : host}:${server.port}`
}
