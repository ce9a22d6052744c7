import type { Assessment, Reading, Sample, Vital } from '../../model/kind.ts'
import { formatBytes } from '../../model/quantity.ts'
import type { Target } from '../../model/target.ts'
import { sh } from '../../shell/sh.ts'
import type { Volume } from './names.ts'

/** Below this share of free space or free inodes a filesystem counts as full: services fail before it is 0 (ext4 keeps 5 % for root). */
const leastFree = 0.05

/**
 * Space in the volume group, and in the filesystem where it is mounted. Apart from the trip: it costs two processes a volume, and space does not
 * run out within a second.
 */
export function vitals(manifest: Volume, target: Target): readonly Vital[] {
  const { lvm, mount } = manifest.spec
  const probe = sh`export LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1
set -- $(lvm vgs --noheadings --nosuffix --units b -o vg_size,vg_free ${lvm.volumeGroup} 2>/dev/null </dev/null)
echo "group $*"
${mount === undefined ? sh`:` : sh`df -B1 --output=size,avail,itotal,iavail,target ${mount.path} 2>/dev/null || :`}`
  return [{ id: 'space', target, pace: 'slow', probe, assess: (reading) => assess(reading, lvm.volumeGroup, mount?.path) }]
}

interface Space {
  readonly size: number
  readonly free: number
  readonly inodes: number
  readonly freeInodes: number
}

function assess(reading: Reading, group: string, path: string | undefined): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'NotRead', message: reading.reason, samples: [] }
  const groupSamples = readGroup(reading.stdout, group)
  if (path === undefined)
    return { healthy: true, reason: 'NotMounted', message: 'nothing is mounted by this manifest', samples: groupSamples }
  const space = readSpace(reading.stdout, path)
  if (space === undefined) return { healthy: false, reason: 'NotMounted', message: `nothing is mounted at ${path}`, samples: groupSamples }
  return { ...judge(space, path), samples: [...groupSamples, ...samplesOf(space)] }
}

function judge(space: Space, path: string): Omit<Assessment, 'samples'> {
  const message = `${path} has ${formatBytes(BigInt(space.free))} of ${formatBytes(BigInt(space.size))} free`
  if (space.free < space.size * leastFree) return { healthy: false, reason: 'FilesystemFull', message }
  if (space.inodes > 0 && space.freeInodes < space.inodes * leastFree)
    return { healthy: false, reason: 'NoInodes', message: `${path} has ${space.freeInodes} of ${space.inodes} inodes free` }
  return { healthy: true, reason: 'SpaceLeft', message }
}

function samplesOf(space: Space): readonly Sample[] {
  return [
    { metric: 'volume_size_bytes', value: space.size },
    { metric: 'volume_available_bytes', value: space.free },
    { metric: 'volume_inodes', value: space.inodes },
    { metric: 'volume_inodes_free', value: space.freeInodes },
  ]
}

function readGroup(stdout: string, group: string): readonly Sample[] {
  const [, size, free] = /^group (\d+) (\d+)$/m.exec(stdout) ?? []
  if (size === undefined || free === undefined) return []
  const labels = { volume_group: group }
  return [
    { metric: 'volume_group_size_bytes', value: Number(size), labels },
    { metric: 'volume_group_free_bytes', value: Number(free), labels },
  ]
}

/** df answers for the filesystem that a path lies on: only a line whose target is the path itself is about ours. */
function readSpace(stdout: string, path: string): Space | undefined {
  for (const line of stdout.split('\n')) {
    const [, size, free, inodes, freeInodes, target] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s(.*)$/.exec(line) ?? []
    if (target?.trim() === path) return { size: Number(size), free: Number(free), inodes: Number(inodes), freeInodes: Number(freeInodes) }
  }
  return undefined
}
