import { hypervisorName } from '../../model/ids.ts'
import { defineKind } from '../../model/kind.ts'
import { check } from './check.ts'
import { claims } from './claims.ts'
import { providerOf } from './providers.ts'

export const container = defineKind<'Container'>({
  kind: 'Container',
  references: (spec) => [{ kind: 'Hypervisor', name: spec.hypervisor, path: 'spec.hypervisor' }],
  claims: (manifest, fleet) => [...providerOf(manifest).claims(manifest, fleet), ...claims(manifest)],
  check: (manifest, fleet) => [...providerOf(manifest).check(manifest, fleet), ...check(manifest, fleet)],
  place: (manifest) => [{ target: { hypervisor: hypervisorName(manifest.spec.hypervisor) }, role: 'host' }],
  compile: (manifest, _at, fleet) => providerOf(manifest).compile(manifest, fleet),
  vitals: (manifest, at) => providerOf(manifest).vitals(manifest, at.target),
})
