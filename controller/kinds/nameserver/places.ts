import { domainToASCII } from 'node:url'
import { isIpAddress } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import type { Manifest } from '../../model/manifest.ts'
import { declaredAddress, resolveTarget } from '../../model/placement.ts'
import type { Target } from '../../model/target.ts'
import type { NameServerSpec } from './spec.ts'

export type NameServerManifest = Manifest<'NameServer', NameServerSpec>
export type Client = NonNullable<NameServerSpec['clients']>[number]

/** Where others reach it; undefined where nobody declares it. */
export function addressOf({ spec }: NameServerManifest, fleet: Fleet): string | undefined {
  if (spec.address !== undefined) return spec.address
  const container = spec.target.container === undefined ? undefined : fleet.get('Container', spec.target.container)
  return container && declaredAddress(container)
}

/** The name as it is in the DNS; a zone's own check has refused what has none. */
export function asciiName(name: string): string {
  const labels = name.replace(/\.$/, '').split('.')
  return `${labels.map((label) => (/^[\x00-\x7f]*$/.test(label) ? label.toLowerCase() : domainToASCII(label))).join('.')}.`
}

/** Whom a client asks, as addresses. */
export function addressesFor({ nameservers }: Client, fleet: Fleet): readonly string[] {
  return nameservers.flatMap((text) => {
    if (isIpAddress(text)) return [text]
    const server = fleet.get('NameServer', text)
    return (server && addressOf(server, fleet)) ?? []
  })
}

/** A client whose target can be told. */
export interface Placed {
  readonly client: Client
  readonly target: Target
}

export function clientsOf({ spec }: NameServerManifest, fleet: Fleet): readonly Placed[] {
  return (spec.clients ?? []).flatMap((client) => {
    const target = resolveTarget(fleet, client.target)
    return target ? [{ client, target }] : []
  })
}

/** Keys that this server needs: its own, those of the primaries that it copies zones from, and those of who updates its zones. */
export function keysOf(server: NameServerManifest, fleet: Fleet): readonly TransferKey[] {
  const followed = fleet.all('Zone').filter(({ spec }) => spec.secondaries?.includes(server.name))
  const primaries = [...new Set(followed.map(({ spec }) => spec.primary))].sort().flatMap((name) => fleet.get('NameServer', name) ?? [])
  const updated = fleet.all('Zone').filter(({ spec }) => spec.primary === server.name && spec.mode === 'Dynamic')
  const all = [
    ...[server, ...primaries].flatMap(({ spec }) => spec.transferKeys ?? []),
    ...updated.flatMap(({ spec }) => spec.updaters ?? []),
  ]
  return [...new Map(all.map((key) => [key.secretRef, key])).values()]
}

export type TransferKey = NonNullable<NameServerSpec['transferKeys']>[number]
