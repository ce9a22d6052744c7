import { isIpAddress, parseIpv4 } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { resolveTarget } from '../../model/placement.ts'
import { targetKey } from '../../model/target.ts'
import { isOfGrammar, tsigKey } from '../../shell/secret.ts'
import { addressesFor, addressOf, type NameServerManifest } from './places.ts'

/** What the schema cannot say of a name server. */
export function check(server: NameServerManifest, fleet: Fleet): readonly Diagnostic[] {
  return [
    ...checkAddress(server, fleet),
    ...checkListen(server),
    ...checkRecursion(server, fleet),
    ...checkKeys(server, fleet),
    ...checkClients(server, fleet),
  ]
}

function checkAddress(server: NameServerManifest, fleet: Fleet): readonly Diagnostic[] {
  const { address } = server.spec
  if (address !== undefined)
    return isIpAddress(address) ? [] : [complain(server, 'spec.address', `${JSON.stringify(address)} is not an IP address`)]
  if (addressOf(server, fleet) !== undefined) return []
  return [
    complain(
      server,
      'spec.target',
      'it has no address that others reach it at',
      'give its Container network[].ipv4.address, or set spec.address',
    ),
  ]
}

function checkListen({ spec, ...server }: NameServerManifest): readonly Diagnostic[] {
  return (spec.listen ?? []).flatMap((text, index) =>
    parseIpv4(text) === undefined
      ? [complain({ spec, ...server }, `spec.listen[${index}]`, `${JSON.stringify(text)} is not an IPv4 address`)]
      : [],
  )
}

function checkRecursion(server: NameServerManifest, fleet: Fleet): readonly Diagnostic[] {
  const { recursion, exposure = 'public' } = server.spec
  if (recursion === undefined) return []
  const { enabled, allowFrom = [], forwarders = [], validateExcept = [] } = recursion
  const at = 'spec.recursion'
  if (!enabled) {
    const idle = Object.entries({ forwarders, validateExcept }).filter(([, list]) => list.length > 0)
    return idle.map(([field]) =>
      complain(server, `${at}.${field}`, `${field} ${field === 'forwarders' ? 'mean' : 'means'} nothing without enabled: true`),
    )
  }
  const domains = validateExcept.flatMap((text, index) => {
    const isName =
      text === '.' ||
      text
        .replace(/\.$/, '')
        .split('.')
        .every((label) => label.length > 0 && label.length < 64)
    return isName
      ? []
      : [complain(server, `${at}.validateExcept[${index}]`, `${JSON.stringify(text)} is no domain: labels of 1 to 63 characters`)]
  })
  const whom = allowFrom.length === 0 ? [complain(server, at, 'recursion needs allowFrom: the networks that it resolves for')] : []
  const networks = allowFrom.flatMap((text, index) => {
    const path = `${at}.allowFrom[${index}]`
    if (!isNetwork(text)) return [complain(server, path, `${JSON.stringify(text)} is neither an IP address nor a network`)]
    if (exposure !== 'public' || !isEverybody(text)) return []
    return [complain(server, path, 'public name server must not recurse for allowFrom any', 'name the networks, or set exposure: internal')]
  })
  const own = addressOf(server, fleet)
  const upstream = forwarders.flatMap((text, index) => {
    const path = `${at}.forwarders[${index}]`
    if (!isIpAddress(text)) return [complain(server, path, `${JSON.stringify(text)} is not an IP address`)]
    return text === own || text === '127.0.0.1' ? [complain(server, path, `it would ask itself at ${text}, without end`)] : []
  })
  return [...whom, ...networks, ...upstream, ...domains]
}

function isEverybody(text: string): boolean {
  return text === 'any' || text.endsWith('/0')
}

function isNetwork(text: string): boolean {
  if (text === 'any') return true
  const [address = '', length, ...rest] = text.split('/')
  if (!isIpAddress(address) || rest.length > 0) return false
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (address.includes(':') ? 128 : 32))
}

/** A quote in a key would end its string; BIND says only "bad base64 encoding", and of the whole file. */
function checkKeys(server: NameServerManifest, fleet: Fleet): readonly Diagnostic[] {
  const names = (server.spec.transferKeys ?? []).map(({ secretRef }) => secretRef)
  return names.flatMap((name, index) => {
    const path = `spec.transferKeys[${index}].secretRef`
    const secret = fleet.secret(name)
    const twice = names.indexOf(name) < index ? [complain(server, path, `${name} is named twice`, 'leave one out')] : []
    const isKey = secret === undefined || isOfGrammar(secret, tsigKey)
    const hint = 'make one with: tsig-keygen | sed -n \'s/.*secret "\\(.*\\)".*/\\1/p\''
    return [...twice, ...(isKey ? [] : [complain(server, path, `the secret ${name} is no key in base64 of 12 octets or more`, hint)])]
  })
}

function checkClients(server: NameServerManifest, fleet: Fleet): readonly Diagnostic[] {
  const clients = server.spec.clients ?? []
  const targets = clients.map(({ target }) => resolveTarget(fleet, target)).map((target) => target && targetKey(target))
  return clients.flatMap((client, index) => {
    const at = `spec.clients[${index}]`
    const twin = targets.indexOf(targets[index])
    const twice =
      twin < index && targets[index] !== undefined ? [complain(server, `${at}.target`, `clients[${twin}] is the same target`)] : []
    const servers = client.nameservers.flatMap((text, place) => {
      const isKnown = addressesFor({ ...client, nameservers: [text] }, fleet).length > 0
      return isKnown ? [] : [complain(server, `${at}.nameservers[${place}]`, `${text} is neither an IP address nor a NameServer with one`)]
    })
    return [...twice, ...servers]
  })
}
