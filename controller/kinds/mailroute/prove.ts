import type { Fleet } from '../../model/fleet.ts'
import type { NetworkProbe } from '../../model/primitive.ts'
import { parseAddress } from './address.ts'
import { caughtDomains, type MailData } from './data.ts'
import { strangerOf } from './maps.ts'
import { isInside } from './networks.ts'
import { type Gateway, type MailRoute, reachableAt } from './targets.ts'

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
  const { accept = [], reject = [] } = route.spec.probes ?? {}
  const known = [data.domains.flatMap(({ recipients }) => recipients)[0], data.redirects[0]?.from, data.routes[0]?.address]
  const strangers = data.domains.flatMap(({ name }) => strangerOf(name, data, generation) ?? []).slice(0, mostStrangers)
  const asks: readonly Ask[] = [
    { recipient: `reeve@${generation}`, expect: ['550 5.1.1'] },
    ...[...known.flatMap(single), ...accept.flatMap(textOf)].map((recipient) => ({ recipient, expect: taken })),
    ...[...strangers, ...reject.flatMap(textOf)].map((recipient) => ({ recipient, expect: refused })),
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

/** The ways by which mail for a stranger is smuggled through a relay (services.md 4.3). */
export function relayQuestions(gateway: Gateway, data: MailData, generation: string, fleet: Fleet): SmtpProbe | undefined {
  const host = reachableAt(gateway, fleet)
  const domain = data.domains.find(({ name }) => !caughtDomains(data).has(name))?.name
  if (host === undefined) return undefined
  const foreign = `stranger-${generation}`
  const through =
    domain === undefined
      ? []
      : [`user%${foreign}@${domain}`, `@${domain}:user@${foreign}`, `"user@${foreign}"@${domain}`, `${foreign}!user@${domain}`]
  return { type: 'smtp', host, port: 25, asks: [`user@${foreign}`, ...through].map((recipient) => ({ recipient, expect: refused })) }
}

/** From inside `mynetworks` everybody may send everywhere, so a question from there proves nothing. */
export function isVantageInside({ spec }: MailRoute, gateway: Gateway, fleet: Fleet): boolean {
  const from = reachableAt(gateway, fleet)
  if (from === undefined || from.startsWith('127.')) return true
  return (spec.relayFrom ?? []).some((network) => isInside(from, network))
}
