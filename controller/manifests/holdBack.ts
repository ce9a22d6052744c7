import type { ManifestId } from '../model/ids.ts'
import type { Wanted } from './lastGood.ts'
import { resolve } from './resolve.ts'
import { fileHiding, invalidOf, type LoadResult, type Rules } from './tree.ts'

/** A manifest whose newest version a host would not take: the generations of it that may be in force there instead. */
export interface HeldBack {
  accepts(generation: string): boolean
}

export type Holds = ReadonlyMap<ManifestId, HeldBack>

/** A tree as if these manifests had errors in it: out of the fleet, and never taken for removed. Pure. */
export function withoutHeld(head: LoadResult, holds: Holds, rules: Rules): LoadResult {
  if (holds.size === 0) return head
  const candidates = new Map([...head.candidates].filter(([id]) => !holds.has(id)))
  const places = [...head.candidates].filter(([id]) => holds.has(id)).map(([id, { source }]) => [id, source] as const)
  const broken = new Map([...brokenIn(head), ...places])
  const { fleet, invalid } = resolve(
    {
      fleet: rules.fleet,
      commit: head.fleet.commit,
      manifests: [...candidates.values()],
      broken,
      hiding: (name) => fileHiding(name, head.files),
      secrets: head.secrets,
    },
    rules.kinds,
    rules.memo?.resolution,
  )
  return { ...head, candidates, fleet, invalid: invalidOf(broken, invalid, candidates) }
}

function brokenIn({ invalid, candidates }: LoadResult) {
  return [...invalid].filter(([id]) => !candidates.has(id)).map(([id, { source }]) => [id, source] as const)
}

/**
 * Only such versions of what is held back. Its own history counts, not the host's last applied commit: an apply of others at the very
 * commit that broke this one has moved that.
 */
export function acceptHeld(wanted: readonly Wanted[], holds: Holds): readonly Wanted[] {
  return wanted.map((each) => {
    const held = holds.get(each.id)
    return held === undefined ? each : { ...each, since: [], accepts: held.accepts }
  })
}
