import { type GuestFile, guestFileHeader } from '../../../primitives/lxcContainer/spec.ts'
import type { Network } from '../provider.ts'
import type { ContainerSpec } from '../spec.ts'

/** Files inside that are written before the first start. */
export function guestFiles(spec: ContainerSpec, hostname: string): readonly GuestFile[] {
  return [
    { path: '/etc/hostname', content: `${hostname}\n`, mode: '0644', refresh: 'always' },
    { path: '/etc/hosts', content: hosts(hostname), mode: '0644', refresh: 'ifOurs' },
    ...networkFile(spec),
    ...resolverFile(spec),
    ...keysFile(spec),
  ]
}

function hosts(hostname: string): string {
  const [short] = hostname.split('.')
  const names = short === hostname ? hostname : `${hostname} ${short}`
  return `${guestFileHeader}\n127.0.0.1 localhost\n127.0.1.1 ${names}\n::1 localhost ip6-localhost ip6-loopback\n`
}

/**
 * interfaces(5). Without it the guest would ask for DHCP and wait a minute at each start; with another address in it, the guest's would win over
 * LXC's. LXC has set address and route before init runs, and `inet static` fails on a route that exists: hence manual, and replace.
 */
function networkFile(spec: ContainerSpec): readonly GuestFile[] {
  const networks = (spec.network ?? []).filter((network) => network.guest !== 'manual')
  if (networks.length === 0) return []
  const head = `${guestFileHeader}\nsource /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n`
  return [{ path: '/etc/network/interfaces', content: `${head}${networks.map(stanza).join('')}`, mode: '0644', refresh: 'ifOurs' }]
}

function stanza({ name, ipv4, ipv6, guest }: Network): string {
  const up = (command: string): string => `  up ip ${command} dev ${name}\n`
  const lines = [
    ...(ipv4 === undefined ? [] : [up(`addr replace ${ipv4.address} brd +`)]),
    ...(ipv4?.gateway === undefined ? [] : [up(`route replace default via ${ipv4.gateway}`)]),
    ...(ipv6 === undefined ? [] : [up(`-6 addr replace ${ipv6.address}`)]),
    ...(ipv6?.gateway === undefined ? [] : [up(`-6 route replace default via ${ipv6.gateway}`)]),
  ]
  return `\nauto ${name}\niface ${name} inet ${guest === 'dhcp' ? 'dhcp' : 'manual'}\n${lines.join('')}`
}

function resolverFile(spec: ContainerSpec): readonly GuestFile[] {
  const { nameservers = [], searchDomains = [] } = spec.dns ?? {}
  if (nameservers.length === 0 && searchDomains.length === 0) return []
  const search = searchDomains.length === 0 ? '' : `search ${searchDomains.join(' ')}\n`
  const content = `${guestFileHeader}\n${search}${nameservers.map((server) => `nameserver ${server}\n`).join('')}`
  return [{ path: '/etc/resolv.conf', content, mode: '0644', refresh: 'never' }]
}

function keysFile(spec: ContainerSpec): readonly GuestFile[] {
  const keys = spec.authorizedKeys ?? []
  if (keys.length === 0) return []
  return [{ path: '/root/.ssh/authorized_keys', content: keys.map((key) => `${key}\n`).join(''), mode: '0600', refresh: 'never' }]
}
