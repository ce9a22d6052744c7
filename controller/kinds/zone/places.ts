import type { Fleet } from '../../model/fleet.ts'
import type { Manifest } from '../../model/manifest.ts'
import { declaredAddress, resolveTarget } from '../../model/placement.ts'
import type { Target } from '../../model/target.ts'
import type { NameServerSpec } from '../nameserver/spec.ts'
import { zoneName } from './names.ts'
import type { ZoneSpec } from './spec.ts'

export type ZoneManifest = Manifest<'Zone', ZoneSpec>
export type NameServerManifest = Manifest<'NameServer', NameServerSpec>

/** A name server of a zone, as its manifest declares it. */
export interface Server {
  readonly name: string
  readonly role: 'primary' | 'secondary'
  readonly target: Target
  /** Where others reach it. */
  readonly address: string
  readonly manifest: NameServerManifest
}

/** The servers of a zone that can be told; the check says why one cannot. */
export function serversOf({ spec }: ZoneManifest, fleet: Fleet): readonly Server[] {
  const all = [
    { name: spec.primary, role: 'primary' } as const,
    ...(spec.secondaries ?? []).map((name) => ({ name, role: 'secondary' }) as const),
  ]
  return all.flatMap(({ name, role }) => {
    const manifest = fleet.get('NameServer', name)
    const target = manifest && resolveTarget(fleet, manifest.spec.target)
    const address = manifest && addressOf(manifest, fleet)
    return manifest && target && address !== undefined ? [{ name, role, target, address, manifest }] : []
  })
}

/** Where others reach a name server; undefined where nobody declares it. */
export function addressOf({ spec }: NameServerManifest, fleet: Fleet): string | undefined {
  if (spec.address !== undefined) return spec.address
  const container = spec.target.container === undefined ? undefined : fleet.get('Container', spec.target.container)
  return container && declaredAddress(container)
}

/** The zone's name, absolute; the check let no other through. */
export function nameOfZone({ spec }: Pick<ZoneManifest, 'spec'>): string {
  const name = zoneName(spec.name)
  return name.ok ? name.value : 'invalid.'
}
