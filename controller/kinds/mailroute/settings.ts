import { parseBytes, parseSeconds } from '../../model/quantity.ts'
import { type SettingSpec, setting } from '../../primitives/setting/spec.ts'
import type { Maps } from './maps.ts'
import { type Gateway, hostOf, isAskedForRecipients, type MailRoute } from './targets.ts'

/** Where the maps are, seen by Postfix. */
export const mapFolder = '/etc/postfix/reeve'

const own = (map: string): string => `texthash:${mapFolder}/${map}`

/** Keys of main.cf that hold lists to which others add too: ours is asked first. By key, what Postfix takes where nothing is written (postconf(5)). */
const lists = [
  { key: 'relay_domains', value: own('relay_domains'), unset: '' },
  { key: 'transport_maps', value: own('transport'), unset: '' },
  { key: 'relay_recipient_maps', value: own('relay_recipients'), unset: '' },
  { key: 'virtual_alias_maps', value: own('virtual'), unset: '$virtual_maps' },
  { key: 'virtual_alias_domains', value: own('virtual_domains'), unset: '$virtual_alias_maps' },
] as const

/** The map of those whom the servers of the users know. */
export const recipientsPath = '/etc/postfix/reeve-recipients'

/** Each smtpd holds a texthash of its own: 130 octets an entry, in up to a hundred processes. From here on proxymap(8) holds it for all of them. */
const mostInEach = 5000

/** How many users their own servers know stands nowhere in Git, so their map is shared. */
function recipientMaps(route: MailRoute, { relay_recipients }: Maps, below: string): string {
  const listed = `${relay_recipients.length > mostInEach ? 'proxy:' : ''}${own('relay_recipients')}`
  const asked = isAskedForRecipients(route) ? [`proxy:texthash:${recipientsPath}`] : []
  return [listed, ...asked, ...(below === '' ? [] : [`regexp:${mapFolder}/below`])].join(', ')
}

/** What all gateways of a route have alike, as far as main.cf depends on it. */
export interface Shared {
  readonly maps: Maps
  /** Table of recipients below domains; empty where there is none. */
  readonly below: string
}

/** The keys of main.cf that this route writes on one gateway. */
export function settingsOf(route: MailRoute, gateway: Gateway, { maps, below }: Shared): readonly SettingSpec[] {
  const all = lists.map(({ key, value, unset }) =>
    setting({ key, value: key === 'relay_recipient_maps' ? recipientMaps(route, maps, below) : value, keeps: { unset } }),
  )
  const policy = maps.tls_policy.length === 0 ? [] : [{ key: 'smtp_tls_policy_maps', value: own('tls_policy'), unset: '' }]
  const asking =
    maps.verify.length === 0 ? [] : [{ key: 'smtpd_recipient_restrictions', value: `check_recipient_access ${own('verify')}`, unset: '' }]
  const optional = [...policy, ...asking].map(({ key, value, unset }) => setting({ key, value, keeps: { unset } }))
  const plain = Object.entries(plainSettings(route, gateway, maps)).map(([key, value]) => setting({ key, value }))
  return [...all, ...optional, ...plain]
}

/** A stranger is refused for good (Debian has defer_unauth_destination there, on which senders try for days). */
function plainSettings({ spec }: MailRoute, { hostname, addresses }: Gateway, { verify }: Maps): Readonly<Record<string, string>> {
  const { relayFrom, limits = {}, domains } = spec
  const lifetime = secondsOf(limits.queueLifetime)
  const warning = secondsOf(limits.delayWarning)
  const size = limits.messageSize === undefined ? undefined : parseBytes(limits.messageSize)
  return {
    smtpd_relay_restrictions: 'permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination',
    myhostname: hostOf(hostname) ?? hostname,
    ...(verify.length === 0 ? {} : { unverified_recipient_reject_code: '550' }),
    // What it is by default depends on the version, and on compatibility_level.
    ...(domains.some(({ tls }) => tls?.level === 'fingerprint') ? { smtp_tls_fingerprint_digest: 'sha256' } : {}),
    ...(addresses === undefined ? {} : { inet_interfaces: ['127.0.0.1', ...addresses].join(', ') }),
    ...(relayFrom === undefined
      ? {}
      : { mynetworks: ['127.0.0.0/8', '[::ffff:127.0.0.0]/104', '[::1]/128', ...relayFrom.map(network)].join(' ') }),
    ...(size?.ok ? { message_size_limit: String(size.value) } : {}),
    ...(lifetime === undefined ? {} : { maximal_queue_lifetime: lifetime, bounce_queue_lifetime: lifetime }),
    ...(warning === undefined ? {} : { delay_warning_time: warning }),
  }
}

/** postconf(5): an IPv6 address stands in brackets, its prefix length behind them. */
function network(text: string): string {
  const [address = '', length] = text.split('/')
  return `${address.includes(':') ? `[${address}]` : address}${length === undefined ? '' : `/${length}`}`
}

function secondsOf(text: string | undefined): string | undefined {
  const read = text === undefined ? undefined : parseSeconds(text)
  return read?.ok ? `${read.value}s` : undefined
}
