import { type Assessment, type Reading, type Sample, sample } from '../../model/kind.ts'
import type { ContainerSpec } from './spec.ts'

export type WantedState = NonNullable<ContainerSpec['state']>
export type Verdict = Omit<Assessment, 'samples'>

/** What any provider tells of a container. Numbers are the text that the host printed; what is no number is left out. */
export interface Facts {
  readonly exists: boolean
  readonly running: 'running' | 'stopped' | 'frozen'
  /** Command that lets a frozen one go on. */
  readonly thaw: string
  /** Why the last start that Reeve tried failed, in the provider's words; undefined where none failed since boot. */
  readonly startFailed?: string | undefined
  /** When it was killed since it did not stop by itself, since boot; seconds since the epoch. */
  readonly kills?: readonly number[]
  readonly memoryBytes?: string | undefined
  readonly memoryLimitBytes?: string | undefined
  readonly oomKills?: string | undefined
  readonly cpuSeconds?: string | undefined
  /** Since its init started: falls with each start, and that is how restarts are counted. */
  readonly uptimeSeconds?: string | undefined
}

export function notRead(reading: Reading): Assessment {
  return { healthy: 'unknown', reason: 'NotRead', message: reading.reason, samples: [] }
}

/** Whether a container is in the state that its manifest asks for. */
export function judge(facts: Facts, name: string, wanted: WantedState): Verdict {
  if (!facts.exists) return { healthy: false, reason: 'Absent', message: `${name} does not exist (yet)` }
  const isRunning = facts.running !== 'stopped'
  if (wanted === 'unmanaged') return { healthy: true, reason: 'Unmanaged', message: `${name} is ${isRunning ? 'running' : 'stopped'}` }
  if (wanted === 'stopped')
    return isRunning
      ? { healthy: false, reason: 'Running', message: `${name} runs, and should be stopped` }
      : { healthy: true, reason: 'Stopped', message: `${name} is stopped${killed(facts)}` }
  if (!isRunning) return down(facts, name, wanted)
  if (wanted === 'frozen')
    return facts.running === 'frozen'
      ? { healthy: true, reason: 'Frozen', message: `${name} is frozen` }
      : { healthy: false, reason: 'Running', message: `${name} runs, and should be frozen` }
  if (facts.running === 'frozen') return { healthy: false, reason: 'Frozen', message: `${name} is frozen (${facts.thaw})` }
  return { healthy: true, reason: 'Running', message: `${name} is running${killed(facts)}` }
}

function down(facts: Facts, name: string, wanted: WantedState): Verdict {
  const should = wanted === 'frozen' ? 'be frozen' : 'run'
  if (facts.startFailed === undefined) return { healthy: false, reason: 'NotRunning', message: `${name} is stopped, and should ${should}` }
  return {
    healthy: false,
    reason: 'StartFailed',
    message: `${name} is stopped, and should ${should}; its last start failed: ${facts.startFailed}`,
  }
}

/** A guest that was killed may have lost what it had not written: people shall know, also when it runs again. */
function killed({ kills = [] }: Facts): string {
  const last = kills.at(-1)
  return last === undefined ? '' : `; it was killed at ${new Date(last * 1000).toISOString().slice(0, 19)}Z since it did not stop by itself`
}

/** The same metrics whatever runs the container. */
export function samplesOf(facts: Facts): readonly Sample[] {
  const numbers = [
    ['container_memory_bytes', facts.memoryBytes],
    ['container_memory_limit_bytes', facts.memoryLimitBytes],
    ['container_oom_kills_total', facts.oomKills],
    ['container_cpu_seconds_total', facts.cpuSeconds],
    ['container_uptime_seconds', facts.uptimeSeconds],
  ] as const
  return [
    ...(facts.kills === undefined ? [] : [sample('container_kills_total', facts.kills.length)]),
    ...numbers.flatMap(([metric, text]) => (text !== undefined && /^\d+(\.\d+)?$/.test(text) ? [sample(metric, Number(text))] : [])),
  ]
}
