import type { ManifestId } from '../model/ids.ts'
import type { Ledger, LedgerEntry } from '../model/ledger.ts'
import type { DesiredState, Plan, PlannedChange } from '../model/plan.ts'
import { joinScripts, type Script } from '../shell/sh.ts'
import { raiseFence } from './apply/fence.ts'
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
  /** Under which it writes: an older one than the host knows is refused there. `found`: a person's command, which takes the one that the host is at. */
  readonly epoch: number | 'found'
  /** Why nothing may be begun at this moment, though it may be looked at: who is in charge is not certain. Asked anew before each change. */
  mayNotWrite?(): string | undefined
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
  const message = withFence(run, first)
  const observation = await run.session.observe(run.desired, message, extraMs)
  if (message !== first) noteFence(run)
  if (!observation.busy?.isOver) return observation
  return { ...(await run.session.observe(run.desired)), said: observation.said }
}

/** The first message of an owner, and of each session: from then on the host refuses those before it. The epoch of whoever shares no fleet needs no word. */
function withFence({ deps }: Run, first: Script | undefined): Script | undefined {
  const { epoch, host, memory } = deps
  const isRaised = memory.fence?.epoch === epoch && memory.fence.session === host.sessionId()
  if (epoch === 'found' || epoch <= 1 || isRaised || deps.mayNotWrite?.() !== undefined) return first
  return first === undefined ? raiseFence(epoch) : joinScripts([raiseFence(epoch), first])
}

/** What was sent is noted, whatever is certain by now. */
function noteFence({ deps }: Run): void {
  if (deps.epoch !== 'found') deps.memory.fence = { epoch: deps.epoch, session: deps.host.sessionId() }
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
  const { epoch } = run.deps
  const newest = Math.max(header.epoch, observation.facts.fence)
  if (epoch !== 'found' && newest > epoch)
    throw new HostRefusedError({ reason: 'NewerOwner', message: newerOwner(hypervisor, newest, epoch) })
  if (header.machineId !== observation.facts.machineId)
    throw new HostRefusedError({
      reason: 'ForeignMachine',
      message: `${hypervisor} is another machine than the one that its ledger was written on (machine-id ${observation.facts.machineId}, was ${header.machineId}); if it was rebuilt or cloned on purpose: reeve takeover ${hypervisor}`,
    })
}

/** What a person reads where a host was written by somebody with a higher epoch. */
function newerOwner(hypervisor: string, newest: number, epoch: number): string {
  return `${hypervisor} is in the charge of a newer controller (epoch ${newest}; this one has ${epoch}): stop this one, or, if the newer one is gone for good, raise epoch in reeve.yaml of this one`
}
