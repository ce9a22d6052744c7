import { keyOf } from '../../model/ids.ts'
import type { Mark, Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { readOwnerTag } from '../logicalVolume/spec.ts'
import { whyNotBlank } from './blank.ts'
import { type VolumeGroupSpec, volumeGroupId } from './spec.ts'

/** Nothing of it but that it stands is compared. */
export interface GroupState {
  readonly tags: readonly string[]
}

/** Of a group that is not there. */
export interface GroupSurroundings {
  readonly hasLvm: boolean
  /** By device: why it must be left alone; none for one that is proven blank. */
  readonly obstacles: ReadonlyMap<string, readonly string[]>
  /** Kernel names by device, to tell one disk under two names. */
  readonly kernelNames: ReadonlyMap<string, string>
}

/** One process where all groups stand. The devices of one that does not are looked at one by one: once in its life. */
export function probe(subjects: readonly Subject<VolumeGroupSpec>[]): Script {
  if (subjects.length === 0) return { text: ':' }
  return joinScripts([
    sh`export LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1
if ! command -v lvm >/dev/null; then echo 'no lvm'; else
groups=$(lvm vgs --noheadings --separator ' ' -o vg_name,vg_tags 2>/dev/null </dev/null) || exit 1
echo groups
printf '%s\n' "$groups"
echo end`,
    ...subjects.flatMap(({ spec }) => (spec === undefined ? [] : [lookAtDevices(spec)])),
    sh`fi
echo done`,
  ])
}

function lookAtDevices({ name, devices }: VolumeGroupSpec): Script {
  return sh`present=no
while read -r group tags; do
  if [ "$group" = ${name} ]; then present=yes; fi
done <<REEVE_GROUPS
$groups
REEVE_GROUPS
if [ "$present" = no ]; then
${joinScripts(devices.map(lookAt))}
fi`
}

function lookAt(device: string): Script {
  return sh`why=$(
${whyNotBlank(device)}
printf '\nkernel %s\n' "$kernel")
printf 'device %s\n%s\n' ${device} "$why"`
}

/** Throws where the answer is cut short. */
export function parse(stdout: string, subjects: readonly Subject<VolumeGroupSpec>[]): Parsed<GroupState> {
  if (subjects.length === 0) return { items: new Map() }
  const lines = stdout.split('\n')
  if (lines.at(-2) !== 'done') throw new Error('the answer is cut short')
  const hasLvm = lines[0] !== 'no lvm'
  const end = lines.indexOf('end')
  if (hasLvm && (lines[0] !== 'groups' || end === -1)) throw new Error('the answer does not begin as the probe does')
  const rows = lines.slice(1, Math.max(1, end)).flatMap(readRow)
  const facts = lines.slice(end + 1, -2)
  return {
    items: new Map(subjects.map((subject) => [subject.id, observe(subject, hasLvm, rows, facts)])),
    marked: rows.flatMap(({ name, tags }) => marked(name, tags)),
  }
}

interface Row {
  readonly name: string
  readonly tags: readonly string[]
}

function readRow(line: string): readonly Row[] {
  const [name = '', tags = ''] = line.trim().split(' ')
  return name === '' ? [] : [{ name, tags: tags.split(',').filter((tag) => tag !== '') }]
}

function observe(
  { id, spec }: Subject<VolumeGroupSpec>,
  hasLvm: boolean,
  rows: readonly Row[],
  facts: readonly string[],
): Observed<GroupState> {
  const row = rows.find(({ name }) => name === keyOf(id))
  if (row !== undefined) {
    const mark = markOf(row.tags)
    return { status: 'present', state: { tags: row.tags }, ...(mark === undefined ? {} : { mark }) }
  }
  const devices = spec?.devices ?? []
  const readings = devices.map((device) => readDevice(device, facts))
  if (hasLvm && readings.some((reading) => reading === undefined))
    return { status: 'unknown', reason: 'not every device of it was looked at' }
  const around: GroupSurroundings = {
    hasLvm,
    obstacles: new Map(devices.map((device, index) => [device, readings[index]?.obstacles ?? []])),
    kernelNames: new Map(devices.map((device, index) => [device, readings[index]?.kernel ?? ''])),
  }
  return { status: 'absent', around }
}

/** What is said of a device: its obstacles, and last its name. Undefined where that was not said to its end. */
function readDevice(
  device: string,
  facts: readonly string[],
): { readonly obstacles: readonly string[]; readonly kernel: string } | undefined {
  const from = facts.indexOf(`device ${device}`)
  const length = facts.slice(from + 1).findIndex((line) => line.startsWith('kernel '))
  if (from === -1 || length === -1) return undefined
  const obstacles = facts.slice(from + 1, from + 1 + length).filter((line) => line !== '')
  return { obstacles, kernel: facts[from + 1 + length]?.slice('kernel '.length) ?? '' }
}

function markOf(tags: readonly string[]): Mark | undefined {
  return tags.map(readOwnerTag).find((mark) => mark !== undefined)
}

function marked(name: string, tags: readonly string[]): NonNullable<Parsed<GroupState>['marked']> {
  const mark = markOf(tags)
  return mark === undefined ? [] : [{ id: volumeGroupId(name), mark }]
}
