import { stringify } from 'yaml'
import type { NativeHost } from '../lab/nspawn.ts'

/** The machines of the fleet by name: what each has inside (192.168.100.0/24), and what strangers see of it (203.0.113.0/24). */
export const machines = {
  plpa: { inner: '192.168.100.2', outer: '203.0.113.2' },
  plpb: { inner: '192.168.100.3', outer: '203.0.113.3' },
  maila: { inner: '192.168.100.4', outer: undefined },
  logs: { inner: '192.168.100.5', outer: undefined },
} as const
export type MachineName = keyof typeof machines
export const machineNames = Object.keys(machines) as readonly MachineName[]
export const strangerAddress = '203.0.113.77'

/** By file name; null: it goes. */
export type Files = Readonly<Record<string, object | null>>

export function text(manifest: object): string {
  return stringify({ apiVersion: 'reeve.dev/v1', ...manifest })
}

export function hypervisor({ name, address, port, hostKey }: NativeHost): object {
  return { kind: 'Hypervisor', metadata: { name }, spec: { address, ports: [port], hostKeys: [hostKey] } }
}

/** Two gateways, each with its outer address; their users are on maila. */
export function mailRoute(more: Readonly<Record<string, unknown>> = {}): object {
  const gateways = (['plpa', 'plpb'] as const).map((name) => ({
    target: { hypervisor: name },
    hostname: `${name}.example.com`,
    addresses: [machines[name].outer],
  }))
  const spec = {
    gateways,
    domains: [domain('example.com')],
    redirects: [{ from: 'info@example.com', to: ['alice@example.com', 'bob@example.com'] }],
    relayFrom: ['192.168.100.0/24'],
    ...more,
  }
  return { kind: 'MailRoute', metadata: { name: 'main' }, spec }
}

export function domain(name: string): object {
  return {
    name,
    target: { host: machines.maila.inner },
    recipients: { addresses: ['alice', 'bob', 'postmaster', 'abuse'] },
    tls: { level: 'may' },
  }
}

export function nameServer(name: 'plpa' | 'plpb', more: Readonly<Record<string, unknown>> = {}): object {
  const spec = {
    target: { hypervisor: name },
    address: machines[name].outer,
    exposure: 'public',
    transferKeys: [{ secretRef: 'xfer' }],
    ...more,
  }
  return { kind: 'NameServer', metadata: { name: `${name}-dns` }, spec }
}

export interface ZoneRecord {
  readonly name: string
  readonly type: string
  readonly values: readonly unknown[]
}

/** A zone on both name servers. */
export function zone(name: string, records: readonly ZoneRecord[], more: Readonly<{ [field: string]: unknown }> = {}): object {
  const spec = { name, primary: 'plpa-dns', secondaries: ['plpb-dns'], records, ...more }
  return { kind: 'Zone', metadata: { name: name.replaceAll('.', '-') }, spec }
}

const hosts: readonly ZoneRecord[] = (['plpa', 'plpb'] as const).map((name) => ({ name, type: 'A', values: [machines[name].outer] }))

/** The domain of the mail: its MX are the gateways. */
export function mailZone(www: string, records: readonly ZoneRecord[] = []): object {
  const all = [...hosts, { name: 'www', type: 'A', values: [www] }, ...records]
  return zone('example.com', all, { mailFrom: { route: 'main' } })
}

export function syslogSink(): object {
  const server = { target: { hypervisor: 'logs' }, listeners: [{ protocol: 'tcp' }, { protocol: 'relp' }] }
  const clients = [
    { targets: [{ hypervisor: 'plpa' }, { hypervisor: 'plpb' }], protocol: 'tcp', address: machines.logs.inner },
    { targets: [{ hypervisor: 'maila' }], protocol: 'relp', address: machines.logs.inner },
  ]
  return {
    kind: 'SyslogSink',
    metadata: { name: 'central' },
    spec: { server, clients: clients.map((one) => ({ ...one, forward: [{ selector: '*.notice' }] })) },
  }
}

/** All of it, beside the hypervisors. */
export function wholeFleet(): Files {
  const clients = [{ target: { hypervisor: 'maila' }, search: ['example.com'], nameservers: ['plpa-dns', 'plpb-dns'] }]
  return {
    'mail.yaml': mailRoute(),
    'ns-a.yaml': nameServer('plpa', { clients, adopt: 'Replace' }),
    'ns-b.yaml': nameServer('plpb'),
    'example-com.yaml': mailZone('203.0.113.80'),
    'example-org.yaml': zone('example.org', [{ name: 'www', type: 'A', values: ['203.0.113.81'] }]),
    'syslog.yaml': syslogSink(),
  }
}
