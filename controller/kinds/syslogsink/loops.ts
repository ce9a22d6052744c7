import type { Fleet } from '../../model/fleet.ts'
import { targetKey } from '../../model/target.ts'
import { type SyslogSink, sendersOf, sinkTarget } from './places.ts'

/** Who sends to whom, over all SyslogSinks of the fleet: from each target, those that it sends to. */
function routes(fleet: Fleet): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, Set<string>>()
  for (const sink of fleet.all('SyslogSink')) {
    const to = sinkTarget(sink, fleet)
    if (to === undefined) continue
    for (const { target } of sendersOf(sink, fleet)) {
      const from = targetKey(target)
      all.set(from, (all.get(from) ?? new Set()).add(targetKey(to)))
    }
  }
  return all
}

/**
 * Ways on which what a sender sends to this sink comes back to it, by the sender: `he1 → he1/plpa → he1`. One message became 134,361 in two seconds on
 * such a way, and rsyslogd -N1 has nothing against it. The fleet is walked once, from the sink on, however many send to it.
 */
export function waysFrom(sink: SyslogSink, fleet: Fleet): ReadonlyMap<string, readonly string[]> {
  const own = sinkTarget(sink, fleet)
  const start = own === undefined ? [] : [targetKey(own)]
  const all = routes(fleet)
  const ways = new Map<string, readonly string[]>(start.map((key) => [key, [key]]))
  for (const [last, way] of ways) for (const next of all.get(last) ?? []) if (!ways.has(next)) ways.set(next, [...way, next])
  return ways
}
