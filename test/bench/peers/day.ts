import { stringify } from 'yaml'
import type { Way } from '../fleet.ts'

/** What is managed in all: the same hundred things for every tool, as each of them counts (a rule, a vhost, a mail map, a zone …). */
export const counts = { files: 10, settings: 5, packages: 6, services: 4, vhosts: 20, rules: 40, domains: 9, zones: 6 } as const

export const packages = ['cron', 'dbus', 'iproute2', 'procps', 'rsyslog', 'sudo'] as const
export const services = ['cron', 'rsyslog', 'ssh', 'dbus'] as const
const settings = ['ip_forward', 'conf.all.rp_filter', 'conf.all.accept_redirects', 'conf.all.send_redirects', 'conf.default.rp_filter']

export function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number)
}

export const vhostName = (number: number): string => `v${number}.example.org`
export const domainName = (number: number): string => `mail${number}.example.org`
export const zoneName = (number: number): string => `zone${number}.example.net`
export const rulePort = (number: number): number => 20_000 + number

/** What a commit moves, one line of one thing each. */
export interface DayChange {
  /** First line of the first file. */
  readonly line?: string
  /** What the first vhost answers. */
  readonly answer?: string
  /** Port of a rule of the firewall. */
  readonly port?: number
  /** One more recipient of the first mail domain. */
  readonly user?: string
  /** Address of www in the first zone. */
  readonly web?: string
}

const firstLine = 'option = value'

/** By path, what peers put on the host; Reeve has the same from `dayManifests`. `answer`: what the first vhost says. */
export function dayFiles(answer: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...plainFiles(), ...nginxFiles(answer), ...postfixFiles(), ...bindFiles(), ['/etc/nftables.conf', ruleset()]])
}

function plainFiles(): readonly (readonly [string, string])[] {
  const files = numbers(counts.files).map((number) => [`/etc/bench/${number}.conf`, `${firstLine}\n`.repeat(20)] as const)
  return [...files, ['/etc/sysctl.d/50-bench.conf', settings.map((key) => `net.ipv4.${key} = 1\n`).join('')]]
}

function nginxFiles(answer: string): readonly (readonly [string, string])[] {
  return numbers(counts.vhosts).map((number) => [
    `/etc/nginx/sites-enabled/v${number}.conf`,
    `server {\n  listen 80;\n  server_name ${vhostName(number)};\n  location / { return 200 "${number === 0 ? answer : `This is ${number}`}"; }\n}\n`,
  ])
}

/** The maps of the domains, and what main.cf says of them (postconf(5)). */
function postfixFiles(): readonly (readonly [string, string])[] {
  const lines = (line: (domain: string) => string) => numbers(counts.domains).map(domainName).map(line).join('')
  return [
    ['/etc/postfix/relay_domains', lines((domain) => `${domain} OK\n`)],
    ['/etc/postfix/relay_recipients', lines((domain) => `alice@${domain} OK\nbob@${domain} OK\n`)],
    ['/etc/postfix/transport', lines((domain) => `${domain} smtp:[192.0.2.10]:25\n`)],
    ['/etc/postfix/virtual', lines((domain) => `info@${domain} alice@${domain}\n`)],
    ['/etc/postfix/main.cf', mainCf],
  ]
}

const mainCf = `compatibility_level = 3.6
myhostname = gw.example.org
mydestination =
inet_interfaces = loopback-only
relay_domains = hash:/etc/postfix/relay_domains
relay_recipient_maps = hash:/etc/postfix/relay_recipients
transport_maps = hash:/etc/postfix/transport
virtual_alias_maps = hash:/etc/postfix/virtual
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
`

function bindFiles(): readonly (readonly [string, string])[] {
  const names = numbers(counts.zones).map(zoneName)
  const statement = (zone: string) => `zone "${zone}" { type primary; file "/etc/bind/db.${zone}"; notify no; };\n`
  return [
    ['/etc/bind/named.conf.local', names.map(statement).join('')],
    ...names.map((zone) => [`/etc/bind/db.${zone}`, zoneFile(zone)] as const),
  ]
}

