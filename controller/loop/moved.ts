import { secretsPrint } from '../manifests/secrets.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { DesiredState } from '../model/plan.ts'
import { mask } from '../shell/secret.ts'
import type { Revision } from './revision.ts'

/** Hypervisors whose desired state is another one than before; an unrelated commit moves none. */
export function moved(before: Revision | undefined, next: Revision): readonly HypervisorName[] {
  if (before === undefined || isForAll(before, next)) return [...next.compiled.states.keys()]
  const haveSecretsMoved = secretsPrint(before.head.secrets) !== secretsPrint(next.head.secrets)
  return [...next.compiled.states].flatMap(([name, state]) => {
    const print = printOf(state)
    // A secret prints the same whatever it is.
    const isMoved = printOf(before.compiled.states.get(name)) !== print || (haveSecretsMoved && print.includes(mask))
    return isMoved ? [name] : []
  })
}

function isForAll(before: Revision, next: Revision): boolean {
  return before.head.approvals.length !== next.head.approvals.length || before.frozen.length !== next.frozen.length
}

function printOf(state: DesiredState | undefined): string {
  return JSON.stringify(state?.items ?? null)
}
