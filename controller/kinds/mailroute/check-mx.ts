import type { Fleet } from '../../model/fleet.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import type { ZoneSpec } from '../zone/spec.ts'
import type { MailData } from './data.ts'
import { warn } from './findings.ts'
import { hostOf, type MailRoute } from './targets.ts'

type ZoneRecord = NonNullable<ZoneSpec['records']>[number]

/** A domain whose zone is in this fleet too, and sends the world's mail elsewhere. */
export function checkMx(route: MailRoute, { domains }: MailData, fleet: Fleet): readonly Diagnostic[] {
  const gateways = new Set(route.spec.gateways.flatMap(({ hostname }) => hostOf(hostname) ?? []))
  return domains.flatMap(({ name }, index): readonly Diagnostic[] => {
    const zone = fleet.all('Zone').find(({ spec }) => hostOf(spec.name) === name)
    if (zone === undefined || zone.spec.mailFrom?.route === route.name) return []
    const exchanges = exchangesOf(zone.spec.records ?? [], name)
    if (exchanges.some((one) => gateways.has(one))) return []
    const elsewhere = exchanges.length === 0 ? 'has no MX' : `MX points to ${exchanges.join(', ')}`
    const summary = `Zone/${zone.name} ${elsewhere}, not to these gateways: mail for ${name} does not come here`
    return [warn(route, `spec.domains[${index}].name`, summary, `set spec.mailFrom.route: ${route.name} there`)]
  })
}

/** Hosts of the zone's own MX records, as the DNS has them. */
function exchangesOf(records: readonly ZoneRecord[], zone: string): readonly string[] {
  const values = records.filter(({ name, type }) => type === 'MX' && (name === '@' || hostOf(name) === zone)).flatMap((one) => one.values)
  return values.flatMap((value) => {
    const text = typeof value === 'string' ? '' : String(value['exchange'] ?? '')
    return hostOf(text.includes('.') ? text.replace(/\.$/, '') : `${text}.${zone}`) ?? []
  })
}
