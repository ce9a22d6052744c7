import { createHash } from 'node:crypto'
import type { Desired } from '../model/kind.ts'
import type { LedgerEntry } from '../model/ledger.ts'
import type { DesiredState, Plan, Refusal, Transaction, Withheld } from '../model/plan.ts'
import { targetKey } from '../model/target.ts'
import { brakeOf, joinTurns } from './brake.ts'
import { diffItems, type Finding, sameHashes } from './diff.ts'
import { type Changed, groupChanges, itemKey, plannedChange, withReloads } from './group.ts'
import type { PlanInput } from './input.ts'
import { topologicalOrder } from './order.ts'
import { candidateOf, splitHeld } from './part.ts'
import { unreadPeer, waitsForPeer } from './peers.ts'
import { planRetirements } from './retire.ts'
import { doneEntry, transactionOf } from './transaction.ts'

interface Group {
  readonly members: readonly Changed[]
  readonly needs: readonly number[]
  readonly blocked: Withheld | undefined
  /** What of a held back change goes all the same. */
  readonly part?: Changed
}

/** Holds desired state against what was found, and says what will be done, in which order, and what will not and why. Pure. */
export function makePlan(input: PlanInput): Plan {
  const findings = diffItems(input.desired.items, { ...input, fleet: input.desired.fleet })
  const groups = blockDependents(makeGroups(findings, input), findings)
  const retirements = planRetirements(input)
  const built = [...retirements.transactions, ...buildTransactions(groups, input, retirements.transactions.length)]
  const withheld = joinTurns([...retirements.withheld, ...groups.flatMap((group) => group.blocked ?? [])])
  const plan = {
    hypervisor: input.desired.hypervisor,
    commit: input.desired.commit,
    ledgerGeneration: input.ledger?.header.generation ?? 0,
    transactions: built,
    records: unmoved(findings, groups).flatMap((finding) => recordOf(finding, input)),
    forgotten: retirements.forgotten,
    withheld,
    refused: findings.flatMap(refusalOf),
    orphans: retirements.orphans,
    unknown: findings.flatMap((finding) =>
      finding.status === 'unknown'
        ? [{ target: finding.item.target, id: finding.item.spec.id, owners: finding.item.owners, reason: finding.reason }]
        : [],
    ),
  }
  return { id: planHash(plan), ...plan }
}

/** A plan that does nothing and claims nothing. */
export function emptyPlan({ hypervisor, commit }: Pick<DesiredState, 'hypervisor' | 'commit'>, ledgerGeneration: number): Plan {
  const nothing = { transactions: [], records: [], forgotten: [], withheld: [], refused: [], orphans: [], unknown: [] }
  const plan = { hypervisor, commit, ledgerGeneration, ...nothing }
  return { id: planHash(plan), ...plan }
}

/** Names a plan by all that it does. */
export function planHash(plan: Omit<Plan, 'id'>): string {
  const { hypervisor, ledgerGeneration, transactions, records, forgotten } = plan
  return createHash('sha256')
    .update(JSON.stringify([hypervisor, ledgerGeneration, transactions, records, forgotten]))
    .digest('hex')
    .slice(0, 16)
}

function makeGroups(findings: readonly Finding[], input: PlanInput): readonly Group[] {
  const changes = withReloads(findings, input.primitives)
  const groups = groupChanges(changes, input.primitives)
  const homeOf = new Map(groups.flatMap((members, index) => members.map((member) => [itemKey(member.item), index] as const)))
  return groups.map((members, index) => ({
    members,
    needs: [...new Set(members.flatMap((member) => neededGroups(member, homeOf, index)))],
    ...held(members, input),
  }))
}

function held(members: readonly Changed[], input: PlanInput): Pick<Group, 'blocked' | 'part'> {
  const blocked = brakeOf(input.desired.hypervisor, members.map(candidateOf), input.policy)
  const waiting = unread(members, input)
  const split = waiting === undefined ? splitHeld(members, blocked, input) : undefined
  if (split === undefined) return { blocked: blocked ?? waiting }
  return split.rest === undefined ? { blocked: undefined } : { blocked: split.rest, part: split.part }
}

