import type { PrimitiveId } from '../../model/ids.ts'
import { keyOf, primitiveId } from '../../model/ids.ts'
import type { Mark, Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { type GroupReport, readReport } from './report.ts'
import { type LogicalVolumeSpec, type LogicalVolumeState, readOwnerTag, trashPrefix } from './spec.ts'

/** Why a volume that is not there could or could not be made: the groups of that name, and all groups for the message. */
export interface VolumeSurroundings {
  readonly hasLvm: boolean
  readonly groups: readonly GroupReport[]
  readonly groupNames: readonly string[]
}

const volumeFields =
  'lv_name,lv_full_name,lv_uuid,lv_attr,lv_size,lv_tags,lv_active,lv_layout,origin,pool_lv,lv_device_open,lv_health_status'
const groupFields = 'vg_name,vg_uuid,vg_size,vg_free,vg_extent_size,vg_attr,vg_missing_pv_count,lv_count'

/**
 * One process for groups, volumes and devices, however many there are. lvm2 2.03.16 prints numbers as text (json_std is newer).
 * Its stderr warns of much that is no failure, and its status is 5 where one group of several is damaged: the JSON decides.
 */
export function probe(subjects: readonly Subject<LogicalVolumeSpec>[]): Script {
  const hasTrash = subjects.some(({ id }) => splitKey(id)[1].startsWith(trashPrefix))
  return joinScripts([hasTrash ? sh`echo "now $(date +%s)"` : sh``, report])
}

const report = sh`export LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1
if command -v lvm >/dev/null; then
  echo report
  lvm fullreport --reportformat json --units b --nosuffix --configreport vg -o ${groupFields} --configreport lv -o ${volumeFields} --configreport pv -o pv_name,pv_size,pv_free,pv_attr --configreport pvseg -o pv_name -S pv_name=none --configreport seg -o lv_name,stripes -S 'stripes>1' 2>/dev/null </dev/null || echo "status $?" >&2
else
  echo 'no lvm'
fi`

/** States of the asked volumes, and all others that carry our mark. Throws on what is not lvm's report: a truncated answer is no answer. */
export function parse(stdout: string, subjects: readonly Subject<LogicalVolumeSpec>[]): Parsed<LogicalVolumeState> {
  const [clock = '', now = '0'] = /^now (\d{1,12})\n/.exec(stdout) ?? []
  const text = stdout.slice(clock.length)
  const hasLvm = !text.startsWith('no lvm\n')
  if (hasLvm && !text.startsWith('report\n')) throw new Error('the answer does not begin as the probe does')
  const groups = hasLvm ? readReport(text.slice('report\n'.length), Number(now)).groups : []
  const items = new Map(subjects.map(({ id }) => [id, observe(id, hasLvm, groups)]))
  return {
    items,
    marked: groups.flatMap(({ group, volumes }) => [...volumes].flatMap(([name, volume]) => marked(group.name, name, volume))),
  }
}

function observe(id: PrimitiveId, hasLvm: boolean, all: readonly GroupReport[]): Observed<LogicalVolumeState> {
  const [groupName, name] = splitKey(id)
  const groups = all.filter(({ group }) => group.name === groupName)
  if (groups.length > 1)
    return { status: 'unknown', reason: `two volume groups are named ${groupName}; rename one with vgrename UUID NEWNAME` }
  const volume = groups[0]?.volumes.get(name)
  if (volume === undefined) {
    const around: VolumeSurroundings = { hasLvm, groups, groupNames: all.map(({ group }) => group.name) }
    return { status: 'absent', around }
  }
  const mark = markOf(volume)
  return { status: 'present', state: volume, ...(mark === undefined ? {} : { mark }) }
}

function marked(group: string, name: string, volume: LogicalVolumeState): readonly { id: PrimitiveId; mark: Mark }[] {
  const mark = markOf(volume)
  return mark === undefined ? [] : [{ id: primitiveId('logicalVolume', `${group}/${name}`), mark }]
}

function markOf(volume: LogicalVolumeState): Mark | undefined {
  return volume.tags.map(readOwnerTag).find((mark) => mark !== undefined)
}

/** Group and name of `logicalVolume:vg/lv`; neither may hold a slash. */
export function splitKey(id: PrimitiveId): readonly [group: string, name: string] {
  const [group = '', name = ''] = keyOf(id).split('/')
  return [group, name]
}
