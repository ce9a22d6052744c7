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
 * A way on which what `from` sends to this sink comes back to it: `he1 → he1/plpa → he1`. One message became 134,361 in two seconds on such a way,
 * and rsyslogd -N1 has nothing against it.
 */
export function loopThrough(sink: SyslogSink, from: string, fleet: Fleet): readonly string[] | undefined {
  const to = sinkTarget(sink, fleet)
  if (to === undefined) return undefined
  const all = routes(fleet)
  const ways: (readonly string[])[] = [[from, targetKey(to)]]
  const seen = new Set<string>()
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    const last = way.at(-1) ?? ''
    if (last === from) return way
    if (seen.has(last)) continue
    seen.add(last)
    for (const next of all.get(last) ?? []) ways.push([...way, next])
  }
  return undefined
}
