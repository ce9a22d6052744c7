import { isIpAddress } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { parseBytes, parseSeconds } from '../../model/quantity.ts'
import { serverName } from './names.ts'
import { allowedVariables, forbiddenVariable } from './nginx.ts'
import { addressOfContainer, listenOf, type ProxyManifest, reachableAt, type Vhost } from './places.ts'

/** What the schema cannot say of a proxy. */
export function check(proxy: ProxyManifest, fleet: Fleet): readonly Diagnostic[] {
  const { target, vhosts } = proxy.spec
  const found = vhosts.flatMap((vhost, index) => checkVhost(proxy, vhost, `spec.vhosts[${index}]`, fleet))
  const [first] = vhosts
  if (target.container === undefined || !first || reachableAt(proxy, listenOf(first), fleet) !== undefined) return found
  const summary = `Container ${target.container} declares no IPv4 address, so nobody can ask whether its nginx has loaded what was written`
  return [...found, complain(proxy, 'spec.target.container', summary, 'give it network[].ipv4.address')]
}

function checkVhost(proxy: ProxyManifest, vhost: Vhost, at: string, fleet: Fleet): readonly Diagnostic[] {
  return [
    ...checkContent(proxy, vhost, at),
    ...checkPlaces(proxy, vhost, at),
    ...checkNames(proxy, vhost, at),
    ...checkDefault(proxy, vhost, at),
    ...checkListen(proxy, vhost, at),
    ...checkServers(proxy, vhost, at, fleet),
    ...checkLocations(proxy, vhost, at),
    ...checkHeaders(proxy, vhost, at),
    ...checkLimits(proxy, vhost, at),
    ...plain(proxy, `${at}.respond.body`, vhost.respond?.body),
  ]
}

function checkContent(proxy: ProxyManifest, { upstream, root, respond }: Vhost, at: string): readonly Diagnostic[] {
  const count = [upstream, root, respond].filter((one) => one !== undefined).length
  return count === 1
    ? []
    : [complain(proxy, at, `a vhost has exactly one of upstream, root and respond; this one has ${count === 0 ? 'none' : count}`)]
}

/** Where the answers of a web server never come from: what configures the machine, and what the kernel shows. */
const notForTheWeb = ['/boot', '/dev', '/etc', '/proc', '/root', '/run', '/sys', '/var/lib/reeve', '/var/run']
/** nginx's first process opens a log as root and appends to it, whatever it is. */
const logFolders = ['/var/log', '/srv', '/var/www']

function checkPlaces(proxy: ProxyManifest, { root, locations = [], accessLog }: Vhost, at: string): readonly Diagnostic[] {
  const log = accessLog?.server
  const roots = [
    { root, path: `${at}.root` },
    ...locations.map((one, index) => ({ root: one.root, path: `${at}.locations[${index}].root` })),
  ]
  return [
    ...roots.flatMap(({ root: folder, path }) => checkRoot(proxy, folder, path)),
    ...(log === undefined || (isNormal(log) && logFolders.some((folder) => log.startsWith(`${folder}/`)))
      ? []
      : [
          complain(
            proxy,
            `${at}.accessLog.server`,
            `${log} is no place for a log: nginx would append to it as root`,
            'choose a file below /var/log',
          ),
        ]),
  ]
}

function checkRoot(proxy: ProxyManifest, folder: string | undefined, path: string): readonly Diagnostic[] {
  if (folder === undefined) return []
  if (!isNormal(folder)) return [complain(proxy, path, `${folder} is not normalised`, 'leave . and .. out')]
  return notForTheWeb.some((closed) => `${folder}/`.startsWith(`${closed}/`))
    ? [
        complain(
          proxy,
          path,
          `${folder} is not for the world: it holds what the machine itself lives by`,
          'serve a directory such as /srv/www',
        ),
      ]
    : []
}

function isNormal(path: string): boolean {
  return !path.split('/').some((part) => part === '.' || part === '..')
}

function checkNames(proxy: ProxyManifest, { serverNames = [], default: isDefault }: Vhost, at: string): readonly Diagnostic[] {
  if (serverNames.length === 0 && !isDefault) return [complain(proxy, at, 'a vhost that is not the default needs serverNames')]
  return serverNames.flatMap((name, index) => {
    const read = serverName(name)
    return read.ok ? [] : [complain(proxy, `${at}.serverNames[${index}]`, read.reason)]
  })
}

function checkDefault(proxy: ProxyManifest, vhost: Vhost, at: string): readonly Diagnostic[] {
  if (!vhost.default || proxy.spec.replaceDistroDefault || listenOf(vhost).port !== 80) return []
  return [
    complain(
      proxy,
      `${at}.default`,
      "default vhost for :80 is claimed by the distribution's default site too",
      'set replaceDistroDefault: true',
    ),
  ]
}

