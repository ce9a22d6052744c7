import { canEnter, shellInside } from '../engine/apply/inside.ts'
import { vitalKey } from '../engine/observe.ts'
import type { OwnedVital, Reading } from '../model/kind.ts'
import type { DesiredState } from '../model/plan.ts'
import { type Collector, framesFunction, parseFrames } from '../shell/frames.ts'
import { joinScripts, type Script, sh } from '../shell/sh.ts'
import type { HostHandle } from './ports.ts'

/** What a slow vital said last, and to which question. */
export interface SlowAnswer {
  readonly probe: string
  readonly askedSeconds: number
  readonly reading: Reading
}

export type SlowAnswers = ReadonlyMap<string, SlowAnswer>

const defaultEverySeconds = 300
/** For one collector; the vital's own deadlines are shorter. */
const collectorSeconds = 120
const exchangeMs = 150_000
const mostBytes = 32 << 20

/** Slow vitals whose turn has come: never asked, asked something else, or long ago. */
export function dueVitals(desired: DesiredState, answers: SlowAnswers, nowSeconds: number): readonly OwnedVital[] {
  return desired.vitals.filter((vital) => {
    if (vital.pace !== 'slow' || !('text' in vital.probe)) return false
    const known = answers.get(vitalKey(vital))
    return known?.probe !== vital.probe.text || isPast(known.askedSeconds, paceOf(vital, known), nowSeconds)
  })
}

/** So many seconds are over since then; also where the clock was put back, and says that it has yet to be. */
export function isPast(sinceSeconds: number, seconds: number, nowSeconds: number): boolean {
  return nowSeconds < sinceSeconds || nowSeconds - sinceSeconds >= seconds
}

/** What was not read at all (no connection, no tool yet) is tried again sooner. */
function paceOf({ everySeconds = defaultEverySeconds }: OwnedVital, { reading }: SlowAnswer): number {
  return reading.status === 'unknown' ? Math.min(everySeconds, defaultEverySeconds) : everySeconds
}

/** Asks them all in one message over a connection of its own, so that no cycle waits for a disk. Never rejects: what was not told is unknown. */
export async function askSlowVitals(
  due: readonly OwnedVital[],
  host: HostHandle,
  boundary: string,
  nowSeconds: number,
): Promise<ReadonlyMap<string, SlowAnswer>> {
  const collectors = [begin, ...due.map((vital, index) => ({ name: `vital-${index}`, script: onTarget(vital) }))]
  const message = joinScripts([framesFunction('slow', collectors, collectorSeconds), sh`reeve_frames_slow ${boundary}`])
  const reply = await host
    .freshExchange(message, { deadlineMs: exchangeMs, maxBytes: mostBytes })
    .catch((error: unknown) => reasonOf(error))
  const frames = typeof reply === 'string' ? parseFrames(reply, boundary) : undefined
  return new Map(
    due.map((vital, index) => {
      const reading =
        typeof reply === 'string'
          ? readingOf(frames?.get(`vital-${index}`), frames?.get(`vital-${index}.err`)?.stdout)
          : unknown(reply.reason)
      return [vitalKey(vital), { probe: 'text' in vital.probe ? vital.probe.text : '', askedSeconds: nowSeconds, reading }] as const
    }),
  )
}

/** The first collector is run by the shell itself: none of the others, which may hang. */
const begin: Collector = { name: 'begin', script: sh`:` }

function onTarget({ target, probe }: OwnedVital): Script {
  const script: Script = 'text' in probe ? probe : sh`:`
  if (target.inside === undefined) return script
  return joinScripts([canEnter(target), sh`printf '%s\n' ${script.text} | ${shellInside(target, collectorSeconds)}`])
}

function readingOf(frame: { readonly exitCode: number; readonly stdout: string } | undefined, stderr = ''): Reading {
  if (frame === undefined) return unknown('its probe did not end in time')
  return frame.exitCode === 0
    ? { status: 'read', stdout: frame.stdout, reason: '' }
    : unknown(stderr.trim().split('\n').at(-1) || `its probe failed with status ${frame.exitCode}`)
}

function unknown(reason: string): Reading {
  return { status: 'unknown', stdout: '', reason }
}

function reasonOf(error: unknown): { readonly reason: string } {
  return { reason: error instanceof Error ? error.message : String(error) }
}

/** Readings that answer what is asked now. */
export function currentReadings(desired: DesiredState, answers: SlowAnswers): ReadonlyMap<string, Reading> {
  return new Map(
    desired.vitals.flatMap((vital) => {
      const answer = answers.get(vitalKey(vital))
      return answer !== undefined && 'text' in vital.probe && answer.probe === vital.probe.text
        ? [[vitalKey(vital), answer.reading] as const]
        : []
    }),
  )
}
