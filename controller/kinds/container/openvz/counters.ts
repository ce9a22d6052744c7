import type { Alarm } from '../../../model/alarm.ts'
import { type Sample, sample } from '../../../model/kind.ts'

/** A row of the user beancounters: what is used now, its limit, and how often more was refused since the container has had it. */
export interface Counter {
  readonly held: bigint
  readonly limit: bigint
  readonly failures: bigint
}

/** Those that refused something and that nobody asked about: the worst of them. */
const mostOthers = 4

/** Lines `counter NAME held maxheld barrier limit failcnt`, as /proc/bc and /proc/user_beancounters have them; the first of a name counts. */
export function readCounters(lines: readonly string[]): ReadonlyMap<string, Counter> {
  const counters = new Map<string, Counter>()
  for (const line of lines) {
    const match = /^counter\s+([a-z]{1,32})\s+(\d{1,20})\s+\d{1,20}\s+\d{1,20}\s+(\d{1,20})\s+(\d{1,20})\s*$/.exec(line)
    const [, name = '', held = '', limit = '', failures = ''] = match ?? []
    if (name === '' || name === 'dummy' || counters.has(name)) continue
    counters.set(name, { held: BigInt(held), limit: BigInt(limit), failures: BigInt(failures) })
  }
  return counters
}

/** Of the counters that the manifest sets: two numbers each. Of others: that they refused something. */
export function counterSamples(counters: ReadonlyMap<string, Counter>, asked: readonly string[]): readonly Sample[] {
  const others = failing(counters)
    .filter(([name]) => !asked.includes(name))
    .slice(0, mostOthers)
  const shown = [...[...counters].filter(([name]) => asked.includes(name)), ...others]
  return shown.flatMap(([name, { held, failures }]) => [
    ...(asked.includes(name) ? [sample('container_ubc_held', Number(held), { counter: name })] : []),
    sample('container_ubc_failures_total', Number(failures), { counter: name }),
  ])
}

/** One mail where a counter refused something for the first time, and one more for each further power of ten: it grows. */
export function counterAlarms(counters: ReadonlyMap<string, Counter>, name: string, ctid: string): readonly Alarm[] {
  const failed = failing(counters)
  if (failed.length === 0) return []
  return [
    {
      condition: 'LimitReached',
      subject: 'beancounters',
      items: failed.flatMap(([counter, { failures }]) => powersOfTen(failures).map((power) => `${counter} ${power}`)),
      summary: `container ${name} (${ctid}) was refused ${failed.map(([counter]) => counter).join(', ')}`,
      facts: failed.map(([counter, one]) => [counter, `refused ${one.failures} times; in use ${one.held} of ${one.limit}`] as const),
      todo: `Raise it in spec.openvz.ubc (or spec.resources) of the Container, or find what asks for so much: vzctl exec ${ctid} cat /proc/user_beancounters`,
    },
  ]
}

function failing(counters: ReadonlyMap<string, Counter>): readonly (readonly [string, Counter])[] {
  return [...counters]
    .filter(([, { failures }]) => failures > 0n)
    .sort(([, one], [, other]) => (one.failures > other.failures ? -1 : one.failures < other.failures ? 1 : 0))
}

/** 1, 10, 100, … up to the number. */
function powersOfTen(count: bigint): readonly string[] {
  return Array.from({ length: count.toString().length }, (_, digits) => `1${'0'.repeat(digits)}`)
}
