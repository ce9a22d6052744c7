import type { Impact, WantedChange } from '../../model/change.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { formatBytes } from '../../model/quantity.ts'
import { joinScripts, nothing, type Script, sh } from '../../shell/sh.ts'
import { roundUp } from './diff.ts'
import { splitKey, type VolumeSurroundings } from './probe.ts'
import { devicePath, type LogicalVolumeSpec, type LogicalVolumeState, mapperName, ownerTag, pendingTag } from './spec.ts'

const environment = sh`export LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1`

export function steps(
  spec: LogicalVolumeSpec,
  change: WantedChange,
  observed: Known<LogicalVolumeState>,
  context: StepContext,
): readonly Step[] {
  if (observed.status === 'absent') return [createStep(spec, observed.around as VolumeSurroundings, context)]
  const changed = new Set(change.fields.map(({ field }) => field))
  return [
    ...(changed.has('active') ? [activateStep(spec)] : []),
    ...(changed.has('size') ? [growStep(spec, observed.state)] : []),
    ...(changed.has('mkfs-pending') ? [settlePendingStep(spec)] : []),
    ...(changed.has('mark') ? [markStep(spec, context)] : []),
  ]
}

/**
 * -Wy -Zy with -y: without them lvcreate asks about an old signature, takes "no" from a closed stdin, and removes the new volume again; with -Wn the old
 * filesystem of whoever had these extents would stand in it.
 */
function createStep(spec: LogicalVolumeSpec, around: VolumeSurroundings, context: StepContext): Step {
  const extent = around.groups[0]?.group.extentBytes
  if (extent === undefined) throw new Error(`a step for ${spec.id} without its volume group`)
  const size = roundUp(BigInt(spec.sizeBytes), extent)
  const [name, tag] = [`${spec.volumeGroup}/${spec.name}`, ownTag(context)]
  const tags = [tag, ...spec.pending.map(pendingTag)].flatMap((one) => ['--addtag', one])
  const marker = markerOf('created', spec)
  return {
    title: `create logical volume ${name} (${formatBytes(size)})`,
    guard: withLvm(sh`if lvm lvs ${name} >/dev/null 2>&1; then echo ${`${name} exists by now`} >&2; exit 1; fi`),
    run: withLvm(sh`: >"$REEVE_BEFORE"/${marker}
lvm lvcreate -qq -y -Wy -Zy -L ${`${size}b`} -n ${spec.name} ${tags} ${spec.volumeGroup} </dev/null
if command -v udevadm >/dev/null; then udevadm settle -t 10 || :; fi`),
    check: sh`[ -b ${devicePath(spec.volumeGroup, spec.name)} ]`,
    undo: withLvm(sh`[ -e "$REEVE_BEFORE"/${marker} ] || exit 0
${removeNeverUsed(spec, tag)}`),
  }
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
if command -v udevadm >/dev/null; then udevadm settle -t 10 || :; fi`),
    check: sh`[ -b ${devicePath(spec.volumeGroup, spec.name)} ]`,
    undo: withLvm(sh`if [ -e "$REEVE_BEFORE"/${marker} ]; then lvm lvchange -an ${name} </dev/null || :; fi`),
  }
}

/** No undo: a volume is never made smaller, and a larger one harms nobody. Without -r: the filesystem grows by its own step. */
function growStep(spec: LogicalVolumeSpec, state: LogicalVolumeState): Step {
  const name = `${spec.volumeGroup}/${spec.name}`
  const size = roundUp(BigInt(spec.sizeBytes), state.group.extentBytes)
  return {
    title: `grow logical volume ${name} from ${formatBytes(state.sizeBytes)} to ${formatBytes(size)}`,
    guard: withLvm(sh`set -- $(lvm lvs --noheadings --nosuffix --units b -o lv_size,lv_uuid ${name})
if [ "$*" != ${`${state.sizeBytes} ${state.uuid}`} ]; then echo ${`${name} has another size than when this was planned:`} "$*" >&2; exit 1; fi`),
    run: withLvm(sh`lvm lvextend -qq -L ${`${size}b`} ${name} </dev/null`),
    check: withLvm(sh`set -- $(lvm lvs --noheadings --nosuffix --units b -o lv_size ${name})
[ "$*" = ${String(size)} ]`),
  }
}

/** The kernel's list of mounted filesystems decides: mkfs itself also has the device open for a while. */
function settlePendingStep(spec: LogicalVolumeSpec): Step {
  const name = `${spec.volumeGroup}/${spec.name}`
  return {
    title: `note that ${name} holds data`,
    guard: sh`for device in /sys/class/block/dm-*; do
  [ -r "$device/dm/name" ] || continue
  read -r mapped <"$device/dm/name"
  [ "$mapped" = ${mapperName(spec.volumeGroup, spec.name)} ] || continue
  for mounted in /sys/fs/*/"\${device##*/}"; do
    if [ -e "$mounted" ]; then exit 0; fi
  done
