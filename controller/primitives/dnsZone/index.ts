import { definePrimitive, type FieldValue } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { sha256 } from '../../shell/inspect.ts'
import { diff, fact } from './diff.ts'
import { type DnsZoneState, parse, probe } from './probe.ts'
import { release, retire } from './retire.ts'
import { copyPath, type DnsZoneSpec, zonePath } from './spec.ts'
import { stagedAt, steps } from './steps.ts'

/** A zone on one name server: its file without regard to its serial, and whether it is served; on a secondary, whether it has caught up. */
export const dnsZonePrimitive = definePrimitive<DnsZoneSpec, DnsZoneState>({
  type: 'dnsZone',
  ownership: 'exclusive',
  isLoaded: true,
  fields,
  watched: ({ zone, role }) => paths(role.type === 'primary' ? zonePath(zone) : copyPath(zone)),
  probe,
  parse,
  diff: (spec, observed, _last, peers) => diff(spec, observed, peers),
  fact,
  steps,
  retire,
  release,
  staged: stagedAt,
})

function fields({ role }: DnsZoneSpec): Readonly<Record<string, FieldValue>> {
  if (role.type === 'secondary') return { role: 'secondary' }
  if (role.isDynamic) return { role: 'dynamic' }
  const { before, after, signing } = role
  return { role: 'primary', records: `sha256:${sha256(`${before}${after}`)}`, signing }
}
