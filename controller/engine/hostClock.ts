import type { ClockReading } from '../model/event.ts'
import type { Frame } from '../shell/frames.ts'
import { type Script, sh } from '../shell/sh.ts'

/** Seconds since the boot, as the host read them: at the beginning, with its clock, and at the end of an observation. */
export interface Instants {
  readonly clockSeconds: number
  readonly uptimeSeconds: { readonly begin: number; readonly clock: number; readonly end: number }
}

/** /proc/uptime counts hundredths, and is read three times. */
const resolutionSeconds = 0.02

/** A frame with the seconds since the boot. Starts no process. */
export function uptimeFrame(name: string, boundary: string): Script {
  return sh`read -r reeve_up reeve_line </proc/uptime || reeve_up=
printf '%s begin %s\n%s\n%s end 0\n' ${boundary} ${name} "$reeve_up" ${boundary}`
}

/** Undefined where the host did not say, or what it says cannot be. */
export function readInstants(
  frames: ReadonlyMap<string, Frame>,
  facts: { readonly clockSeconds: number; readonly uptimeSeconds: number | undefined },
): Instants | undefined {
  const [begin, end] = [secondsIn(frames.get('uptime-before')?.stdout), secondsIn(frames.get('uptime-after')?.stdout)]
  const clock = facts.uptimeSeconds
  if (begin === undefined || end === undefined || clock === undefined || !(begin <= clock && clock <= end)) return undefined
  return { clockSeconds: facts.clockSeconds, uptimeSeconds: { begin, clock, end } }
}

/** `12.34`, hundredths as proc(5) has them. */
export function secondsIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}\.\d{2}$/.test(text) ? Number(text) : undefined
}

/**
 * How far a host's clock is from ours, by four instants as in RFC 5905 §8: sent, begun there, ended there, received. The way there and back may be
 * unequal, so the truth lies within half of it, either side. How long the host was at work in between does not matter.
 */
export function readClock(
  { clockSeconds, uptimeSeconds }: Instants,
  sentSeconds: number,
  receivedSeconds: number,
): ClockReading | undefined {
  const { begin, clock, end } = uptimeSeconds
  const [begun, ended] = [clockSeconds - (clock - begin), clockSeconds + (end - clock)]
  const onTheWay = receivedSeconds - sentSeconds - (end - begin)
  if (onTheWay < -resolutionSeconds) return undefined
  const roundTripSeconds = Math.max(0, onTheWay)
  return {
    offsetSeconds: (begun - sentSeconds + (ended - receivedSeconds)) / 2,
    errorSeconds: roundTripSeconds / 2 + resolutionSeconds,
    roundTripSeconds,
  }
}
