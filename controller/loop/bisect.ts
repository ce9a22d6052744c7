/**
 * Which of several, tried together, make a trial fail. Pure: says which to try next, and is told what came of it. First none of them (where that
 * fails too, nobody is blamed), then halves; what succeeds stays in force and is the ground that the next ones are tried on.
 * At most 2·log₂(n)+1 trials for one bad of n, and never more than 2n.
 */
export interface Search<Id, Failure> {
  readonly suspects: readonly Id[]
  /** What all of them together came to. */
  readonly whole: Failure
  readonly isGroundGood: boolean
  readonly good: readonly Id[]
  readonly bad: ReadonlyMap<Id, Failure>
  /** To be tried, the next one first. */
  readonly groups: readonly Group<Id>[]
  /** Nobody can be blamed: the failure is told as that of all. */
  readonly isGivenUp: boolean
  /** The last trial succeeded: what is in force is what was found. */
  readonly isInForce: boolean
}

interface Group<Id> {
  readonly members: readonly Id[]
  /** Second half of a group that failed: if the first half is good, this one fails. */
  readonly isSecond: boolean
}

export type TrialResult<Failure> = { readonly status: 'good' } | { readonly status: 'failed'; readonly failure: Failure }

/** Begins a search among those that failed together. */
export function startSearch<Id, Failure>(suspects: readonly Id[], whole: Failure): Search<Id, Failure> {
  const groups = suspects.length === 1 ? [] : halves(suspects)
  return { suspects, whole, isGroundGood: false, good: [], bad: new Map(), groups, isGivenUp: false, isInForce: false }
}

/** Those to be tried next, beside the good ones; all other suspects are held back. Undefined when the search is over. */
export function nextTrial<Id, Failure>(search: Search<Id, Failure>): readonly Id[] | undefined {
  if (search.isGivenUp) return undefined
  if (!search.isGroundGood) return []
  return search.groups[0]?.members
}

/** The search after its next trial was done. `isSame`: whether two failures are one and the same. */
export function afterTrial<Id, Failure>(
  search: Search<Id, Failure>,
  result: TrialResult<Failure>,
  isSame: (one: Failure, other: Failure) => boolean,
): Search<Id, Failure> {
  const next = search.isGroundGood ? afterGroup(search, result) : afterGround(search, result)
  return next.groups.length === 0 ? { ...next, isGivenUp: next.isGivenUp || isCommonCause(next, isSame) } : next
}

/** Gives up: a trial could not be done. */
export function giveUp<Id, Failure>(search: Search<Id, Failure>): Search<Id, Failure> {
  return { ...search, isGivenUp: true }
}

function afterGround<Id, Failure>(search: Search<Id, Failure>, result: TrialResult<Failure>): Search<Id, Failure> {
  if (result.status === 'failed') return giveUp(search)
  const bad = search.suspects.length === 1 ? new Map(search.suspects.map((id) => [id, search.whole])) : search.bad
  return { ...search, isGroundGood: true, isInForce: true, bad }
}

function afterGroup<Id, Failure>(search: Search<Id, Failure>, result: TrialResult<Failure>): Search<Id, Failure> {
  const [group, ...rest] = search.groups
  if (group === undefined) throw new Error('a search that is over was told of a trial')
  const [only] = group.members
  if (result.status === 'good') return { ...search, good: [...search.good, ...group.members], groups: splitSecond(rest), isInForce: true }
  const plain = rest.map((each, index) => (index === 0 ? { ...each, isSecond: false } : each))
  if (group.members.length > 1 || only === undefined) return { ...search, groups: [...halves(group.members), ...plain], isInForce: false }
  return { ...search, bad: new Map(search.bad).set(only, result.failure), groups: plain, isInForce: false }
}

/** Its first half is good now: it need not fail as a whole once more. A single one is tried all the same, for its own words. */
function splitSecond<Id>(groups: readonly Group<Id>[]): readonly Group<Id>[] {
  const [second, ...rest] = groups
  if (second === undefined || !second.isSecond || second.members.length === 1) return groups
  return [...halves(second.members), ...rest]
}

function halves<Id>(members: readonly Id[]): readonly Group<Id>[] {
  const middle = Math.ceil(members.length / 2)
  return [
    { members: members.slice(0, middle), isSecond: false },
    { members: members.slice(middle), isSecond: true },
  ]
}

/** Each of several fails, and in the same words: that is something beside them. */
function isCommonCause<Id, Failure>({ suspects, bad }: Search<Id, Failure>, isSame: (one: Failure, other: Failure) => boolean): boolean {
  const [first, ...others] = [...bad.values()]
  return suspects.length > 1 && bad.size === suspects.length && first !== undefined && others.every((other) => isSame(first, other))
}
