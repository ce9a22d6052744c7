import { sha256 } from '../../shell/inspect.ts'
import { caughtDomains, domainOfAddress, isListed, type MailData, type MailDomain } from './data.ts'

/** Files of the tree, without directories, and what each is for. */
export const mapNames = ['relay_domains', 'transport', 'relay_recipients', 'virtual', 'virtual_domains', 'tls_policy', 'verify'] as const
export type MapName = (typeof mapNames)[number]

type Entry = readonly [key: string, value: string]
export type Maps = Readonly<Record<MapName, readonly Entry[]>>

/**
 * What each map holds, in order, but for what names their generation. Lookups fold their keys, so keys are small; a key stands once, since the first of two would win
 * and the second be gone (postmap(1) warns, and is content).
 */
export function mapsOf(data: MailData): Maps {
  const routed = data.domains.filter(({ hop }) => hop !== undefined)
  return {
    relay_domains: once(routed.flatMap((one) => names(one).map((name): Entry => [name, 'relay']))),
    transport: once([
      ...routed.flatMap((one) => names(one).map((name): Entry => [name, `relay:${one.hop?.text}`])),
      ...data.routes.map(({ address, hop }): Entry => [address, `relay:${hop.text}`]),
    ]),
    relay_recipients: once([
      ...routed.flatMap(({ name, mode, recipients }) => (isListed(mode) ? recipients : [`@${name}`])).map((key): Entry => [key, 'known']),
      ...data.routes.map(({ address }): Entry => [address, 'known']),
    ]),
    virtual: once([...data.redirects.map(({ from, to }): Entry => [from, to.join(', ')]), ...keptBeside(data)]),
    virtual_domains: once(data.domains.filter(({ hop }) => hop === undefined).map(({ name }): Entry => [name, 'virtual'])),
    tls_policy: once(routed.flatMap(policyOf)),
    verify: once(
      routed
        .filter(({ mode }) => mode === 'Verify')
        .flatMap((one) => names(one).map((name): Entry => [name, 'reject_unverified_recipient'])),
    ),
  }
}

/**
 * Recipients below domains that list nobody, as a table of expressions (regexp_table(5)): relay_recipient_maps knows a domain with all of its users, and none with
 * all that is below it. A domain below that has an entry of its own answers for itself.
 */
export function belowTable({ domains }: MailData): string {
  const open = domains.filter(({ hop, withSubdomains, mode }) => hop !== undefined && withSubdomains && !isListed(mode))
  return open.map(({ name }) => besides(name, domains, `/@[^@]+\\.${escaped(name)}$/ known\n`)).join('')
}

function besides(name: string, domains: readonly MailDomain[], line: string): string {
  const own = domains.filter((one) => one.name.endsWith(`.${name}`))
  const parts = own.map((one) => `${one.withSubdomains ? '([^@]+\\.)?' : ''}${escaped(one.name)}`)
  return parts.length === 0 ? line : `if !/@(${parts.join('|')})$/\n${line}endif\n`
}

function escaped(name: string): string {
  return name.replaceAll('.', '\\.')
}

function names({ name, withSubdomains }: MailDomain): readonly string[] {
  return withSubdomains ? [name, `.${name}`] : [name]
}

/** A whole domain that is redirected takes its listed recipients too, unless they stand for themselves (virtual(5)). */
function keptBeside(data: MailData): readonly Entry[] {
  const caught = caughtDomains(data)
  const redirected = new Set(data.redirects.map(({ from }) => from))
  const all = [...data.domains.flatMap(({ recipients }) => recipients), ...data.routes.map(({ address }) => address)]
  const kept = all.filter((one) => caught.has(one.slice(one.indexOf('@') + 1)) && !redirected.has(one))
  return kept.map((one): Entry => [one, one])
}

function policyOf({ hop, tls }: MailDomain): readonly Entry[] {
  if (hop === undefined || tls === undefined) return []
  // Fingerprints have colons inside, so bars part them (postconf(5), smtp_tls_policy_maps).
  const match = tls.level === 'fingerprint' ? tls.match?.join('|').toUpperCase() : tls.match?.join(':').toLowerCase()
  return [[hop.text, match === undefined ? tls.level : `${tls.level} match=${match}`]]
}

function once(entries: readonly Entry[]): readonly Entry[] {
  return [...new Map(entries)].sort(([one], [other]) => (one < other ? -1 : 1))
}

/** A domain that only gateways with just this content know, and in which nobody is: who asks for it hears what was loaded, and no mail can be sent there. */
export function generationDomain(content: unknown): string {
  return `g-${sha256(JSON.stringify(content)).slice(0, 12)}.reeve.invalid`
}

/**
 * A map as Postfix reads it (texthash). Throws on what would begin, end or continue a line: what a person wrote was parsed before, so that is a bug of ours.
 */
export function renderMap(entries: readonly Entry[], head: string): string {
  return `${head}${entries.map(renderEntry).join('')}`
}

function renderEntry([key, value]: Entry): string {
  if (!/^[!-~]+$/.test(key) || key.startsWith('#')) throw new Error(`not a key of a map: ${JSON.stringify(key)}`)
  if (!/^[!-~]+( [!-~]+)*$/.test(value)) throw new Error(`not a value of a map: ${JSON.stringify(value)}`)
  return `${key} ${value}\n`
}

/** An address that the gateways must not know: nobody there has it. */
export function strangerOf(domain: string, data: MailData, id: string): string | undefined {
  const { mode, withSubdomains: _all } = domainOfAddress(`x@${domain}`, data) ?? { mode: 'Any', withSubdomains: false }
  return !isListed(mode) || caughtDomains(data).has(domain) ? undefined : `reeve-nobody-${id.slice(2, 14)}@${domain}`
}
