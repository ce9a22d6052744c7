import type { ReconcileDeps } from '../engine/run.ts'
import type { HostMemory } from '../engine/session.ts'
import { manifestIn } from '../manifests/fleet.ts'
import { secretValues } from '../manifests/secrets.ts'
import type { Ledger } from '../model/ledger.ts'
import { createMask } from '../shell/mask.ts'
import type { Ground } from './neighbours.ts'
import { policyOf } from './policy.ts'
import type { HostHandle, LoopDeps } from './ports.ts'
import { type Revision, removalIn } from './revision.ts'

/** Whether a commit proves that what it does not hold was given up: it must descend from the commit that the host was last changed by. */
export interface Trust {
  prepare(current: Revision, ledger: Ledger | undefined): Promise<void>
  isTrusted(current: Revision, memory: HostMemory): boolean
}

/** Commits of ledgers, and whether a commit descends from each; also while the answer is on its way. */
type Ancestors = Map<string, boolean | Promise<boolean>>

/** Newest commits that are remembered: cycles of the one before may still be under way. */
const mostHeads = 3

/** Of those that a commit descends from; an older one is asked for again. */
const mostAncestors = 1000

/**
 * Remembers the answers of Git; while the repository is in trouble nothing is trusted. What a commit descends from, its descendants do too: a commit costs one question
 * of its own, and not one for each of the commits that the hosts of a large fleet were changed by.
 */
export function createTrust(git: Pick<LoopDeps<unknown>['git'], 'isAncestor' | 'state'>): Trust {
  const heads = new Map<string, Promise<Ancestors>>()
  const known = new Map<string, Ancestors>()
  const ask = (ancestor: string, commit: string): Promise<boolean> => git.isAncestor(ancestor, commit).catch(() => false)

  async function begin(commit: string, before: string | undefined): Promise<Ancestors> {
    const inherited = before === undefined ? undefined : await heads.get(before)
    const follows = before !== undefined && (await ask(before, commit))
    const ancestors: Ancestors = new Map(follows ? [...(inherited ?? [])].filter(([, isOne]) => isOne === true).slice(-mostAncestors) : [])
    if (follows) ancestors.set(before, true)
    known.set(commit, ancestors)
    return ancestors
  }

  function ancestorsOf(commit: string): Promise<Ancestors> {
    const before = [...heads.keys()].at(-1)
    const ancestors = heads.get(commit) ?? begin(commit, before)
    heads.set(commit, ancestors)
    for (const old of [...heads.keys()].slice(0, -mostHeads)) {
      heads.delete(old)
      known.delete(old)
    }
    return ancestors
  }

  return {
    async prepare(current, ledger) {
      if (ledger === undefined) return
      const ancestors = await ancestorsOf(current.commit)
      const { commit } = ledger.header
      const answer = ancestors.get(commit) ?? ask(commit, current.commit)
      ancestors.set(commit, answer)
      ancestors.set(commit, await answer)
    },
    isTrusted(current, { ledger }) {
      return (
        git.state.trouble === undefined &&
        // The trouble of an older commit may be over with the newest one: only the newest is vouched for.
        git.state.commit === current.commit &&
        ledger.status === 'read' &&
        known.get(current.commit)?.get(ledger.ledger.header.commit) === true
      )
    },
  }
}

/** What a cycle of one host needs of the loop. */
export function reconcileDepsFor(
  deps: Pick<LoopDeps<unknown>, 'clock' | 'rules' | 'timings' | 'randomHex' | 'approvals' | 'name' | 'ownMachine' | 'epoch'>,
  trust: Trust,
  host: { readonly handle: HostHandle; readonly memory: HostMemory },
  current: Revision,
  ground?: Ground,
): ReconcileDeps {
  const { clock, timings } = deps
  const approvals = new Set([...deps.approvals(), ...current.head.approvals.map((approval) => approval.hash)])
  return {
    host: host.handle,
    memory: host.memory,
    primitives: new Map(deps.rules.primitives.map((primitive) => [primitive.type, primitive])),
    random: deps.randomHex,
    now: clock.nowSeconds,
    wait: clock.wait,
    epoch: deps.epoch ?? 1,
    controller: deps.name,
    ...(deps.ownMachine === undefined ? {} : { ownMachine: deps.ownMachine }),
    observeTimeoutMs: timings.observeTimeoutMs,
    applyTimeoutMs: timings.applyTimeoutMs,
    confirmTimeoutMs: timings.confirmTimeoutMs,
    maxReplyBytes: 16 << 20,
    policy: { ...policyOf(current.fleet, approvals, clock.nowSeconds()), ...(ground ? { turnOf: ground.turnOf } : {}) },
    ...(ground ? { peers: ground.peers } : {}),
    sourceFile: (owner) => manifestIn(current.fleet, owner)?.source.file ?? '',
    generationOf: (owner) => manifestIn(current.fleet, owner)?.generation,
    removalOf: (entry) => removalIn(current, entry, trust.isTrusted(current, host.memory)),
    mask: createMask(secretValues(current.head.secrets)),
    prepare: (ledger) => trust.prepare(current, ledger),
  }
}
