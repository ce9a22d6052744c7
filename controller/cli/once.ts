import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { Cycle } from '../engine/cycle.ts'
import { planOnce } from '../engine/reconcile.ts'
import type { ReconcileDeps } from '../engine/run.ts'
import { emptyMemory } from '../engine/session.ts'
import type { GitSource } from '../git/source.ts'
import { neighboursOf } from '../loop/beside.ts'
import { createTrust, reconcileDepsFor } from '../loop/dependencies.ts'
import { withSuspensions } from '../loop/policy.ts'
import type { HostHandle } from '../loop/ports.ts'
import { reconcileHost } from '../loop/reconcileHost.ts'
import { makeRevision, type Revision } from '../loop/revision.ts'
import { isReadPath as wants } from '../manifests/tree.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { DesiredState } from '../model/plan.ts'
import type { RefusedCommits } from '../model/refusedCommits.ts'
import { printable } from '../report/mails.ts'
import { nothing } from '../shell/sh.ts'
import { createStore, type Store } from '../store/store.ts'
import { createConnector } from './connector.ts'
import { clock, processName, randomHex, silentLog } from './context.ts'
import { CommandEnd } from './exit.ts'
import { becomeOwnerOf } from './owner.ts'
import { approvalsOf, openGit } from './repository.ts'
import { createRounds, type Result } from './rounds.ts'
import { readRules } from './rules.ts'
import { describeTrouble } from './trouble.ts'
import { openVault } from './vault.ts'

export interface OnceOptions {
  readonly config: Config
  /** Only this one. */
  readonly hypervisor?: string
  /** A commit instead of the branch's head. */
  readonly commit?: string
  readonly changes: boolean
  onRevision(revision: Revision): void
  onProgress?: ReconcileDeps['onProgress']
  /** Told between two tries while something is still being made. */
  onWait?(hypervisor: HypervisorName, cycle: Cycle): void
}

/** Brings over the repository, and plans or applies each hypervisor, side by side as far as none waits for another one. */
export async function runOnce(options: OnceOptions): Promise<readonly Result[]> {
  const { config } = options
  becomeOwnerOf(config.stateDir)
  const vault = openVault(config)
  using store = openStore(config)
  await using git = openGit(config, { isRecorded: options.changes, ...(store ? { approvals: approvalsOf(store) } : {}) })
  const { commit: head, trouble, refused } = await git.refresh()
  const commit = options.commit ?? head
  if (options.commit === undefined) sayRefused(refused, head)
  if (commit === undefined)
    throw new CommandEnd(refused?.because ?? (trouble === undefined ? 'the repository has no commit' : describeTrouble(trouble)))
  const reading = await git.readTree(commit, wants, ['reeve.approvals.yaml'])
  if (reading.status === 'failed')
    throw new CommandEnd(
      commit === head
        ? `commit ${commit} cannot be read: ${reading.reason}`
        : `commit ${commit} is not on branch ${config.repository.branch}, or cannot be read: ${reading.reason}`,
    )
  if (reading.tree.files.length === 0 && reading.tree.refused.length === 0)
    throw new CommandEnd(
      `commit ${commit.slice(0, 12)} has no manifests in ${config.repository.path === '.' ? 'it' : config.repository.path}`,
    )
  await judgeNamed(options, git)
  const rules = readRules(config.fleet, vault)
  const trust = createTrust(git)
  const approvals = new Set(store?.approvals().map((approval) => approval.hash))
  const suspensions = (store?.suspensions() ?? []).filter(({ untilSeconds }) => untilSeconds > clock.nowSeconds())
  const timings = {
    observeTimeoutMs: config.timeouts.observeMs,
    applyTimeoutMs: config.timeouts.applyMs,
    confirmTimeoutMs: config.timeouts.confirmMs,
    resyncSeconds: 60,
    workers: 8,
  }
  const connect = createConnector(config, silentLog, () => {})
  let revision = await makeRevision(reading.tree, rules, git, [])
  options.onRevision(revision)
  const hypervisors = revision.fleet.manifests.filter((manifest) => manifest.kind === 'Hypervisor')
  const chosen = hypervisors.filter((manifest) => options.hypervisor === undefined || manifest.name === options.hypervisor)
  if (chosen.length === 0)
    throw new CommandEnd(
      options.hypervisor === undefined
        ? 'the fleet has no valid Hypervisor'
        : `the fleet has no valid Hypervisor ${options.hypervisor}; it has ${hypervisors.map(({ name }) => name).join(', ') || 'none'}`,
    )
  const names = chosen.map((manifest) => manifest.name as HypervisorName)
  const beside = neighboursOf(names, revision)
  const hosts = hypervisors
    .filter(({ name }) => names.includes(name as never) || beside.has(name as never))
    .map((manifest) => ({
      name: manifest.name as HypervisorName,
      handle: connect(manifest, hypervisors),
      memory: emptyMemory(),
    }))
  const ledgersRead = () => hosts.flatMap(({ memory }) => (memory.ledger.status === 'read' ? [memory.ledger.ledger] : []))
  const name = processName(options.changes ? 'apply' : 'plan')
  const rounds = createRounds({ waits: options.changes, nowSeconds: clock.nowSeconds, wait: clock.wait, randomHex })
  const common = { clock, rules, timings, randomHex, name, epoch: 'found' as const, approvals: () => approvals }
  const depsFor = (host: (typeof hosts)[number], current = revision): ReconcileDeps => ({
    ...withSuspensions(reconcileDepsFor(common, trust, host, current, rounds.ground(current)), host.name, () => suspensions),
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  })
  const applyOnce = async (host: (typeof hosts)[number]): Promise<Cycle> => {
    const reconcileDeps = (held: Revision) => depsFor(host, held)
    const { cycle } = await reconcileHost(
      { name: host.name, current: revision, rules, git, ledgers: ledgersRead, reconcileDeps, isOver: () => false },
      { held: new Map(), retried: new Map() },
    )
    return cycle
  }
  const once = (host: (typeof hosts)[number]): Promise<Cycle> =>
    options.changes && !beside.has(host.name)
      ? untilSettled(host.name, () => applyOnce(host), options)
      : planOnce(stateOf(revision, host.name), depsFor(host))
  const parties = hosts.map((host) => ({ name: host.name, handle: host.handle, cycle: () => once(host) }))
  try {
    const each = async (): Promise<readonly Result[]> => {
      const results = await rounds.run(parties, revision)
      return names.flatMap((each) => results.get(each) ?? [])
    }
    const first = await each()
    const next = await makeRevision(reading.tree, rules, git, ledgersRead())
    if (next.stale.size === revision.stale.size && next.frozen.length === revision.frozen.length) return first
    revision = next
    return await each()
  } finally {
    await Promise.all(hosts.map(leave))
  }
}

