import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { parseAddress, parseWholeDomain } from './address.ts'
import { checkTarget } from './check-targets.ts'
import { caughtDomains, domainOfAddress, knownAddresses, type MailData } from './data.ts'
import { repeated, warn } from './findings.ts'
import { longChain, redirectCycles } from './redirect-graph.ts'
import type { MailRoute, Redirect } from './targets.ts'

const inFull = 'write it in full, such as alice@example.com'

export function checkRedirects(route: MailRoute, data: MailData): readonly Diagnostic[] {
  const { redirects = [] } = route.spec
  const keys = redirects.map(({ from }) => (from.startsWith('@') ? parseWholeDomain(from) : parseAddress(from)))
  const twice = repeated(keys.map((one) => (one.ok ? one.value.text : undefined))).map(({ index, first }) =>
    complain(
      route,
      `spec.redirects[${index}].from`,
      `${redirects[index]?.from} is redirects[${first}] already`,
      'write all that get it in one to',
    ),
  )
  const each = redirects.flatMap((redirect, index) => {
    const at = `spec.redirects[${index}]`
    const key = keys[index]
    const from = key?.ok
      ? checkFrom(route, redirect, at, key.value.text, data)
      : [complain(route, `${at}.from`, key?.reason ?? '', redirect.from.startsWith('@') ? 'write it as @example.com' : inFull)]
    return [...from, ...redirect.to.flatMap((one, place) => checkTo(route, one, `${at}.to[${place}]`, data))]
  })
  return [...twice, ...each, ...checkGraph(route, data)]
}

function checkFrom(route: MailRoute, { from, catchAll }: Redirect, at: string, key: string, data: MailData): readonly Diagnostic[] {
  const isWhole = key.startsWith('@')
  const domain = domainOfAddress(key, data)
  if (domain === undefined)
    return [
      complain(
        route,
        `${at}.from`,
        `${key} is in none of the domains`,
        'add its domain, with redirectOnly: true where it has no mailboxes',
      ),
    ]
  if (isWhole && !catchAll)
    return [
      complain(
        route,
        `${at}.from`,
        `${from} takes every address of ${domain.name}, and nobody is unknown there any more`,
        'set catchAll: true',
      ),
    ]
  if (!isWhole && catchAll)
    return [complain(route, `${at}.catchAll`, `${key} is one address, so catchAll does nothing`, 'leave it out, or write @ and the domain')]
  if (isWhole && domain.mode !== 'List')
    return [
      complain(
        route,
        `${at}.from`,
        `mode ${domain.mode} of ${domain.name} lists nobody, so ${from} would take the mail of all its users`,
        'list them in mode List, or redirect single addresses',
      ),
    ]
  return []
}

/** Somebody of our own domains whom nobody knows would be refused, or bounced to a stranger. */
function checkTo(route: MailRoute, text: string, path: string, data: MailData): readonly Diagnostic[] {
  const read = parseAddress(text)
  if (!read.ok) return [complain(route, path, read.reason, inFull)]
  const domain = domainOfAddress(read.value.text, data)
  if (domain === undefined)
    return [
      warn(
        route,
        path,
        `${read.value.text} is elsewhere: its server sees mail of strangers from these gateways, and SPF fails there`,
        'give its owner a mailbox here',
      ),
    ]
  if (domain.mode !== 'List' || caughtDomains(data).has(domain.name) || knownAddresses(data).has(read.value.text)) return []
  return [
    complain(
      route,
      path,
      `nobody knows ${read.value.text}: it is no recipient of ${domain.name}, no redirect and no route`,
      'list it there, or name somebody who is',
    ),
  ]
}

function checkGraph(route: MailRoute, data: MailData): readonly Diagnostic[] {
  const pathOf = (from: string): string => {
    const index = (route.spec.redirects ?? []).findIndex((one) => one.from.toLowerCase() === from)
    return `spec.redirects[${Math.max(0, index)}]`
  }
  const cycles = redirectCycles(data)
  const loops = cycles.map((cycle) =>
    complain(route, pathOf(cycle[0] ?? ''), `redirects form a loop: ${cycle.join(' → ')}`, 'let one of them end at a mailbox'),
  )
  const chain = cycles.length > 0 ? undefined : longChain(data)
  if (chain === undefined) return loops
  return [
    complain(
      route,
      pathOf(chain[0] ?? ''),
      `${chain[0]} is redirected ${chain.length - 1} times, limit 10`,
      'redirect it to where the mail ends',
    ),
  ]
}

export function checkRoutes(route: MailRoute, data: MailData, fleet: Fleet): readonly Diagnostic[] {
  const { routes = [] } = route.spec
  const keys = routes.map(({ address }) => parseAddress(address))
  const twice = repeated(keys.map((one) => (one.ok ? one.value.text : undefined))).map(({ index, first }) =>
    complain(route, `spec.routes[${index}].address`, `${routes[index]?.address} is routes[${first}] already`, 'leave one of the two out'),
  )
  const redirected = new Set(data.redirects.map(({ from }) => from))
  const each = routes.flatMap(({ target }, index) => {
    const at = `spec.routes[${index}]`
    const key = keys[index]
    if (!key?.ok) return [complain(route, `${at}.address`, key?.reason ?? '', inFull)]
    const domain = domainOfAddress(key.value.text, data)
    const wrong =
      domain?.hop === undefined
        ? [
            complain(
              route,
              `${at}.address`,
              `${key.value.text} is in none of the domains that have a target`,
              'add its domain, with a target',
            ),
          ]
        : []
    const idle = redirected.has(key.value.text)
      ? [
          complain(
            route,
            `${at}.address`,
            `${key.value.text} is redirected, so none of its mail takes this route`,
            'leave the redirect or the route out',
          ),
        ]
      : []
    return [...wrong, ...idle, ...checkTarget(route, target, `${at}.target`, fleet)]
  })
  return [...twice, ...each]
}

export function checkProbes(route: MailRoute, data: MailData): readonly Diagnostic[] {
  const { accept = [], reject = [] } = route.spec.probes ?? {}
  const known = knownAddresses(data)
  const parsed = [
    ...accept.map((text, index) => ({ text, path: `spec.probes.accept[${index}]`, isTaken: true })),
    ...reject.map((text, index) => ({ text, path: `spec.probes.reject[${index}]`, isTaken: false })),
  ]
  return parsed.flatMap(({ text, path, isTaken }) => {
    const read = parseAddress(text)
    if (!read.ok) return [complain(route, path, read.reason, inFull)]
    const domain = domainOfAddress(read.value.text, data)
    const isKnown = known.has(read.value.text) || (domain !== undefined && caughtDomains(data).has(domain.name))
    if (domain !== undefined && domain.mode !== 'List') return []
    if (isKnown === isTaken) return []
    return [
      complain(
        route,
        path,
        isTaken ? `the gateways refuse ${read.value.text}: nobody listed it` : `the gateways take ${read.value.text}: it is known`,
        isTaken ? 'list it as a recipient, or leave it out here' : 'leave it out here, or take it off the recipients, redirects and routes',
      ),
    ]
  })
}
