import { isIpAddress } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { hostOf, type MailRoute, type MailTarget, nameOfGateway, nextHopOf, ownAddresses } from './targets.ts'

/** A mail server that mail is handed to: one that is there, and none of the gateways. */
export function checkTarget(route: MailRoute, target: MailTarget, at: string, fleet: Fleet): readonly Diagnostic[] {
  const { container, host, useMx } = target
  if ((container === undefined) === (host === undefined)) return [complain(route, at, 'name either a container or a host')]
  const hop = nextHopOf(target, fleet)
  if (hop === undefined && container !== undefined)
    return [
      complain(
        route,
        `${at}.container`,
        `Container ${container} declares no IPv4 address, so no mail can be sent there`,
        'give it network[].ipv4.address',
      ),
    ]
  if (hop === undefined)
    return [
      complain(
        route,
        `${at}.host`,
        `${JSON.stringify(host)} is neither a host name nor an IP address`,
        'write mail.example.com or 192.0.2.25',
      ),
    ]
  if (useMx && (container !== undefined || isIpAddress(host ?? '')))
    return [complain(route, `${at}.useMx`, `${hop.host} is an address, which has no MX`, 'leave useMx out, or name a host')]
  return loops(route, hop.host, `${at}.${container === undefined ? 'host' : 'container'}`, fleet)
}

function loops(route: MailRoute, host: string, path: string, fleet: Fleet): readonly Diagnostic[] {
  const gateway = route.spec.gateways.find((one) => hostOf(one.hostname) === host || ownAddresses(one, fleet).includes(host))
  if (gateway !== undefined)
    return [
      complain(
        route,
        path,
        `target ${host} is gateway ${nameOfGateway(gateway)} itself: mail would loop`,
        'name the server that has the mailboxes',
      ),
    ]
  const isLoopback = host === 'localhost' || host.startsWith('127.') || host === '::1' || host === '0.0.0.0' || host === '::'
  return isLoopback
    ? [complain(route, path, `target ${host} is each gateway itself: mail would loop`, 'name the server that has the mailboxes')]
    : []
}
