import type { Step } from '../../model/primitive.ts'
import { isOpenVolume, refuseWhile } from '../../shell/openDevice.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { devicePath, mapperName } from '../logicalVolume/spec.ts'
import type { FilesystemSpec, FilesystemState } from './spec.ts'

/**
 * Grown while mounted, by a mount of our own: the volume may be mounted only inside a container, where resize2fs(8) and xfs_growfs(8) on the device fail with a
 * misleading message. A second mount in one kernel is the same superblock; but one over a device that a virtual machine has open would be a second kernel,
 * and is refused. No undo makes it smaller again; a larger one harms nobody.
 */
export function growStep(spec: FilesystemSpec): Step {
  const device = devicePath(spec.volumeGroup, spec.name)
  return {
    title: `grow the ${spec.format} on ${device} to the size of its volume`,
    guard: joinScripts([environment, refuseUnmountedUse(spec)]),
    ...withOwnMount(spec, growTool(spec)),
  }
}

/** Runs a script that leaves its status in `$status`, with the volume mounted at `$at` for ourselves. */
export function withOwnMount(spec: FilesystemSpec, script: Script): { readonly run: Script; readonly undo: Script } {
  const at = `/run/reeve/mnt/${mapperName(spec.volumeGroup, spec.name)}`
  return {
    run: joinScripts([
      sh`at=${at}
mkdir -p "$at"
mount -t ${spec.format} -o nosuid,nodev,noexec,noatime ${devicePath(spec.volumeGroup, spec.name)} "$at" </dev/null
status=0`,
      script,
      sh`umount "$at"
rmdir "$at"
exit "$status"`,
    ]),
    undo: sh`umount ${at} 2>/dev/null || :
rmdir ${at} 2>/dev/null || :`,
  }
}

function growTool(spec: FilesystemSpec): Script {
  if (spec.format === 'xfs') return growXfs(mapperName(spec.volumeGroup, spec.name))
  // Without the sync the superblock that the probe reads is up to 30 seconds older (the interval of commits).
  if (spec.format === 'btrfs')
    return sh`btrfs filesystem resize max "$at" </dev/null >/dev/null || status=$?
btrfs filesystem sync "$at" </dev/null >/dev/null || status=$?`
  return sh`resize2fs ${devicePath(spec.volumeGroup, spec.name)} </dev/null >/dev/null || status=$?`
}

/** The size on its disk comes up to half a minute after the grow: the size of the device that it was grown to is noted for the probe, until the next boot. */
function growXfs(mapper: string): Script {
  return sh`xfs_growfs -d "$at" </dev/null >/dev/null || status=$?
if [ "$status" = 0 ]; then
  mkdir -p /run/reeve/grown
  for entry in /sys/class/block/dm-*; do
    read -r mapped <"$entry/dm/name"
    if [ "$mapped" = ${mapper} ]; then cat "$entry/size" >/run/reeve/grown/${mapper}; fi
  done
fi`
}

/**
 * A swap area holds nothing once nothing is swapped to it: it is taken out of use, made anew in the size of its volume, with its label and UUID, and taken back
 * (nobody may write to one that is in use, not even its label). What is swapped out must fit into memory meanwhile, with as much again to spare.
 */
export function remakeSwap(spec: FilesystemSpec, { uuid, label: before }: FilesystemState): Step {
  const device = devicePath(spec.volumeGroup, spec.name)
  const label = spec.label ?? before
  const names = [...(label === '' ? [] : ['-L', label]), ...(uuid === '' ? [] : ['-U', uuid])]
  const kept = sh`"$REEVE_BEFORE"/${`swapoff-${mapperName(spec.volumeGroup, spec.name)}`}`
  return {
    title: `make the swap area on ${device} anew, in the size of its volume`,
    guard: joinScripts([
      environment,
      sh`found=$(blkid -p -o value -s TYPE ${device} </dev/null) || found=
[ "$found" = swap ] || { echo ${`${device} holds no swap area by now`} >&2; exit 1; }`,
      findUse(device),
      refuseWithoutMemory(device),
    ]),
    run: joinScripts([
      findUse(device),
      sh`if [ -n "$used" ]; then : >${kept}; swapoff ${device} </dev/null; fi
mkswap ${names} ${device} </dev/null >/dev/null
if [ -n "$used" ]; then swapon ${device} </dev/null; fi`,
    ]),
    undo: joinScripts([
      sh`[ -e ${kept} ] || exit 0`,
      findUse(device),
      sh`if [ -z "$used" ]; then
  found=$(blkid -p -o value -s TYPE ${device} </dev/null) || found=
  [ "$found" = swap ] || mkswap ${names} ${device} </dev/null >/dev/null
  swapon ${device} </dev/null
fi`,
    ]),
  }
}

/** KiB that are swapped to it, in `$used`; empty where it is not in use. */
function findUse(device: string): Script {
  return sh`used=
while read -r area kind size in_use rest; do
  if [ "$area" -ef ${device} ]; then used=$in_use; fi
done </proc/swaps`
}

function refuseWithoutMemory(device: string): Script {
  return sh`while read -r word amount rest; do
  if [ "$word" = MemAvailable: ]; then available=$amount; fi
done </proc/meminfo
if [ "$((\${used:-0} * 2))" -gt "\${available:-0}" ]; then echo ${`${device} cannot be taken out of use: what is swapped to it and as much again does not fit into memory;`} "$used KiB are swapped out, \${available:-0} KiB of memory are left" >&2; exit 1; fi`
}

/** Not by a mount of this kernel, and yet open: a virtual machine's. */
export function refuseUnmountedUse(spec: FilesystemSpec): Script {
  const path = `${spec.volumeGroup}/${spec.name}`
  return sh`for entry in /sys/class/block/dm-*; do
  read -r mapped <"$entry/dm/name"
  [ "$mapped" = ${mapperName(spec.volumeGroup, spec.name)} ] || continue
  for use in /sys/fs/*/"\${entry##*/}" /sys/fs/btrfs/*/devices/"\${entry##*/}"; do
    if [ -e "$use" ]; then exit 0; fi
  done
done
${refuseWhile(isOpenVolume(path), `${path} is open but not mounted by this kernel (a virtual machine?): a change of its filesystem here would damage it`)}`
}

export const environment = sh`export LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1`