const zoneFile = (zone: string): string =>
  `$TTL 3600\n@ SOA ns.${zone}. hostmaster.${zone}. 1 7200 900 1209600 300\n@ NS ns.${zone}.\nns A 192.0.2.53\nwww A 192.0.2.80\n`

/** A table of one's own, so that loading it again leaves those of others alone (nft(8)). */
export function ruleset(): string {
  const rules = numbers(counts.rules - 1).map((number) => `    tcp dport ${rulePort(number)} accept comment "r${number}"`)
  return [
    'table inet bench',
    'delete table inet bench',
    'table inet bench {',
    '  chain input {',
    '    type filter hook input priority filter; policy drop;',
    '    ct state established,related accept',
    '    iif lo accept',
    '    tcp dport 22 accept comment "ssh"',
    ...rules,
    '  }',
    '}',
    '',
  ].join('\n')
}

/** The same for Reeve, as one text. */
export function dayManifests(way: Way, change: DayChange): string {
  return [...dayTree(way, change).values()].join('---\n')
}

/** The same by path, as people keep it: a file for each manifest. */
export function dayTree({ name, address, port, hostKey }: Way, change: DayChange): ReadonlyMap<string, string> {
  const target = { hypervisor: name }
  const system = {
    files: numbers(counts.files).map((number) => ({
      path: `/etc/bench/${number}.conf`,
      content: `${number === 0 ? (change.line ?? firstLine) : firstLine}\n${`${firstLine}\n`.repeat(19)}`,
    })),
    sysctl: Object.fromEntries(settings.map((key) => [`net.ipv4.${key}`, '1'])),
    packages,
    services: services.map((unit) => ({ unit: `${unit}.service`, enabled: true })),
  }
  const vhosts = numbers(counts.vhosts).map((number) => ({
    name: `v${number}`,
    serverNames: [vhostName(number)],
    respond: { status: 200, body: number === 0 ? (change.answer ?? 'This is 0') : `This is ${number}` },
  }))
  return new Map([
    one('Hypervisor', name, { address, ports: [port], hostKeys: [hostKey], system }),
    one('Proxy', 'edge', { target, vhosts }),
    one('Firewall', 'main', { target, policy: { input: 'drop', forward: 'accept', output: 'accept' }, rules: rules(change.port) }),
    one('MailRoute', 'main', mailRoute(name, change.user)),
    one('NameServer', 'ns', { target, address: '192.0.2.53', exposure: 'internal', adopt: 'Replace' }),
    ...numbers(counts.zones).map((number) => one('Zone', `zone${number}`, zone(number, change.web))),
  ])
}

function one(kind: string, name: string, spec: object): readonly [path: string, text: string] {
  return [`${kind.toLowerCase()}-${name}.yaml`, stringify({ apiVersion: 'reeve.dev/v1', kind, metadata: { name }, spec })]
}

function rules(port: number | undefined): readonly object[] {
  const more = numbers(counts.rules - 1).map((number) => ({
    name: `r${number}`,
    port: (number === 0 ? port : undefined) ?? rulePort(number),
  }))
  return [{ name: 'ssh', port: 22 }, ...more].map(({ name, port }) => ({
    name,
    chain: 'input',
    protocol: 'tcp',
    ports: [port],
    action: 'accept',
  }))
}

function mailRoute(hypervisor: string, user: string | undefined): object {
  const domains = numbers(counts.domains).map(domainName)
  return {
    gateways: [{ target: { hypervisor }, hostname: 'gw.example.org' }],
    domains: domains.map((name, number) => ({
      name,
      target: { host: '192.0.2.10' },
      recipients: { addresses: ['alice', 'bob', ...(number === 0 && user !== undefined ? [user] : [])] },
      tls: { level: 'may' },
    })),
    redirects: domains.map((name) => ({ from: `info@${name}`, to: [`alice@${name}`] })),
  }
}

function zone(number: number, web: string | undefined): object {
  const name = zoneName(number)
  const records = [
    { name: 'ns', type: 'A', values: ['192.0.2.53'] },
    { name: 'www', type: 'A', values: [(number === 0 ? web : undefined) ?? '192.0.2.80'] },
  ]
  return { name, primary: 'ns', soa: { rname: `hostmaster@${name}` }, records }
}
