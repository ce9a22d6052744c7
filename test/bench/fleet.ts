import { stringify } from 'yaml'

/** How a host of the bench is reached. */
export interface Way {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly hostKey: string
}

/** How many things of each sort are managed; all of them can be had without a device-mapper. */
export interface Size {
  readonly files: number
  /** Each is a file of nginx's tree. */
  readonly vhosts: number
  readonly settings: number
  readonly packages: number
  readonly services: number
}

/** Managed things in all: with nginx's package, its loader and its service, the link that is away, and the firewall's table. */
export function itemsOf({ files, vhosts, settings, packages, services }: Size): number {
  return files + vhosts + settings + packages + services + 5
}

export const sizes: Readonly<Record<10 | 100 | 1000, Size>> = {
  10: { files: 2, vhosts: 1, settings: 0, packages: 1, services: 1 },
  100: { files: 60, vhosts: 20, settings: 5, packages: 6, services: 4 },
  1000: { files: 480, vhosts: 500, settings: 5, packages: 6, services: 4 },
}

const settings = ['ip_forward', 'conf.all.rp_filter', 'conf.all.accept_redirects', 'conf.all.send_redirects', 'conf.default.rp_filter']
const packages = ['cron', 'dbus', 'iproute2', 'procps', 'rsyslog', 'sudo']
const services = ['cron.service', 'rsyslog.service', 'ssh.service', 'dbus.service']

/** What a commit moves. */
export interface Change {
  /** First line of the first file. */
  readonly file?: string
  /** What the first vhost answers. */
  readonly answer?: string
  /** A port that the firewall opens. */
  readonly port?: number
}

/** Manifests of one hypervisor that holds about so many things. */
export function manifestsOf(way: Way, size: Size, change: Change = {}): string {
  return [
    hypervisorOf(way, size, change.file ?? 'first'),
    ...proxiesOf(way, size, change.answer ?? 'This is 0'),
    firewallOf(way, change.port ?? 8443),
  ]
    .map((one) => stringify({ apiVersion: 'reeve.dev/v1', ...one }))
    .join('---\n')
}

function hypervisorOf({ name, address, port, hostKey }: Way, size: Size, text: string) {
  const files = many(size.files, (index) => ({
    path: `/etc/reeve-bench/${index}.conf`,
    content: `# ${index === 0 ? text : 'as ever'}\n${`option_${index} = value\n`.repeat(20)}`,
  }))
  const system = {
    files,
    sysctl: Object.fromEntries(settings.slice(0, size.settings).map((key) => [`net.ipv4.${key}`, '1'])),
    packages: packages.slice(0, size.packages),
    services: services.slice(0, size.services).map((unit) => ({ unit, enabled: true })),
  }
  return { kind: 'Hypervisor', metadata: { name }, spec: { address, ports: [port], hostKeys: [hostKey], system } }
}

/** A Proxy holds 200 vhosts at most; several of them share one nginx. */
function proxiesOf({ name }: Way, { vhosts }: Size, answer: string) {
  const all = many(vhosts, (index) => ({
    name: `v${index}`,
    serverNames: [`v${index}.example.org`],
    respond: { status: 200, body: index === 0 ? answer : `This is ${index}` },
  }))
  return many(Math.ceil(vhosts / 200), (index) => {
    const spec = { target: { hypervisor: name }, replaceDistroDefault: true, vhosts: all.slice(index * 200, index * 200 + 200) }
    return { kind: 'Proxy', metadata: { name: `edge${index}` }, spec }
  })
}

function firewallOf({ name }: Way, port: number) {
  const rules = [
    { name: 'ssh', chain: 'input', protocol: 'tcp', ports: [22], action: 'accept' },
    { name: 'web', chain: 'input', protocol: 'tcp', ports: [80, port], action: 'accept' },
  ]
  const policy = { input: 'drop', forward: 'drop', output: 'accept' }
  return { kind: 'Firewall', metadata: { name: 'main' }, spec: { target: { hypervisor: name }, policy, rules } }
}

function many<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
