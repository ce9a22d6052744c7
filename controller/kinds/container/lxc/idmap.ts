import type { Spec } from '../../../model/primitive.ts'
import { block } from '../../../primitives/block/spec.ts'
import type { ConfigEntry, IdMap } from '../../../primitives/lxcContainer/spec.ts'
import type { ContainerSpec } from '../spec.ts'

const usual: IdMap = { base: 100_000, size: 65_536 }

/** Ids of an unprivileged container on the hypervisor; undefined for a privileged one. */
export function idmapOf({ unprivileged, lxc }: ContainerSpec): IdMap | undefined {
  return unprivileged === true ? { ...usual, ...lxc?.idmap } : undefined
}

/**
 * The range, reserved for root: with newuidmap(1) installed, LXC maps no other. Containers of the same range share one block. It stays when they
 * go: a range that is given to somebody else would be theirs to read what was kept.
 */
export function idRanges({ base, size }: IdMap): readonly Spec[] {
  return ['/etc/subuid', '/etc/subgid'].map((path) =>
    block({
      path,
      name: `idmap-${base}-${size}`,
      content: `root:${base}:${size}\n`,
      created: { mode: '0644', owner: 'root:root' },
      deletionPolicy: 'Retain',
    }),
  )
}

export function idmapEntries(map: IdMap | undefined): readonly ConfigEntry[] {
  if (map === undefined) return []
  return ['u', 'g'].map((sort) => ({ key: 'lxc.idmap', value: `${sort} 0 ${map.base} ${map.size}` }))
}
