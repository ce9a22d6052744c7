import type { Fleet } from '../../model/fleet.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { checkDomains } from './check-domains.ts'
import { checkGateways } from './check-gateways.ts'
import { checkLimits } from './check-limits.ts'
import { checkMx } from './check-mx.ts'
import { checkProbes, checkRedirects, checkRoutes } from './check-redirects.ts'
import { mailData } from './data.ts'
import type { MailRoute } from './targets.ts'

/** What the schema cannot say of a mail route. */
export function check(route: MailRoute, fleet: Fleet): readonly Diagnostic[] {
  const data = mailData(route, fleet)
  return [
    ...checkGateways(route, data, fleet),
    ...checkDomains(route, data, fleet),
    ...checkRedirects(route, data),
    ...checkRoutes(route, data, fleet),
    ...checkProbes(route, data),
    ...checkLimits(route),
    ...checkMx(route, data, fleet),
  ]
}
