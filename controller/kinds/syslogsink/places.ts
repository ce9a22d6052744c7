import type { Fleet } from '../../model/fleet.ts'
import { oncePer } from '../../model/fleetIndex.ts'
import type { Manifest } from '../../model/manifest.ts'
import { containerTarget, declaredAddress, resolveTarget, type TargetReference } from '../../model/placement.ts'
import { type Target, targetKey } from '../../model/target.ts'
import type { SyslogSinkSpec } from './spec.ts'

export type SyslogSink = Manifest<'SyslogSink', SyslogSinkSpec>
export type Client = NonNullable<SyslogSinkSpec['clients']>[number]
export type Protocol = SyslogSinkSpec['server']['listeners'][number]['protocol']

export interface Listener {
  readonly protocol: Protocol
  readonly port: number
  /** Absent: every address. */
  readonly address?: string
}

/** A machine that sends to the sink. */
export interface Sender {
  readonly target: Target
  readonly client: Client
  /** Of the client among `spec.clients`. */
  readonly index: number
}

// RFC 5426, RFC 6587 and, for RELP, what rsyslog's own examples use: it has no number of its own.
const usualPort = { tcp: 514, udp: 514, relp: 2514 } as const

/** Where the sink listens, with what is not written. */
export function listenersOf({ spec }: SyslogSink): readonly Listener[] {
  return spec.server.listeners.map(({ protocol, port = usualPort[protocol], address }) => ({
    protocol,
    port,
    ...(address === undefined || isWildcard(address) ? {} : { address }),
  }))
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::'
}

export function sinkTarget({ spec }: SyslogSink, fleet: Fleet): Target | undefined {
  return resolveTarget(fleet, spec.server.target)
}

/** All that send, named or selected by labels, in the order of the manifest. A selector leaves out the sink, and what is named before it. */
export function sendersOf(sink: SyslogSink, fleet: Fleet): readonly Sender[] {
  const own = sinkTarget(sink, fleet)
  const taken = new Set(own === undefined ? [] : [targetKey(own)])
  const clients = sink.spec.clients ?? []
  const named = clients.flatMap((client, index) =>
    (client.targets ?? []).flatMap((one) => senderAt(resolveTarget(fleet, one), client, index)),
  )
  for (const { target } of named) taken.add(targetKey(target))
  const selected = clients.flatMap((client, index) => selectedBy(client, fleet).flatMap((target) => senderAt(target, client, index)))
  const fresh = selected.filter(({ target }) => !taken.has(targetKey(target)) && taken.add(targetKey(target)))
  return [...named, ...fresh].sort((one, other) => one.index - other.index)
}

function senderAt(target: Target | undefined, client: Client, index: number): readonly Sender[] {
  return target === undefined ? [] : [{ target, client, index }]
}

function selectedBy({ targetSelector }: Client, fleet: Fleet): readonly Target[] {
  const labels = Object.entries(targetSelector?.matchLabels ?? {})
  if (labels.length === 0) return []
  const isSelected = ({ labels: own }: Manifest) => labels.every(([key, value]) => own[key] === value)
  const hypervisors = fleet.all('Hypervisor').filter(isSelected)
  return [
    ...hypervisors.flatMap(({ name }) => resolveTarget(fleet, { hypervisor: name }) ?? []),
    ...fleet.all('Container').filter(isSelected).map(containerTarget),
  ]
}

/** The listener that a client's protocol speaks to. */
export function listenerFor(sink: SyslogSink, { protocol = 'tcp' }: Client): Listener | undefined {
  return listenersOf(sink).find((listener) => listener.protocol === protocol)
}

/** Name or address by which a client reaches the sink; undefined where nobody says. */
export function addressFor(sink: SyslogSink, client: Client, fleet: Fleet): string | undefined {
  return client.address ?? listenerFor(sink, client)?.address ?? declaredAt(sink.spec.server.target, fleet)
}

function declaredAt({ container, hypervisor }: TargetReference, fleet: Fleet): string | undefined {
  if (hypervisor !== undefined) return fleet.get('Hypervisor', hypervisor)?.spec.address
  const manifest = fleet.get('Container', container ?? '')
  return manifest === undefined ? undefined : declaredAddress(manifest)
}

/** Where the controller, standing on the hypervisor, reaches a listener. */
export function reachableAt(sink: SyslogSink, { address }: Listener, fleet: Fleet): string | undefined {
  if (address !== undefined) return address
  return sink.spec.server.target.hypervisor === undefined ? declaredAt(sink.spec.server.target, fleet) : '127.0.0.1'
}

/** In the mark of what several SyslogSinks share. */
export const commonOwner = 'all SyslogSinks of this target'

/** SyslogSinks that have to do with a target: as their sink, or as one that sends to them. */
export interface Sinks {
  readonly kept: readonly SyslogSink[]
  readonly sent: readonly (readonly [SyslogSink, Sender])[]
}

/** Asked for each placement: all of a fleet are found at once, and kept as long as it. */
export function sinksOn(target: Target, fleet: Fleet): Sinks {
  return oncePer(fleet, sinksByTarget).get(targetKey(target)) ?? { kept: [], sent: [] }
}

/** The target as one that sends to this sink; undefined where it does not. */
export function senderOn(sink: SyslogSink, target: Target, fleet: Fleet): Sender | undefined {
  return sinksOn(target, fleet).sent.find(([one]) => one.id === sink.id)?.[1]
}

function sinksByTarget(fleet: Fleet): ReadonlyMap<string, Sinks> {
  const all = fleet.all('SyslogSink')
  const kept = Map.groupBy(all, (sink) => keyOfTarget(sinkTarget(sink, fleet)))
  const ways = all.flatMap((sink) => sendersOf(sink, fleet).map((sender) => [sink, sender] as const))
  const sent = Map.groupBy(ways, ([, { target }]) => targetKey(target))
  const keys = [...new Set([...kept.keys(), ...sent.keys()])]
  return new Map(keys.map((key) => [key, { kept: kept.get(key) ?? [], sent: sent.get(key) ?? [] }]))
}

function keyOfTarget(target: Target | undefined): string {
  return target === undefined ? '' : targetKey(target)
}

/** Whether messages of the kernel go with the others: a container would send those of its hypervisor again. */
export function sendsKernelLog({ client, target }: Sender): boolean {
  return client.kernelLog ?? target.inside === undefined
}
