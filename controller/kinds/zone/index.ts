import type { Fleet } from '../../model/fleet.ts'
import { type Claim, defineKind, type Reference } from '../../model/kind.ts'
import { type Placement, targetKey } from '../../model/target.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'
import { hostClients } from './hosts.ts'
import { nameOfZone, serversOf, type ZoneManifest } from './places.ts'
import type { ZoneSpec } from './spec.ts'
import { vitals } from './vitals.ts'

/** A zone of the DNS, and the name servers that hold it. */
export const zone = defineKind<'Zone'>({
  kind: 'Zone',
  references,
  claims,
  check,
  place,
  compile,
  vitals,
})

function references({ primary, secondaries = [], reverseOf, mailFrom }: ZoneSpec): readonly Reference[] {
  return [
    { kind: 'NameServer', name: primary, path: 'spec.primary' },
    ...secondaries.map((name, index) => ({ kind: 'NameServer', name, path: `spec.secondaries[${index}]` }) as const),
    ...(mailFrom === undefined ? [] : [{ kind: 'MailRoute', name: mailFrom.route, path: 'spec.mailFrom.route' } as const]),
    ...(reverseOf?.zones ?? []).map((name, index) => ({ kind: 'Zone', name, path: `spec.reverseOf.zones[${index}]` }) as const),
  ]
}

/** One BIND holds a zone once. */
function claims(manifest: ZoneManifest, fleet: Fleet): readonly Claim[] {
  const targets = new Set(serversOf(manifest, fleet).map(({ target }) => targetKey(target)))
  return [...targets].map((target) => ({
    scope: `zone on ${target}`,
    value: nameOfZone(manifest),
    path: 'spec.name',
  }))
}

function place(manifest: ZoneManifest, fleet: Fleet): readonly Placement[] {
  const servers = serversOf(manifest, fleet).map(({ target, role }) => ({ target, role }))
  return [...servers, ...hostClients(manifest, fleet).map((target) => ({ target, role: 'client' }))]
}
