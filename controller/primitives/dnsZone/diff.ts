import { type Difference, type FieldDifference, same } from '../../model/change.ts'
import type { Known, Observed } from '../../model/observation.ts'
import { noPeers, type Peer, type PeerFacts } from '../../model/primitive.ts'
import { targetKey } from '../../model/target.ts'
import type { DnsAnswer } from '../../shell/dnsAsk.ts'
import type { DnsZoneState } from './probe.ts'
import { afterSerial, brakeOf, changeOf } from './records.ts'
import { isAfter, resetSerial } from './serial.ts'
import { access, type DnsZoneSpec, type Primary, zoneFolder, zonePath } from './spec.ts'

export function diff(spec: DnsZoneSpec, observed: Known<DnsZoneState>, peers: PeerFacts = noPeers): Difference {
  const { role } = spec
  if (role.type === 'secondary') return ofSecondary(spec, observed, peers.of(role.primary))
  if (observed.status === 'absent')
    return changing('create', [{ field: 'records', before: undefined, after: `${role.before}${role.after}` }])
  if (role.isDynamic) return changing('update', [...folderDifference(observed.state), ...answering(observed.state)])
  if (observed.state.file?.hasJournal && role.signing === 'none') return { status: 'refused', reasons: [journalOf(spec.zone)] }
  const braked = brakeIn(spec.zone, role, observed.state)
  if (braked !== undefined) return { status: 'refused', reasons: [braked] }
  return changing('update', [
    ...fileDifferences(role, observed.state),
    ...serving(role, observed.state),
    ...behindPeers(spec, observed.state, peers),
    ...resetting(spec, observed.state, peers),
  ])
}

function changing(action: 'create' | 'update', fields: readonly FieldDifference[]): Difference {
  return fields.length === 0 ? same : { status: 'change', change: { action, impact: 'reload', fields } }
}

/** named would write it over our file when it stops. */
function journalOf(zone: string): string {
  const command = `rndc sync -clean ${zone.slice(0, -1)}`
  return `${zonePath(zone)}.jnl holds what others put into the zone by nsupdate: set mode: Dynamic, or, where that may go, have it written into the file by ${command}`
}

/** Only that it is served: its serial is moved by others. */
function answering({ served }: DnsZoneState): readonly FieldDifference[] {
  if (served === undefined || isServing(served)) return []
  return [{ field: 'served', before: describe(served), after: 'an answer with authority' }]
}

function brakeIn(zone: string, role: Primary, { file }: DnsZoneState): string | undefined {
  if (file === undefined || file.isEqual) return undefined
  return brakeOf(zone, changeOf(afterSerial(file.content ?? ''), role.after), role)
}

function fileDifferences(role: Primary, { file, folderAccess }: DnsZoneState): readonly FieldDifference[] {
  const wanted = `${role.before}${role.after}`
  const records = file?.isEqual ? [] : [{ field: 'records', before: withoutSerial(file?.content), after: wanted }]
  const mode = file === undefined || file.access === access.file ? [] : [{ field: 'access', before: file.access, after: access.file }]
  return [...records, ...mode, ...folderDifference({ folderAccess })]
}

function folderDifference({ folderAccess }: Pick<DnsZoneState, 'folderAccess'>): readonly FieldDifference[] {
  return folderAccess === access.folder ? [] : [{ field: 'folder', before: `${zoneFolder} ${folderAccess}`, after: access.folder }]
}

function withoutSerial(content: string | undefined): string | undefined {
  return content?.replace(/^((?:[^\n]*\n){3})\d{1,10}\n/, '$1')
}

/** What the server says against what its file says. A reload that was answered with success proves neither. */
function serving(role: Primary, { file, served }: DnsZoneState): readonly FieldDifference[] {
  if (file?.serial === undefined || served === undefined || !file.isEqual) return []
  const after = `serial ${file.serial}`
  const before = describe(served)
  if (!isServing(served)) return [{ field: 'served', before, after }]
  // What signs by itself counts on by itself.
  const isLoaded = served.serial === file.serial || (role.signing !== 'none' && !isAfter(file.serial, served.serial))
  if (!isLoaded) return [{ field: 'served', before, after }]
  return role.signing === 'signed' && !served.isSigned ? [{ field: 'signed', before: 'unsigned', after: 'signed' }] : []
}

