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

/** Whether `inner` lies below `outer`. Both are absolute and normalised. */
export function isBelow(inner: string, outer: string): boolean {
  return inner.startsWith(`${outer}/`)
}