/** What was approved with `reeve approve` or suspended is in the controller's store; commands that run beside it honour it too. */
function openStore(config: Config): Store | undefined {
  const path = join(config.stateDir, 'history.sqlite')
  if (!existsSync(path)) return undefined
  return createStore({ path, retentionSeconds: 90 * 86_400, maxEntries: 200_000, log: silentLog, nowSeconds: clock.nowSeconds })
}

/** A newer commit that is not in force is told; what is in force is what the command is about. */
function sayRefused(refused: RefusedCommits | undefined, inForce: string | undefined): void {
  if (refused === undefined || inForce === undefined) return
  process.stderr.write(
    `reeve: ${printable(`commits up to ${refused.head} are not applied: ${refused.because}; what follows is about ${inForce.slice(0, 12)}, which is in force. ${refused.todo}`)}\n`,
  )
}

/** A commit that a person named may be older, or of another branch; it must be signed all the same, to be applied. */
async function judgeNamed({ commit, changes }: OnceOptions, git: GitSource): Promise<void> {
  const refused = commit === undefined ? undefined : await git.judge(commit)
  if (refused === undefined) return
  if (changes) throw new CommandEnd(`${printable(refused.because)}; nothing of it is applied`)
  process.stderr.write(`reeve: ${printable(`this commit would not be applied: ${refused.because}`)}\n`)
}

/** What was only told to a host must have arrived before the connection ends. */
async function leave({ handle }: { readonly handle: HostHandle }): Promise<void> {
  if (handle.sessionId() !== 0) await handle.exchange(nothing, { deadlineMs: 30_000, maxBytes: 1000 }).catch(() => {})
  await handle[Symbol.asyncDispose]()
}

function stateOf(revision: Revision, name: HypervisorName): DesiredState {
  const state = revision.compiled.states.get(name)
  if (state === undefined) throw new Error(`nothing was compiled for ${name}`)
  return state
}

/** Jobs and starting containers take their time, as does another controller's apply: goes on until nothing waits, nothing moved for two minutes, or that apply is overdue. */
async function untilSettled(name: HypervisorName, once: () => Promise<Cycle>, options: OnceOptions): Promise<Cycle> {
  let cycle = await once()
  let all = cycle
  let stuckSince = clock.nowSeconds()
  let message = ''
  while (
    cycle.status === 'waiting' &&
    !cycle.isWoken &&
    !cycle.busy?.isOverdue &&
    clock.nowSeconds() - stuckSince < patienceSeconds(cycle)
  ) {
    if (cycle.message !== message) {
      message = cycle.message
      stuckSince = clock.nowSeconds()
      options.onWait?.(name, cycle)
    }
    await clock.wait(1000)
    cycle = await once()
    if (cycle.applied.length > 0) stuckSince = clock.nowSeconds()
    all = { ...cycle, applied: [...all.applied, ...cycle.applied], drift: [...all.drift, ...cycle.drift] }
  }
  return all.status === 'noop' && all.applied.length > 0 ? { ...all, status: 'converged' } : all
}

/** A running apply ends, or is overdue one day. */
function patienceSeconds({ busy, inProgress }: Cycle): number {
  if (busy?.sinceSeconds !== undefined) return Number.POSITIVE_INFINITY
  return inProgress.length > 0 ? 4 * 3600 : 120
}
