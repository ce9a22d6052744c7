import { keyOf, type PrimitiveId } from '../../model/ids.ts'
import type { Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { type FoundSet, lookAtZones, parseZones, type SeenZone } from '../../shell/dnsTransfer.ts'
import type { Script } from '../../shell/sh.ts'
import { type DnsRecordsSpec, oursPath, soaNumber, typeNumber } from './spec.ts'

/** A set that our last update left there. */
export interface Remembered extends FoundSet {
  /** Hash of what was wanted then. */
  readonly wanted: string
}

export interface DnsRecordsState {
  /** By `TYPE NAME`: what the zone has of the sets that are wanted or remembered. */
  readonly found: ReadonlyMap<string, FoundSet>
  readonly remembered: ReadonlyMap<string, Remembered>
}

export function keyOfSet({ type, name }: { readonly type: string; readonly name: string }): string {
  return `${typeNumber(type)} ${name}`
}

export function probe(subjects: readonly Subject<DnsRecordsSpec>[]): Script {
  return lookAtZones(
    subjects.map(({ id, spec }) => ({
      ...(spec?.ask ?? { address: '127.0.0.1', port: 53 }),
      zone: keyOf(id),
      file: oursPath(keyOf(id)),
      sets: [{ type: soaNumber, name: keyOf(id) }, ...(spec?.sets ?? []).map(({ type, name }) => ({ type: typeNumber(type) ?? 0, name }))],
    })),
  )
}

export function parse(stdout: string, subjects: readonly Subject<DnsRecordsSpec>[]): Parsed<DnsRecordsState> {
  const zones = parseZones(stdout)
  return {
    items: new Map<PrimitiveId, Observed<DnsRecordsState>>(subjects.map(({ id, spec }) => [id, observed(zones.get(keyOf(id)), spec)])),
  }
}

function observed(seen: SeenZone | undefined, spec: DnsRecordsSpec | undefined): Observed<DnsRecordsState> {
  if (seen === undefined) return { status: 'unknown', reason: 'the target could not look at the zone: is perl there?' }
  const remembered = rememberedIn(seen.ours)
  if (remembered === undefined) return { status: 'unknown', reason: 'the file that remembers its records cannot be read' }
  // Of one that nobody asks for only the file is left to go.
  if (seen.sets === undefined && spec !== undefined) return { status: 'unknown', reason: `the zone could not be read: ${seen.why}` }
  const state = { found: seen.sets ?? new Map<string, FoundSet>(), remembered }
  const [, fleet, owner] = /^; Managed by Reeve, fleet ([a-z0-9-]{1,63}), (\S.{0,200})$/.exec(seen.ours?.[0] ?? '') ?? []
  if (seen.ours === undefined) return { status: 'absent', around: state }
  return fleet === undefined || owner === undefined ? { status: 'present', state } : { status: 'present', state, mark: { fleet, owner } }
}

const line = /^(\d{1,5}) (\S+) (\d{1,10}) ([0-9a-f]{16}) ([0-9a-f,]*)$/

function rememberedIn(ours: readonly string[] | undefined): ReadonlyMap<string, Remembered> | undefined {
  const sets = new Map<string, Remembered>()
  for (const text of ours ?? []) {
    if (text.startsWith(';')) continue
    const [, type, name = '', ttl, wanted = '', data = ''] = line.exec(text) ?? []
    if (type === undefined) return undefined
    sets.set(`${type} ${name}`, { type: Number(type), name, ttl: Number(ttl), wanted, data: data.split(',') })
  }
  return sets
}
