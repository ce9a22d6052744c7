import { type Listen, listenOf, tlsListenOf, type Vhost } from '../places.ts'

/** Addresses of a `<VirtualHost>`. */
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

/** `Listen` for what Debian's ports.conf does not open itself: it has 80, and 443 with TLS. */
export function listenLines(vhosts: readonly Vhost[]): readonly string[] {
  return sockets(vhosts)
    .filter((word) => !['80', '443'].includes(portOf(word)))
    .map((word) => `Listen ${word.replace(/^\*:/, '')}`)
}

function portOf(word: string): string {
  return word.slice(word.lastIndexOf(':') + 1)
}
