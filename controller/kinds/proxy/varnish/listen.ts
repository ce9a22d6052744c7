import { listenOf, type Vhost } from '../places.ts'

/** Where a vhost listens, as `-a` of varnishd(1) takes it. */
export function socketsOf(vhost: Vhost): readonly string[] {
  const { port, addresses } = listenOf(vhost)
  if (addresses.includes('0.0.0.0') && addresses.includes('::')) return [`*:${port}`]
  return addresses.map((address) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`))
}

/** All of them, each once; one on all addresses holds those of its port. The place in the list is the socket's name, `s0` and so on. */
export function sockets(vhosts: readonly Vhost[]): readonly string[] {
  const all = [...new Set(vhosts.flatMap(socketsOf))]
  return all.filter((one) => one.startsWith('*:') || !all.includes(`*${one.slice(one.lastIndexOf(':'))}`)).sort()
}
