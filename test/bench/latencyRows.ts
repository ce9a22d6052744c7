import { figure, type Row } from './rows.ts'
import { median, quantile } from './statistics.ts'

/** One commit: milliseconds until the controller had observed the host to be as it says. */
export interface Seen {
  readonly sort: string
  /** From the moment that `git push` had returned; may be before it where the repository is a local one. */
  readonly sincePushedMs: number
  /** From the moment that `git push` was typed. */
  readonly sincePushMs: number
  /** Whether the host itself says so, asked once and right after. */
  readonly isTrue: boolean
}

/** Milliseconds beyond the daemons' own time. */
export interface Bars {
  readonly p50: number | null
  readonly p99: number
}

/** `floors`: by sort, milliseconds that its daemon takes by itself. */
export function latencyRows(way: string, seen: readonly Seen[], floors: ReadonlyMap<string, number>, bars: Bars): readonly Row[] {
  const floorOf = (sort: string): number => floors.get(sort) ?? Number.NaN
  const beyond = (all: readonly Seen[]) => all.map((one) => one.sincePushedMs - floorOf(one.sort))
  const floor = median([...floors.values()])
  const all = beyond(seen)
  return [
    figure(
      `commit → verified by ${way}: after git push, beyond the daemons' own time, p50 of ${seen.length}`,
      quantile(all, 0.5),
      'ms',
      bars.p50,
      floor,
    ),
    figure('… p99', quantile(all, 0.99), 'ms', bars.p99, floor),
    figure('… the longest', quantile(all, 1), 'ms', null, floor),
    figure(
      '… with git push itself and the daemons, p50',
      quantile(
        seen.map((one) => one.sincePushMs),
        0.5,
      ),
      'ms',
      null,
    ),
    figure('… of which the host itself says otherwise', seen.filter((one) => !one.isTrue).length, '', 0),
    ...[...floors].map(([sort, own]) => {
      const times = beyond(seen.filter((one) => one.sort === sort))
      const name = `… ${sort}: p50 of ${times.length} (p99 ${Math.round(quantile(times, 0.99))} ms, the longest ${Math.round(quantile(times, 1))} ms)`
      return figure(name, quantile(times, 0.5), 'ms', bars.p50, own)
    }),
  ]
}
