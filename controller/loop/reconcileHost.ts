import { reconcile } from '../engine/reconcile.ts'
import type { ReconcileDeps } from '../engine/run.ts'
import { keepUntold } from '../engine/unheard.ts'
import { manifestIn } from '../manifests/fleet.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { Ledger } from '../model/ledger.ts'
import type { LoopDeps } from './ports.ts'
import { holdBack, type Revision } from './revision.ts'
import { acceptsOf, type Before, type HeldBack, reconcileApart, type Settled } from './trials.ts'

/** What `reconcileHost` needs of whoever drives it, the loop or a command that runs once. */
export interface HostDeps {
  readonly name: HypervisorName
  readonly current: Revision
  readonly rules: LoopDeps<unknown>['rules']
  readonly git: Pick<LoopDeps<unknown>['git'], 'history' | 'readFile'>
  ledgers(): readonly Ledger[]
  /** What a cycle of this host at this revision needs. */
  reconcileDeps(revision: Revision): ReconcileDeps
  isOver(): boolean
}

/** Brings one host to a revision, and holds back there what it does not take. */
export function reconcileHost(deps: HostDeps, before: Before): Promise<Settled> {
  const { current } = deps
  return reconcileApart(
    {
      async cycle(held, isTrial) {
        const revision = await holdingBack(deps, held)
        const desired = revision?.compiled.states.get(deps.name)
        return revision === undefined || desired === undefined
          ? undefined
          : reconcile(desired, { ...deps.reconcileDeps(revision), isTrial })
      },
      generationOf: (owner) => manifestIn(current.fleet, owner)?.generation,
      isOver: deps.isOver,
      keepUntold: (cycles) => keepUntold(deps.reconcileDeps(current).memory, cycles),
    },
    before,
  )
}

/** Undefined where what is in force of one of them is not found in Git any more: without it, its part of what is shared would go. */
async function holdingBack({ current, rules, git, ledgers }: HostDeps, held: HeldBack): Promise<Revision | undefined> {
  if (held.size === 0) return current
  const holds = new Map([...held].map(([id, suspect]) => [id, { accepts: acceptsOf(suspect) }]))
  const revision = await holdBack(current, holds, rules, git, ledgers())
  const frozen = new Set(revision.frozen)
  const isLost = [...held].some(([id, { inForce }]) => inForce !== 'older' && inForce.size > 0 && frozen.has(id))
  return isLost ? undefined : revision
}
