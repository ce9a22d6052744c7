import type { Cycle } from '../engine/cycle.ts'
import { vitalsOf } from '../engine/rollout.ts'
import type { Ground } from '../loop/neighbours.ts'
import { createPeerBook } from '../loop/peers.ts'
import type { HostHandle } from '../loop/ports.ts'
import type { Revision } from '../loop/revision.ts'
import { askSlowVitals, currentReadings, dueVitals } from '../loop/slow.ts'
import { createTurns } from '../loop/turns.ts'
import { askNetworkVitals } from '../loop/vitals.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { DesiredState } from '../model/plan.ts'

/** What came of one hypervisor, in a command that runs once. */
export type Result =
  | { readonly hypervisor: HypervisorName; readonly cycle: Cycle }
  | { readonly hypervisor: HypervisorName; readonly error: Error }

/** A hypervisor that takes part in a command that runs once. */
export interface Party {
  readonly name: HypervisorName
  readonly handle: HostHandle
  /** Looks at it, and where the command changes things brings it as far as it comes without the others. */
  cycle(): Promise<Cycle>
}

export interface RoundDeps {
  /** Whether what is not healthy yet is waited for. */
  readonly waits: boolean
  nowSeconds(): number
  wait(ms: number): Promise<void>
  randomHex(): string
}

/** Rounds over hypervisors that look at each other, or change one after the other. */
export interface Rounds {
  ground(current: Revision): Ground
  /** Goes round until nobody has news for anybody; bounded. */
  run(parties: readonly Party[], current: Revision): Promise<ReadonlyMap<HypervisorName, Result>>
}

interface Taken {
  readonly result: Result
  /** Who must look again, since something that they look at is not what it was. */
  readonly byFact: ReadonlySet<HypervisorName>
  /** Whose turn has come, or who can be told now why not. */
  readonly byTurn: ReadonlySet<HypervisorName>
}

/** How long a placement has to become Healthy before the command ends without the next ones. */
const patienceSeconds = 120
const pauseMs = 2000
/** Facts that move with every look would go round for ever. */
const mostRounds = 50

export function createRounds(deps: RoundDeps): Rounds {
  const peers = createPeerBook()
  const turns = createTurns()

  async function take(party: Party, { compiled }: Revision): Promise<Taken> {
    try {
      const cycle = await party.cycle()
      const byTurn = turns.learn(cycle, compiled, cycle.vitals)
      return { result: { hypervisor: party.name, cycle }, byFact: peers.learn(cycle, compiled), byTurn }
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause))
      const byTurn = turns.lose(party.name, error.message, compiled)
      return { result: { hypervisor: party.name, error }, byFact: peers.lose(party.name, error.message, compiled), byTurn }
    }
  }

  /** Asks the health that does not come with a cycle, of the stages that others wait for. */
  async function ask({ name, handle }: Party, result: Result | undefined, { compiled }: Revision): Promise<readonly HypervisorName[]> {
    const desired = compiled.states.get(name)
    if (result === undefined || 'error' in result || desired === undefined) return []
    const vitals = turns.open(name, compiled).flatMap((stage) => vitalsOf(stage, desired))
    const readings = await readingsOf({ ...desired, vitals }, handle)
    return [...turns.learn(result.cycle, compiled, new Map([...result.cycle.vitals, ...readings]))]
  }

  async function readingsOf(desired: DesiredState, handle: HostHandle) {
    const now = deps.nowSeconds()
    const due = dueVitals(desired, new Map(), now)
    const slow = due.length === 0 ? new Map() : await askSlowVitals(due, handle, deps.randomHex(), now)
    return new Map([...(await askNetworkVitals(desired, handle)), ...currentReadings(desired, slow)])
  }

  async function run(parties: readonly Party[], current: Revision): Promise<ReadonlyMap<HypervisorName, Result>> {
    const results = new Map<HypervisorName, Result>()
    let dirty: ReadonlySet<HypervisorName> = new Set(parties.map(({ name }) => name))
    let patientUntil = Number.POSITIVE_INFINITY
    for (let round = 0; round < mostRounds && dirty.size > 0; round++) {
      const taken = await Promise.all(parties.filter(({ name }) => dirty.has(name)).map((party) => take(party, current)))
      for (const { result } of taken)
        results.set(result.hypervisor, deps.waits ? joinRounds(results.get(result.hypervisor), result) : result)
      dirty = new Set(taken.flatMap(({ byFact, byTurn }) => [...byFact, ...[...byTurn].filter((name) => isHeld(results.get(name)))]))
      if (dirty.size > 0 || ![...results.values()].some(isHeld)) {
        patientUntil = Number.POSITIVE_INFINITY
        continue
      }
      const open = parties.filter(({ name }) => turns.open(name, current.compiled).length > 0 && isSettled(results.get(name)))
      dirty = new Set((await Promise.all(open.map((party) => ask(party, results.get(party.name), current)))).flat())
      if (dirty.size > 0 || !deps.waits || open.length === 0) continue
      patientUntil = Math.min(patientUntil, deps.nowSeconds() + patienceSeconds)
      if (deps.nowSeconds() >= patientUntil) break
      await deps.wait(pauseMs)
      dirty = new Set(open.map(({ name }) => name))
    }
    return results
  }

  return {
    run,
    ground: ({ compiled }) => ({ peers: peers.view(compiled), turnOf: (owner, target) => turns.turnOf(compiled, owner, target) }),
  }
}

function isHeld(result: Result | undefined): boolean {
  return result !== undefined && 'cycle' in result && result.cycle.plan.withheld.some(({ brake }) => brake === 'Rollout')
}

/** All is done there but for what waits for others, which may stand on the same machine. What failed, or needs a person, does not get better by looking again. */
function isSettled(result: Result | undefined): boolean {
  return result !== undefined && 'cycle' in result && (['noop', 'converged'].includes(result.cycle.status) || result.cycle.isWoken === true)
}

/** What was done in earlier rounds was done. */
function joinRounds(before: Result | undefined, result: Result): Result {
  if (before === undefined || 'error' in before || 'error' in result) return result
  const applied = [...before.cycle.applied, ...result.cycle.applied]
  const drift = [...before.cycle.drift, ...result.cycle.drift]
  const status = result.cycle.status === 'noop' && applied.length > 0 ? 'converged' : result.cycle.status
  return { ...result, cycle: { ...result.cycle, applied, drift, status } }
}