export function isServing(served: DnsAnswer | undefined): served is DnsAnswer & { readonly serial: number } {
  return served?.rcode === 0 && served.isAuthoritative && served.serial !== undefined
}

/** For people. */
export function describe(served: DnsAnswer | undefined): string {
  if (served === undefined) return 'no answer'
  if (isServing(served)) return `serial ${served.serial}`
  const words: Readonly<Record<number, string>> = { 0: 'an answer without authority', 2: 'SERVFAIL', 3: 'NXDOMAIN', 5: 'REFUSED' }
  return words[served.rcode] ?? `rcode ${served.rcode}`
}

/** A peer that serves the zone, and its serial. */
export interface PeerSerial {
  readonly peer: Peer
  readonly serial: number
}

/** Serials of those peers that could be read and serve the zone. */
export function peerSerials(spec: DnsZoneSpec, peers: PeerFacts): readonly PeerSerial[] {
  return (spec.peers ?? []).flatMap((peer) => {
    const served = servedBy(peers.of(peer))
    return isServing(served) ? [{ peer, serial: served.serial }] : []
  })
}

type Fact = Pick<DnsZoneState, 'served'>

/** What other servers of a zone go by: the clock, and how long a secondary may still answer, are others at every look. */
export function fact({ served }: DnsZoneState): Fact {
  if (served === undefined) return { served }
  const { expiresSeconds: _moves, ...lasting } = served
  return { served: lasting }
}

function servedBy(observed: Observed<unknown>): DnsAnswer | undefined {
  return observed.status === 'present' ? (observed.state as Partial<Fact>).served : undefined
}

/** A secondary with a later serial would keep its old data for ever (a primary that was rebuilt, a serial that went backwards). */
function behindPeers(spec: DnsZoneSpec, { served, file }: DnsZoneState, peers: PeerFacts): readonly FieldDifference[] {
  const own = isServing(served) ? served.serial : file?.serial
  if (own === undefined) return []
  const ahead = peerSerials(spec, peers).find(({ serial }) => isAfter(serial, own))
  if (ahead === undefined) return []
  return [{ field: 'serial', before: `serial ${own}`, after: `after serial ${ahead.serial}, which ${targetKey(ahead.peer.target)} has` }]
}

/** The next step back, once every server of the zone has made the one before: a secondary that missed it would keep its data for ever. */
export function resetOf(spec: DnsZoneSpec, role: Primary, state: DnsZoneState, peers: PeerFacts): number | undefined {
  const { served, file, clockSeconds } = state
  if (!role.isReset || !isServing(served) || file?.serial !== served.serial) return undefined
  const others = peerSerials(spec, peers)
  const isTogether = others.length === (spec.peers ?? []).length && others.every(({ serial }) => serial === served.serial)
  return isTogether ? resetSerial(role.policy, served.serial, clockSeconds) : undefined
}

function resetting(spec: DnsZoneSpec, state: DnsZoneState, peers: PeerFacts): readonly FieldDifference[] {
  const next = spec.role.type === 'primary' ? resetOf(spec, spec.role, state, peers) : undefined
  if (next === undefined || !isServing(state.served)) return []
  return [{ field: 'serial', before: `serial ${state.served.serial}`, after: `serial ${next}, on its way back` }]
}

/** The primary's serial as it was last read, where it is ahead. A primary that cannot be read asks for nothing. */
function ofSecondary(spec: DnsZoneSpec, observed: Known<DnsZoneState>, primary: Observed<unknown>): Difference {
  const wanted = servedBy(primary)
  if (!isServing(wanted)) return same
  const served = observed.status === 'present' ? observed.state.served : undefined
  if (isServing(served) && !isAfter(wanted.serial, served.serial)) return same
  return changing('update', [
    {
      field: 'served',
      before: describe(served),
      after: `serial ${wanted.serial}, as ${targetKey((spec.role as { readonly primary: Peer }).primary.target)} has`,
      byPeer: true,
    },
  ])
}
