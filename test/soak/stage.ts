import { setTimeout as sleep } from 'node:timers/promises'
import type { HypervisorView, StatusView } from '../../controller/model/status.ts'
import { atFirst, type Wanted } from './deeds.ts'
import type { Journal } from './journal.ts'
import type { HostName } from './schedule.ts'
import type { Watchers } from './watchers.ts'
import type { SoakHost, SoakWorld } from './world.ts'

export interface Stage {
  readonly world: SoakWorld
  readonly journal: Journal
  readonly watchers: Watchers
  nowSeconds(): number
  /** What Git wants of each host now. */
  readonly wanted: Record<HostName, Wanted>
  /** Ids given so far. */
  count: number
}

export function startStage(parts: Pick<Stage, 'world' | 'journal' | 'watchers' | 'nowSeconds'>): Stage {
  return { ...parts, wanted: { he1: atFirst, he2: atFirst }, count: 0 }
}

export const patienceMs = 240_000

/** Waits until every host was looked at anew and nothing was to do. */
export async function rest(stage: Stage): Promise<boolean> {
  const at = stage.nowSeconds()
  const isResting = (host: SoakHost, status: StatusView): boolean => isAtRest(status, host.name, at)
  const isDone = await until(async () => {
    const status = await statusNow(stage)
    return status !== undefined && stage.world.hosts.every((host) => isResting(host, status))
  })
  if (!isDone) stage.journal.note({ type: 'trouble', text: `the hosts do not come to rest: ${await wordsOf(stage)}` })
  return isDone
}

export function isAtRest({ hypervisors }: StatusView, name: string, at: number): boolean {
  const host = hypervisors.find((one) => one.name === name)
  return host?.lastResult === 'noop' && host.isUp === true && (host.lastCycleSeconds ?? 0) > at
}

/** What stands in the way, for people. */
export function troubleOf({ hypervisors, errors, commit }: StatusView, head: string): readonly string[] {
  const told = ({ name, isUp, lastResult, message }: HypervisorView): readonly string[] =>
    isUp === true && lastResult === 'noop' ? [] : [`${name}: ${lastResult}: ${message}`]
  return [...hypervisors.flatMap(told), ...errors, ...(commit?.hash === head ? [] : [`at ${commit?.hash}, not at ${head}`])]
}

/** What stands in the way of a wait that was given up. */
export async function wordsOf(stage: Stage): Promise<string> {
  const status = await statusNow(stage)
  return status === undefined ? 'the controller does not answer' : troubleOf(status, await stage.world.repository.head()).join('; ')
}

/** Undefined where it does not answer; one that ended is started again. */
export async function statusNow({ world, watchers }: Pick<Stage, 'world' | 'watchers'>): Promise<StatusView | undefined> {
  if (watchers.pid === undefined) await world.kill()
  const controller = await world.controller()
  watchers.pid = controller.pid
  return controller.status()
}

export async function until(isTrue: () => Promise<boolean>, everyMs = 500): Promise<boolean> {
  for (const endMs = performance.now() + patienceMs; performance.now() < endMs; await sleep(everyMs)) if (await isTrue()) return true
  return false
}
