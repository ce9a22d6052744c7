import { parseIpv4 } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { serverName } from './names.ts'
import { addressOfContainer, type ProxyManifest, type Vhost } from './places.ts'
import { chosenContainers, type Wildcard } from './wildcard.ts'

/** What names below a suffix are passed on to. */
export function checkWildcard(proxy: ProxyManifest, vhost: Vhost, at: string, fleet: Fleet): readonly Diagnostic[] {
  const { wildcard } = vhost
  if (wildcard === undefined) return []
  return [
    ...checkSuffix(proxy, wildcard, `${at}.wildcard.suffix`),
    ...checkBeside(proxy, vhost, at),
    ...Object.entries(wildcard.entries ?? {}).flatMap(([label, server = '']) =>
      checkEntry(proxy, label, server, `${at}.wildcard.entries[${JSON.stringify(label)}]`),
    ),
    ...checkContainers(proxy, wildcard, `${at}.wildcard`, fleet),
  ]
}

function checkSuffix(proxy: ProxyManifest, { suffix }: Wildcard, at: string): readonly Diagnostic[] {
  if (/^\*?\./.test(suffix)) return [complain(proxy, at, 'a suffix is written without the dot before it')]
  const read = serverName(suffix)
  return read.ok ? [] : [complain(proxy, at, read.reason)]
}

/** Its names are those below the suffix, and all that it serves comes from there. */
function checkBeside(proxy: ProxyManifest, vhost: Vhost, at: string): readonly Diagnostic[] {
  const { serverNames, default: isDefault, locations } = vhost
  const { entries, fromContainers } = vhost.wildcard ?? {}
  const beside = Object.entries({ serverNames, default: isDefault || undefined, locations }).filter(([, value]) => value !== undefined)
  const nothing = entries === undefined && fromContainers === undefined
  return [
    ...beside.map(([field]) =>
      complain(proxy, `${at}.${field}`, `${field} and wildcard exclude each other: its names are those below suffix`),
    ),
    ...(nothing ? [complain(proxy, `${at}.wildcard`, 'it leads nowhere', 'give entries or fromContainers')] : []),
  ]
}

function checkEntry(proxy: ProxyManifest, label: string, server: string, at: string): readonly Diagnostic[] {
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
    return [complain(proxy, at, `${JSON.stringify(label)} is not the first label of a host name in lower case`)]
  const [address = '', port = '', ...more] = server.split(':')
  if (parseIpv4(address) !== undefined && /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535 && more.length === 0) return []
  return [complain(proxy, at, `${JSON.stringify(server)} is not an IPv4 address and port, such as 192.168.1.2:80`)]
}

function checkContainers(proxy: ProxyManifest, wildcard: Wildcard, at: string, fleet: Fleet): readonly Diagnostic[] {
  const path = `${at}.fromContainers`
  return chosenContainers(wildcard, fleet).flatMap(({ name }) => {
    if (Object.hasOwn(wildcard.entries ?? {}, name))
      return [complain(proxy, `${at}.entries[${JSON.stringify(name)}]`, `Container ${name} has this name too, by fromContainers`)]
    if (addressOfContainer(fleet, name) !== undefined) return []
    return [complain(proxy, path, `Container ${name} has these labels and declares no IPv4 address`, 'give it network[].ipv4.address')]
  })
}
