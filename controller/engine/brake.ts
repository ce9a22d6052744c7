import { createHash } from 'node:crypto'
import { type Impact, impacts } from '../model/change.ts'
import type { HypervisorName, ManifestId } from '../model/ids.ts'
import type { Brake, PlannedChange, Withheld } from '../model/plan.ts'
import type { Spec } from '../model/primitive.ts'
import { type Target, targetKey } from '../model/target.ts'
import { type OwnMachine, ownDanger } from './ownMachine.ts'

/** Why a manifest may not change on a target yet: its placements change one after the other, and one before it is not done. */
export interface Turn {
  readonly manifest: ManifestId
  readonly target: Target
  /** Hash of all that the manifest asks for there: consent is to that. */
  readonly wanted: string
  readonly because: string
}

/** What people allow at this moment. */
export interface Policy {
  /** Hashes that a person approved. */
  readonly approvals: ReadonlySet<string>
  /** Is the maintenance window of this manifest open now? */
  isWindowOpen(owner: ManifestId): boolean
  /** Why this manifest is suspended; undefined where it is not. */
  suspendedBecause(owner: ManifestId): string | undefined
  /** There where the host is the one that the controller runs on. */
  readonly ownMachine?: OwnMachine
  /** Why nothing at all is changed on this hypervisor; undefined where it may be. Asked before each apply: a person may say so in the middle of a cycle. */
  hostSuspendedBecause?(): string | undefined
  /** What this manifest waits for on this target; undefined where it may change. */
  turnOf?(owner: ManifestId, target: Target): Turn | undefined
}

/** A change and the spec that asked for it; `isForeign`: the thing exists, differs and was never ours. */
export interface Candidate {
  readonly change: PlannedChange
  readonly spec: Spec
  readonly isForeign: boolean
}

interface Finding {
  readonly brake: Brake
  readonly because: string
  readonly isApprovable: boolean
}

/** Consent to exactly these changes: moves with any of them, not with the commit or the time. 12 hex digits. */
export function approvalHash(hypervisor: HypervisorName, brake: Brake, changes: readonly PlannedChange[]): string {
  const facts = changes.map((change) => [
    targetKey(change.target),
    change.id,
    change.action,
    change.fields.map(({ field, after }) => [field, after ?? null]),
  ])
  return createHash('sha256')
    .update(JSON.stringify([hypervisor, brake, facts]))
    .digest('hex')
    .slice(0, 12)
}

/** The brake that holds a group of changes that must go together, or undefined where it may go. What needs a person comes first: a turn comes by itself. */
export function brakeOf(hypervisor: HypervisorName, group: readonly Candidate[], policy: Policy): Withheld | undefined {
  return judged(hypervisor, group, policy) ?? notItsTurn(hypervisor, group, policy)
}

function judged(hypervisor: HypervisorName, group: readonly Candidate[], policy: Policy): Withheld | undefined {
  const dangers = group.flatMap((candidate) => onOwnMachine(candidate, policy) ?? [])
  const never = dangers.find(({ isApprovable }) => !isApprovable)
  const finding =
    firstOf(group, (candidate) => suspended(candidate, policy)) ??
    reportOnly(group) ??
    never ??
    dangers[0] ??
    firstOf(group, adoption) ??
    firstOf(group, (candidate) => disruption(candidate, policy))
  if (finding === undefined) return undefined
  const changes = group.map((candidate) => candidate.change)
  const approval = approvalHash(hypervisor, finding.brake, changes)
  // Consent to what one brake says is none to what nobody can consent to.
  if (finding.isApprovable && policy.approvals.has(approval)) return never && { brake: never.brake, changes, because: never.because }
  return { brake: finding.brake, changes, because: finding.because, ...(finding.isApprovable ? { approval } : {}) }
}

/** Drift is repaired at any time; what Git moved waits for its turn. */
function notItsTurn(hypervisor: HypervisorName, group: readonly Candidate[], policy: Policy): Withheld | undefined {
  const changes = group.map(({ change }) => change)
  for (const { owners, target } of changes.filter(({ fields }) => fields.some(({ cause }) => cause === 'pending')))
    for (const owner of owners) {
      const turn = policy.turnOf?.(owner, target)
      if (turn === undefined) continue
      const approval = turnHash(hypervisor, turn)
      if (!policy.approvals.has(approval)) return { brake: 'Rollout', changes, because: turn.because, approval }
    }
  return undefined
}