function checkListen(proxy: ProxyManifest, vhost: Vhost, at: string): readonly Diagnostic[] {
  const { addresses = [] } = vhost.listen ?? {}
  return addresses.flatMap((address, index) =>
    isIpAddress(address) ? [] : [complain(proxy, `${at}.listen.addresses[${index}]`, `${JSON.stringify(address)} is not an IP address`)],
  )
}

function checkServers(proxy: ProxyManifest, { upstream }: Vhost, at: string, fleet: Fleet): readonly Diagnostic[] {
  const servers = upstream?.servers ?? []
  if (servers.length > 0 && servers.every(({ backup }) => backup))
    return [complain(proxy, `${at}.upstream.servers`, 'all of them are backups: nginx refuses to start', 'take backup from one of them')]
  return servers.flatMap(({ container, address }, index) => {
    const path = `${at}.upstream.servers[${index}]`
    if ((container === undefined) === (address === undefined))
      return [complain(proxy, path, 'a server is given by exactly one of container and address')]
    if (container !== undefined) {
      if (addressOfContainer(fleet, container) !== undefined) return []
      return [complain(proxy, `${path}.container`, `Container ${container} declares no IPv4 address`, 'give it network[].ipv4.address')]
    }
    if (isIpAddress(address ?? '')) return []
    const summary = `${JSON.stringify(address)} is not an IP address; nginx would refuse to start where a name does not resolve`
    return [complain(proxy, `${path}.address`, summary, 'use an IP address or a container reference')]
  })
}

function checkLocations(proxy: ProxyManifest, { locations = [] }: Vhost, at: string): readonly Diagnostic[] {
  return locations.flatMap(({ path, root, respond }, index) => {
    const here = `${at}.locations[${index}]`
    const first = locations.findIndex((other) => other.path === path)
    const found = [...plain(proxy, `${here}.path`, path), ...plain(proxy, `${here}.respond.body`, respond?.body)]
    if (!path.startsWith('/')) found.push(complain(proxy, `${here}.path`, `${JSON.stringify(path)} does not begin with /`))
    if (path === '/') found.push(complain(proxy, `${here}.path`, 'what / serves is said by the vhost itself'))
    if (first !== index) found.push(complain(proxy, `${here}.path`, `${path} is already at locations[${first}]`))
    if ((root === undefined) === (respond === undefined))
      found.push(complain(proxy, here, 'a location has exactly one of root and respond'))
    return found
  })
}

function checkHeaders(proxy: ProxyManifest, { headers }: Vhost, at: string): readonly Diagnostic[] {
  return Object.entries(headers?.set ?? {}).flatMap(([name, value = '']) => {
    const path = `${at}.headers.set[${JSON.stringify(name)}]`
    if (!/^[!#%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name))
      return [complain(proxy, path, `${JSON.stringify(name)} is not a header name (RFC 9110 5.1)`)]
    const control = plain(proxy, path, value)
    const variable = forbiddenVariable(value)
    if (control.length > 0 || variable === undefined) return control
    const hint = `allowed are ${allowedVariables.map((one) => `$${one}`).join(', ')}`
    return [complain(proxy, path, `${JSON.stringify(variable)} is not an allowed nginx variable; write "$$" for a literal dollar`, hint)]
  })
}

function checkLimits(proxy: ProxyManifest, { limits = {} }: Vhost, at: string): readonly Diagnostic[] {
  const { bodySize, ...times } = limits
  const body = bodySize === undefined ? undefined : parseBytes(bodySize)
  const found: Diagnostic[] = body && !body.ok ? [complain(proxy, `${at}.limits.bodySize`, body.reason)] : []
  for (const [field, text] of Object.entries(times)) {
    const most = field === 'connect' ? 75 : 86_400
    const seconds = parseSeconds(text ?? '')
    if (!seconds.ok) found.push(complain(proxy, `${at}.limits.${field}`, seconds.reason))
    else if (seconds.value < 1 || seconds.value > most)
      found.push(complain(proxy, `${at}.limits.${field}`, `${text} is not between 1s and ${most}s`))
  }
  return found
}

const controlNames: Readonly<Record<string, string>> = {
  '\n': 'line feed',
  '\r': 'carriage return',
  '\t': 'tab',
  '\0': 'NUL',
  '\x7f': 'DEL',
}

/** Quoting stops a brace or a semicolon, but a raw line feed would become one of the answer's. */
function plain(proxy: ProxyManifest, path: string, text: string | undefined): Diagnostic[] {
  const found = /[\0-\x1f\x7f]/.exec(text ?? '')?.[0]
  if (found === undefined) return []
  const name = controlNames[found] ?? `0x${found.charCodeAt(0).toString(16).padStart(2, '0')}`
  return [complain(proxy, path, `control character (${name}) not allowed`)]
}
