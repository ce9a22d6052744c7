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

/** Remembers the answers of Git; while the repository is in trouble nothing is trusted. */
export function createTrust(git: Pick<LoopDeps<unknown>['git'], 'isAncestor' | 'state'>): Trust {
  const answers = new Map<string, boolean>()
  return {
    async prepare(current, ledger) {
      if (ledger === undefined) return
      const key = `${ledger.header.commit} ${current.commit}`
      if (!answers.has(key)) answers.set(key, await git.isAncestor(ledger.header.commit, current.commit).catch(() => false))
    },
    isTrusted(current, { ledger }) {
      return (
        git.state.trouble === undefined &&
        // The trouble of an older commit may be over with the newest one: only the newest is vouched for.
        git.state.commit === current.commit &&
        ledger.status === 'read' &&
        answers.get(`${ledger.ledger.header.commit} ${current.commit}`) === true
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
