import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Retirement, Step, StepContext } from '../../model/primitive.ts'
import { isOpenVolume, letUdevFinish, refuseWhile } from '../../shell/openDevice.ts'
import { joinScripts, nothing, type Script, sh } from '../../shell/sh.ts'
import { splitKey } from './probe.ts'
import { defaultTrashDays, type LogicalVolumeState, logicalVolumeId, ownerTag, trashDaysOf, trashPrefix } from './spec.ts'

const secondsPerDay = 86_400

/** What stands in the trash for a volume that is wanted again. */
export interface Trashed {
  readonly name: string
  readonly state: LogicalVolumeState
}

/**
 * Retain and Unmount: only our tags go. Delete: renamed out of the way, tagged with its owner and the day from which it may go, and owned under that name until
 * then; removed on that day, if it still carries our tag and nobody uses it.
 */
export function retire(entry: LedgerEntry, observed: Known<LogicalVolumeState>, context: StepContext): Retirement {
  if (observed.status === 'absent') return { impact: 'none', steps: [] }
  const [group, name] = splitKey(entry.id)
  const { state } = observed
  if (name.startsWith(trashPrefix)) return removal(group, name, state, context)
  const ours = observed.mark?.fleet === context.fleet
  if (entry.deletionPolicy !== 'Delete' || !ours) {
    const tags = state.tags.filter((tag) => tag.startsWith('reeve.'))
    return { impact: 'none', steps: [releaseStep(group, name, ours ? tags : [])] }
  }
  if (state.thinVolumes > 0)
    return { impact: 'none', steps: [], keptBecause: `${group}/${name} is a thin pool that still holds ${state.thinVolumes} volume(s)` }
  const trash = trashName(name, state)
  return { impact: 'none', steps: [trashStep(group, name, trash, state, context)], leaves: logicalVolumeId(group, trash) }
}

/** Known before the step runs, so that the ledger can name it; the first characters of the UUID keep apart what had one name. */
function trashName(name: string, { uuid }: LogicalVolumeState): string {
  return `${trashPrefix}${name.slice(0, 100)}-${uuid.slice(0, 6)}`
}

/** The newest in the trash that this owner (`Volume/data`) gave up under this name. */
export function findTrashed(volumes: ReadonlyMap<string, LogicalVolumeState>, name: string, owner: string): Trashed | undefined {
  const isIt = (tag: string) =>
    tag.startsWith('reeve.trash=') && tag.endsWith(`/${owner}`) && tag.split('/').length === owner.split('/').length + 1
  return [...volumes]
    .flatMap(([trash, state]) => (trash === trashName(name, state) && state.tags.some(isIt) ? [{ name: trash, state }] : []))
    .sort((one, other) => (other.state.trash?.dueSeconds ?? 0) - (one.state.trash?.dueSeconds ?? 0))[0]
}

function removal(group: string, name: string, state: LogicalVolumeState, context: StepContext): Retirement {
  const kept = keptInTrash(state, context)
  if (kept !== undefined) return { impact: 'none', steps: [], keptBecause: kept }
  return { impact: 'none', steps: [removeStep(group, name, state, context)] }
}

function keptInTrash({ trash, tags, isOpen, attributes }: LogicalVolumeState, { fleet, nowSeconds = 0 }: StepContext): string | undefined {
  if (trash === undefined || !tags.some((tag) => tag.startsWith(`reeve.trash=${fleet}/`)))
    return 'it no longer carries our tag of the trash'
  if (tags.some((tag) => tag.startsWith('reeve.id='))) return 'it is tagged as a volume in use'
  if (isOpen) return 'it is in the trash and in use'
  if (attributes.startsWith('o')) return 'it is in the trash and has a snapshot'
  return notDue(trash, nowSeconds)
}

/** A clock that jumped must not empty the trash: both the host's and ours have to say that the day has come. */
function notDue({ dueSeconds, isDue }: NonNullable<LogicalVolumeState['trash']>, nowSeconds: number): string | undefined {
  const isDueHere = nowSeconds >= dueSeconds
  if (isDue && isDueHere) return undefined
  const until = `it is in the trash until ${new Date(dueSeconds * 1000).toISOString().slice(0, 16)}Z`
  if (isDue === isDueHere) return until
  return `${until}, which is over by the clock of ${isDue ? 'the host and not by that of Reeve' : 'Reeve and not by that of the host'}; set right the one that is wrong`
}

/** Everything that let it go is asked again on the host, at once before. No undo: that is what the days in the trash are for. */
function removeStep(group: string, name: string, state: LogicalVolumeState, { fleet }: StepContext): Step {
  const path = `${group}/${name}`
  return {
    title: `remove logical volume ${path}, whose days in the trash are over`,
    guard: withLvm(sh`${refuseWhile(isOpenVolume(path), `${path} is in use`)}
found=$(lvm lvs --noheadings -o lv_uuid,lv_tags,lv_attr ${path})
set -- $found
if [ "$1" != ${state.uuid} ]; then echo ${`${path} is another volume by now`} >&2; exit 1; fi
case ",$2," in *,reeve.id=*) echo ${`${path} is tagged as a volume in use`} >&2; exit 1 ;; esac
case ",$2," in *,reeve.trash=${fleet}/*) ;; *) echo ${`${path} no longer carries our tag of the trash`} >&2; exit 1 ;; esac
case $3 in o*) echo ${`${path} has a snapshot`} >&2; exit 1 ;; esac
due=\${2##*reeve.trash-due=}
due=\${due%%,*}
if ! [ "$due" -le "$(date +%s)" ]; then echo ${`${path} is not due yet`} >&2; exit 1; fi`),
    // Without -f -f and without -y to anything but the question whether to remove it: what is in use refuses by itself.
    run: withLvm(sh`lvm lvremove -qq -f ${path} </dev/null`),
    check: withLvm(sh`if lvm lvs ${path} >/dev/null 2>&1; then exit 1; fi`),
  }
}

