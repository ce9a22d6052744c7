import type { Applied, Cycle } from '../engine/cycle.ts'
import { isFailure, itemsOf, type Suspect, type Suspicion, suspicionOf } from '../engine/suspects.ts'
import { manifestIn } from '../manifests/fleet.ts'
import type { ManifestId } from '../model/ids.ts'
import { shortGeneration } from '../model/ledger.ts'
import { targetKey } from '../model/target.ts'
import { afterTrial, giveUp, nextTrial, type Search, startSearch, type TrialResult } from './bisect.ts'
import { joinCycles } from './joinCycles.ts'
import type { Revision } from './revision.ts'

/** A version of a manifest that a host did not take: an older one is in force there instead. */
export interface Rejection extends Suspect {
  /** Told as the manifest's own failure as long as the rejection stands. */
  readonly failed: Applied
}

export type Rejections = ReadonlyMap<ManifestId, Rejection>
export type HeldBack = ReadonlyMap<ManifestId, Suspect>

export interface TrialDeps {
  /** One cycle of the host, with these held back to what is in force there; `isTrial`: it may have to be taken back at once. Undefined where they cannot be: the old version is not in Git any more. */
  cycle(held: HeldBack, isTrial: boolean): Promise<Cycle | undefined>
  generationOf(owner: ManifestId): string | undefined
  /** Something more urgent has come: the search ends, and nobody is blamed. */
  isOver(): boolean
  /** Called where these cycles are told by nobody, since their search broke off. */
  keepUntold(cycles: readonly Cycle[]): void
}

export interface Settled {
  /** All that was done, as one cycle; it failed where anything is rejected. */
  readonly cycle: Cycle
  readonly rejected: Rejections
  /** Something more urgent came in the middle of a search: what was done is told by the next cycle. */
  readonly isInterrupted: boolean
}

/** What is known of a host from the cycles before. */
export interface Before {
  /** Held back from the beginning. */
  readonly held: Rejections
  /** Rejected so far, and tried again now. */
  readonly retried: Rejections
}

/** Far beyond any sensible search: 64 of 64 bad take two times as many, and are told as one failure. */
const maxTrials = 64

/**
 * One cycle. If a transaction of several manifests fails in it, more of them, that find out which one is at fault: all others go live, and
 * that one stays at the version that is in force. Throws as a cycle does.
 */
export async function reconcileApart(deps: TrialDeps, before: Before): Promise<Settled> {
  const cycles: Cycle[] = []
  try {
    const settled = await settleApart(deps, before, cycles)
    if (settled.isInterrupted) deps.keepUntold(cycles)
    return settled
  } catch (error) {
    deps.keepUntold(cycles)
    throw error
  }
}

async function settleApart(deps: TrialDeps, { held, retried }: Before, cycles: Cycle[]): Promise<Settled> {
  const begun = await deps.cycle(
    held,
    [...retried].some(([id, { generation }]) => deps.generationOf(id) === generation),
  )
  cycles.push(begun ?? (await must(deps, new Map())))
  const searched = new Set<string>()
  const whole: Applied[] = []
  // What cannot be held back any more, since Git lost its old version, is tried as it is.
  let standing: Rejections = begun === undefined ? new Map() : held
  let isInterrupted = false
  for (;;) {
    const suspicion = suspicionOf(lastOf(cycles), deps.generationOf)
    if (suspicion === undefined || [...suspicion.items].some((item) => searched.has(item))) break
    for (const item of suspicion.items) searched.add(item)
    const search = await searchAmong(suspicion, standing, deps, cycles)
    isInterrupted = deps.isOver()
    if (search.isGivenUp) whole.push(...suspicion.failures)
    if (search.isGivenUp || isInterrupted) break
    standing = new Map([...standing, ...rejectionsOf(search, suspicion)])
    if (!search.isInForce) cycles.push(await must(deps, standing))
  }
  // A retry that came to no end proves nothing: what was rejected is, and is told, as before.
  if (['waiting', 'held'].includes(lastOf(cycles).status)) standing = new Map([...retried, ...standing])
  const own = [...standing.values()].map(({ failed }) => failed)
  return { cycle: joinCycles(cycles, searched, whole, own), rejected: standing, isInterrupted }
}

