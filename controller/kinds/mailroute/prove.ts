import type { Fleet } from '../../model/fleet.ts'
import type { NetworkProbe } from '../../model/primitive.ts'
import type { Target } from '../../model/target.ts'
import { parseAddress } from './address.ts'
import { caughtDomains, domainOfAddress, isListed, type MailData } from './data.ts'
import { strangerOf } from './maps.ts'
import { overlaps } from './networks.ts'
import { type Gateway, gatewaysOf, type MailRoute, reachableAt } from './targets.ts'

type SmtpProbe = Extract<NetworkProbe, { readonly type: 'smtp' }>
type Ask = SmtpProbe['asks'][number]

/** Taken, or put off by what is not ours (greylisting, verification of an address): anything but a refusal, and never `451`, a map that cannot be read. */
const taken = ['250', '450 4.1.1', '450 4.2.0', '450 4.7.1']
const refused = ['550', '553', '554']
/** How many of the route's own addresses are asked for. After ten errors Postfix answers slowly (smtpd_soft_error_limit). */
const mostStrangers = 2

/** What a gateway is asked, and how it answers when it has loaded this and no other data. No message is sent: each recipient is taken back (RSET). */
export function questions(route: MailRoute, gateway: Gateway, data: MailData, generation: string, fleet: Fleet): SmtpProbe | undefined {
  const host = reachableAt(gateway, fleet)
  if (host === undefined) return undefined
  const { accept = [] } = route.spec.probes ?? {}
  const reject = rejected(route).filter((address) => domainOfAddress(address, data) !== undefined)
  const known = [data.domains.flatMap(({ recipients }) => recipients)[0], data.redirects[0]?.from, data.routes[0]?.address]
  const strangers = data.domains.flatMap(({ name }) => strangerOf(name, data, generation) ?? []).slice(0, mostStrangers)
  const asks: readonly Ask[] = [
    { recipient: `reeve@${generation}`, expect: ['550 5.1.1'] },
    ...[...known.flatMap(single), ...accept.flatMap(textOf)].map((recipient) => ({ recipient, expect: taken })),
    ...[...strangers, ...reject].map((recipient) => ({ recipient, expect: refused })),
  ]
  return { type: 'smtp', host, port: 25, asks }
}

/** Of a whole domain anybody will do. */
function single(address: string | undefined): readonly string[] {
  if (address === undefined) return []
  return [address.startsWith('@') ? `reeve-anybody${address}` : address]
}

function textOf(text: string): readonly string[] {
  const read = parseAddress(text)
  return read.ok ? [read.value.text] : []
}

/** What a manifest wants refused. */
function rejected({ spec }: MailRoute): readonly string[] {
  return (spec.probes?.reject ?? []).flatMap(textOf)
}

/** Best one whose recipients are listed: then whoever takes such an address does not do so for the domain. */
function domainForRelaying(data: MailData): string | undefined {
  const caught = caughtDomains(data)
  const all = data.domains.filter(({ name }) => !caught.has(name))
  return (all.find(({ mode, hop }) => isListed(mode) && hop !== undefined) ?? all[0])?.name
}

/** The ways by which mail for a stranger is smuggled through a relay (services.md 4.3). */
export function relayQuestions(
  route: MailRoute,
  gateway: Gateway,
  data: MailData,
  generation: string,
  fleet: Fleet,
): SmtpProbe | undefined {
  const host = reachableAt(gateway, fleet)
  const domain = domainForRelaying(data)
  if (host === undefined) return undefined
  const foreign = `stranger-${generation}`
  const more = rejected(route).filter((address) => domainOfAddress(address, data) === undefined)
  const through =
    domain === undefined
      ? []
      : [`user%${foreign}@${domain}`, `@${domain}:user@${foreign}`, `"user@${foreign}"@${domain}`, `${foreign}!user@${domain}`]
  return {
    type: 'smtp',
    host,
    port: 25,
    asks: [`user@${foreign}`, ...through, ...more].map((recipient) => ({ recipient, expect: refused })),
  }
}

/** From inside `mynetworks` everybody may send everywhere, so a question from there proves nothing. Of a container's network we are a part, at an address that nobody declared. */
export function isVantageInside({ spec }: MailRoute, gateway: Gateway, fleet: Fleet): boolean {
  const from = reachableAt(gateway, fleet)
  if (from === undefined || from.startsWith('127.')) return true
  const ours = [from, ...networksOf(gateway, fleet)]
  return (spec.relayFrom ?? []).some((network) => ours.some((one) => overlaps(one, network)))
}

/** Whether what stands on this hypervisor may send through the gateways, by any address that the fleet knows of. */
export function isHypervisorInside(route: MailRoute, { hypervisor }: Target, fleet: Fleet): boolean {
  const own = fleet.get('Hypervisor', hypervisor)?.spec
  const bridges = own?.system?.bridges?.flatMap(({ addresses = [] }) => addresses) ?? []
  const gateways = gatewaysOf(route, fleet).filter(({ target }) => target.hypervisor === hypervisor)
  const theirs = gateways.flatMap(({ gateway }) => [...(gateway.addresses ?? []), ...networksOf(gateway, fleet)])
  const all = [...(own === undefined ? [] : [own.address]), ...bridges, ...theirs]
  return (route.spec.relayFrom ?? []).some((network) => all.some((one) => overlaps(one, network)))
}

function networksOf({ target }: Gateway, fleet: Fleet): readonly string[] {
  const container = target.container === undefined ? undefined : fleet.get('Container', target.container)
  return (container?.spec.network ?? []).flatMap(({ ipv4, ipv6 }) => [ipv4?.address ?? [], ipv6?.address ?? []].flat())
}
