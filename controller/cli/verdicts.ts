import type { Observer, SeenCycle } from '../loop/ports.ts'
import type { Revision } from '../loop/revision.ts'
import type { CommitState, CommitStatus, CommitVerdict } from '../model/commitStatus.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { RefusalReason, RefusedCommits } from '../model/refusedCommits.ts'
import { placeOf, sentenceOf } from '../report/diagnostics.ts'

export interface VerdictDependencies {
  readonly status: CommitStatus
  /** What was told last, also before a restart; undefined for nothing. */
  load(): unknown
  save(told: Told): void
  /** Whether it is this controller that is in charge of it. Default: of all. */
  isOurs?(name: HypervisorName): boolean
}

type About = CommitVerdict['about']
/** A commit that is refused is another one than that in force: each has its last word. */
type Told = { readonly [Place in About | 'refused']?: CommitVerdict | undefined }

/** As much of the repository's state as makes a verdict. */
export interface RefusedNews {
  readonly refused: RefusedCommits | undefined
}

/** What of the loop's news makes a verdict. */
export type VerdictObserver = Pick<Observer<RefusedNews>, 'onGit' | 'onRevision' | 'onCycle' | 'onHostGone' | 'onHostLeft'>

/**
 * Tells the forge of each commit whether its manifests are right, and whether it is in force on every hypervisor or failed on one. Names hypervisors and no word that came
 * from a host: what is told there many can read.
 */
export function createVerdicts({ status, load, save, isOurs = () => true }: VerdictDependencies): VerdictObserver {
  let told = readTold(load())
  let revision: Revision | undefined
  let hosts = new Map<HypervisorName, HostState>()

  /** What is final is not unsaid because a host is looked at again. */
  function tell(about: About, state: CommitState, description: string): void {
    if (revision === undefined) return
    const last = told[about]
    const isSame = last?.commit === revision.commit
    if (isSame && (state === 'pending' || (last.state === state && last.description === description))) return
    say(about, { commit: revision.commit, about, state, description })
  }

  function say(place: keyof Told, verdict: CommitVerdict): void {
    told = { ...told, [place]: verdict }
    save(told)
    status.tell(verdict)
  }

  function tellRefused(refused: RefusedCommits): void {
    const verdict: CommitVerdict = { commit: refused.head, about: 'apply', state: 'failure', description: refusalOf(refused) }
    const last = told.refused
    if (last?.commit !== verdict.commit || last.description !== verdict.description) say('refused', verdict)
  }

  function tellApply(): void {
    if (revision !== undefined) tell('apply', ...applyVerdict(revision, new Map([...hosts].filter(([name]) => isOurs(name)))))
  }

  return {
    onGit({ refused }) {
      if (refused !== undefined) tellRefused(refused)
    },
    onRevision(next) {
      // Refused once more, it is news once more.
      if (told.refused?.commit === next.commit) told = { ...told, refused: undefined }
      const known = revision?.commit === next.commit ? hosts : new Map<HypervisorName, HostState>()
      revision = next
      hosts = new Map([...next.compiled.states.keys()].map((name) => [name, known.get(name) ?? 'waiting']))
      tell('validate', ...validateVerdict(next))
      tellApply()
    },
    onCycle({ cycle, revision: used }) {
      if (cycle.commit !== revision?.commit || !hosts.has(cycle.hypervisor)) return
      hosts.set(cycle.hypervisor, stateOf(cycle, used))
      tellApply()
    },
    onHostGone(name) {
      if (hosts.delete(name)) tellApply()
    },
    onHostLeft(name) {
      if (hosts.has(name)) hosts.set(name, 'waiting')
    },
  }
}

type HostState = 'waiting' | 'inForce' | 'heldBack' | 'failed'

function stateOf(cycle: SeenCycle['cycle'], { stale, frozen }: Revision): HostState {
  if (cycle.status === 'failed' || (cycle.status === 'withheld' && cycle.plan.refused.length > 0)) return 'failed'
  if (cycle.status !== 'noop' && cycle.status !== 'converged') return 'waiting'
  return stale.size + frozen.length > 0 ? 'heldBack' : 'inForce'
}

function validateVerdict({ head, diagnostics }: Revision): readonly [CommitState, string] {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (first === undefined) return ['success', `${counted(head.fleet.manifests.length, 'manifest')} valid`]
  return ['failure', `${counted(errors.length, 'error')}; ${placeOf(first)}: ${sentenceOf(first)}`]
}

function applyVerdict({ stale, frozen }: Revision, hosts: ReadonlyMap<HypervisorName, HostState>): readonly [CommitState, string] {
  const of = (state: HostState) => [...hosts].filter(([, each]) => each === state).map(([name]) => name)
  const [failed, heldBack, waiting] = [of('failed'), of('heldBack'), of('waiting')]
  if (failed.length > 0) return ['failure', `failed on ${listed(failed)}; reeve status says why`]
  if (waiting.length > 0) return ['pending', `waits for ${listed(waiting)}`]
  const left = [...stale, ...frozen]
  if (heldBack.length > 0 || left.length > 0)
    return [
      'failure',
      `in force, but for what stays at its last good version${left.length > 0 ? `: ${listed(left)}` : ` on ${listed(heldBack)}`}`,
    ]
  return ['success', `in force on ${counted(hosts.size, 'hypervisor')}`]
}

/** Short: a forge shows 140 characters. The mail and `reeve status` have the whole of it; what a file of signers lacks is not for a forge that may be public. */
function refusalOf({ reason, commits, count, approval, inForce }: RefusedCommits): string {
  const [first] = commits
  if (first !== undefined) {
    const others = count > 1 ? ` and ${count - 1} more` : ''
    return `not let in: ${first.commit.slice(0, 12)}${others}: ${refusalWords[first.fault]}; sign again, or take off the branch (reeve status)`
  }
  const words = `not let in: ${refusalWords[reason]}`
  return approval === undefined ? words : `${words} ${inForce?.slice(0, 12)}; reeve approve ${approval}, or push the old branch again`
}

const refusalWords: Readonly<Record<RefusalReason, string>> = {
  unsigned: 'not signed',
  unknownKey: 'signed by a key that is nobody’s who may sign',
  badSignature: 'its signature does not fit',
  expiredKey: 'signed by a key outside of its time',
  revokedKey: 'signed by a revoked key',
  unreadableSignature: 'its signature cannot be checked',
  older: 'the branch went back, to an older commit than',
  rewritten: 'the branch was rewritten, and has another history than',
  emptied: 'it holds no manifest, unlike',
  tooMany: 'too many commits at once to check; push them in parts',
  signers: 'the controller cannot read who may sign; put its files right there',
}

const maxNames = 3

function listed(names: readonly string[]): string {
  const more = names.length - maxNames
  return `${names.slice(0, maxNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}

/** What an older or damaged store holds is nothing: at worst a status is set once more. */
function readTold(saved: unknown): Told {
  return typeof saved === 'object' && saved !== null ? (saved as Told) : {}
}
