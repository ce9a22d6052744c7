import { sorts } from '../bench/changes.ts'
import { randomFrom } from '../random.ts'

export const hostNames = ['he1', 'he2'] as const
export type HostName = (typeof hostNames)[number]

/** One line of one thing each, and one commit that makes, changes and takes away things of every kind. */
export const commitSorts = [...sorts.map(({ name }) => name), 'all kinds'] as const
export const badSorts = ['no YAML', 'an unknown field', 'a target that is not there'] as const
export type BadSort = (typeof badSorts)[number]

export const driftSorts = [
  'a file edited',
  'a rule added to the live firewall',
  'a service stopped',
  'a vhost removed',
  'a mail map removed',
  'a setting of the kernel changed',
  'a mount taken away',
] as const
export type DriftSort = (typeof driftSorts)[number]

const lasting = ['TCP cut', 'TCP reset', 'TCP black hole', 'TCP slow', 'host reboot', 'SMTP down', 'Git gone'] as const
export const faultSorts = [...lasting, 'kill -9 of the controller'] as const
export type FaultSort = (typeof faultSorts)[number]

export interface CommitAct {
  readonly type: 'commit'
  readonly host: HostName
  /** One of commitSorts. */
  readonly sort: string
  /** Of all commits, from 1: makes each of them another one. */
  readonly turn: number
  /** A manifest that is wrong comes with it, and is taken back by the next commit. */
  readonly bad?: BadSort
}

export interface DriftAct {
  readonly type: 'drift'
  readonly host: HostName
  readonly sort: DriftSort
}

export interface FaultAct {
  readonly type: 'fault'
  readonly host: HostName
  readonly sort: FaultSort
  /** What is done while it lasts, or so long before it strikes. */
  readonly meanwhile: CommitAct | DriftAct
  readonly delayMs: number
}

export type Act = (CommitAct | DriftAct | FaultAct) & {
  /** How long all is left alone before it. */
  readonly pauseSeconds: number
}

/** Of the time of a run, in which the controller may be killed: from then on one process is looked at to the end. */
export const killShare = 0.2

/** About what an act takes with its pause on a quiet machine: where it is slower, the last ones are not played. */
const meanSeconds = 18

/** The acts of a run, one after the other: nothing but what an act itself does at once ever overlaps. The same seed and minutes give the same. */
export function scheduleOf(seed: number, minutes: number): readonly Act[] {
  const random = randomFrom(seed)
  const draw = drawsFrom(random)
  const count = Math.max(12, Math.round((minutes * 60) / meanSeconds))
  const kills = killsOf(count, minutes, random)
  return Array.from({ length: count }, (_, index): Act => ({ ...draw(kills.has(index)), pauseSeconds: 3 + Math.floor(random() * 8) }))
}

/** The controller is killed in the first fifth alone, once in half an hour of the run. */
function killsOf(count: number, minutes: number, random: () => number): ReadonlySet<number> {
  const last = Math.max(2, Math.floor(count * killShare * 0.7))
  return new Set(Array.from({ length: Math.max(1, Math.round(minutes / 30)) }, () => 1 + Math.floor(random() * (last - 1))))
}

function drawsFrom(random: () => number): (isKill: boolean) => CommitAct | DriftAct | FaultAct {
  const next = {
    host: bagOf([...hostNames, ...hostNames], random),
    commit: bagOf(commitSorts, random),
    bad: bagOf(badSorts, random),
    // Exactly one commit in ten is bad, whichever of them.
    isBad: bagOf([true, ...Array.from({ length: 9 }, () => false)], random),
    drift: bagOf(driftSorts, random),
    fault: bagOf(lasting, random),
    sort: bagOf(['commit', 'commit', 'commit', 'commit', 'drift', 'drift', 'drift', 'fault', 'fault'] as const, random),
  }
  let turn = 0
  const commit = (host: HostName, mayBeBad: boolean): CommitAct => {
    turn += 1
    const isBad = mayBeBad && next.isBad()
    return { type: 'commit', host, sort: next.commit(), turn, ...(isBad ? { bad: next.bad() } : {}) }
  }
  const drift = (host: HostName): DriftAct => ({ type: 'drift', host, sort: next.drift() })
  return (isKill) => {
    const [host, sort] = [next.host(), isKill ? 'fault' : next.sort()]
    if (sort === 'commit') return commit(host, true)
    if (sort === 'drift') return drift(host)
    const fault = isKill ? 'kill -9 of the controller' : next.fault()
    return { type: 'fault', host, sort: fault, delayMs: Math.floor(random() * 1500), meanwhile: meanwhileOf(fault, host) }
  }

  /** Where Git is gone nothing can be committed; what a host's boot puts right by itself is no drift. */
  function meanwhileOf(fault: FaultSort, host: HostName): CommitAct | DriftAct {
    if (fault === 'Git gone') return drift(host)
    return fault === 'host reboot' || random() < 0.5 ? commit(host, false) : drift(host)
  }
}

/** Gives all of them in some order, then all again: a short run has one of each sort too. */
function bagOf<T>(all: readonly T[], random: () => number): () => T {
  let left: T[] = []
  return () => {
    if (left.length === 0) left = [...all]
    return left.splice(Math.floor(random() * left.length), 1)[0] as T
  }
}
