import type { Fleet } from './fleet.ts'
import type { ManifestId } from './ids.ts'
import type { Manifest } from './manifest.ts'
import type { Steps } from './steps.ts'
import { type Asked, createAudit, watchFleet } from './watch.ts'

/**
 * What one pure piece of work came to for each manifest of the fleet that was gone through last, with all that it asked of that fleet. It is used again only where the
 * manifest is the very text that was read then, and the new fleet gives the same answers; everything else is done anew. May be lost at any time.
 */
export interface FleetMemo<T> {
  /** What the work comes to for each of these manifests of a fleet, in their order. `basis`: what else it goes by; another one, and all is forgotten. */
  through(fleet: Fleet, manifests: readonly Manifest[], basis: readonly unknown[], work: Work<T>): Steps<readonly T[]>
}

/** Must go by its arguments alone. What it answers must not be changed, and must not ask the fleet later. */
export type Work<T> = (manifest: Manifest, fleet: Fleet) => T

interface Entry<T> {
  readonly manifest: Manifest
  readonly asked: Asked
  readonly value: T
  /** By whom it was needed last. */
  user: object
}

/** So many that need no work are gone through without a pause. */
const knownInOneGo = 200

export function createFleetMemo<T>(): FleetMemo<T> {
  let known = new Map<ManifestId, Entry<T>>()
  /** The same in the order in which the last fleet came: most of the next one comes in it too, and is found without being looked for. */
  let inOrder: readonly (Entry<T> | undefined)[] = []
  let basedOn: readonly unknown[] = []

  /** What this fleet did not need. */
  function forgetOthers(user: object, needed: number): void {
    if (known.size === needed) return
    for (const [id, entry] of known) if (entry.user !== user) known.delete(id)
  }

  return {
    *through(fleet, manifests, basis, work) {
      if (basis.length !== basedOn.length || basis.some((each, index) => each !== basedOn[index])) {
        known = new Map()
        inOrder = []
      }
      basedOn = basis
      const own = known
      const before = inOrder
      const order: (Entry<T> | undefined)[] = []
      const watch = watchFleet(fleet)
      const holds = createAudit(fleet)
      const values: T[] = []
      let needed = 0
      for (const manifest of manifests) {
        const inPlace = before[order.length]
        const entry = inPlace?.manifest === manifest ? inPlace : own.get(manifest.id)
        if (entry !== undefined && entry.manifest === manifest && holds(entry.asked)) {
          entry.user = watch
          needed++
          values.push(entry.value)
          order.push(entry)
          if (values.length % knownInOneGo === 0) yield
          continue
        }
        const { value, asked } = watch.note((watched) => work(manifest, watched))
        values.push(value)
        const made = asked && { manifest, asked, value, user: watch }
        order.push(made)
        if (made !== undefined) {
          own.set(manifest.id, made)
          needed++
        }
        yield
      }
      watch.end()
      if (own === known) {
        forgetOthers(watch, needed)
        inOrder = order
      }
      return values
    },
  }
}
