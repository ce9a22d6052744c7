import type { WantedChange } from '../../model/change.ts'
import { definePrimitive, type Verdict } from '../../model/primitive.ts'
import { unitsWatched } from '../../model/watched.ts'
import { diff, fieldsOf } from './diff.ts'
import { parse, probe } from './probe.ts'
import { previous, release, retire } from './retire.ts'
import type { BridgeSpec, BridgeState } from './spec.ts'
import { steps } from './steps.ts'
import { unitName } from './unit.ts'

/** A Linux bridge, its addresses and ports, and that it is up, now and at the next boot. */
export const bridgePrimitive = definePrimitive<BridgeSpec, BridgeState>({
  type: 'bridge',
  ownership: 'exclusive',
  fields: fieldsOf,
  watched: ({ name, ports }) => [...[name, ...ports].map((one) => ({ on: 'link', name: one }) as const), ...unitsWatched(unitName(name))],
  probe,
  parse,
  diff,
  steps,
  verdict,
  retire,
  previous,
  release,
})

/** A port may carry our own way in, or close a circle of cables. Nothing of it is on disk before it is confirmed, so a boot alone undoes it. */
function verdict({ ports }: BridgeSpec, { fields }: WantedChange): Verdict | undefined {
  const isLive = fields.some(({ field }) => field === 'ports' || (ports.length > 0 && field !== 'boot'))
  return isLive ? { probes: [{ type: 'newConnection' }], withinMs: 30_000, lockOut: 'kernel' } : undefined
}
