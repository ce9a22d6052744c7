import type { ManifestId } from '../model/ids.ts'
import type { Ledger, LedgerEntry } from '../model/ledger.ts'
import type { DesiredState, Plan, PlannedChange } from '../model/plan.ts'
import type { Script } from '../shell/sh.ts'
import type { Policy } from './brake.ts'
import { type Applied, HostRefusedError } from './cycle.ts'
import type { PlanInput, Removal } from './input.ts'
import type { Observation } from './observe.ts'
import type { OwnMachine } from './ownMachine.ts'
import type { PeerView } from './peers.ts'
import { createSession, type Session, type SessionDeps } from './session.ts'

export interface ReconcileDeps extends SessionDeps {
  readonly policy: Policy
  /** Where the controller itself runs. */
  readonly ownMachine?: OwnMachine
  /** What other hypervisors and containers said last. Default: nothing was read yet. */
  readonly peers?: PeerView
  sourceFile(owner: ManifestId): string
  generationOf?(owner: ManifestId): string | undefined
  /** Versions that a host rejected before are tried, or held back to find out which it does not take. */
  readonly isTrial?: boolean
  removalOf(entry: LedgerEntry): Removal
  /** What is planned from what was found, where it is not what the desired state asks for. Default makePlan. */
  planFrom?(input: PlanInput): Plan
  /** Takes secrets out of what commands on the host said. */
  mask?(text: string): string
  /** Called with what a host's ledger says before anything is planned from it. */
  prepare?(ledger: Ledger | undefined): Promise<void>
  /** Term of the controller that writes: an older one is refused on the host. */
  readonly epoch: number
  wait(ms: number): Promise<void>
  readonly applyTimeoutMs: number
  readonly confirmTimeoutMs: number
  /** Who applies, for people that wait for it: `reeve run on ops1, process 4711`. */
  readonly controller: string
  /** Told what happens, as it happens. */
  onProgress?(event: Progress): void
}

export type Progress =
  /** `drift`: what of it had moved on the host, and was not known yet. */
  | { readonly type: 'planned'; readonly plan: Plan; readonly pass: number; readonly drift: readonly PlannedChange[] }
  | { readonly type: 'awaitingVerdict'; readonly changes: readonly PlannedChange[] }
  | { readonly type: 'applied'; readonly applied: readonly Applied[] }

/** Running state of one cycle. */
export interface Run {
  readonly session: Session
  readonly desired: DesiredState
  readonly deps: ReconcileDeps
  readonly applied: Applied[]
  readonly recovered: string[]
  /** Ids of the plans that were delivered. */
  readonly launched: string[]
  /** What commit probes heard that was not right. */
  readonly unproven: string[]
  readonly ms: { observe: number; plan: number; apply: number }
}

export function startRun(desired: DesiredState, deps: ReconcileDeps): Run {
  return {
    session: createSession(deps),
    desired,
    deps,
    applied: [],
    recovered: [],
    launched: [],
    unproven: [],
    ms: { observe: 0, plan: 0, apply: 0 },
  }
}

/** One round trip to the host, after `first` was done there. */
export async function observe(run: Run, first?: Script, extraMs?: number): Promise<Observation> {
  const started = run.deps.now()
  const observation = await observeAtRest(run, first, extraMs)
  run.ms[first === undefined ? 'observe' : 'apply'] += (run.deps.now() - started) * 1000
  refuseForeignHost(run, observation)
  await run.deps.prepare?.(run.session.ledger)
  return observation
}

/** Looks a second time where an apply or a job began or ended during the first, and none runs now. */
async function observeAtRest(run: Run, first?: Script, extraMs?: number): Promise<Observation> {
  const observation = await run.session.observe(run.desired, first, extraMs)
  if (!observation.busy?.isOver) return observation
  return { ...(await run.session.observe(run.desired)), said: observation.said }
}

/** Fleet, hypervisor and machine of the ledger must be ours (DESIGN §1.9). */
function refuseForeignHost(run: Run, observation: Observation): void {
  const header = run.session.ledger?.header
  if (header === undefined) return
  const { fleet, hypervisor } = run.desired
  if (header.fleet !== fleet)
    throw new HostRefusedError({
      reason: 'ForeignFleet',
      message: `${hypervisor} belongs to fleet ${header.fleet}, not to ${fleet}; release it there, or take it over with: reeve takeover ${hypervisor}`,
    })
  if (header.hypervisor !== hypervisor)
    throw new HostRefusedError({
      reason: 'ForeignMachine',
      message: `the host at this address is ${header.hypervisor} of this fleet, not ${hypervisor}: correct spec.address, or take it over with: reeve takeover ${hypervisor}`,
    })
  if (header.machineId !== observation.facts.machineId)
    throw new HostRefusedError({
      reason: 'ForeignMachine',
      message: `${hypervisor} is another machine than the one that its ledger was written on (machine-id ${observation.facts.machineId}, was ${header.machineId}); if it was rebuilt or cloned on purpose: reeve takeover ${hypervisor}`,
    })
}
