import { primitiveId } from '../../model/ids.ts'
import type { Needed, Peer, Spec } from '../../model/primitive.ts'
import { type ServiceSpec, service } from '../service/spec.ts'
import type { SerialPolicy } from './serial.ts'

/** How much one change may take away or alter; of zones with fewer records than `minExisting` everything. */
export interface ZoneSafety {
  readonly maxDeletePercent: number
  readonly maxUpdatePercent: number
  readonly minExisting: number
}

/** A zone on one name server (BIND 9): its file and serial on the primary, its freshness on a secondary. */
export interface DnsZoneSpec extends Spec<'dnsZone'> {
  /** Absolute and lower case: `example.com.`. */
  readonly zone: string
  /** Where the server is asked, from its own target. */
  readonly ask: { readonly address: string; readonly port: number }
  readonly role: Primary | Secondary
}

export interface Primary {
  readonly type: 'primary'
  /** The zone file, whole lines: three before the serial, which is a line of its own, and all after it. Begins with the mark. */
  readonly before: string
  readonly after: string
  readonly policy: SerialPolicy
  /** A serial that is far ahead of the policy's wish is brought back to it, step by step. */
  readonly isReset?: true
  /** `signed`: BIND signs it by itself, and counts its own serial · `ending`: it takes its signatures away, and still counts by itself. */
  readonly signing: 'none' | 'signed' | 'ending'
  /** Others update it, too (RFC 2136): named owns its file, which is written where there is none and never again. */
  readonly isDynamic?: true
  readonly safety: ZoneSafety
  /** Hash of the change that a person confirmed against `safety`. */
  readonly confirmed?: string
}

export interface Secondary {
  readonly type: 'secondary'
  /** The zone on its primary, one of `peers`. */
  readonly primary: Peer
}

export type WantedZone = Omit<DnsZoneSpec, 'type' | 'id' | 'ask'> & Partial<Pick<DnsZoneSpec, 'ask'>>

const grammar = /^([a-z0-9_/-]{1,63}\.)+$/

/** A zone as it shall be. Throws on what kinds check first. */
export function dnsZone({ ask = { address: '127.0.0.1', port: 53 }, ...wanted }: WantedZone): DnsZoneSpec {
  if (!grammar.test(wanted.zone) || wanted.zone.length > 254) throw new Error(`not a zone: ${JSON.stringify(wanted.zone)}`)
  if (wanted.role.type === 'primary') mustBeLines(wanted.role)
  return { ...wanted, ask, type: 'dnsZone', id: primitiveId('dnsZone', wanted.zone) }
}

function mustBeLines({ before, after }: Primary): void {
  if (!before.endsWith('(\n') || before.split('\n').length !== serialLine) throw new Error('the serial would not stand on its line')
  if (!after.endsWith('\n')) throw new Error('a zone file does not end in a line feed')
}

/** Line of the file that holds the serial and nothing else. */
export const serialLine = 4

/** Where named may write beside its zones (journals, signed versions): not in /etc/bind, where it would serve a zone unsigned and say nothing. */
export const zoneFolder = '/var/lib/bind/reeve'

/** A zone's name as part of a file name: the slash of RFC 2317 is none there. */
function fileWord(zone: string): string {
  return zone.slice(0, -1).replaceAll('/', '%2F')
}

/** Mode and owner of zone files, and of their folder: named makes journals and signed versions there. */
export const access = { file: '644 root:bind', folder: '2775 root:bind' } as const

/** The primary's zone file. */
export function zonePath(zone: string): string {
  return `${zoneFolder}/db.${fileWord(zone)}`
}

/** A secondary's copy, which is named's own. */
export function copyPath(zone: string): string {
  return `/var/cache/bind/reeve-${fileWord(zone)}`
}

/** First line of a zone file: whose it is. */
export function zoneMark(fleet: string, owner: string): string {
  return `; Managed by Reeve, fleet ${fleet}, ${owner}\n`
}

/** BIND's service, with its own checker over all that it would load: also zones, and also what Reeve did not write. */
export function bindService(loads: readonly Spec[], needs: readonly Needed[]): ServiceSpec {
  return service({
    unit: 'named.service',
    isEnabled: true,
    state: 'running',
    loads,
    check: { argv: ['named-checkconf', '-z'], failOn: ['ignoring out-of-zone data', 'not set to prior TTL', 'extra data'] },
    reload: 'reload',
    needs,
  })
}
