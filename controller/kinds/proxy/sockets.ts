import { type Listen, listenOf, tlsListenOf, type Vhost } from './places.ts'

/** `*:PORT` or `ADDRESS:PORT`, as Apache's `<VirtualHost>` and ss(8) write them. */
export function addressWords({ port, addresses }: Listen): readonly string[] {
  if (addresses.includes('0.0.0.0') && addresses.includes('::')) return [`*:${port}`]
  return addresses.map((address) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`))
}

export function plainWords(vhost: Vhost): readonly string[] {
  return addressWords(listenOf(vhost))
}

export function tlsWords(vhost: Vhost): readonly string[] {
  const listen = tlsListenOf(vhost)
  return listen === undefined ? [] : addressWords(listen)
}

/** Where all of them listen, each port once: one that listens on all addresses holds those of the others (a second Listen is an error). */
export function sockets(vhosts: readonly Vhost[]): readonly string[] {
  const words = [...new Set(vhosts.flatMap((vhost) => [...plainWords(vhost), ...tlsWords(vhost)]))]
  return words.filter((word) => word.startsWith('*:') || !words.includes(`*:${portOf(word)}`)).sort()
}

export function portOf(word: string): string {
  return word.slice(word.lastIndexOf(':') + 1)
}