/** Consent to all that a manifest asks for on this target now, in one or several passes. 12 hex digits. */
function turnHash(hypervisor: HypervisorName, { manifest, target, wanted }: Turn): string {
  return createHash('sha256')
    .update(JSON.stringify([hypervisor, 'Rollout', manifest, targetKey(target), wanted]))
    .digest('hex')
    .slice(0, 12)
}

/** One line for each turn that is waited for: a person approves all of it or nothing. */
export function joinTurns(withheld: readonly Withheld[]): readonly Withheld[] {
  const turns = Map.groupBy(
    withheld.filter((one) => one.brake === 'Rollout' && one.approval !== undefined),
    (one) => one.approval,
  )
  const joined = [...turns.values()].flatMap(([first, ...more]) =>
    first === undefined ? [] : [{ ...first, changes: [first, ...more].flatMap(({ changes }) => changes) }],
  )
  return [...withheld.filter((one) => one.brake !== 'Rollout' || one.approval === undefined), ...joined]
}

/** More than 30 % and more than 5 of what is owned here would be deleted at once (DESIGN §1.6). */
export function isMassDelete(deletions: number, owned: number): boolean {
  return deletions > 5 && deletions > owned * 0.3
}

function firstOf(group: readonly Candidate[], find: (candidate: Candidate) => Finding | undefined): Finding | undefined {
  for (const candidate of group) {
    const finding = find(candidate)
    if (finding) return finding
  }
  return undefined
}

function suspended(candidate: Candidate, policy: Policy): Finding | undefined {
  for (const owner of candidate.change.owners) {
    const because = policy.suspendedBecause(owner)
    if (because !== undefined) return { brake: 'Suspended', because: `${owner} is suspended: ${because}`, isApprovable: false }
  }
  return undefined
}

function onOwnMachine({ change, spec }: Candidate, { ownMachine }: Policy): Finding | undefined {
  const danger = ownMachine && ownDanger(change, ownMachine, spec.confirm !== undefined)
  return danger && { brake: 'OwnMachine', ...danger }
}

function reportOnly(group: readonly Candidate[]): Finding | undefined {
  // What is as wanted itself and goes along only to load the others has no fields.
  const reporters = group.filter(({ spec, change }) => spec.driftPolicy === 'Report' && change.fields.length > 0)
  const isDrift = ({ change }: Candidate): boolean => change.fields.every((field) => field.cause === 'drift')
  if (reporters.length === 0 || !reporters.every(isDrift)) return undefined
  return { brake: 'Report', because: 'driftPolicy is Report: drift is shown, not repaired', isApprovable: true }
}

function adoption({ change, spec, isForeign }: Candidate): Finding | undefined {
  if (!isForeign) return undefined
  const adopt = spec.adopt ?? 'IfEqual'
  if (adopt === 'Replace' && !isAtLeast(change.impact, 'restart')) return undefined
  const advice =
    adopt === 'Replace'
      ? `taking it over has the impact ${change.impact}`
      : adopt === 'Never'
        ? 'adopt is Never'
        : 'make the manifest equal to it, or set adopt: Replace'
  const fields = change.fields.map((field) => field.field).join(', ')
  return {
    brake: 'Adopt',
    because: `${change.id} exists, was not made by Reeve and differs in ${fields}: ${advice}`,
    isApprovable: adopt !== 'Never',
  }
}

function disruption({ change, spec }: Candidate, policy: Policy): Finding | undefined {
  if (!isAtLeast(change.impact, 'restart')) return undefined
  if (change.impact === 'dataLoss') return { brake: 'DataLoss', because: `${change.id} would lose data`, isApprovable: true }
  const brake = change.impact === 'outage' ? 'Outage' : 'Restart'
  if (spec.restarts === 'Always') return undefined
  if (spec.restarts === 'InWindow' && change.owners.some((owner) => policy.isWindowOpen(owner))) return undefined
  const until = spec.restarts === 'InWindow' ? 'its maintenance window is closed' : 'restarts is Never'
  return { brake, because: `${change.id} needs ${brake === 'Outage' ? 'an outage' : 'a restart'} and ${until}`, isApprovable: true }
}

function isAtLeast(impact: Impact, least: Impact): boolean {
  return impacts.indexOf(impact) >= impacts.indexOf(least)
}
