import type { Parsing } from '../../model/quantity.ts'
import type { PortProtocol, PortRange, Protocol } from '../../primitives/nftTable/spec.ts'

/** Names of services that a port may be given by; a table of our own, since /etc/services differs from host to host. */
const services: Readonly<Record<string, number>> = {
  ...{ ftp: 21, ssh: 22, telnet: 23, smtp: 25, domain: 53, http: 80, kerberos: 88, pop3: 110, sunrpc: 111, ntp: 123, imap: 143 },
  ...{ snmp: 161, ldap: 389, https: 443, submissions: 465, syslog: 514, submission: 587, rsync: 873, ldaps: 636, imaps: 993, pop3s: 995 },
  ...{ openvpn: 1194, nfs: 2049, mysql: 3306, postgresql: 5432, 'syslog-tls': 6514 },
}

/** ICMP message types (IANA icmp-parameters). */
export const icmpTypes: Readonly<Record<string, number>> = {
  ...{ 'echo-reply': 0, 'destination-unreachable': 3, redirect: 5, 'echo-request': 8, 'router-advertisement': 9 },
  ...{ 'router-solicitation': 10, 'time-exceeded': 11, 'parameter-problem': 12, 'timestamp-request': 13, 'timestamp-reply': 14 },
}

/** ICMPv6 message types (IANA icmpv6-parameters). */
export const icmpv6Types: Readonly<Record<string, number>> = {
  ...{
    'destination-unreachable': 1,
    'packet-too-big': 2,
    'time-exceeded': 3,
    'parameter-problem': 4,
    'echo-request': 128,
    'echo-reply': 129,
  },
  ...{ 'mld-listener-query': 130, 'mld-listener-report': 131, 'mld-listener-done': 132, 'nd-router-solicit': 133, 'nd-router-advert': 134 },
  ...{ 'nd-neighbor-solicit': 135, 'nd-neighbor-advert': 136, 'nd-redirect': 137, 'mld2-listener-report': 143 },
}

const badPorts = 'ports must be 1-65535, a known service name or low-high'

/** `22`, `"8000-8100"`, `ssh`. */
export function parsePort(value: number | string): Parsing<PortRange> {
  const text = String(value)
  const named = Object.hasOwn(services, text) ? services[text] : undefined
  if (named !== undefined) return { ok: true, value: [named, named] }
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  const low = Number(match?.[1])
  const high = Number(match?.[2] ?? match?.[1])
  if (!match || low < 1 || high > 65_535 || low > high) return { ok: false, reason: `${badPorts}, not ${JSON.stringify(value)}` }
  return { ok: true, value: [low, high] }
}

/** In order, joined where they touch or overlap, for the reasons of `joinNetworks`. */
export function joinRanges(ranges: readonly PortRange[]): readonly PortRange[] {
  const joined: [number, number][] = []
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1)
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high)
    else joined.push([low, high])
  }
  return joined
}

export function hasPorts(protocol: Protocol): protocol is PortProtocol {
  return ['tcp', 'udp', 'sctp', 'dccp'].includes(protocol)
}

/** One or several, as a list. */
export function listOf<T extends string | number>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : typeof value === 'object' ? value : [value]
}