/** What its peers say was never read: what this change is, and whether it is needed, is not known yet. */
function unread(members: readonly Changed[], { peers }: PlanInput): Withheld | undefined {
  const peer = members.map(({ item }) => unreadPeer(item.spec, peers)).find((one) => one !== undefined)
  return peer === undefined ? undefined : { brake: 'Peer', changes: members.map(plannedChange), because: waitsForPeer(peer) }
}

function neededGroups(member: Changed, homeOf: ReadonlyMap<string, number>, own: number): readonly number[] {
  return neededKeys(member).flatMap((key) => {
    const home = homeOf.get(key)
    return home === undefined || home === own ? [] : [home]
  })
}

function neededKeys(member: Changed): readonly string[] {
  return (member.item.spec.needs ?? []).map((needed) => `${targetKey(needed.target)} ${needed.id}`)
}

/** A group whose need is unknown, refused, withheld or still being made waits; and so do those that need it. */
function blockDependents(groups: readonly Group[], findings: readonly Finding[]): readonly Group[] {
  const missing = new Map(findings.flatMap((finding) => missingReason(finding)))
  const futile = futileCreations(findings)
  const blocked: Group[] = groups.map((group) => ({
    ...group,
    blocked: group.blocked ?? waitFor(group, missing) ?? forNothing(group, futile),
  }))
  for (let moved = true; moved; ) {
    moved = false
    for (const [index, group] of blocked.entries()) {
      const waiting = group.blocked ? undefined : group.needs.find((need) => blocked[need]?.blocked)
      if (waiting === undefined) continue
      blocked[index] = { ...group, blocked: waitsWith(group, blocked[waiting]) }
      moved = true
    }
  }
  return blocked.map((group) => (canGoInPart(group, blocked, missing) ? group : withoutPart(group)))
}

/** What it needs must stand for a part of it, too. */
function canGoInPart(group: Group, all: readonly Group[], missing: ReadonlyMap<string, string>): boolean {
  return waitFor(group, missing) === undefined && group.needs.every((need) => all[need]?.blocked === undefined)
}

function withoutPart({ part: _part, ...group }: Group): Group {
  return group
}

function missingReason(finding: Finding): readonly (readonly [string, string])[] {
  if (finding.status === 'unknown') return [[itemKey(finding.item), `${finding.item.spec.id} is unknown: ${finding.reason}`]]
  if (finding.status === 'refused') return [[itemKey(finding.item), `${finding.item.spec.id} is refused`]]
  return []
}

function waitFor(group: Group, missing: ReadonlyMap<string, string>): Withheld | undefined {
  for (const member of group.members) {
    for (const key of neededKeys(member)) {
      const reason = missing.get(key)
      if (reason !== undefined) return waits(group, reason)
    }
  }
  return undefined
}

/** What a refused item of the same manifest needs: made now it would only lie about (plan completely before acting). Key → the refused item. */
function futileCreations(findings: readonly Finding[]): ReadonlyMap<string, string> {
  const byKey = new Map(findings.map((finding) => [itemKey(finding.item), finding.item]))
  const futile = new Map<string, string>()
  const follow = (item: Desired, refused: Desired): void => {
    for (const need of item.spec.needs ?? []) {
      const key = `${targetKey(need.target)} ${need.id}`
      const needed = byKey.get(key)
      if (needed === undefined || futile.has(key) || !needed.owners.every((owner) => refused.owners.includes(owner))) continue
      futile.set(key, refused.spec.id)
      follow(needed, refused)
    }
  }
  for (const finding of findings) if (finding.status === 'refused') follow(finding.item, finding.item)
  return futile
}

function forNothing(group: Group, futile: ReadonlyMap<string, string>): Withheld | undefined {
  const creations = group.members.filter((member) => member.wanted.action === 'create')
  const refused = creations.map((member) => futile.get(itemKey(member.item))).find((id) => id !== undefined)
  return refused === undefined ? undefined : waits(group, `${refused}, which it is for, is refused`)
}

/** As long as what it needs does, and woken with it. */
function waitsWith(group: Group, need: Group | undefined): Withheld {
  const withheld = waits(group, `${need?.members[0]?.item.spec.id ?? 'what it needs'} is withheld`)
  const brake = need?.blocked?.brake
  return brake === 'Peer' || brake === 'Rollout' ? { ...withheld, brake } : withheld
}

