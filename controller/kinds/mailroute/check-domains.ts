import { isIpAddress } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { parseAddress, parseDomain, parseLocal } from './address.ts'
import { checkTarget } from './check-targets.ts'
import { knownAddresses, type MailData, recipientOf } from './data.ts'
import { repeated, warn } from './findings.ts'
import { type MailRoute, nextHopOf, type RoutedDomain } from './targets.ts'

/** As many as a file of manifests can hold, with what stands around them. */
const mostEntries = 40_000

export function checkDomains(route: MailRoute, data: MailData, fleet: Fleet): readonly Diagnostic[] {
  const { domains } = route.spec
  const names = domains.map(({ name }) => parseDomain(name))
  const twice = repeated(names.map((one) => (one.ok ? one.value : undefined))).map(({ index, first }) =>
    complain(route, `spec.domains[${index}].name`, `${domains[index]?.name} is domains[${first}] already`, 'put its recipients there'),
  )
  const count = knownAddresses(data).size
  const many =
    count <= mostEntries
      ? []
      : [
          complain(
            route,
            'spec.domains',
            `${count} addresses are more than the ${mostEntries} that one MailRoute holds`,
            'make two of it, on gateways of their own',
          ),
        ]
  const each = domains.flatMap((domain, index) => {
    const at = `spec.domains[${index}]`
    const name = names[index]
    if (!name?.ok) return [complain(route, `${at}.name`, `not a domain (${name?.reason})`, 'write a name such as example.com')]
    const place = checkPlace(route, domain, at, name.value, fleet)
    const isUndecided = (domain.target === undefined) !== (domain.redirectOnly ?? false)
    return isUndecided ? place : [...place, ...checkRecipients(route, domain, at, name.value, data)]
  })
  return [...twice, ...each, ...checkPolicies(route, fleet), ...many]
}

/** Where its mail goes. */
function checkPlace(
  route: MailRoute,
  { target, redirectOnly, includeSubdomains, tls }: RoutedDomain,
  at: string,
  name: string,
  fleet: Fleet,
): readonly Diagnostic[] {
  if (!target && !redirectOnly)
    return [
      complain(
        route,
        `${at}.target`,
        'required (without it Postfix would follow MX back to this gateway)',
        'name a container or host, or say redirectOnly: true',
      ),
    ]
  if (!target) {
    const idle = Object.entries({ includeSubdomains: includeSubdomains || undefined, tls }).filter(([, value]) => value !== undefined)
    return idle.map(([field]) =>
      complain(route, `${at}.${field}`, `${name} has no target, so ${field} does nothing`, `give it a target, or leave ${field} out`),
    )
  }
  if (redirectOnly)
    return [complain(route, `${at}.redirectOnly`, `${name} has a target; redirectOnly says that it has none`, 'leave one of the two out')]
  const viaMx = target.useMx && target.host !== undefined && parseDomain(target.host).ok && target.host.toLowerCase() === name
  const loop = viaMx
    ? [
        complain(
          route,
          `${at}.target.host`,
          `the MX of ${name} are these gateways: mail would loop`,
          'name the server that has its mailboxes',
        ),
      ]
    : []
  return [...checkTarget(route, target, `${at}.target`, fleet), ...loop]
}

function checkRecipients(route: MailRoute, domain: RoutedDomain, at: string, name: string, data: MailData): readonly Diagnostic[] {
  const { mode = 'List', addresses = [], acceptBackscatter } = domain.recipients ?? {}
  if (domain.redirectOnly && domain.recipients !== undefined)
    return [
      complain(
        route,
        `${at}.recipients`,
        `${name} has no target, so nobody there has a mailbox`,
        'leave recipients out and write redirects, or give it a target',
      ),
    ]
  const open = mode === 'Any' && !acceptBackscatter
  const idle = mode !== 'Any' && acceptBackscatter
  const found = [
    ...(open
      ? [
          complain(
            route,
            `${at}.recipients.mode`,
            'accepting every recipient creates backscatter; set acceptBackscatter: true or list recipients',
          ),
        ]
      : []),
    ...(mode === 'Any' && acceptBackscatter
      ? [
          warn(
            route,
            `${at}.recipients.mode`,
            `mail for whoever is not in ${name} will be bounced to senders that are mostly forged`,
            'mode List or Verify refuses it instead',
          ),
        ]
      : []),
    ...(idle
      ? [
          complain(
            route,
            `${at}.recipients.acceptBackscatter`,
            `mode ${mode} takes nobody who is unknown, so acceptBackscatter does nothing`,
            'leave it out',
          ),
        ]
      : []),
    ...(mode === 'FromTarget' && domain.target?.container === undefined
      ? [
          complain(
            route,
            `${at}.recipients.mode`,
            `${name} has its users on ${domain.target?.host ?? 'a host'}, which is no container of this fleet: Reeve cannot read them there`,
            'take mode List or Verify, or name a container as target',
          ),
        ]
      : []),
    ...(mode !== 'List' && addresses.length > 0
      ? [complain(route, `${at}.recipients.addresses`, `mode ${mode} takes no list from here`, 'take mode List, or leave addresses out')]
      : []),
    ...(mode === 'FromTarget' && domain.includeSubdomains
      ? [
          complain(
            route,
            `${at}.includeSubdomains`,
            `mode ${mode} reads who is in ${name}, and nobody below it`,
            'list each of them as a domain of its own, or take mode List or Verify',
          ),
        ]
      : []),
    ...addresses.flatMap((one, index) =>
      checkRecipient(route, one, `${at}.recipients.addresses[${index}]`, name, domain.includeSubdomains ?? false),
    ),
    ...repeated(addresses.map((one) => recipientOf(one, name))).map(({ index, first }) =>
      complain(
        route,
        `${at}.recipients.addresses[${index}]`,
        `${addresses[index]} is addresses[${first}] already`,
        'leave one of the two out',
      ),
    ),
  ]
  return mode === 'List' ? [...found, ...missing(route, at, name, data)] : found
}

