import type { WantedChange } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { devicePath, mapperName, pendingTag } from '../logicalVolume/spec.ts'
import type { FilesystemSpec, FilesystemState } from './spec.ts'

export function steps(spec: FilesystemSpec, change: WantedChange, observed: Known<FilesystemState>, context: StepContext): readonly Step[] {
  if (observed.status === 'absent') return [makeStep(spec, context), settleStep(spec)]
  const changed = new Set(change.fields.map(({ field }) => field))
  return [...(changed.has('size') ? [growStep(spec)] : []), ...(changed.has('label') ? [labelStep(spec, observed.state.label)] : [])]
}

/** mkfs without a terminal overwrites whatever is there (ext) without a word: nothing but these guards stands before it, so they are asked on the host, at once before. */
function makeStep(spec: FilesystemSpec, context: StepContext): Step {
  const device = devicePath(spec.volumeGroup, spec.name)
  const marker = `mkfs-${mapperName(spec.volumeGroup, spec.name)}`
  return {
    title: `make ${spec.format} on ${device}`,
    guard: joinScripts([environment, refuseUnlessOurs(spec, context), refuseSignatures(device), refuseData(device), refuseUse(spec)]),
    run: joinScripts([sh`: >"$REEVE_BEFORE"/${marker}`, mkfs(spec, device)]),
    check: sh`found=$(blkid -p -o value -s TYPE ${device})
[ "$found" = ${spec.format} ]`,
    undo: joinScripts([environment, sh`[ -e "$REEVE_BEFORE"/${marker} ] || exit 0`, wipeNeverUsed(spec, context)]),
  }
}

/** The tags tell that it is this fleet's and never held data. */
function refuseUnlessOurs(spec: FilesystemSpec, context: StepContext): Script {
  const path = `${spec.volumeGroup}/${spec.name}`
  return sh`found=$(lvm lvs --noheadings -o lv_tags ${path}) || exit 1
set -- $found
case ",\${1-}," in *,${pendingTag('mkfs')},*) ;; *) echo ${`${path} is not tagged as one that never held data: no mkfs`} >&2; exit 1 ;; esac
case ",\${1-}" in *,reeve.id=${context.fleet}/*) ;; *) echo ${`${path} does not carry the tag of fleet ${context.fleet}: no mkfs`} >&2; exit 1 ;; esac`
}

/** wipefs without an option lists and erases nothing (its -o is an offset). blkid's status 2 is both "blank" and "no such device" (blkid(8)); any signature that wipefs knows counts, also several at once. */
function refuseSignatures(device: string): Script {
  return sh`if ! [ -b ${device} ]; then echo ${`${device} is not a block device`} >&2; exit 1; fi
status=0
found=$(blkid -p -o export ${device} 2>&1) || status=$?
if [ "$status" != 2 ] || [ -n "$found" ]; then echo ${`${device} holds something (blkid -p):`} "$found" >&2; exit 1; fi
found=$(wipefs ${device})
if [ -n "$found" ]; then echo ${`${device} carries signatures (wipefs):`} "$found" >&2; exit 1; fi`
}

function refuseData(device: string): Script {
  return sh`if ! cmp -s -n 4096 ${device} /dev/zero; then echo ${`${device} does not begin with zeros: it may hold raw data`} >&2; exit 1; fi`
}

function refuseUse(spec: FilesystemSpec): Script {
  const path = `${spec.volumeGroup}/${spec.name}`
  return sh`found=$(lvm lvs --noheadings -o lv_device_open ${path}) || exit 1
set -- $found
if [ -n "\${1-}" ]; then echo ${`${path} is in use`} >&2; exit 1; fi`
}

function mkfs(spec: FilesystemSpec, device: string): Script {
  const label = spec.label === undefined ? [] : ['-L', spec.label]
  return spec.format === 'xfs'
    ? sh`mkfs.xfs -q ${label} ${device} </dev/null`
    : sh`mkfs.${spec.format} -q -F ${label} ${device} </dev/null >/dev/null`
}

