import type { Cycle } from '../../controller/engine/cycle.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { depsOf, desired } from '../conformance/engine.ts'
import { sshPlace } from '../conformance/ssh-place.ts'
import type { LabHost } from '../lab/machine.ts'

/** The real engine on a machine of the lab, over the controller's own SSH. */
export interface EngineOnHost extends AsyncDisposable {
  /** One cycle; its status, and its message where there is one. */
  reconcile(specs: readonly Spec[]): Promise<string>
  /** What the last cycle kept, and why, without the time. */
  orphans(): readonly string[]
}

export function engineOn(machine: LabHost): EngineOnHost {
  const place = sshPlace(machine)
  let last: Cycle | undefined
  return {
    async reconcile(specs) {
      last = await reconcile(desired(specs.map((spec) => ({ ...spec, ...ownedAs(spec) }))), depsOf(place))
      return `${last.status} ${last.message}`.trim()
    },
    orphans: () => (last?.plan.orphans ?? []).map(({ id, because }) => `${id} ${because.replace(/ \d{4}-.*/, '')}`),
    [Symbol.asyncDispose]: () => place.host[Symbol.asyncDispose](),
  }
}

/** The owner that the engine of the conformance suite gives to everything. */
function ownedAs(spec: Spec): { readonly bringsBack?: string } {
  return spec.type === 'logicalVolume' ? { bringsBack: 'Kind/one' } : {}
}
