import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { formatBytes, parseBytes } from '../../model/quantity.ts'
import { refuseName } from '../../primitives/logicalVolume/spec.ts'
import { groupOf, poolOf, type Volume, volumeName, volumesOn } from './names.ts'

/** How a volume is laid out, and where its group comes from. */
export function checkLvm(manifest: Volume, fleet: Fleet): readonly Diagnostic[] {
  return [...checkLayout(manifest), ...checkPool(manifest, fleet), ...checkDevices(manifest, fleet)]
}

function checkLayout(manifest: Volume): readonly Diagnostic[] {
  const { lvm, filesystem } = manifest.spec
  const isPool = lvm.type === 'ThinPool'
  const found: Diagnostic[] = []
  if (isPool && filesystem !== undefined)
    found.push(
      complain(
        manifest,
        'spec.filesystem',
        'a thin pool holds volumes and no filesystem',
        'put the filesystem into a Volume with lvm.thinPool',
      ),
    )
  if (isPool && lvm.thinPool !== undefined)
    found.push(complain(manifest, 'spec.lvm.thinPool', 'a thin pool cannot lie in a thin pool', 'leave out lvm.type, or lvm.thinPool'))
  if (lvm.stripes !== undefined && (isPool || lvm.thinPool !== undefined))
    found.push(
      complain(
        manifest,
        'spec.lvm.stripes',
        `stripes are for volumes with space of their own, not for ${isPool ? 'a thin pool' : 'thin ones'}`,
        'leave out lvm.stripes',
      ),
    )
  return found
}

function checkPool(manifest: Volume, fleet: Fleet): readonly Diagnostic[] {
  const { thinPool, type } = manifest.spec.lvm
  if (type === 'ThinPool') return checkOvercommitment(manifest, fleet)
  if (thinPool === undefined) return []
  const refusal = refuseName(thinPool)
  if (refusal !== undefined) return [complain(manifest, 'spec.lvm.thinPool', `thin pool name ${thinPool} ${refusal}`)]
  const pool = poolOf(manifest, fleet)
  if (pool === undefined || pool.spec.lvm.type === 'ThinPool') return []
  const who = pool === manifest ? 'this volume itself' : `${pool.id}, which is no thin pool`
  return [
    complain(manifest, 'spec.lvm.thinPool', `thinPool ${thinPool} is ${who}`, `make the pool a Volume of its own with lvm.type: ThinPool`),
  ]
}

/** It is what thin volumes are for, and it can end badly: said once, where the pool is. */
function checkOvercommitment(manifest: Volume, fleet: Fleet): readonly Diagnostic[] {
  const inside = groupOf(manifest, fleet).filter(({ spec }) => spec.lvm.thinPool === volumeName(manifest))
  const sum = inside.reduce((total, { spec }) => total + bytesOf(spec.lvm.size), 0n)
  const own = bytesOf(manifest.spec.lvm.size)
  if (own === 0n || sum <= own) return []
  const summary = `the ${inside.length} volume(s) in this pool may grow to ${formatBytes(sum)} together, it has ${formatBytes(own)}`
  const hint = 'when it is full, whoever writes to them hangs: make it larger, or act on the alert ThinPoolFilling'
  return [{ ...complain(manifest, 'spec.lvm.size', summary, hint), severity: 'warning' }]
}

function bytesOf(text: string): bigint {
  const size = parseBytes(text)
  return size.ok ? size.value : 0n
}

function checkDevices(manifest: Volume, fleet: Fleet): readonly Diagnostic[] {
  const { createVolumeGroup, volumeGroup } = manifest.spec.lvm
  if (createVolumeGroup === undefined) return []
  const { devices } = createVolumeGroup
  const at = 'spec.lvm.createVolumeGroup.devices'
  const own = devices.flatMap((device, index) => checkDevice(manifest, device, index))
  if (own.length > 0) return own
  const makers = volumesOn(manifest.spec.hypervisor, fleet).filter((other) => other.id !== manifest.id)
  return makers.flatMap((other) => {
    const theirs = other.spec.lvm.createVolumeGroup?.devices
    if (theirs === undefined) return []
    if (other.spec.lvm.volumeGroup === volumeGroup)
      return theirs.join() === devices.join()
        ? []
        : [
            complain(
              manifest,
              at,
              `${other.id} makes volume group ${volumeGroup} of other devices (${theirs.join(', ')})`,
              'write the same devices in the same order, or leave it to one of them',
            ),
          ]
    const index = devices.findIndex((device) => theirs.includes(device))
    return index === -1
      ? []
      : [complain(manifest, `${at}[${index}]`, `${devices[index]} is given to volume group ${other.spec.lvm.volumeGroup} by ${other.id}`)]
  })
}

function checkDevice(manifest: Volume, device: string, index: number): readonly Diagnostic[] {
  const at = `spec.lvm.createVolumeGroup.devices[${index}]`
  const all = manifest.spec.lvm.createVolumeGroup?.devices ?? []
  if (!/^\/dev\/disk\/by-(id|path)\/[^/]+$/.test(device))
    return [
      complain(
        manifest,
        at,
        `${device} may be another disk after the next boot`,
        'name it as ls -l /dev/disk/by-id or /dev/disk/by-path shows it',
      ),
    ]
  return all.indexOf(device) === index ? [] : [complain(manifest, at, `${device} is listed twice`)]
}
