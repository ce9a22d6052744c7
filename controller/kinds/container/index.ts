import { hypervisorName } from '../../model/ids.ts'
import { defineKind } from '../../model/kind.ts'
import { checkSystem } from '../../system/check.ts'
import { compileSystem } from '../../system/compile.ts'
import { check } from './check.ts'
import { claims } from './claims.ts'
import { providerOf } from './providers.ts'
import { checkInside, placeInside, systemInside } from './system.ts'
import { unitVitals } from './units.ts'

export const container = defineKind<'Container'>({
  kind: 'Container',
  references: (spec) => [{ kind: 'Hypervisor', name: spec.hypervisor, path: 'spec.hypervisor' }],
  claims: (manifest, fleet) => [...providerOf(manifest).claims(manifest, fleet), ...claims(manifest)],
  check: (manifest, fleet) => [
    ...providerOf(manifest).check(manifest, fleet),
    ...check(manifest, fleet),
    ...checkInside(manifest),
    ...checkSystem(systemInside(manifest, fleet)),
  ],
  place: (manifest) => [{ target: { hypervisor: hypervisorName(manifest.spec.hypervisor) }, role: 'host' }, ...placeInside(manifest)],
  compile: (manifest, at, fleet) =>
    at.role === 'system' ? compileSystem(systemInside(manifest, fleet), fleet.name) : providerOf(manifest).compile(manifest, fleet),
  vitals: (manifest, at) => (at.role === 'system' ? [] : [...providerOf(manifest).vitals(manifest, at.target), ...unitVitals(manifest)]),
})
