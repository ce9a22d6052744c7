import { createHash } from 'node:crypto'
import { reasonOf } from '../model/reason.ts'
import type { RefusedCommit, RefusedCommits } from '../model/refusedCommits.ts'
import type { Mark } from './mark.ts'
import { letIn, type Mirror } from './mirror.ts'
import { GitFailure } from './run.ts'
import { type Signers, SignersError } from './signers.ts'
import type { Verifier } from './verify.ts'

/** What people consented to outside the repository. */
export interface GivenApprovals {
  has(hash: string): boolean
  /** Told when what it allowed came into force: it allows that once. */
  use(hash: string): void
}

/** Which commit is in force, and why a newer one is not. */
export interface Admitted {
  readonly commit: string | undefined
  readonly refused?: RefusedCommits
}

/** The gate between what the branch says and what is applied. */
export interface Admission {
  /** The commit in force. */
  inForce(): string | undefined
  /** Judges the branch's head; what it lets in is in force from then on. */
  admit(head: string): Promise<Admitted>
  /** Judges one commit that a person named, whatever the branch says. */
  judge(commit: string): Promise<RefusedCommits | undefined>
}

export interface AdmissionDeps {
  readonly mirror: Mirror
  readonly mark: Mark
  /** Undefined where nobody said who may sign: then only the order of commits is judged. */
  readonly verifier: Verifier | undefined
  readonly approvals: GivenApprovals
  holdsManifests(commit: string): Promise<boolean>
}

const mostListed = 50
/** Somebody who may push and not sign could keep us busy for hours. */
const mostCommits = 20_000

export function createAdmission({ mirror, mark, verifier, approvals, holdsManifests }: AdmissionDeps): Admission {
  let last: { readonly key: string; readonly refused: RefusedCommits | undefined } | undefined

  async function judgeOnce(head: string, inForce: string | undefined): Promise<RefusedCommits | undefined> {
    const signers = readSigners(verifier)
    if (signers instanceof SignersError) return signersRefusal(signers, head, inForce)
    const key = JSON.stringify([head, inForce, signers?.print])
    // Nothing that the verdict hangs on has moved: thousands of signatures are not checked at each question.
    if (last?.key === key) return last.refused
    const refused = await untrusted(mirror, verifier, signers, head, inForce)
    last = { key, refused }
    return refused
  }

  /** The signatures first: of what nobody signed not even the tree is listed, whatever it costs. */
  async function judgeHead(
    head: string,
    inForce: string | undefined,
  ): Promise<{ readonly refused?: RefusedCommits; readonly order?: Order }> {
    const refused = await judgeOnce(head, inForce)
    const order = refused !== undefined || inForce === undefined ? undefined : await orderOf(mirror, inForce, head, holdsManifests)
    if (order === undefined) return refused === undefined ? {} : { refused }
    if (!approvals.has(order.approval)) return { refused: orderRefusal(order, head, inForce) }
    // Days may have passed since the signatures were checked.
    last = undefined
    const since = await judgeOnce(head, inForce)
    return since === undefined ? { order } : { refused: since }
  }

  async function admit(head: string): Promise<Admitted> {
    const inForce = mark.read()
    if (inForce === head) return { commit: head }
    const { refused, order } = await judgeHead(head, inForce)
    if (refused !== undefined) return { commit: inForce, refused }
    // Kept from git's own sweeping: a forced push may leave it without a branch. What it leaves behind was let in, and stays known for that.
    if (order !== undefined && inForce !== undefined && (await isThere(mirror, inForce)))
      await mirror.git(['update-ref', `${letIn}/${inForce}`, inForce])
    await mirror.git(['update-ref', `${letIn}/now`, head])
    mark.write(head)
    if (order !== undefined) approvals.use(order.approval)
    return { commit: head }
  }

  return {
    inForce: mark.read,
    admit: (head) => healing(mirror, () => admit(head)),
    judge: (commit) => judgeOnce(commit, mark.read()),
  }
}

/** Where git cannot read its copy, that is made anew, once. */
async function healing<T>(mirror: Mirror, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error
    await mirror.rebuild()
    return await work()
  }
}

function readSigners(verifier: Verifier | undefined): Signers | SignersError | undefined {
  try {
    return verifier?.signers()
  } catch (error) {
    if (error instanceof SignersError) return error
    throw error
  }
}

/** How a head stands to what is in force. */
type Succession = 'follows' | 'older' | 'rewritten' | 'emptied'

/** A head that is mostly a mistake after what is in force, and what consents to it: to leave exactly that commit for exactly this one. */
interface Order {
  readonly reason: Exclude<Succession, 'follows'>
  readonly approval: string
}

async function orderOf(
  mirror: Mirror,
  inForce: string,
  head: string,
  holdsManifests: AdmissionDeps['holdsManifests'],
): Promise<Order | undefined> {
  const reason = await successionOf(mirror, inForce, head, holdsManifests)
  if (reason === 'follows') return undefined
  const approval = createHash('sha256')
    .update(JSON.stringify(['repository', reason, inForce, head]))
    .digest('hex')
    .slice(0, 12)
  return { reason, approval }
}

