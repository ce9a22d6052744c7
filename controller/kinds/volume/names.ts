import type { Fleet } from '../../model/fleet.ts'
import { hypervisorOf, manifestsBy } from '../../model/fleetIndex.ts'
import type { Manifest } from '../../model/manifest.ts'
import { devicePath } from '../../primitives/logicalVolume/spec.ts'
import type { VolumeSpec } from './spec.ts'

/** A manifest of this kind: a logical volume, or an image. */
export type AnyVolume = Manifest<'Volume', VolumeSpec>

/** One that is a logical volume. */
export type Volume = Manifest<'Volume', VolumeSpec & Required<Pick<VolumeSpec, 'lvm'>>>

export function isOnLvm(manifest: AnyVolume): manifest is Volume {
  return manifest.spec.lvm !== undefined
}

/** Logical volumes of one hypervisor. */
export function volumesOn(hypervisor: string, fleet: Fleet): readonly Volume[] {
  return manifestsBy(fleet, 'Volume', hypervisorOf, hypervisor).filter(isOnLvm)
}

export function volumeName(manifest: Volume): string {
  return manifest.spec.lvm.name ?? manifest.name
}

export function deviceOf(manifest: Volume): string {
  return devicePath(manifest.spec.lvm.volumeGroup, volumeName(manifest))
}

/** All volumes of the same group on the same hypervisor, itself among them. */
export function groupOf(manifest: Volume, fleet: Fleet): readonly Volume[] {
  const { hypervisor, lvm } = manifest.spec
  return volumesOn(hypervisor, fleet).filter(({ spec }) => spec.lvm.volumeGroup === lvm.volumeGroup)
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
