import type { Vhost } from '../places.ts'
import { portOf, sockets } from '../sockets.ts'

/** `Listen` for what Debian's ports.conf does not open itself: it has 80, and 443 with TLS. */
export function listenLines(vhosts: readonly Vhost[]): readonly string[] {
  return sockets(vhosts)
    .filter((word) => !['80', '443'].includes(portOf(word)))
    .map((word) => `Listen ${word.replace(/^\*:/, '')}`)
}
