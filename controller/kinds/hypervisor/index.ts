import { hypervisorName } from '../../model/ids.ts'
import { type Claim, defineKind } from '../../model/kind.ts'
import type { Manifest } from '../../model/manifest.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'
import type { HypervisorSpec } from './spec.ts'
import { upkeep } from './upkeep.ts'
import { vitals } from './vitals.ts'

/** A machine reached by SSH, and what it must hold itself. */
export const hypervisor = defineKind<'Hypervisor'>({
  kind: 'Hypervisor',
  // A jump may also name a host of reeve.yaml, which no manifest knows.
  references: () => [],
  claims,
  check,
  place: (manifest) => [{ target: { hypervisor: hypervisorName(manifest.name) }, role: 'host' }],
  compile: (manifest, _at, fleet) => compile(manifest, fleet),
  vitals: (manifest, at) => [...vitals(at.target), ...upkeep(at.target, manifest.spec.system?.sshd !== undefined)],
})

/** The way to it, for two manifests of one machine would undo each other; and its addresses on bridges: no container may have one of them. */
function claims({ name, spec }: Manifest<'Hypervisor', HypervisorSpec>): readonly Claim[] {
  const way = `SSH address${spec.jump === undefined ? '' : ` behind ${spec.jump}`}`
  const ways = (spec.ports ?? [22]).map((port, index) => ({
    scope: way,
    value: `${spec.address.toLowerCase()} port ${port}`,
    path: spec.ports === undefined ? 'spec.address' : `spec.ports[${index}]`,
  }))
  const bridges = (spec.system?.bridges ?? []).flatMap(({ addresses = [] }, bridge) =>
    addresses.map((address, index) => ({
      scope: `address on ${name}`,
      value: address.split('/')[0] ?? address,
      path: `spec.system.bridges[${bridge}].addresses[${index}]`,
    })),
  )
  const mounts = (spec.system?.mounts ?? []).map(({ path }, index) => ({
    scope: `mount path on ${name}`,
    value: path,
    path: `spec.system.mounts[${index}].path`,
  }))
  return [...ways, ...bridges, ...mounts]
}
