import type { KindName } from '../../model/fleet.ts'
import { hypervisorName } from '../../model/ids.ts'
import { defineKind } from '../../model/kind.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'
import { vitals } from './vitals.ts'

/** A hypervisor's disks: tested by smartd, and asked by Reeve itself. */
export const smartCheck = defineKind<'SmartCheck'>({
  kind: 'SmartCheck',
  references: ({ target }) => [{ kind: 'Hypervisor' as KindName, name: target.hypervisor, path: 'spec.target.hypervisor' }],
  claims: ({ spec }) => [{ scope: `smartd on ${spec.target.hypervisor}`, value: '/etc/smartd.conf', path: 'spec.target.hypervisor' }],
  check,
  place: ({ spec }) => [{ target: { hypervisor: hypervisorName(spec.target.hypervisor) }, role: 'host' }],
  compile,
  vitals: (manifest, at) => vitals(manifest, at.target),
})
