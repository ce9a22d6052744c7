import type { WantedChange } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { formatBytes } from '../../model/quantity.ts'
import { isOpenVolume, letUdevFinish, refuseWhile } from '../../shell/openDevice.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { wantedSize, wantedTrashDays } from './diff.ts'
import type { VolumeSurroundings } from './probe.ts'
import {
  defaultTrashDays,
  devicePath,
  type LogicalVolumeSpec,
  type LogicalVolumeState,
  mapperName,
  ownerTag,
  pendingTag,
  trashDaysTag,
} from './spec.ts'
import { findTrashed, restoreStep } from './trash.ts'

const environment = sh`export LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1`

export function steps(
  spec: LogicalVolumeSpec,
  change: WantedChange,
  observed: Known<LogicalVolumeState>,
  context: StepContext,
): readonly Step[] {
  if (observed.status === 'absent') return [makeStep(spec, observed.around as VolumeSurroundings, context)]
  const changed = new Set(change.fields.map(({ field }) => field))
  return [
    ...(changed.has('active') ? [activateStep(spec)] : []),
    ...(changed.has('size') ? [growStep(spec, observed.state)] : []),
    ...(changed.has('mkfs-pending') ? [settlePendingStep(spec)] : []),
    ...(changed.has('trash-days') ? [trashDaysStep(spec, observed.state)] : []),
    ...(changed.has('mark') ? [markStep(spec, context)] : []),
  ]
}

function makeStep(spec: LogicalVolumeSpec, around: VolumeSurroundings, context: StepContext): Step {
  const volumes = around.groups[0]?.volumes ?? new Map()
  const trashed = spec.bringsBack === undefined ? undefined : findTrashed(volumes, spec.name, spec.bringsBack)
  return trashed === undefined ? createStep(spec, around, context) : restoreStep(spec.volumeGroup, spec.name, trashed, context)
}

/**
 * -Wy -Zy with -y: without them lvcreate asks about an old signature, takes "no" from a closed stdin, and removes the new volume again; with -Wn the old
 * filesystem of whoever had these extents would stand in it.
 */
function createStep(spec: LogicalVolumeSpec, around: VolumeSurroundings, context: StepContext): Step {
  const size = wantedSize(spec, around.groups[0]?.group)
  const [name, tag] = [`${spec.volumeGroup}/${spec.name}`, ownTag(context)]
  const marker = markerOf('created', spec)
  return {
    title: `create logical volume ${name} (${formatBytes(size)})`,
    guard: withLvm(sh`if lvm lvs ${name} >/dev/null 2>&1; then echo ${`${name} exists by now`} >&2; exit 1; fi`),
    run: withLvm(sh`: >"$REEVE_BEFORE"/${marker}
lvm lvcreate -qq -y ${layoutOptions(spec, size)} -n ${spec.name} ${tagOptions(spec, tag)} ${spec.volumeGroup} </dev/null
${letUdevFinish}`),
    check: spec.isThinPool ? withLvm(sh`lvm lvs ${name} >/dev/null`) : sh`[ -b ${devicePath(spec.volumeGroup, spec.name)} ]`,
    undo: withLvm(sh`[ -e "$REEVE_BEFORE"/${marker} ] || exit 0
${spec.isThinPool ? removeEmptyPool(name, tag) : removeNeverUsed(spec, tag)}`),
  }
}

/** A thin volume reads as zeros by itself where nothing was written; -Z would mean its pool. */
function layoutOptions(spec: LogicalVolumeSpec, size: bigint): readonly string[] {
  if (spec.isThinPool) return ['--type', 'thin-pool', '-L', `${size}b`]
  if (spec.thinPool !== undefined) return ['-Wy', '--type', 'thin', '-V', `${size}b`, '--thinpool', spec.thinPool]
  return ['-Wy', '-Zy', ...(spec.stripes === undefined ? [] : ['-i', String(spec.stripes)]), '-L', `${size}b`]
}

function tagOptions(spec: LogicalVolumeSpec, own: string): readonly string[] {
  const days = wantedTrashDays(spec)
  return [own, ...spec.pending.map(pendingTag), ...(days === undefined ? [] : [trashDaysTag(days)])].flatMap((tag) => ['--addtag', tag])
}

/** Nothing ever lay in it. */
function removeEmptyPool(name: string, tag: string): Script {
  return sh`found=$(lvm lvs --noheadings -o thin_count,lv_tags ${name} 2>/dev/null) || exit 0
set -- $found
[ "$1" = 0 ] || exit 0
case ",\${2-}," in *,${tag},*) lvm lvremove -qq -f ${name} </dev/null ;; esac`
}

/** Takes away only what this transaction made and what never held data: our tag, still mkfs-pending, open nowhere. */
function removeNeverUsed(spec: LogicalVolumeSpec, tag: string): Script {
  const name = `${spec.volumeGroup}/${spec.name}`
  return sh`found=$(lvm lvs --noheadings -o lv_tags,lv_device_open --separator ' ' ${name} 2>/dev/null) || exit 0
set -- $found
case ",\${1-}," in *,${pendingTag('mkfs')},*) ;; *) exit 0 ;; esac
case ",\${1-}," in *,${tag},*) ;; *) exit 0 ;; esac
[ -z "\${2-}" ] || exit 0
lvm lvremove -qq -f ${name} </dev/null`
}

