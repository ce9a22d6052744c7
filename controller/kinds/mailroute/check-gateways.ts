import { isIpAddress } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import type { MailData } from './data.ts'
import { repeated, warn } from './findings.ts'
import { networkProblem } from './networks.ts'
import { addressOfContainer, type Gateway, hostOf, type MailRoute, nameOfGateway } from './targets.ts'

/** Who the gateways are, and whom they let send. */
export function checkGateways(route: MailRoute, data: MailData, fleet: Fleet): readonly Diagnostic[] {
  const { gateways, relayFrom = [] } = route.spec
  const networks = relayFrom.flatMap((network, index) => {
    const problem = networkProblem(network)
    return problem === undefined
      ? []
      : [
          complain(
            route,
            `spec.relayFrom[${index}]`,
            problem,
            'name the machines, or networks of your own, that send through it, such as 10.0.0.0/8',
          ),
        ]
  })
  const alone =
    gateways.length > 1
      ? []
      : [warn(route, 'spec.gateways', 'no MX backup: there is one gateway only', 'mail waits at its senders while it is down')]
  return [
    ...gateways.flatMap((gateway, index) => checkGateway(route, gateway, index, data, fleet)),
    ...doubles(route),
    ...networks,
    ...alone,
  ]
}

function checkGateway(route: MailRoute, gateway: Gateway, index: number, data: MailData, fleet: Fleet): readonly Diagnostic[] {
  const at = `spec.gateways[${index}]`
  const { target, hostname, addresses = [] } = gateway
  const name = hostOf(hostname)
  const wrong = name === undefined || isIpAddress(hostname) || !name.includes('.')
  const isDomain = data.domains.some((one) => one.name === name)
  const found = [
    ...(wrong
      ? [
          complain(
            route,
            `${at}.hostname`,
            `${JSON.stringify(hostname)} is not a host name in full`,
            'write it with its domain, such as mx1.example.com',
          ),
        ]
      : []),
    ...(isDomain
      ? [
          complain(
            route,
            `${at}.hostname`,
            `${name} is local on ${nameOfGateway(gateway)} (mydestination); a domain is either local or relayed`,
            'give the gateway another name',
          ),
        ]
      : []),
    ...addresses.flatMap((one, place) =>
      isIpAddress(one)
        ? []
        : [complain(route, `${at}.addresses[${place}]`, `${JSON.stringify(one)} is not an IP address`, 'write 192.0.2.1 or 2001:db8::1')],
    ),
  ]
  const isUnreachable =
    target.container !== undefined && addresses.length === 0 && addressOfContainer(fleet, target.container) === undefined
  if (!isUnreachable) return found
  const summary = `Container ${target.container} declares no IPv4 address, so nobody can ask whether its Postfix has loaded what was written`
  return [...found, complain(route, `${at}.target.container`, summary, 'give it network[].ipv4.address')]
}

function doubles(route: MailRoute): readonly Diagnostic[] {
  const { gateways } = route.spec
  return repeated(gateways.map(({ hostname }) => hostOf(hostname))).map(({ index, first }) =>
    complain(
      route,
      `spec.gateways[${index}].hostname`,
      `gateways[${first}] has this name too, and Postfix takes a server that greets with its own name for itself`,
      'give each a name of its own',
    ),
  )
}
