import type { Fleet, KindName } from '../../model/fleet.ts'
import { defineKind, type Reference } from '../../model/kind.ts'
import { type Placement, targetKey } from '../../model/target.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'
import type { MailRouteSpec } from './spec.ts'
import { gatewaysOf, type MailRoute, recipientSources } from './targets.ts'
import { vitals } from './vitals.ts'

/** Mail gateways with the same data: Postfix in containers or on hypervisors. */
export const mailRoute = defineKind<'MailRoute'>({
  kind: 'MailRoute',
  references,
  claims: (route, fleet) =>
    gatewaysOf(route, fleet).map(({ gateway, target }) => ({
      scope: `Postfix on ${targetKey(target)}`,
      value: 'its main.cf',
      path: `spec.gateways[${route.spec.gateways.indexOf(gateway)}].target`,
    })),
  check,
  place,
  rollout: () => 'oneAtATime',
  compile,
  vitals: (route, at, fleet) => vitals(route, at.target, fleet),
})

/** Servers of users come last: a gateway's turn does not wait for one that is down. */
function place(route: MailRoute, fleet: Fleet): readonly Placement[] {
  const sources = new Map(recipientSources(route, fleet).map(({ target }) => [targetKey(target), target]))
  return [
    ...gatewaysOf(route, fleet).map(({ target }) => ({ target, role: 'gateway' })),
    ...[...sources.values()].map((target) => ({ target, role: 'source' })),
  ]
}

function references({ gateways, domains, routes = [] }: MailRouteSpec): readonly Reference[] {
  const own = gateways.flatMap(({ target }, index) =>
    Object.entries(target).map(([field, name]): Reference => {
      const kind: KindName = field === 'container' ? 'Container' : 'Hypervisor'
      return { kind, name, path: `spec.gateways[${index}].target.${field}` }
    }),
  )
  const behind = [
    ...domains.map(({ target }, index) => ({ container: target?.container, path: `spec.domains[${index}].target.container` })),
    ...routes.map(({ target }, index) => ({ container: target.container, path: `spec.routes[${index}].target.container` })),
  ]
  return [
    ...own,
    ...behind.flatMap(({ container, path }) => (container === undefined ? [] : [{ kind: 'Container' as const, name: container, path }])),
  ]
}