function checkRecipient(route: MailRoute, text: string, path: string, domain: string, withSubdomains: boolean): readonly Diagnostic[] {
  const read = text.includes('@') ? parseAddress(text) : parseLocal(text)
  if (!read.ok) return [complain(route, path, read.reason, 'write it as alice or alice@example.com')]
  if (typeof read.value === 'string' || read.value.domain === domain) return []
  if (withSubdomains && read.value.domain.endsWith(`.${domain}`)) return []
  return [complain(route, path, `${read.value.text} is not in ${domain}`, 'list it below its own domain')]
}

/** RFC 5321 4.5.1 and RFC 2142: these two are for those who have a complaint. */
function missing(route: MailRoute, at: string, name: string, data: MailData): readonly Diagnostic[] {
  const known = knownAddresses(data)
  if (data.redirects.some(({ from }) => from === `@${name}`)) return []
  if (![...known].some((one) => one.endsWith(`@${name}`) || one.endsWith(`.${name}`)))
    return [
      complain(route, at, `nobody is known in ${name}: all its mail would be refused`, 'list recipients, or redirect addresses of it'),
    ]
  const absent = ['postmaster', 'abuse'].filter((one) => !known.has(`${one}@${name}`))
  if (absent.length === 0) return []
  const words = absent.map((one) => `${one}@${name}`).join(' and ')
  return [warn(route, at, `${words} must be deliverable (RFC 5321, RFC 2142)`, 'list or redirect it')]
}

/** Postfix finds the policy by the next hop, not by the domain (smtp_tls_policy_maps). */
function checkPolicies(route: MailRoute, fleet: Fleet): readonly Diagnostic[] {
  const { domains } = route.spec
  return domains.flatMap(({ target, tls, name }, index) => {
    const hop = target && nextHopOf(target, fleet)
    if (hop === undefined) return []
    const needless = tls?.match !== undefined && !['verify', 'secure', 'fingerprint'].includes(tls.level)
    const prints = tls?.level === 'fingerprint' ? checkPrints(route, tls.match ?? [], `spec.domains[${index}].tls`) : []
    const named = tls?.level === 'fingerprint' ? [] : (tls?.match ?? [])
    const names = named.flatMap((one, place) =>
      parseDomain(one.replace(/^\./, '')).ok
        ? []
        : [
            complain(
              route,
              `spec.domains[${index}].tls.match[${place}]`,
              `${JSON.stringify(one)} is not a host name`,
              'write mail.example.com, or .example.com for any name below it',
            ),
          ],
    )
    const first = domains.find((other) => other.target && nextHopOf(other.target, fleet)?.text === hop.text)
    const isOther = first !== undefined && JSON.stringify(first.tls ?? null) !== JSON.stringify(tls ?? null)
    const nameless = (tls?.level === 'verify' || tls?.level === 'secure') && tls.match === undefined && isIpAddress(hop.host)
    return [
      ...(nameless
        ? [
            complain(
              route,
              `spec.domains[${index}].tls.level`,
              `level ${tls.level} looks for a name in the certificate, and the target is known as ${hop.host} alone: all its mail would wait`,
              'write match with the name that is in it, or take level fingerprint',
            ),
          ]
        : []),
      ...prints,
      ...names,
      ...(needless
        ? [
            complain(
              route,
              `spec.domains[${index}].tls.match`,
              `level ${tls.level} looks at no name, so match does nothing`,
              'take level verify, secure or fingerprint, or leave match out',
            ),
          ]
        : []),
      ...(isOther
        ? [
            complain(
              route,
              `spec.domains[${index}].tls`,
              `${name} and ${first.name} go to ${hop.text}, and Postfix has one TLS policy for it`,
              'write the same tls for both',
            ),
          ]
        : []),
    ]
  })
}

/** Of the certificate, or of its public key: that is what a server with a certificate of its own making can be known by. */
function checkPrints(route: MailRoute, match: readonly string[], at: string): readonly Diagnostic[] {
  const how = 'print it there with: openssl x509 -noout -fingerprint -sha256 -in CERTIFICATE'
  if (match.length === 0) return [complain(route, at, 'level fingerprint knows nobody without match', how)]
  return match.flatMap((one, place) =>
    /^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31}$/.test(one)
      ? []
      : [
          complain(
            route,
            `${at}.match[${place}]`,
            `${JSON.stringify(one)} is no SHA-256 fingerprint: 32 octets in hex, between colons`,
            how,
          ),
        ],
  )
}
