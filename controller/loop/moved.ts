import { manifestIn } from '../manifests/fleet.ts'
import { secretsPrint } from '../manifests/secrets.ts'
import type { Fleet } from '../model/fleet.ts'
import type { HypervisorName, ManifestId } from '../model/ids.ts'
import type { Manifest } from '../model/manifest.ts'
import { commonOf } from './policy.ts'
import type { Revision } from './revision.ts'
import { isSame } from './same.ts'

/** Hypervisors on which there may be something to do that was not before: another state is desired, or what held it back is gone. An unrelated commit moves none. */
export function moved(before: Revision | undefined, next: Revision): readonly HypervisorName[] {
  if (before === undefined || isForAll(before, next)) return [...next.compiled.states.keys()]
  const haveSecretsMoved = secretsPrint(before.head.secrets) !== secretsPrint(next.head.secrets)
  const allowed = allowedOtherwise(before, next)
  return [...next.compiled.states].flatMap(([name, state]) =>
    !allowed.has(name) && isSame(before.compiled.states.get(name)?.items, state.items, haveSecretsMoved) ? [] : [name],
  )
}

/** What a suspension kept may also stand where its manifest asks for nothing any more, and what was in doubt wherever it was. */
function isForAll(before: Revision, next: Revision): boolean {
  const isResumed = (manifest: Manifest): boolean => {
    const { suspend } = commonOf(manifest)
    return suspend !== undefined && !isSame(suspend, commonOf(manifestIn(next.fleet, manifest.id)).suspend, false)
  }
  return (
    !isSame(before.head.approvals, next.head.approvals, false) ||
    !isSame(before.frozen, next.frozen, false) ||
    others(before.fleet, next.fleet).some(isResumed)
  )
}

/** Those of one fleet that the other has not, or not as they are here: what did not change is the very same object, and mostly in the same place. */
function others(one: Fleet, other: Fleet): readonly Manifest[] {
  return one.manifests.filter((manifest, at) => other.manifests[at] !== manifest && manifestIn(other, manifest.id) !== manifest)
}

/** Hypervisors with a manifest that may change at other times, or after others, than before. */
function allowedOtherwise(before: Revision, next: Revision): ReadonlySet<HypervisorName> {
  const windowOf = (manifest: Manifest | undefined) => commonOf(manifest).maintenanceWindow
  const freed = new Set<ManifestId>(
    others(next.fleet, before.fleet)
      .filter((manifest) => !isSame(windowOf(manifestIn(before.fleet, manifest.id)), windowOf(manifest), false))
      .map(({ id }) => id),
  )
  for (const id of new Set([...before.compiled.rollouts.keys(), ...next.compiled.rollouts.keys()]))
    if (!isSame(placesOf(before, id), placesOf(next, id), false)) freed.add(id)
  if (freed.size === 0) return new Set()
  return new Set(next.compiled.placed.flatMap(({ manifest, target }) => (freed.has(manifest) ? [target.hypervisor] : [])))
}

/** In the order in which they change; none where they change at once. */
function placesOf({ compiled }: Revision, id: ManifestId): unknown {
  return compiled.rollouts.get(id)?.map(({ target }) => target)
}
