/** Grammar of the addresses that Reeve sends to: RFC 5321 §4.1.2, ASCII, without source routes. */

const atext = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
const localPart = new RegExp(`^${atext}+(\\.${atext}+)*$`)
const quotedPart = /^"([\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*"$/
const label = '[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?'
const domainName = new RegExp(`^${label}(\\.${label})*$`)
const literal = /^\[(\d{1,3}(\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]{2,45})\]$/

export function isDomain(text: string): boolean {
  return text.length <= 253 && domainName.test(text)
}

/** `local@domain`, as it goes into RCPT TO. */
export function isAddress(text: string): boolean {
  const at = text.lastIndexOf('@')
  if (at < 1 || text.length > 254) return false
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)]
  return local.length <= 64 && (localPart.test(local) || quotedPart.test(local)) && (isDomain(domain) || literal.test(domain))
}

/** A name without a domain, such as `root`. */
export function isBareName(text: string): boolean {
  return text.length <= 64 && localPart.test(text)
}

/** `host`, `host:port`, `[IPv6]` or `[IPv6]:port`. */
export function parseHub(text: string): { readonly host: string; readonly port?: number } | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  if (host === undefined || (match?.[1] === undefined && !isDomain(host))) return undefined
  const port = match?.[3] === undefined ? undefined : Number(match[3])
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined
  return port === undefined ? { host } : { host, port }
}
