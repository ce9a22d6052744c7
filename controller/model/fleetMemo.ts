import type { Fleet } from './fleet.ts'
import type { ManifestId } from './ids.ts'
import type { Manifest } from './manifest.ts'
import { type Asked, holdsIn, watchFleet } from './watch.ts'

/**
 * What one pure piece of work came to for each manifest of the fleet that was gone through last, with all that it asked of that fleet. It is used again only where the
 * manifest is the very text that was read then, and the new fleet gives the same answers; everything else is done anew. May be lost at any time.
 */
export interface FleetMemo<T> {
  /** Goes through a fleet. `basis`: what else the work goes by; another one, and all is forgotten. */
  pass(fleet: Fleet, basis: readonly unknown[], work: Work<T>): Pass<T>
}

/** Must go by its arguments alone. What it answers must not be changed, and must not ask the fleet later. */
export type Work<T> = (manifest: Manifest, fleet: Fleet) => T

/** One way through a fleet. */
export interface Pass<T> {
  of(manifest: Manifest): T
  /** All manifests were gone through: what none of them needed is forgotten. */
  end(): void
}

interface Entry<T> {
  readonly manifest: Manifest
  readonly asked: Asked
  readonly value: T
}

export function createFleetMemo<T>(): FleetMemo<T> {
  let known: ReadonlyMap<ManifestId, Entry<T>> = new Map()
  let basedOn: readonly unknown[] = []

  return {
    pass(fleet, basis, work) {
      const isSameBasis = basis.length === basedOn.length && basis.every((each, index) => each === basedOn[index])
      const before: typeof known = isSameBasis ? known : new Map()
      const next = new Map<ManifestId, Entry<T>>()
      const watch = watchFleet(fleet)
      return {
        of(manifest) {
          const entry = before.get(manifest.id)
          if (entry !== undefined && entry.manifest === manifest && holdsIn(entry.asked, fleet)) {
            next.set(manifest.id, entry)
            return entry.value
          }
          const { value, asked } = watch.note((watched) => work(manifest, watched))
          if (asked !== undefined) next.set(manifest.id, { manifest, asked, value })
          return value
        },
        end() {
          watch.end()
          known = next
          basedOn = basis
        },
      }
    },
  }
}
