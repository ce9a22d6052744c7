import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { plain } from './check-text.ts'
import type { ProxyManifest, Vhost } from './places.ts'
import { providerOf } from './providers.ts'

/** Headers of requests that Reeve writes itself, or that say where a request ends. */
const ownHeaders: Readonly<Record<string, string>> = {
  host: 'headers.host says it',
  'x-real-ip': 'headers.realIp says it',
  'x-forwarded-for': 'headers.forwardedFor says it',
  'x-forwarded-proto': 'headers.forwardedProto says it',
  'x-forwarded-host': 'it is always the name that the client asked for',
  upgrade: 'websockets says it',
  connection: 'websockets says it',
  'content-length': 'the proxy itself says how long a request is',
  'transfer-encoding': 'the proxy itself says how long a request is',
}

/** Names of headers, and what they hold. */
export function checkHeaders(proxy: ProxyManifest, vhost: Vhost, at: string): readonly Diagnostic[] {
  const { locations = [], tls } = vhost
  const theirs = locations.flatMap(({ headers }, index) => checkPart(proxy, { headers, tls }, `${at}.locations[${index}]`))
  return [...checkPart(proxy, vhost, at), ...theirs]
}

interface Part {
  readonly headers?: Pick<NonNullable<Vhost['headers']>, 'request' | 'set'> | undefined
  readonly tls?: Vhost['tls'] | undefined
}

function checkPart(proxy: ProxyManifest, { headers = {}, tls }: Part, at: string): readonly Diagnostic[] {
  const own = Object.keys(headers.request ?? {}).flatMap((name) => {
    const reason = ownHeaders[name.toLowerCase()]
    return reason === undefined
      ? []
      : [complain(proxy, `${at}.headers.request[${JSON.stringify(name)}]`, `${name} is not set here: ${reason}`)]
  })
  const twice = Object.keys(headers.set ?? {}).filter((name) => tls?.hsts && name.toLowerCase() === 'strict-transport-security')
  return [
    ...checkValues(proxy, headers.set, `${at}.headers.set`),
    ...checkValues(proxy, headers.request, `${at}.headers.request`),
    ...own,
    ...twice.map((name) => complain(proxy, `${at}.headers.set[${JSON.stringify(name)}]`, 'tls.hsts sends this header already')),
  ]
}

function checkValues(
  proxy: ProxyManifest,
  values: Readonly<Record<string, string | undefined>> | undefined,
  at: string,
): readonly Diagnostic[] {
  return Object.entries(values ?? {}).flatMap(([name, value = '']) => {
    const path = `${at}[${JSON.stringify(name)}]`
    if (!/^[!#%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name))
      return [complain(proxy, path, `${JSON.stringify(name)} is not a header name (RFC 9110 5.1)`)]
    const control = plain(proxy, path, value)
    const { name: provider, variables } = providerOf(proxy)
    const variable = forbiddenVariable(value, variables)
    if (control.length > 0 || variable === undefined) return control
    const hint = variables.length === 0 ? 'there are none' : `allowed are ${variables.map((one) => `$${one}`).join(', ')}`
    return [
      complain(proxy, path, `${JSON.stringify(variable)} is not an allowed ${provider} variable; write "$$" for a literal dollar`, hint),
    ]
  })
}

/** The first thing in a value that is neither `$$` nor an allowed variable. */
function forbiddenVariable(text: string, allowed: readonly string[]): string | undefined {
  return text.match(/\$(\$|\{[^}]*\}?|[A-Za-z0-9_]*)/g)?.find((found) => found !== '$$' && !allowed.includes(found.slice(1)))
}
