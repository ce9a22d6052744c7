import { stringify } from 'yaml'
import type { DayChange } from '../../bench/peers/day.ts'
import type { Files } from '../fleet.ts'

/** How the controller reaches the host, and what its daemons listen on. */
export interface NativePlace {
  /** Port on this machine that leads to the host's sshd. */
  readonly port: number
  readonly hostKey: string
  readonly address: string
  /** Default he1. A fleet of several hosts holds the files of each. */
  readonly name?: string
  /** What it serves names and mail of; another one on each host of a fleet. Default example.com. */
  readonly domain?: string
}

/** One line of one thing each, beside the variant; a mount that is kept. */
export interface Extras extends DayChange {
  readonly scratch?: string
}

/** The two states that the fleet moves between: each commit of one after the other touches every kind, makes things, changes things, and takes things away. */
export type Variant = 'one' | 'two'

export const otherOf: Readonly<Record<Variant, Variant>> = { one: 'two', two: 'one' }

/** Every kind that a host without a device-mapper can carry, all on one. */
export function nativeFleet(place: NativePlace, variant: Variant, extras: Extras = {}): Files {
  const isTwo = variant === 'two'
  const { name = 'he1', domain = 'example.com' } = place
  const target = { hypervisor: name }
  const more = <T>(...extra: readonly T[]): readonly T[] => (isTwo ? extra : [])
  const own = (word: string): string => (name === 'he1' ? word : `${word}-${name}`)
  return Object.fromEntries(
    [
      manifest('Hypervisor', name, {
        address: '127.0.0.1',
        ports: [place.port],
        sshdPort: 22,
        hostKeys: [place.hostKey],
        system: system(variant, extras),
      }),
      manifest('Firewall', own('main'), {
        target,
        policy: { input: 'drop', forward: 'drop', output: 'accept' },
        rules: [
          { name: 'own', chain: 'input', protocol: 'tcp', ports: [25, 53, 80, 514, 8099], action: 'accept' },
          ...more({ name: 'extra', chain: 'input', protocol: 'tcp', ports: [8081], action: 'accept' }),
          ...(extras.port === undefined ? [] : [{ name: 'turn', chain: 'input', protocol: 'tcp', ports: [extras.port], action: 'accept' }]),
          { name: 'ssh', chain: 'input', protocol: 'tcp', ports: [22], action: 'accept' },
        ],
        nat: [{ name: 'web', type: 'dnat', port: 8088, to: '192.168.100.10:80' }],
        confirm: { timeout: '12s' },
      }),
      manifest('Proxy', own('edge'), {
        target,
        replaceDistroDefault: true,
        vhosts: [
          vhost(`app.${domain}`, extras.answer ?? `app ${variant}`, true),
          ...more(vhost(`extra.${domain}`, `extra ${variant}`, false)),
        ],
      }),
      manifest('NameServer', own('dns'), { target, address: place.address, exposure: 'internal' }),
      zone(domain, place, variant, extras.web),
      ...more(zone(`extra.${domain.split('.')[0]}`, place, variant)),
      manifest('MailRoute', own('main'), {
        gateways: [{ target, hostname: `${name}.${domain}` }],
        domains: [
          {
            name: domain,
            target: { host: '192.168.100.4' },
            recipients: { addresses: ['alice', 'bob', ...(extras.user === undefined ? [] : [extras.user])] },
            tls: { level: 'may' },
          },
        ],
        redirects: [
          { from: `info@${domain}`, to: [isTwo ? `bob@${domain}` : `alice@${domain}`] },
          ...more({ from: `extra@${domain}`, to: [`bob@${domain}`] }),
        ],
      }),
      manifest('SyslogSink', own('central'), {
        server: { target, listeners: [{ protocol: 'tcp' }, ...more({ protocol: 'udp' })], rotation: { keep: isTwo ? 21 : 14 } },
      }),
    ].map(({ kind, metadata, spec }) => [
      `${kind.toLowerCase()}-${metadata.name}.yaml`,
      stringify({ apiVersion: 'reeve.dev/v1', kind, metadata, spec }),
    ]),
  )
}

/** The files of a commit that leaves this variant: what the other one does not have goes. */
export function changeTo(place: NativePlace, variant: Variant): Files {
  const gone = Object.keys(nativeFleet(place, otherOf[variant])).map((name) => [name, null] as const)
  return { ...Object.fromEntries(gone), ...nativeFleet(place, variant) }
}

interface Wanted {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: object
}

function manifest(kind: string, name: string, spec: object): Wanted {
  return { kind, metadata: { name }, spec }
}

function system(variant: Variant, { line, scratch }: Extras): object {
  const isTwo = variant === 'two'
  return {
    ...(scratch === undefined ? {} : { mounts: [{ path: scratch, tmpfs: '16Mi' }] }),
    bridges: [{ name: 'br-lxc', addresses: ['192.168.100.1/24'] }],
    sysctl: { 'net.ipv4.ip_forward': '1', ...(isTwo ? { 'net.ipv4.conf.all.log_martians': '1' } : {}) },
    hosts: [{ address: '192.168.100.10', names: ['web'] }, ...(isTwo ? [{ address: '192.168.100.11', names: ['extra'] }] : [])],
    users: [{ name: 'ada', comment: `As ${variant}` }],
    cron: [{ name: 'look', schedule: isTwo ? '17 3 * * *' : '17 4 * * *', command: ['true'] }],
    files: [
      { path: '/etc/fleet-note', content: `Kept by Reeve, ${variant}\n${line === undefined ? '' : `${line}\n`}` },
      ...(isTwo ? [{ path: '/etc/fleet-extra', content: 'Of the second\n' }] : []),
    ],
    services: [{ unit: 'cron.service', enabled: true }],
  }
}

function vhost(serverName: string, body: string, isDefault: boolean): object {
  return {
    name: serverName.split('.')[0],
    ...(isDefault ? { default: true } : {}),
    serverNames: [serverName],
    respond: { status: 200, body },
  }
}

function zone(name: string, { address, name: host = 'he1' }: NativePlace, variant: Variant, web?: string): Wanted {
  const www = web ?? (variant === 'two' ? '192.0.2.2' : '192.0.2.1')
  const records = [
    { name: 'ns', type: 'A', values: [address] },
    { name: 'www', type: 'A', values: [www] },
    ...(variant === 'two' ? [{ name: 'extra', type: 'A', values: ['192.0.2.3'] }] : []),
  ]
  return manifest('Zone', name.replaceAll('.', '-'), {
    name,
    primary: host === 'he1' ? 'dns' : `dns-${host}`,
    nameservers: [`ns.${name}.`],
    records,
    deletionPolicy: 'Delete',
  })
}
