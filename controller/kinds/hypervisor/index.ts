import { hypervisorName } from '../../model/ids.ts'
import { type Claim, defineKind } from '../../model/kind.ts'
import type { Manifest } from '../../model/manifest.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'
import type { HypervisorSpec } from './spec.ts'
import { vitals } from './vitals.ts'

/** A machine reached by SSH, and what it must hold itself. */
export const hypervisor = defineKind<'Hypervisor'>({
  kind: 'Hypervisor',
  // A jump may also name a host of reeve.yaml, which no manifest knows.
  references: () => [],
  claims,
  check,
  place: (manifest) => [{ target: { hypervisor: hypervisorName(manifest.name) }, role: 'host' }],
  compile: (manifest) => compile(manifest),
  vitals: (_manifest, at) => vitals(at.target),
})

/** Its addresses on bridges: no container may have one of them. */
function claims({ name, spec }: Manifest<'Hypervisor', HypervisorSpec>): readonly Claim[] {
  return (spec.system?.bridges ?? []).flatMap(({ addresses = [] }, bridge) =>
    addresses.map((address, index) => ({
      scope: `address on ${name}`,
      value: address.split('/')[0] ?? address,
      path: `spec.system.bridges[${bridge}].addresses[${index}]`,
    })),
  )
}
