import type { WantedChange } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { isOpenVolume, refuseWhile } from '../../shell/openDevice.ts'
import { joinScripts, nothing, type Script, sh } from '../../shell/sh.ts'
import { devicePath, mapperName, pendingTag } from '../logicalVolume/spec.ts'
import { environment, growStep, refuseUnmountedUse, remakeSwap, withOwnMount } from './grow.ts'
import type { FilesystemSpec, FilesystemState } from './spec.ts'

export function steps(spec: FilesystemSpec, change: WantedChange, observed: Known<FilesystemState>, context: StepContext): readonly Step[] {
  if (observed.status === 'absent') return [makeStep(spec, observed, context), settleStep(spec)]
  if (spec.format === 'swap') return [remakeSwap(spec, observed.state)]
  const changed = new Set(change.fields.map(({ field }) => field))
  return [...(changed.has('size') ? [growStep(spec)] : []), ...(changed.has('label') ? [labelStep(spec, observed.state.label)] : [])]
}

/** mkfs without a terminal overwrites whatever is there (ext, swap) without a word: nothing but these guards stands before it, so they are asked on the host, at once before. */
function makeStep(spec: FilesystemSpec, observed: Known<FilesystemState>, context: StepContext): Step {
  const device = devicePath(spec.volumeGroup, spec.name)
  const marker = `mkfs-${mapperName(spec.volumeGroup, spec.name)}`
  const unlessMade = observed.status === 'absent' && observed.around === undefined ? nothingIfMade(spec, device) : nothing
  return {
    title: `make ${spec.format} on ${device}`,
    guard: joinScripts([
      environment,
      unlessMade,
      refuseUnlessOurs(spec, context),
      refuseSignatures(device),
      refuseData(device),
      refuseUse(spec),
    ]),
    run: joinScripts([unlessMade, sh`: >"$REEVE_BEFORE"/${marker}`, mkfs(spec, device)]),
    check: sh`found=$(blkid -p -o value -s TYPE ${device})
[ "$found" = ${spec.format} ]`,
    undo: joinScripts([environment, sh`[ -e "$REEVE_BEFORE"/${marker} ] || exit 0`, wipeNeverUsed(spec, context)]),
  }
}

/** Where the volume itself was still to come when this was planned, it may have come back from the trash, with its filesystem. */
function nothingIfMade(spec: FilesystemSpec, device: string): Script {
  return sh`found=$(LC_ALL=C blkid -p -o value -s TYPE ${device} 2>/dev/null </dev/null) || found=
if [ "$found" = ${spec.format} ]; then exit 0; fi`
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
  return refuseWhile(isOpenVolume(path), `${path} is in use`)
}

function mkfs(spec: FilesystemSpec, device: string): Script {
  const label = spec.label === undefined ? [] : ['-L', spec.label]
  if (spec.format === 'swap') return sh`mkswap ${label} ${device} </dev/null >/dev/null`
  // Neither -f: they look for what is there once more, by themselves.
  if (spec.format === 'xfs' || spec.format === 'btrfs') return sh`mkfs.${spec.format} -q ${label} ${device} </dev/null >/dev/null`
  return sh`mkfs.${spec.format} -q -F ${label} ${device} </dev/null >/dev/null`
}

/** An interrupted mkfs leaves a signature and no filesystem. Still pending and never mounted: the volume goes back to blank, as this transaction found it. */
function wipeNeverUsed(spec: FilesystemSpec, context: StepContext): Script {
  const device = devicePath(spec.volumeGroup, spec.name)
  return sh`if (
${refuseUnlessOurs(spec, context)}
${refuseUse(spec)}
) 2>/dev/null; then
  wipefs -q -a ${device} </dev/null
  dd if=/dev/zero of=${device} bs=64k count=2 conv=notrunc,fsync status=none
fi`
}

function settleStep(spec: FilesystemSpec): Step {
  const path = `${spec.volumeGroup}/${spec.name}`
  return {
    title: `note that ${path} may hold data from now on`,
    run: joinScripts([environment, sh`lvm lvchange -qq --deltag ${pendingTag('mkfs')} ${path} </dev/null`]),
  }
}

function labelStep(spec: FilesystemSpec, before: string): Step {
  const device = devicePath(spec.volumeGroup, spec.name)
  const title = `label the ${spec.format} on ${device} ${spec.label}`
  // By its device only while nobody has it mounted; by a mount at any time.
  if (spec.format === 'btrfs') return { title, guard: joinScripts([environment, refuseUnmountedUse(spec)]), ...labelBtrfs(spec, before) }
  return { title, run: sh`e2label ${device} ${spec.label ?? ''}`, undo: sh`e2label ${device} ${before}` }
}

function labelBtrfs(spec: FilesystemSpec, before: string): Pick<Step, 'run' | 'undo'> {
  const to = (label: string) => withOwnMount(spec, sh`btrfs filesystem label "$at" ${label} </dev/null || status=$?`)
  return { run: to(spec.label ?? '').run, undo: joinScripts([to(before).undo, to(before).run]) }
}
