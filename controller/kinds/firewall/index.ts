import type { Fleet } from '../../model/fleet.ts'
import { type Claim, defineKind } from '../../model/kind.ts'
import { targetKey } from '../../model/target.ts'
import { nftTable } from '../../primitives/nftTable/spec.ts'
import { debianPackage } from '../../primitives/package/spec.ts'
import { sysctl } from '../../primitives/sysctl/spec.ts'
import { checkFirewall, dnatKey, type Firewall } from './check.ts'
import { confirmOf, partOf } from './compile.ts'
import { withAddresses } from './containers.ts'
import { placementsOf, referencesOf } from './place.ts'
import { needsForwarding, vitalsOf } from './vitals.ts'

/** Packet filter and address translation of a target. */
export const firewall = defineKind({
  kind: 'Firewall',
  references: referencesOf,
  claims: claimsOf,
  check: checkFirewall,
  place: (manifest, fleet) => placementsOf(manifest.spec, fleet),
  compile: ({ name, spec }, _, fleet) => [
    debianPackage('nftables'),
    ...((spec.enableForwarding ?? needsForwarding(spec)) ? [sysctl('net.ipv4.ip_forward', '1')] : []),
    nftTable(partOf(name, withAddresses(spec, fleet)), confirmOf(spec), {
      ...(spec.adopt === undefined ? {} : { adopt: spec.adopt }),
      ...(spec.driftPolicy === undefined ? {} : { driftPolicy: spec.driftPolicy }),
    }),
  ],
  vitals: vitalsOf,
})

/** Rule names and what dnats ask for are unique on a target, among all its Firewalls. */
function claimsOf(manifest: Firewall, fleet: Fleet): readonly Claim[] {
  const { rules = [], nat = [] } = withAddresses(manifest.spec, fleet)
  return placementsOf(manifest.spec, fleet).flatMap(({ target }) => [
    ...rules.map((rule, index) => ({
      scope: `firewall rule on ${targetKey(target)}`,
      value: rule.name,
      path: `spec.rules[${index}].name`,
    })),
    ...nat.map((one, index) => ({ scope: `firewall rule on ${targetKey(target)}`, value: one.name, path: `spec.nat[${index}].name` })),
    ...nat.flatMap((one, index) =>
      one.type === 'dnat' ? [{ scope: `dnat on ${targetKey(target)}`, value: dnatKey(one), path: `spec.nat[${index}].port` }] : [],
    ),
  ])
}
