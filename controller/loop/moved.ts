import { secretsPrint } from '../manifests/secrets.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { Revision } from './revision.ts'
import { isSame } from './same.ts'

/** Hypervisors whose desired state is another one than before; an unrelated commit moves none. */
export function moved(before: Revision | undefined, next: Revision): readonly HypervisorName[] {
  if (before === undefined || isForAll(before, next)) return [...next.compiled.states.keys()]
  const haveSecretsMoved = secretsPrint(before.head.secrets) !== secretsPrint(next.head.secrets)
  return [...next.compiled.states].flatMap(([name, state]) =>
    isSame(before.compiled.states.get(name)?.items, state.items, haveSecretsMoved) ? [] : [name],
  )
}

function isForAll(before: Revision, next: Revision): boolean {
  return before.head.approvals.length !== next.head.approvals.length || before.frozen.length !== next.frozen.length
}