function waits(group: Group, because: string): Withheld {
  return { brake: 'Waiting', changes: group.members.map(plannedChange), because: `waits: ${because}` }
}

/** Builds the transactions in their order. At most one of a plan waits for a verdict, and it comes last; others of that sort wait for the next pass. */
function buildTransactions(groups: readonly Group[], input: PlanInput, offset: number): readonly Transaction[] {
  const order = topologicalOrder(groups.length, (node) => groups[node]?.needs ?? [])
  const sorted = order.filter((node) => groups[node]?.blocked === undefined || groups[node]?.part !== undefined)
  const drafts = new Map(sorted.map((node) => [node, transactionOf(goingOf(groups[node]), input)]))
  const dropped = new Set<number>()
  for (const node of sorted) if (mustWaitForNextPass(node, groups, drafts, dropped)) dropped.add(node)
  const kept = sorted.filter((node) => !dropped.has(node))
  const final = [
    ...kept.filter((node) => drafts.get(node)?.verdict === undefined),
    ...kept.filter((node) => drafts.get(node)?.verdict !== undefined),
  ]
  const position = new Map(final.map((node, index) => [node, index + offset]))
  return final.flatMap((node) => {
    const draft = drafts.get(node)
    const needs = (groups[node]?.needs ?? []).flatMap((need) => position.get(need) ?? [])
    return draft ? [{ ...draft, needs }] : []
  })
}

function goingOf(group: Group | undefined): readonly Changed[] {
  return group?.part === undefined ? (group?.members ?? []) : [group.part]
}

/** What needs a job, or needs or doubles a transaction with a verdict, is planned when that is over: the carried observation makes it the next pass. */
function mustWaitForNextPass(
  node: number,
  groups: readonly Group[],
  drafts: ReadonlyMap<number, Transaction>,
  dropped: ReadonlySet<number>,
): boolean {
  const needs = groups[node]?.needs ?? []
  if (needs.some((need) => dropped.has(need) || drafts.get(need)?.isJob || drafts.get(need)?.verdict)) return true
  if (drafts.get(node)?.verdict === undefined) return false
  return [...drafts].some(
    ([other, draft]) => draft.verdict !== undefined && other !== node && !dropped.has(other) && isBefore(other, node, drafts),
  )
}

function isBefore(one: number, other: number, drafts: ReadonlyMap<number, Transaction>): boolean {
  const keys = [...drafts.keys()]
  return keys.indexOf(one) < keys.indexOf(other)
}

/** What nothing is planned for, now or later. A service that is the same and is to load what changes gets its line with that change: it has not loaded it yet. */
function unmoved(findings: readonly Finding[], groups: readonly Group[]): readonly Finding[] {
  const moving = new Set(groups.flatMap(({ members }) => members.map(({ item }) => itemKey(item))))
  return findings.filter(({ item }) => !moving.has(itemKey(item)))
}

/**
 * A ledger line that needs no step: taken over because equal, finished by a job, or asked for by other manifests than before.
 * A takeover is first `begun`: what the thing then still lacks, such as our mark, is pending and no drift.
 */
function recordOf(finding: Finding, input: PlanInput): readonly LedgerEntry[] {
  if (finding.status !== 'same') return []
  if (finding.item.owners.some((owner) => input.policy.suspendedBecause(owner) !== undefined)) return []
  const entry = doneEntry(finding, input)
  const last = finding.entry
  // Who asks for what is there already is written when it stands, not for each try.
  if (input.isTrial && last?.state !== 'begun') return []
  const isRecorded =
    last !== undefined &&
    last.state === 'done' &&
    sameHashes(last.fields, entry.fields) &&
    sameList(last.owners, entry.owners) &&
    sameList(last.files, entry.files) &&
    sameHashes(last.versions ?? {}, entry.versions ?? {}) &&
    last.deletionPolicy === entry.deletionPolicy
  if (isRecorded) return []
  return last === undefined ? [{ ...entry, state: 'begun' }] : [entry]
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index])
}

function refusalOf(finding: Finding): readonly Refusal[] {
  if (finding.status !== 'refused') return []
  return [{ target: finding.item.target, id: finding.item.spec.id, owners: finding.item.owners, reasons: finding.reasons }]
}