async function successionOf(
  mirror: Mirror,
  inForce: string,
  head: string,
  holdsManifests: AdmissionDeps['holdsManifests'],
): Promise<Succession> {
  if (!(await isAncestor(mirror, inForce, head))) return (await isAncestor(mirror, head, inForce)) ? 'older' : 'rewritten'
  return (await holdsManifests(head)) || !(await holdsManifests(inForce)) ? 'follows' : 'emptied'
}

function isAncestor(mirror: Mirror, one: string, other: string): Promise<boolean> {
  return mirror.git(['merge-base', one, other]).then(
    (base) => base.trim() === one,
    () => false,
  )
}

async function untrusted(
  mirror: Mirror,
  verifier: Verifier | undefined,
  signers: Signers | undefined,
  head: string,
  inForce: string | undefined,
): Promise<RefusedCommits | undefined> {
  if (verifier === undefined || signers === undefined) return undefined
  const commits = await newCommits(mirror, inForce, head)
  if (commits.length > mostCommits) return tooMany(commits.length, head, inForce)
  try {
    const faults = await verifier.faults(commits, await knownOf(mirror, commits, head, inForce), signers, mirror.folder)
    return faults.length === 0 ? undefined : signatureRefusal(faults, head, inForce)
  } catch (error) {
    if (error instanceof SignersError) return signersRefusal(error, head, inForce)
    throw error
  }
}

/** All that the head brings, oldest first. At the first start, and where a person goes back, the head alone: its signature covers its tree, and by their ids all commits before it. */
async function newCommits(mirror: Mirror, inForce: string | undefined, head: string): Promise<readonly string[]> {
  if (inForce === undefined || !(await isThere(mirror, inForce))) return [head]
  const output = await mirror.git(['rev-list', '--topo-order', `--max-count=${mostCommits + 1}`, head, `^${inForce}`])
  const commits = output.split('\n').filter((line) => line !== '')
  return commits.length === 0 ? [head] : commits.reverse()
}

/** Those of the commits that were let in before, as far as the copy of the repository remembers. */
async function knownOf(
  mirror: Mirror,
  commits: readonly string[],
  head: string,
  inForce: string | undefined,
): Promise<ReadonlySet<string>> {
  const since = inForce !== undefined && (await isThere(mirror, inForce)) ? [`^${inForce}`] : []
  // The head comes first, and what is new is no more than what is judged: nothing is cut off.
  const output = await mirror.git(['rev-list', `--max-count=${commits.length}`, head, ...since, '--not', `--glob=${letIn}`])
  const fresh = new Set(output.split('\n'))
  return new Set(commits.filter((commit) => !fresh.has(commit)))
}

function isThere(mirror: Mirror, commit: string): Promise<boolean> {
  return mirror.git(['cat-file', '-e', `${commit}^{commit}`]).then(
    () => true,
    () => false,
  )
}

function signersRefusal(error: SignersError, head: string, inForce: string | undefined): RefusedCommits {
  return {
    head,
    inForce,
    reason: 'signers',
    because: `nobody can be trusted: ${reasonOf(error)}`,
    todo: 'put the file right on the machine of the controller. Reeve reads it again by itself.',
    commits: [],
    count: 0,
  }
}

function tooMany(count: number, head: string, inForce: string | undefined): RefusedCommits {
  return {
    head,
    inForce,
    reason: 'tooMany',
    because: `${count} or more commits came at once; the signatures of at most ${mostCommits} are checked`,
    todo: 'push them in parts, or begin anew: stop Reeve, remove the folder stateDir, start it.',
    commits: [],
    count: 0,
  }
}

function signatureRefusal(faults: readonly RefusedCommit[], head: string, inForce: string | undefined): RefusedCommits {
  const [first] = faults
  const others = faults.length === 1 ? '' : ` (and ${faults.length - 1} more)`
  return {
    head,
    inForce,
    reason: first?.fault ?? 'unsigned',
    because: `commit ${first?.commit.slice(0, 12)} is not trusted: ${first?.because}${others}`,
    todo: 'find out who made it. If it is meant: sign it (git rebase --exec "git commit --amend --no-edit -S" COMMIT-BEFORE-IT, then push with --force-with-lease), or add its signer to the allowed signers on the machine of the controller. If it is not: take it off the branch, and change the credentials that pushed it.',
    commits: faults.slice(0, mostListed),
    count: faults.length,
  }
}

const orderWords: Readonly<Record<Order['reason'], (to: string, from: string) => string>> = {
  older: (to, from) => `the branch went back to ${to}, which is older than ${from} in force`,
  rewritten: (to, from) => `the branch was rewritten: ${to} does not follow ${from} in force`,
  emptied: (to, from) => `${to} holds no manifest, and ${from} in force holds some`,
}

function orderRefusal({ reason, approval }: Order, head: string, inForce: string | undefined): RefusedCommits {
  const [to, from] = [head.slice(0, 12), (inForce ?? '').slice(0, 12)]
  return {
    head,
    inForce,
    reason,
    because: orderWords[reason](to, from),
    todo: `look what it would change (reeve plan --ref ${head}). To let exactly this happen: reeve approve ${approval}. To refuse, ${reason === 'emptied' ? 'revert it' : 'push the old branch again'}.`,
    commits: [],
    count: 0,
    approval,
  }
}