/** For a host that is left without Reeve: our tags go, and nothing else, whatever the deletion policy; what waits in the trash waits for a person from then on. */
export function release(entry: LedgerEntry, observed: Known<LogicalVolumeState>, { fleet }: StepContext): readonly Step[] {
  if (observed.status === 'absent' || observed.mark?.fleet !== fleet) return []
  const [group, name] = splitKey(entry.id)
  return [
    releaseStep(
      group,
      name,
      observed.state.tags.filter((tag) => tag.startsWith('reeve.')),
    ),
  ]
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

/** The days begin by the later of two clocks: one that stands in the past (a host before its first NTP) would make them over as soon as it is right. */
function trashStep(group: string, name: string, trash: string, state: LogicalVolumeState, { nowSeconds = 0 }: StepContext): Step {
  const path = `${group}/${name}`
  const owners = state.tags.filter((tag) => tag.startsWith('reeve.id='))
  const marks = owners.map((tag) => tag.replace('reeve.id=', 'reeve.trash='))
  const seconds = (trashDaysOf(state.tags) ?? defaultTrashDays) * secondsPerDay
  const marker = `trash-${group}-${name}`
  return {
    title: `put logical volume ${path} aside as ${trash}, for ${seconds / secondsPerDay} day(s)`,
    guard: withLvm(refuseUse(path, state.uuid)),
    run: withLvm(sh`now=$(date +%s)
if [ "$now" -lt ${nowSeconds} ]; then now=${nowSeconds}; fi
due=reeve.trash-due=$((now + ${seconds}))
printf '%s\n' "$due" >"$REEVE_BEFORE"/${marker}
lvm lvchange -an ${path} </dev/null
lvm lvrename -qq ${group} ${name} ${trash} </dev/null
lvm lvchange -qq ${swap(owners, marks)} --addtag "$due" ${`${group}/${trash}`} </dev/null`),
    undo: withLvm(sh`[ -e "$REEVE_BEFORE"/${marker} ] || exit 0
read -r due <"$REEVE_BEFORE"/${marker}
if lvm lvs ${`${group}/${trash}`} >/dev/null 2>&1; then
  lvm lvchange -qq ${swap(marks, owners)} --deltag "$due" ${`${group}/${trash}`} </dev/null || :
  lvm lvrename -qq ${group} ${trash} ${name} </dev/null
fi
lvm lvchange -ay ${path} </dev/null || :`),
  }
}

/** The manifest is back before its time: so is the volume, with its data. */
export function restoreStep(group: string, name: string, trashed: Trashed, context: StepContext): Step {
  const [from, to] = [`${group}/${trashed.name}`, `${group}/${name}`]
  const marks = trashed.state.tags.filter((tag) => /^reeve\.trash(-due)?=/.test(tag))
  const owners = [ownerTag(context.fleet, context.owners[0] ?? '')]
  const marker = `restored-${group}-${name}`
  return {
    title: `take logical volume ${to} back from the trash (${trashed.name}), with its data`,
    guard: withLvm(sh`if lvm lvs ${to} >/dev/null 2>&1; then echo ${`${to} exists by now`} >&2; exit 1; fi
${refuseUse(from, trashed.state.uuid)}`),
    run: withLvm(sh`: >"$REEVE_BEFORE"/${marker}
lvm lvrename -qq ${group} ${trashed.name} ${name} </dev/null
lvm lvchange -qq ${swap(marks, owners)} ${to} </dev/null
lvm lvchange -ay ${to} </dev/null
${letUdevFinish}`),
    undo: withLvm(sh`[ -e "$REEVE_BEFORE"/${marker} ] || exit 0
if lvm lvs ${to} >/dev/null 2>&1; then
  lvm lvchange -an ${to} </dev/null || :
  lvm lvchange -qq ${swap(owners, marks)} ${to} </dev/null || :
  lvm lvrename -qq ${group} ${name} ${trashed.name} </dev/null
fi`),
  }
}

function refuseUse(path: string, uuid: string): Script {
  return sh`${refuseWhile(isOpenVolume(path), `${path} is in use`)}
found=$(lvm lvs --noheadings -o lv_uuid ${path})
set -- $found
if [ "$1" != ${uuid} ]; then echo ${`${path} is another volume by now`} >&2; exit 1; fi`
}

function swap(remove: readonly string[], add: readonly string[]): readonly string[] {
  return [...remove.flatMap((tag) => ['--deltag', tag]), ...add.flatMap((tag) => ['--addtag', tag])]
}

function withLvm(script: Script): Script {
  return joinScripts([sh`export LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1`, script])
}
