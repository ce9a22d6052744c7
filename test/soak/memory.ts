import { median } from '../bench/statistics.ts'
import { type Noted, notesOf } from './journal.ts'

type Sample = Extract<Noted, { readonly type: 'memory' }>

export interface Memory {
  /** Medians of each quarter of the run; NaN where nothing was measured. */
  readonly quarters: readonly { readonly rssMiB: number; readonly heapMiB: number; readonly processes: number }[]
  /** Of the process that ran last: from its second quarter to its last one, 0.05 is 5 %. NaN where it was not there in both. */
  readonly growth: number
  readonly heapGrowth: number
  /** By the least squares, of the process that ran last, from the second quarter on. */
  readonly slopeMiBPerHour: number
  readonly heapSlopeMiBPerHour: number
}

/** What is asked for: below this the memory is flat. */
export const growthBar = 0.05

/** A process fills its caches at first: so long it counts for nothing, a twentieth of the run and ten minutes at most. */
const settleShare = 0.05
const longestSettleSeconds = 600
/** Fewer say nothing. */
const leastSamples = 5

/** Memory by quarters of the time from `begin` to `end`, seconds since the epoch. */
export function memoryOf(notes: readonly Noted[], begin: number, end: number): Memory {
  const samples = notesOf(notes, 'memory').filter(({ at }) => at >= begin && at <= end)
  const quarterOf = ({ at }: Sample): number => Math.min(3, Math.floor((4 * (at - begin)) / (end - begin)))
  const settled = settledOf(samples, Math.min(longestSettleSeconds, settleShare * (end - begin)))
  const [second, last] = [1, 3].map((quarter) => settled.filter((one) => quarterOf(one) === quarter)) as [Sample[], Sample[]]
  const later = settled.filter((one) => quarterOf(one) >= 1)
  return {
    quarters: [0, 1, 2, 3].map((quarter) => quarterIs(samples.filter((one) => quarterOf(one) === quarter))),
    growth: growthOf(second, last, ({ rssMiB }) => rssMiB),
    heapGrowth: growthOf(second, last, ({ heapMiB }) => heapMiB),
    slopeMiBPerHour: slopeOf(later, ({ rssMiB }) => rssMiB),
    heapSlopeMiBPerHour: slopeOf(later, ({ heapMiB }) => heapMiB),
  }
}

export function isFlat({ growth }: Memory): boolean {
  return growth < growthBar
}

/** Of the process that ran last, once it had run for a while. */
function settledOf(samples: readonly Sample[], settleSeconds: number): readonly Sample[] {
  const pid = samples.at(-1)?.pid
  const own = samples.filter((one) => one.pid === pid)
  return own.filter(({ at }) => at - (own[0]?.at ?? 0) >= settleSeconds)
}

function quarterIs(samples: readonly Sample[]): Memory['quarters'][number] {
  const [rssMiB, heapMiB] = [median(samples.map((one) => one.rssMiB)), median(samples.map((one) => one.heapMiB))]
  return { rssMiB, heapMiB, processes: new Set(samples.map(({ pid }) => pid)).size }
}

function growthOf(before: readonly Sample[], after: readonly Sample[], pick: (sample: Sample) => number): number {
  if (before.length < leastSamples || after.length < leastSamples) return Number.NaN
  return median(after.map(pick)) / median(before.map(pick)) - 1
}

function slopeOf(samples: readonly Sample[], pick: (sample: Sample) => number): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [hours, values] = [samples.map(({ at }) => at / 3600), samples.map(pick)]
  const [middle, level] = [mean(hours), mean(values)]
  const over = hours.reduce((sum, hour, index) => sum + (hour - middle) * ((values[index] ?? 0) - level), 0)
  return over / hours.reduce((sum, hour) => sum + (hour - middle) ** 2, 0)
}
