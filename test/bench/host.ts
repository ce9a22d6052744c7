import { readFileSync } from 'node:fs'
import { clock, randomHex, silentLog } from '../../controller/cli/context.ts'
import { readRules } from '../../controller/cli/rules.ts'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import { emptyMemory } from '../../controller/engine/session.ts'
import { createTrust, reconcileDepsFor } from '../../controller/loop/dependencies.ts'
import type { HostHandle } from '../../controller/loop/ports.ts'
import { makeRevision } from '../../controller/loop/revision.ts'
import type { HypervisorName } from '../../controller/model/ids.ts'
import { sh } from '../../controller/shell/sh.ts'
import { createSshHost } from '../../controller/ssh/host.ts'
import type { SshTarget } from '../lab/ssh-client.ts'
import { asTreeFile } from './manifests.ts'

/** One real host, driven by the real engine over the real SSH adapter, cycle by cycle. */
export interface BenchHost extends AsyncDisposable {
  /** From now on this is wanted. Throws where the manifests are not valid. */
  want(manifests: string): Promise<void>
  cycle(): Promise<Cycle>
  /** Cycles until all is as wanted; throws where that does not come. */
  converge(): Promise<void>
  /** Bytes of the longest answer to a message over the open shell in the last cycle. */
  longestReply(): number
  /** Messages that were answered so far, also those over new connections. */
  roundTrips(): number
  /** The process id that the host gave last (proc_loadavg(5)): how many processes and threads were started, seen from a shell that starts none. */
  lastPid(): Promise<number>
}

const timings = { resyncSeconds: 60, workers: 1, observeTimeoutMs: 120_000, applyTimeoutMs: 300_000, confirmTimeoutMs: 60_000 }

export function openBenchHost(target: SshTarget, fleetName = 'bench'): BenchHost {
  const rules = readRules(fleetName)
  let trips = 0
  let commits = 0
  let revision: Awaited<ReturnType<typeof makeRevision>> | undefined
  const ssh = createSshHost({
    settings: {
      name: target.name,
      address: target.address,
      ports: [target.port],
      user: 'root',
      become: 'none',
      hostKeys: [target.hostKey],
    },
    identity: () => ({ type: 'key', privateKey: readFileSync(target.identityFile) }),
    deadlines: { connectMs: 30_000, keepaliveMs: 60_000 },
    log: silentLog,
    onRoundTrip: () => trips++,
  })
  let longestReply = 0
  const handle: HostHandle = {
    async exchange(message, options) {
      const reply = await ssh.exchange(message, options)
      longestReply = Math.max(longestReply, Buffer.byteLength(reply))
      return reply
    },
    tell: (message) => ssh.tell(message),
    freshExchange: (message, options) => ssh.freshExchange(message, options),
    ask: (probe, deadlineMs) => ssh.ask(probe, deadlineMs),
    sessionId: () => ssh.sessionId(),
    [Symbol.asyncDispose]: () => ssh[Symbol.asyncDispose](),
  }
  const trust = createTrust({ state: { commit: '', trouble: undefined }, isAncestor: () => Promise.resolve(true) })
  const memory = emptyMemory()
  const name = target.name as HypervisorName

  async function want(manifests: string): Promise<void> {
    const commit = (++commits).toString(16).padStart(40, '0')
    const texts = manifests.split(/^---\n/m)
    const tree = { commit, files: texts.map((text, index) => asTreeFile({ path: `${index}.yaml`, text })), refused: [] }
    const history = { readFile: () => Promise.resolve(undefined), history: () => Promise.resolve([]) }
    revision = await makeRevision(tree, rules, history as never, [])
    const errors = revision.diagnostics.filter(({ severity }) => severity === 'error')
    if (errors.length > 0) throw new Error(JSON.stringify(errors.slice(0, 3), undefined, 1))
  }

  async function cycle(): Promise<Cycle> {
    const state = revision?.compiled.states.get(name)
    if (revision === undefined || state === undefined) throw new Error(`nothing is wanted of ${name}`)
    longestReply = 0
    const deps = { clock, rules, timings, randomHex, name: 'the bench', approvals: () => new Set<string>() }
    return reconcile(state, reconcileDepsFor(deps, trust, { handle, memory }, revision))
  }

  async function converge(): Promise<void> {
    let last: Cycle | undefined
    let failures = 0
    for (let tries = 0; tries < 120; tries++) {
      last = await cycle()
      if (last.status === 'noop') return
      if (last.status === 'withheld') break
      // As the loop would: a transaction that failed is tried again. It is said, since it should not happen here.
      if (last.status === 'failed') console.error(`bench: ${name}: ${last.message}`)
      if (last.status === 'failed' && ++failures === 3) break
      if (last.status === 'waiting') await clock.wait(1000)
    }
    throw new Error(
      `${name} does not converge: ${last?.status} ${last?.message} ${JSON.stringify(last?.applied.map((one) => one.outcome))}`,
    )
  }

  async function lastPid(): Promise<number> {
    const reply = await handle.exchange(sh`read -r one five fifteen running last </proc/loadavg; echo "$last"`, {
      deadlineMs: 10_000,
      maxBytes: 1000,
    })
    return Number(reply.trim())
  }

  return {
    want,
    cycle,
    converge,
    longestReply: () => longestReply,
    roundTrips: () => trips,
    lastPid,
    [Symbol.asyncDispose]: () => ssh[Symbol.asyncDispose](),
  }
}
