import type { FieldDifference } from '../../model/change.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Step } from '../../model/primitive.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { type Hierarchy, isRunning, legacyFolder, unifiedFolder } from './cgroup.ts'
import type { LxcContainerSpec, LxcContainerState, Weigher } from './spec.ts'

/**
 * The share of disks is set in the running container alone, and never in its config: the files below come and go with the scheduler of the disks,
 * and LXC starts no container whose config names one that is not there. After each start it is set again.
 */
const weighers: readonly Weigher[] = ['bfq', 'cost', 'cfq']

/** One file of the running container's cgroup that has to be written. */
export interface IoWrite {
  readonly file: string
  readonly value: number
  readonly before: number
}

/** Files of a container's cgroup with its weight, by what reads them (Documentation/admin-guide/cgroup-v2.rst; block/bfq-iosched.rst). */
const filesOf: Readonly<Record<Hierarchy, Readonly<Partial<Record<Weigher, string>>>>> = {
  v2: { bfq: 'io.bfq.weight', cost: 'io.weight' },
  v1: { bfq: 'blkio.bfq.weight', cfq: 'blkio.weight' },
}

/** Where a file with a weight lies. */
export function weightPath(name: string, hierarchy: Hierarchy, file: string): string {
  return `${hierarchy === 'v2' ? unifiedFolder(name) : legacyFolder(name, 'blkio')}/${file}`
}

export function weightFiles(hierarchy: Hierarchy): readonly string[] {
  return Object.values(filesOf[hierarchy])
}

/** `default 100`, or the number alone; lines of single disks follow. */
export function readWeight(text: string | undefined): number | undefined {
  const match = /^(?:default )?(\d{1,5})$/m.exec(text ?? '')
  return match === null ? undefined : Number(match[1])
}

export function toWeigher(word: string | undefined): Weigher | undefined {
  return weighers.find((one) => one === word)
}

/** A weight of 1 to 10000 as each file counts it: bfq from 1 to 1000 around 100, cfq from 10 to 1000 around 500 (as systemd.resource-control(5) maps them). */
export function weightIn(file: string, weight: number): number {
  if (file === 'blkio.weight') return Math.min(1000, Math.max(10, weight * 5))
  if (file === 'io.weight' || weight <= 100) return weight
  return 100 + Math.floor(((weight - 100) * 900) / 9900)
}

/** What must be written now; undefined where the container does not run, or nobody asks and nobody asked. */
export function ioWrite(spec: LxcContainerSpec, state: LxcContainerState, last: LedgerEntry | undefined): IoWrite | undefined {
  const { io, hierarchy, running } = state
  if (io === undefined || running === 'stopped') return undefined
  const isGivenUp = spec.ioWeight === undefined && last?.fields['ioWeight'] !== undefined
  const wanted = spec.ioWeight ?? (isGivenUp ? 100 : undefined)
  const offered = io.weigher === undefined ? undefined : filesOf[hierarchy][io.weigher]
  const files = spec.ioWeight === undefined ? weightFiles(hierarchy) : offered === undefined ? [] : [offered]
  for (const file of wanted === undefined ? [] : files) {
    const before = io.weights[file]
    const value = weightIn(file, wanted ?? 100)
    if (before !== undefined && before !== value) return { file, value, before }
  }
  return undefined
}

export function ioField(write: IoWrite | undefined): readonly FieldDifference[] {
  if (write === undefined) return []
  return [{ field: 'ioWeight', before: `${write.file} ${write.before} (in force)`, after: `${write.file} ${write.value}` }]
}

/** Why a weight that is asked for would do nothing here. */
export function missingIo({ ioWeight, name }: LxcContainerSpec, { io, hierarchy, running }: LxcContainerState): readonly string[] {
  if (ioWeight === undefined || io === undefined) return []
  const file = io.weigher === undefined ? undefined : filesOf[hierarchy][io.weigher]
  if (file === undefined) return [`resources.ioWeight: ${nothingWeighs}`]
  if (running === 'stopped' || io.weights[file] !== undefined) return []
  return [`resources.ioWeight: the cgroup of ${name} has no ${file}: the io controller is not enabled for it; ${leaveOut}`]
}

const leaveOut = 'enable it, or leave resources.ioWeight out'
const nothingWeighs =
  'no disk of this host has a scheduler that weighs; choose bfq for one (modprobe bfq; echo bfq >/sys/block/sda/queue/scheduler, kept by a rule of udev), or enable io.cost.qos, or leave it out'

/** Sets $io to what weighs here, or to nothing. Starts no process. */
export const findIo = sh`io=
for reeve_path in /sys/block/*/queue/scheduler; do
  reeve_line=
  read -r reeve_line <"$reeve_path" || :
  case $reeve_line in *'[bfq]'*) io=bfq ;; *'[cfq]'*) io=\${io:-cfq} ;; esac
done 2>/dev/null
if [ -z "$io" ] && [ -r /sys/fs/cgroup/io.cost.qos ]; then
  while read -r reeve_line; do
    case $reeve_line in *' enable=1'*) io=cost ;; esac
  done </sys/fs/cgroup/io.cost.qos
fi`

/** Before a container is made: it would be refused a moment later. */
export function ioExists({ ioWeight }: LxcContainerSpec): Script {
  if (ioWeight === undefined) return sh`:`
  return sh`
${findIo}
if [ -z "$io" ]; then echo ${`resources.ioWeight: ${nothingWeighs}`} >&2; exit 1; fi`
}

/** Sets the weight of the container that was just started. A host that cannot is no reason to stop it again: the next look says so. */
export function ioAfterStart(spec: LxcContainerSpec): readonly Step[] {
  const { ioWeight, name } = spec
  if (ioWeight === undefined) return []
  const write = (hierarchy: Hierarchy, file: string): Script =>
    sh`{ printf '%s\n' ${weightIn(file, ioWeight)} >${weightPath(name, hierarchy, file)}; } 2>/dev/null`
  return [
    {
      title: `set the weight of ${name} for disks to ${ioWeight}`,
      phase: 'load',
      run: sh`
${findIo}
case $io in
  bfq) ${write('v2', 'io.bfq.weight')} || ${write('v1', 'blkio.bfq.weight')} || : ;;
  cost) ${write('v2', 'io.weight')} || : ;;
  cfq) ${write('v1', 'blkio.weight')} || : ;;
esac`,
    },
  ]
}

/** Sets it in one that runs. */
export function ioStep({ name }: LxcContainerSpec, { hierarchy }: LxcContainerState, { file, value, before }: IoWrite): Step {
  const path = weightPath(name, hierarchy, file)
  return {
    title: `set ${file} of ${name} to ${value}`,
    phase: 'load',
    run: sh`printf '%s\n' ${value} >${path}`,
    undo: sh`if ${isRunning(name)}; then printf '%s\n' ${before} >${path}; fi`,
  }
}