function activateStep(spec: LogicalVolumeSpec): Step {
  const name = `${spec.volumeGroup}/${spec.name}`
  const marker = markerOf('activated', spec)
  return {
    title: `activate logical volume ${name}`,
    run: withLvm(sh`: >"$REEVE_BEFORE"/${marker}
lvm lvchange -ay ${name} </dev/null
${letUdevFinish}`),
    check: sh`[ -b ${devicePath(spec.volumeGroup, spec.name)} ]`,
    undo: withLvm(sh`if [ -e "$REEVE_BEFORE"/${marker} ]; then lvm lvchange -an ${name} </dev/null || :; fi`),
  }
}

/** No undo: a volume is never made smaller, and a larger one harms nobody. Without -r: the filesystem grows by its own step. */
function growStep(spec: LogicalVolumeSpec, state: LogicalVolumeState): Step {
  const name = `${spec.volumeGroup}/${spec.name}`
  const size = wantedSize(spec, state.group, state.stripes)
  return {
    title: `grow logical volume ${name} from ${formatBytes(state.sizeBytes)} to ${formatBytes(size)}`,
    guard: withLvm(sh`set -- $(lvm lvs --noheadings --nosuffix --units b -o lv_size,lv_uuid ${name})
if [ "$*" != ${`${state.sizeBytes} ${state.uuid}`} ]; then echo ${`${name} has another size than when this was planned:`} "$*" >&2; exit 1; fi`),
    run: withLvm(sh`lvm lvextend -qq -L ${`${size}b`} ${name} </dev/null`),
    check: withLvm(sh`set -- $(lvm lvs --noheadings --nosuffix --units b -o lv_size ${name})
[ "$*" = ${String(size)} ]`),
  }
}

/** The kernel's list of mounted filesystems decides: mkfs itself also has the device open for a while, and udev where it looks at a new one. Nobody's any more: nothing to note. */
function settlePendingStep(spec: LogicalVolumeSpec): Step {
  const name = `${spec.volumeGroup}/${spec.name}`
  return {
    title: `note that ${name} holds data`,
    guard: withLvm(sh`if ${isUsedHere(spec)}; then exit 0; fi
${refuseWhile(isOpenVolume(name), `${name} is open but not mounted`)}`),
    run: withLvm(sh`if ${isUsedHere(spec)}; then lvm lvchange -qq --deltag ${pendingTag('mkfs')} ${name} </dev/null; fi`),
  }
}

/** Condition: this kernel has it mounted, in whatever namespace, or swaps to it. */
function isUsedHere(spec: LogicalVolumeSpec): Script {
  return sh`(
for device in /sys/class/block/dm-*; do
  [ -r "$device/dm/name" ] || continue
  read -r mapped <"$device/dm/name"
  [ "$mapped" = ${mapperName(spec.volumeGroup, spec.name)} ] || continue
  for mounted in /sys/fs/*/"\${device##*/}" /sys/fs/btrfs/*/devices/"\${device##*/}"; do
    if [ -e "$mounted" ]; then exit 0; fi
  done
  while read -r area rest; do
    if [ "$area" -ef ${devicePath(spec.volumeGroup, spec.name)} ]; then exit 0; fi
  done </proc/swaps
done
exit 1
)`
}

/** Kept on the volume itself: its manifest is gone when it is needed. */
function trashDaysStep(spec: LogicalVolumeSpec, { tags }: LogicalVolumeState): Step {
  const name = `${spec.volumeGroup}/${spec.name}`
  const before = tags.filter((tag) => tag.startsWith('reeve.trash-days='))
  const days = wantedTrashDays(spec)
  const after = days === undefined ? [] : [trashDaysTag(days)]
  const swap = (remove: readonly string[], add: readonly string[]) => [
    ...remove.flatMap((tag) => ['--deltag', tag]),
    ...add.flatMap((tag) => ['--addtag', tag]),
  ]
  return {
    title: `note that ${name} stays in the trash for ${days ?? defaultTrashDays} day(s)`,
    run: withLvm(sh`lvm lvchange -qq ${swap(before, after)} ${name} </dev/null`),
    undo: withLvm(sh`lvm lvchange -qq ${swap(after, before)} ${name} </dev/null || :`),
  }
}

function markStep(spec: LogicalVolumeSpec, context: StepContext): Step {
  const name = `${spec.volumeGroup}/${spec.name}`
  const [marker, tag] = [markerOf('marked', spec), ownTag(context)]
  return {
    title: `mark logical volume ${name} as ours`,
    run: withLvm(sh`: >"$REEVE_BEFORE"/${marker}
lvm lvchange -qq --addtag ${tag} ${name} </dev/null`),
    undo: withLvm(sh`if [ -e "$REEVE_BEFORE"/${marker} ]; then lvm lvchange -qq --deltag ${tag} ${name} </dev/null || :; fi`),
  }
}

function ownTag(context: StepContext): string {
  const owner = context.owners[0]
  if (owner === undefined) throw new Error('a logical volume without an owner cannot be marked')
  return ownerTag(context.fleet, owner)
}

function markerOf(what: string, spec: LogicalVolumeSpec): string {
  return `${what}-${mapperName(spec.volumeGroup, spec.name)}`
}

function withLvm(script: Script): Script {
  return joinScripts([environment, script])
}
