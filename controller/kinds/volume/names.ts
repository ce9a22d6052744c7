import type { Fleet } from '../../model/fleet.ts'
import type { Manifest } from '../../model/manifest.ts'
import { devicePath } from '../../primitives/logicalVolume/spec.ts'
import type { VolumeSpec } from './spec.ts'

export type Volume = Manifest<'Volume', VolumeSpec>

export function volumeName(manifest: Volume): string {
  return manifest.spec.lvm.name ?? manifest.name
}

export function deviceOf(manifest: Volume): string {
  return devicePath(manifest.spec.lvm.volumeGroup, volumeName(manifest))
}

/** All volumes of the same group on the same hypervisor, itself among them. */
export function groupOf(manifest: Volume, fleet: Fleet): readonly Volume[] {
  const { hypervisor, lvm } = manifest.spec
  return fleet.all('Volume').filter(({ spec }) => spec.hypervisor === hypervisor && spec.lvm.volumeGroup === lvm.volumeGroup)
}

/** The manifest of the pool that this volume names, where there is one. */
export function poolOf(manifest: Volume, fleet: Fleet): Volume | undefined {
  const { thinPool } = manifest.spec.lvm
  return thinPool === undefined ? undefined : groupOf(manifest, fleet).find((other) => volumeName(other) === thinPool)
}

/** Whether `inner` lies below `outer`. Both are absolute and normalised. */
export function isBelow(inner: string, outer: string): boolean {
  return inner.startsWith(`${outer}/`)
}
