import type { Spec } from './primitive.ts'

/** How a manifest wants all that it asks for to be looked after: the fields that the CRDs of most kinds have alike. */
export interface LookedAfter {
  readonly deletionPolicy?: 'Retain' | 'Delete'
  readonly adopt?: Policies['adopt']
  readonly driftPolicy?: Policies['driftPolicy']
  readonly restarts?: Policies['restarts']
  readonly maintenanceWindow?: unknown
}

export type Policies = Readonly<Required<Pick<Spec, 'deletionPolicy' | 'adopt' | 'driftPolicy' | 'restarts'>>>

/** With what is not written: a window is what restarts wait for. `unwritten` is where a kind's own defaults differ. */
export function policiesOf(spec: LookedAfter, unwritten: Pick<LookedAfter, 'deletionPolicy' | 'restarts'> = {}): Policies {
  const { deletionPolicy = unwritten.deletionPolicy ?? 'Delete', adopt = 'IfEqual', driftPolicy = 'Correct', maintenanceWindow } = spec
  const restarts = spec.restarts ?? (maintenanceWindow === undefined ? (unwritten.restarts ?? 'Never') : 'InWindow')
  return { deletionPolicy, adopt, driftPolicy, restarts }
}