async function must(deps: TrialDeps, held: HeldBack): Promise<Cycle> {
  const cycle = await deps.cycle(held, false)
  if (cycle === undefined)
    throw new Error(`${[...held.keys()].join(', ')} cannot be held back any more: what is in force there is not in Git`)
  return cycle
}

async function searchAmong(
  suspicion: Suspicion,
  standing: Rejections,
  deps: TrialDeps,
  cycles: Cycle[],
): Promise<Search<ManifestId, Applied>> {
  const [whole] = suspicion.failures
  if (whole === undefined) throw new Error('a suspicion without a failure')
  let search = startSearch([...suspicion.suspects.keys()], whole)
  for (let trials = 0; ; trials++) {
    const tried = nextTrial(search)
    if (tried === undefined) return search
    if (trials >= maxTrials || deps.isOver()) return giveUp(search)
    const held = [...suspicion.suspects].filter(([id]) => !tried.includes(id) && !search.good.includes(id))
    const result = await tryOnce(new Map([...standing, ...held]), suspicion, deps, cycles)
    search = result === undefined ? giveUp(search) : afterTrial(search, result, isSameFailure)
  }
}

/** Undefined: it cannot be told. */
async function tryOnce(held: HeldBack, { items }: Suspicion, deps: TrialDeps, cycles: Cycle[]): Promise<TrialResult<Applied> | undefined> {
  for (let tries = 0; tries < 3; tries++) {
    const cycle = await deps.cycle(held, true)
    if (cycle === undefined) return undefined
    cycles.push(cycle)
    const failure = cycle.applied.find((applied) => isFailure(applied) && itemsOf(applied).some((item) => items.has(item)))
    if (failure !== undefined) return { status: 'failed', failure }
    if (!isLeftOver(cycle, items)) return { status: 'good' }
  }
  return undefined
}

/** Something of it is still to be done, or cannot be seen. */
function isLeftOver({ plan, status }: Cycle, items: ReadonlySet<string>): boolean {
  const open = [...plan.transactions, ...plan.withheld].flatMap(({ changes }) => changes)
  const unseen = [...plan.unknown, ...plan.refused]
  return status === 'held' || [...open, ...unseen].some(({ target, id }) => items.has(`${targetKey(target)} ${id}`))
}

function rejectionsOf({ bad }: Search<ManifestId, Applied>, { suspects }: Suspicion): Rejections {
  return new Map(
    [...bad].flatMap(([owner, { transaction, outcome }]) => {
      const suspect = suspects.get(owner)
      return suspect === undefined
        ? []
        : [[owner, { ...suspect, failed: { transaction: { ...transaction, owners: [owner] }, outcome, isHeldBack: true } }] as const]
    }),
  )
}

/** Process numbers and times differ each time. */
function isSameFailure(one: Applied, other: Applied): boolean {
  return wordsOf(one) === wordsOf(other)
}

function wordsOf({ outcome }: Applied): string {
  return outcome.status === 'failed' ? `${outcome.step}\n${outcome.stderr.replace(/\d+/g, '0')}` : outcome.status
}

function lastOf(cycles: readonly Cycle[]): Cycle {
  const last = cycles.at(-1)
  if (last === undefined) throw new Error('no cycle was done')
  return last
}

/** What may be in force of a manifest that is held back. */
export function acceptsOf({ generation, inForce }: Suspect): (other: string) => boolean {
  return (other) => (inForce === 'older' ? other !== generation : inForce.has(shortGeneration(other)))
}

/** Rejections of which the manifest still has the very content that was rejected. */
export function stillRejected(rejected: Rejections, revision: Revision): Rejections {
  return new Map([...rejected].filter(([id, { generation }]) => manifestIn(revision.fleet, id)?.generation === generation))
}