/** An interrupted mkfs leaves a signature and no filesystem. Still pending and never mounted: the volume goes back to blank, as this transaction found it. */
function wipeNeverUsed(spec: FilesystemSpec, context: StepContext): Script {
  const device = devicePath(spec.volumeGroup, spec.name)
  return sh`if (
${refuseUnlessOurs(spec, context)}
${refuseUse(spec)}
) 2>/dev/null; then
  wipefs -q -a ${device} </dev/null
  dd if=/dev/zero of=${device} bs=4096 count=1 conv=notrunc,fsync status=none
fi`
}

function settleStep(spec: FilesystemSpec): Step {
  const path = `${spec.volumeGroup}/${spec.name}`
  return {
    title: `note that ${path} may hold data from now on`,
    run: joinScripts([environment, sh`lvm lvchange -qq --deltag ${pendingTag('mkfs')} ${path} </dev/null`]),
  }
}

/**
 * Grown while mounted, by a mount of our own: the volume may be mounted only inside a container, where resize2fs(8) and xfs_growfs(8) on the device fail with a
 * misleading message. A second mount in one kernel is the same superblock; but one over a device that a virtual machine has open would be a second kernel,
 * and is refused.
 */
function growStep(spec: FilesystemSpec): Step {
  const device = devicePath(spec.volumeGroup, spec.name)
  const mapper = mapperName(spec.volumeGroup, spec.name)
  const at = `/run/reeve/mnt/${mapper}`
  const tool = spec.format === 'xfs' ? growXfs(mapper, at) : sh`resize2fs ${device} </dev/null >/dev/null || status=$?`
  return {
    title: `grow the ${spec.format} on ${device} to the size of its volume`,
    guard: joinScripts([environment, refuseUnmountedUse(spec)]),
    run: joinScripts([
      sh`mkdir -p ${at}
mount -t ${spec.format} -o nosuid,nodev,noexec,noatime ${device} ${at} </dev/null
status=0`,
      tool,
      sh`umount ${at}
rmdir ${at}
exit "$status"`,
    ]),
    undo: sh`umount ${at} 2>/dev/null || :
rmdir ${at} 2>/dev/null || :`,
  }
}

/** The size on its disk comes up to half a minute after the grow: the size of the device that it was grown to is noted for the probe, until the next boot. */
function growXfs(mapper: string, at: string): Script {
  return joinScripts([
    sh`xfs_growfs -d ${at} </dev/null >/dev/null || status=$?
if [ "$status" = 0 ]; then
  mkdir -p /run/reeve/grown
  for entry in /sys/class/block/dm-*; do
    read -r mapped <"$entry/dm/name"
    if [ "$mapped" = ${mapper} ]; then cat "$entry/size" >/run/reeve/grown/${mapper}; fi
  done
fi`,
  ])
}

function refuseUnmountedUse(spec: FilesystemSpec): Script {
  const path = `${spec.volumeGroup}/${spec.name}`
  return sh`found=$(lvm lvs --noheadings -o lv_device_open ${path}) || exit 1
set -- $found
[ -n "\${1-}" ] || exit 0
for entry in /sys/class/block/dm-*; do
  read -r mapped <"$entry/dm/name"
  [ "$mapped" = ${mapperName(spec.volumeGroup, spec.name)} ] || continue
  for use in /sys/fs/*/"\${entry##*/}"; do
    if [ -e "$use" ]; then exit 0; fi
  done
done
echo ${`${path} is open but not mounted by this kernel (a virtual machine?): growing its filesystem here would damage it`} >&2
exit 1`
}

function labelStep(spec: FilesystemSpec, before: string): Step {
  const device = devicePath(spec.volumeGroup, spec.name)
  return {
    title: `label the filesystem on ${device} ${spec.label}`,
    run: sh`e2label ${device} ${spec.label ?? ''}`,
    undo: sh`e2label ${device} ${before}`,
  }
}

const environment = sh`export LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1`
