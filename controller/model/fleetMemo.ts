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
  let basedOn: readonly unknown[] = []

  /** What this fleet did not need. */
  function forgetOthers(user: object, needed: number): void {
    if (known.size === needed) return
    for (const [id, entry] of known) if (entry.user !== user) known.delete(id)
  }

  return {
    *through(fleet, manifests, basis, work) {
      if (basis.length !== basedOn.length || basis.some((each, index) => each !== basedOn[index])) known = new Map()
      basedOn = basis
      const own = known
      const watch = watchFleet(fleet)
      const holds = createAudit(fleet)
      const values: T[] = []
      let needed = 0
      for (const manifest of manifests) {
        const entry = own.get(manifest.id)
        if (entry !== undefined && entry.manifest === manifest && holds(entry.asked)) {
          entry.user = watch
          needed++
          values.push(entry.value)
          if (values.length % knownInOneGo === 0) yield
          continue
        }
        const { value, asked } = watch.note((watched) => work(manifest, watched))
        values.push(value)
        if (asked !== undefined) {
          own.set(manifest.id, { manifest, asked, value, user: watch })
          needed++
        }
        yield
      }
      watch.end()
      if (own === known) forgetOthers(watch, needed)
      return values
    },
  }
}
