import type { ManifestId } from '../model/ids.ts'
import { type LedgerEntry, ledgerKey, shortGeneration } from '../model/ledger.ts'
import type { Transaction } from '../model/plan.ts'
import { type AnyPrimitive, phases, type Staged, type Step, type StepContext, type Verdict } from '../model/primitive.ts'
import { targetKey } from '../model/target.ts'
import type { Finding } from './diff.ts'
import { type Changed, plannedChange } from './group.ts'
import type { PlanInput } from './input.ts'

/** One group of changes as a transaction: its steps sorted by phase, so that everything is staged and judged before anything goes live. */
export function transactionOf(members: readonly Changed[], input: PlanInput): Transaction {
  const first = members[0]
  if (first === undefined) throw new Error('a transaction needs a change')
  const staged = members.flatMap((member) => stagedOf(member, input))
  const steps = members.flatMap((member) => stepsOf(member, staged, input))
  const verdicts = members.flatMap((member) => [
    ...asList(primitiveOf(member, input).verdict?.(member.item.spec, member.wanted)),
    ...asList(member.item.spec.confirm),
  ])
  const verdict = joinVerdicts(verdicts)
  return {
    target: first.item.target,
    changes: members.map(plannedChange),
    steps: phases.flatMap((phase) => steps.filter((step) => (step.phase ?? 'change') === phase)),
    owners: [...new Set(members.flatMap((member) => member.item.owners))],
    needs: [],
    isJob: steps.some((step) => step.job),
    ledger: ledgerOf(members, input),
    ...(verdict ? { verdict } : {}),
  }
}

function asList<T>(one: T | undefined): readonly T[] {
  return one === undefined ? [] : [one]
}

/** All probes must say yes; the worst lock-out and the longest time count. */
function joinVerdicts(verdicts: readonly Verdict[]): Verdict | undefined {
  if (verdicts.length === 0) return undefined
  const lockOut = verdicts.find((one) => one.lockOut === 'disk')?.lockOut ?? verdicts.find((one) => one.lockOut !== undefined)?.lockOut
  return {
    probes: verdicts.flatMap((one) => one.probes),
    withinMs: Math.max(...verdicts.map((one) => one.withinMs)),
    ...(lockOut ? { lockOut } : {}),
  }
}

function primitiveOf(member: Changed, input: PlanInput): AnyPrimitive {
  const primitive = input.primitives.get(member.item.spec.type)
  if (primitive === undefined) throw new Error(`no primitive ${member.item.spec.type}`)
  return primitive
}

function stagedOf(member: Changed, input: PlanInput): readonly Staged[] {
  const staged = primitiveOf(member, input).staged?.(member.item.spec, { fleet: input.desired.fleet, owners: member.item.owners })
  return staged ? [staged] : []
}

function stepsOf(member: Changed, staged: readonly Staged[], input: PlanInput): readonly Step[] {
  const context: StepContext = {
    fleet: input.desired.fleet,
    owners: member.item.owners,
    last: member.entry,
    staged,
    observed(id) {
      const found = input.observed.get(ledgerKey(targetKey(member.item.target), id))
      return found === undefined || found.status === 'unknown' ? undefined : found
    },
    peers: input.peers,
  }
  return primitiveOf(member, input).steps(member.item.spec, member.wanted, member.observed, context)
}

function ledgerOf(members: readonly Changed[], input: PlanInput): Transaction['ledger'] {
  const done = members.map((member) => doneEntry(member, input))
  return {
    begun: done.map((entry, index) => ({ ...entry, fields: members[index]?.entry?.fields ?? {}, state: 'begun' as const })),
    done,
    undone: members.flatMap((member) => (member.entry ? [member.entry] : [])),
    removed: [],
  }
}

/** The ledger entry of an item that is as wanted. */
export function doneEntry(finding: Exclude<Finding, { status: 'refused' | 'unknown' }>, input: PlanInput): LedgerEntry {
  const { item, entry, hashes, observed } = finding
  const primitive = input.primitives.get(item.spec.type)
  const previous = entry ? entry.previous : primitive?.previous?.(item.spec, observed)
  return {
    target: targetKey(item.target),
    id: item.spec.id,
    owners: item.owners,
    files: [...new Set(item.owners.map((owner) => input.sourceFile(owner)))],
    fields: hashes,
    deletionPolicy: item.spec.deletionPolicy ?? 'Delete',
    state: 'done',
    commit: input.desired.commit,
    ...versionsOf(item.owners, input),
    ...(previous === undefined ? {} : { previous }),
  }
}

/** What several ask for is one hash in the ledger: whose part of it moved is told by these. */
function versionsOf(owners: readonly ManifestId[], { generationOf }: PlanInput): Pick<LedgerEntry, 'versions'> {
  if (generationOf === undefined || owners.length < 2) return {}
  return { versions: Object.fromEntries(owners.map((owner) => [owner, shortGeneration(generationOf(owner) ?? '')])) }
}
