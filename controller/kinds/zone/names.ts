import { domainToASCII } from 'node:url'

/** A name as the zone file has it: absolute, lower case, with the dot at its end; or why it is none. */
export type Name = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly reason: string; readonly hint?: string }

/** What BIND takes for a host (RFC 1123; check-names of named.conf(5)). A wildcard may own addresses. */
const hostLabel = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/
/** Letters, digits and hyphens; the underscore of services; the slash of RFC 2317. */
const label = /^[a-z0-9_/-]+$/

/** The name of a zone, `example.com.`. */
export function zoneName(text: string): Name {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text
  if (bare === '') return { ok: false, reason: "the root is nobody's zone" }
  return absolute(bare)
}

/** Who owns a record: `@`, a name below the zone, or an absolute one that is in it. */
export function ownerName(text: string, zone: string): Name {
  if (text === '@') return { ok: true, value: zone }
  const name = text.endsWith('.') ? absolute(text.slice(0, -1)) : relative(text, zone)
  if (!name.ok || isWithin(name.value, zone)) return name
  return { ok: false, reason: `${name.value} is not below ${zone}` }
}

/** Whom a record names. A name with dots and none at its end may be meant either way, so it is neither. */
export function targetName(text: string, zone: string): Name {
  if (text === '@') return { ok: true, value: zone }
  if (text === '.') return { ok: true, value: '.' }
  if (text.endsWith('.')) return absolute(text.slice(0, -1))
  if (!text.includes('.')) return relative(text, zone)
  const inside = `${text}.`.toLowerCase()
  const short = inside.endsWith(`.${zone}`) ? inside.slice(0, -zone.length - 1) : text
  return {
    ok: false,
    reason: `${JSON.stringify(text)} is ambiguous; write ${JSON.stringify(`${text}.`)} or ${JSON.stringify(short === text ? `${text}.${zone}` : short)}`,
  }
}

/** `www.example.com` in the zone example.com would be www.example.com.example.com: nobody means that. */
function relative(text: string, zone: string): Name {
  if (`.${text}.`.toLowerCase().endsWith(`.${zone}`)) {
    const short = text.slice(0, -zone.length) || '@'
    return { ok: false, reason: `${JSON.stringify(text)} is ambiguous; write ${JSON.stringify(`${text}.`)} or ${JSON.stringify(short)}` }
  }
  const name = absolute(text)
  if (!name.ok) return name
  const value = `${name.value}${zone}`
  return lengthProblem(value) ?? { ok: true, value }
}

function absolute(text: string): Name {
  const labels = text.split('.')
  const ascii = labels.map((one) => (/^[\x00-\x7f]*$/.test(one) ? one.toLowerCase() : domainToASCII(one)))
  const bad = ascii.findIndex((one, index) => !label.test(one) && !(one === '*' && index === 0))
  if (bad !== -1) return { ok: false, reason: labelProblem(labels[bad] ?? '', ascii[bad] ?? '') }
  const value = `${ascii.join('.')}.`
  return lengthProblem(value) ?? { ok: true, value }
}

function labelProblem(written: string, ascii: string): string {
  if (written === '') return 'not a name of the DNS (it is empty, or two dots follow each other)'
  if (written.includes('*')) return 'not a name of the DNS (a wildcard stands alone as the first label, as in *.apps)'
  if (ascii === '') return `not a name of the DNS (${JSON.stringify(written)} has no form in it)`
  const wrong = [...ascii].find((one) => !label.test(one)) ?? ''
  return `not a name of the DNS (character ${JSON.stringify(wrong)})`
}

/** RFC 1035 2.3.4: octets of a label, and of a name as it is sent. */
function lengthProblem(value: string): Name | undefined {
  const long = value.split('.').find((one) => one.length > 63)
  if (long !== undefined) return { ok: false, reason: `label ${JSON.stringify(`${long.slice(0, 3)}…`)} is ${long.length} octets, limit 63` }
  return value.length > 254 ? { ok: false, reason: `the name is ${value.length - 1} octets, limit 253` } : undefined
}

/** Below the zone, or the zone itself. */
export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`)
}

/** Below, and not itself. */
export function isBelow(name: string, other: string): boolean {
  return name !== other && name.endsWith(`.${other}`)
}

/** Whether BIND takes it for a host's name. */
export function isHostName(name: string): boolean {
  const labels = name.slice(0, -1).split('.')
  return labels.every((one) => hostLabel.test(one))
}

/** Whether BIND lets it own addresses: a host, or all hosts below a name. */
export function isHostOwner(name: string): boolean {
  return isHostName(name.replace(/^\*\./, ''))
}

/** The name as people write it in this zone: `www`, `@`. */
export function shortName(name: string, zone: string): string {
  if (name === zone) return '@'
  return isBelow(name, zone) ? name.slice(0, -zone.length - 1) : name
}

/** The mail address of who answers for a zone, as the SOA has it (RFC 1035 8). */
export function mailName(address: string): Name {
  const at = address.lastIndexOf('@')
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)]
  if (at < 1 || domain === '' || !/^[A-Za-z0-9.+_-]{1,63}$/.test(local))
    return { ok: false, reason: `${JSON.stringify(address)} is not a mail address` }
  const name = zoneName(domain)
  return name.ok ? { ok: true, value: `${local.replaceAll('.', '\\.')}.${name.value}` } : name
}

/** Order of RFC 4034 6.1: by labels from the right. */
export function compareNames(one: string, other: string): number {
  const [left, right] = [labelsOf(one), labelsOf(other)]
  for (const [index, own] of left.entries()) {
    const against = right[index]
    if (against === undefined) return 1
    if (own !== against) return own < against ? -1 : 1
  }
  return left.length - right.length
}

function labelsOf(name: string): readonly string[] {
  return name.slice(0, -1).split('.').reverse()
}