done
echo ${`${name} is open but not mounted`} >&2
exit 1`,
    run: withLvm(sh`lvm lvchange -qq --deltag ${pendingTag('mkfs')} ${name} </dev/null`),
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

/** Retain and Unmount: only our tags go. Delete: it is renamed out of the way, and what removes it later is another matter (`reeve.trash=` keeps the owner). */
export function retire(
  entry: LedgerEntry,
  observed: Known<LogicalVolumeState>,
  context: StepContext,
): { readonly impact: Impact; readonly steps: readonly Step[] } {
  if (observed.status === 'absent') return { impact: 'none', steps: [] }
  const [group, name] = splitKey(entry.id)
  const ours = observed.mark?.fleet === context.fleet
  if (entry.deletionPolicy === 'Delete' && ours) return { impact: 'none', steps: [trashStep(group, name, observed.state)] }
  const tags = observed.state.tags.filter((tag) => tag.startsWith('reeve.'))
  return { impact: 'none', steps: [releaseStep(group, name, ours ? tags : [])] }
}

function releaseStep(group: string, name: string, tags: readonly string[]): Step {
  const path = `${group}/${name}`
  if (tags.length === 0) return { title: `let go of logical volume ${path}, with all its data`, run: nothing }
  return {
    title: `release logical volume ${path}, with all its data`,
    run: withLvm(sh`lvm lvchange -qq ${tags.flatMap((tag) => ['--deltag', tag])} ${path} </dev/null`),
    undo: withLvm(sh`lvm lvchange -qq ${tags.flatMap((tag) => ['--addtag', tag])} ${path} </dev/null || :`),
  }
}

function trashStep(group: string, name: string, state: LogicalVolumeState): Step {
  const path = `${group}/${name}`
  const own = state.tags.filter((tag) => tag.startsWith('reeve.'))
  const trash = own.filter((tag) => tag.startsWith('reeve.id=')).map((tag) => tag.replace('reeve.id=', 'reeve.trash='))
  const marker = `trash-${group}-${name}`
  const swap = (remove: readonly string[], add: readonly string[]) => [
    ...remove.flatMap((tag) => ['--deltag', tag]),
    ...add.flatMap((tag) => ['--addtag', tag]),
  ]
  return {
    title: `put logical volume ${path} aside as reeve-trash-${name}-DATE`,
    guard: withLvm(sh`found=$(lvm lvs --noheadings -o lv_uuid,lv_device_open ${path})
set -- $found
# An inactive volume is open for nobody, and lvs says unknown.
case \${2-} in ''|unknown) ;; *) echo ${`${path} is in use`} >&2; exit 1 ;; esac
if [ "$1" != ${state.uuid} ]; then echo ${`${path} is another volume by now`} >&2; exit 1; fi`),
    run: withLvm(sh`trash=reeve-trash-${name}-$(date +%Y%m%d%H%M%S)
printf '%s\n' "$trash" >"$REEVE_BEFORE"/${marker}
lvm lvchange -an ${path} </dev/null
lvm lvrename -qq ${group} ${name} "$trash" </dev/null
lvm lvchange -qq ${swap(own, trash)} ${group}/"$trash" </dev/null`),
    undo: withLvm(sh`[ -e "$REEVE_BEFORE"/${marker} ] || exit 0
read -r trash <"$REEVE_BEFORE"/${marker}
if lvm lvs ${group}/"$trash" >/dev/null 2>&1; then
  lvm lvchange -qq ${swap(trash, own)} ${group}/"$trash" </dev/null || :
  lvm lvrename -qq ${group} "$trash" ${name} </dev/null
fi
lvm lvchange -ay ${path} </dev/null || :`),
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
