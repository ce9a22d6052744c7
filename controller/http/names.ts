import { isIP } from 'node:net'

/** What a request over TCP says of where it goes and where it comes from. */
export interface Claims {
  readonly method: string
  readonly host: string | undefined
  readonly origin: string | undefined
  /** `Sec-Fetch-Site` of https://www.w3.org/TR/fetch-metadata/: browsers set it, and no script can. */
  readonly site: string | undefined
}

export interface Wrong {
  readonly status: 403 | 421
  readonly message: string
}

/**
 * Judges where a request was meant to go. A page in a browser that makes its own name point here (DNS rebinding) sends that name as Host: it is answered nowhere. An address is no
 * name that could be moved, so any is taken, and so is `localhost`. Programs that are no browsers may leave Host out (HTTP/1.0).
 */
export function createNameJudge(names: readonly string[]): (claims: Claims) => Wrong | undefined {
  const known = new Set(['localhost', ...names.map((name) => name.toLowerCase())])
  return ({ method, host, origin, site }) => {
    const name = nameOf(host ?? '')
    if (host !== undefined && !(name !== undefined && (known.has(name) || isIP(name) !== 0))) return unknownName(host)
    if (method === 'GET' || method === 'HEAD') return undefined
    const isForeign = (site !== undefined && site !== 'same-origin' && site !== 'none') || (origin !== undefined && !isSame(origin, host))
    return isForeign ? { status: 403, message: 'commands are not taken from pages of other sites' } : undefined
  }
}

/** The name of a Host header, without its port, the brackets of IPv6 and the dot of the root. */
function nameOf(host: string): string | undefined {
  const [, ipv6, name] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/?#@\s]+?)\.?)(?::\d{1,5})?$/i.exec(host) ?? []
  return ipv6 ?? name?.toLowerCase()
}

function unknownName(host: string): Wrong {
  // What is no name is not repeated.
  const name = /^[A-Za-z0-9.:[\]-]{1,253}$/.test(host) ? host : 'this'
  return { status: 421, message: `${name} is no name of this Reeve: ask by its address, or add the name to api.hosts in reeve.yaml` }
}

/** TLS ends before us: the scheme is not ours to judge. */
function isSame(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
}
