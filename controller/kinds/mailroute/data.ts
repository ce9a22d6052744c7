import type { Fleet } from '../../model/fleet.ts'
import { parseAddress, parseDomain, parseLocal, parseWholeDomain } from './address.ts'
import { type MailRoute, type NextHop, nextHopOf, type RoutedDomain } from './targets.ts'

/** A domain as the maps need it. */
export interface MailDomain {
  readonly name: string
  /** Absent: it has redirects alone. */
  readonly hop?: NextHop
  readonly withSubdomains: boolean
  readonly mode: 'List' | 'FromTarget' | 'Verify' | 'Any'
  /** `local@domain`, in order. */
  readonly recipients: readonly string[]
  readonly tls?: NonNullable<RoutedDomain['tls']>
}

export interface MailRedirect {
  /** `local@domain` or `@domain`. */
  readonly from: string
  readonly to: readonly string[]
}

/** Somebody knows who is there, and all others are refused: Git, or the server of the users. */
export function isListed(mode: MailDomain['mode']): boolean {
  return mode === 'List' || mode === 'FromTarget'
}

/** What all gateways of a route know, in the one form in which it is compared and rendered. What the check refuses is left out. */
export interface MailData {
  readonly domains: readonly MailDomain[]
  readonly redirects: readonly MailRedirect[]
  readonly routes: readonly { readonly address: string; readonly hop: NextHop }[]
}

export function mailData({ spec }: MailRoute, fleet: Fleet): MailData {
  return {
    domains: spec.domains.flatMap((one) => domainOf(one, fleet)),
    redirects: (spec.redirects ?? []).flatMap(({ from, to }) => {
      const key = from.startsWith('@') ? parseWholeDomain(from) : parseAddress(from)
      const values = to.flatMap((one) => textOf(parseAddress(one)))
      return key.ok ? [{ from: key.value.text, to: [...new Set(values)] }] : []
    }),
    routes: (spec.routes ?? []).flatMap(({ address, target }) => {
      const hop = nextHopOf(target, fleet)
      return hop === undefined ? [] : textOf(parseAddress(address)).map((text) => ({ address: text, hop }))
    }),
  }
}

function textOf(read: ReturnType<typeof parseAddress>): readonly string[] {
  return read.ok ? [read.value.text] : []
}

function domainOf(domain: RoutedDomain, fleet: Fleet): readonly MailDomain[] {
  const name = parseDomain(domain.name)
  if (!name.ok) return []
  const hop = domain.target && nextHopOf(domain.target, fleet)
  const { mode = 'List', addresses = [] } = domain.recipients ?? {}
  const recipients = addresses.flatMap((one) => recipientOf(one, name.value) ?? [])
  return [
    {
      name: name.value,
      ...(hop === undefined ? {} : { hop }),
      withSubdomains: domain.includeSubdomains ?? false,
      mode,
      recipients: [...new Set(recipients)].sort(),
      ...(domain.tls === undefined ? {} : { tls: domain.tls }),
    },
  ]
}

/** A recipient as it is listed: `alice` or `alice@example.com`. */
export function recipientOf(text: string, domain: string): string | undefined {
  if (text.includes('@')) return textOf(parseAddress(text))[0]
  const local = parseLocal(text)
  return local.ok ? `${local.value}@${domain}` : undefined
}

/** The domain of this route that an address belongs to: its own, or one above that includes subdomains. */
export function domainOfAddress(address: string, { domains }: MailData): MailDomain | undefined {
  const name = address.slice(address.lastIndexOf('@') + 1)
  const exact = domains.find((one) => one.name === name)
  if (exact !== undefined) return exact
  const above = domains.filter((one) => one.withSubdomains && name.endsWith(`.${one.name}`))
  return above.reduce<MailDomain | undefined>((best, one) => (best && best.name.length >= one.name.length ? best : one), undefined)
}

/** Domains that a redirect takes as a whole. */
export function caughtDomains({ redirects }: MailData): ReadonlySet<string> {
  return new Set(redirects.filter(({ from }) => from.startsWith('@')).map(({ from }) => from.slice(1)))
}

/** Every single address that is taken, by the domains' lists, redirects and routes. */
export function knownAddresses(data: MailData): ReadonlySet<string> {
  const redirected = data.redirects.map(({ from }) => from).filter((from) => !from.startsWith('@'))
  return new Set([...data.domains.flatMap(({ recipients }) => recipients), ...redirected, ...data.routes.map(({ address }) => address)])
}
