import type { WantedChange } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { Step } from '../../model/primitive.ts'
import { formatBytes } from '../../model/quantity.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { customizeStep, dropUnfinished, fillCustomized, noteCustomized, unfinished } from './customize.ts'
import { kept } from './kept.ts'
import { type DiskImageState, folderOf } from './probe.ts'
import { customizedAs, customizedSuffix, type DiskImageSpec } from './spec.ts'

export function steps(spec: DiskImageSpec, change: WantedChange, observed: Known<DiskImageState>): readonly Step[] {
  if (observed.status === 'absent') return [createStep(spec)]
  const changed = new Set(change.fields.map(({ field }) => field))
  const isOther = ['owner', 'group', 'mode'].some((field) => changed.has(field))
  return [
    ...(changed.has('size') ? [growStep(spec, observed.state)] : []),
    ...(isOther ? [ownerStep(spec, observed.state)] : []),
    ...(changed.has('customize') && spec.customize !== undefined ? [customizeStep(spec, spec.customize)] : []),
  ]
}

/** qemu-img create destroys what is at its path without a word: it gets a path of its own, and ln(1) fails where something came to stand at the wanted one. */
function createStep(spec: DiskImageSpec): Step {
  const { path, source, customize } = spec
  const made = kept('made', path)
  const isLong = source?.how === 'copy' || spec.preallocation === 'full' || spec.preallocation === 'falloc' || customize !== undefined
  return {
    title: `make the image ${path} (${formatBytes(BigInt(spec.sizeBytes))}${source === undefined ? '' : `, ${source.how === 'copy' ? 'a copy of' : 'backed by'} ${source.path}`})`,
    guard: sh`if [ -e ${path} ] || [ -L ${path} ]; then echo ${`${path} exists by now`} >&2; exit 1; fi`,
    run: sh`umask 077
new=${`${path}${unfinished}`}
${dropUnfinished(path)}
${fill(spec)}
${permissions(spec, sh`"$new"`)}
sync -- "$new"
stat -c %i -- "$new" >${made}
${customize === undefined ? sh`rm -f -- ${`${path}${customizedSuffix}`}` : noteCustomized(path, customizedAs(customize))}
ln -T -- "$new" ${path}
rm -f -- "$new"
sync -- ${folderOf(path)}`,
    check: sh`qemu-img info -U -f qcow2 ${path} >/dev/null`,
    undo: sh`${dropUnfinished(path)}
[ -e ${made} ] || exit 0
if ! [ -e ${path} ]; then rm -f -- ${`${path}${customizedSuffix}`}; fi
read -r inode <${made}
found=$(stat -c %i -- ${path} 2>/dev/null) || found=
if [ "$found" = "$inode" ]; then rm -f -- ${path} ${`${path}${customizedSuffix}`}; fi`,
    ...(isLong ? { job: true } : {}),
  }
}

/** The formats are named: a disk whose content a guest can write must never be one whose format is guessed from it. */
function fill(spec: DiskImageSpec): Script {
  const { source, sizeBytes, preallocation, customize } = spec
  const options = preallocation === 'off' ? [] : ['-o', `preallocation=${preallocation}`]
  if (source !== undefined && customize !== undefined) return fillCustomized(spec, customize, source.path, options)
  if (source === undefined) return sh`qemu-img create -q -f qcow2 ${options} "$new" ${sizeBytes} </dev/null`
  if (source.how === 'backing') return sh`qemu-img create -q -f qcow2 ${options} -F qcow2 -b ${source.path} "$new" ${sizeBytes} </dev/null`
  // It refuses what a virtual machine writes to at the same time: the copy would be half of this moment and half of that.
  return sh`qemu-img convert -q -f qcow2 -O qcow2 ${options} ${source.path} "$new" </dev/null
qemu-img resize -q -f qcow2 "$new" ${sizeBytes} </dev/null`
}

/** Without a lock (-U) nothing is changed: qemu-img itself refuses what a virtual machine has open. */
function growStep(spec: DiskImageSpec, state: DiskImageState): Step {
  const { path, sizeBytes } = spec
  return {
    title: `grow the image ${path} from ${formatBytes(state.sizeBytes ?? 0n)} to ${formatBytes(BigInt(sizeBytes))}`,
    run: sh`qemu-img resize -q -f qcow2 ${path} ${sizeBytes} </dev/null`,
  }
}

function ownerStep(spec: DiskImageSpec, { owner, group, mode }: DiskImageState): Step {
  const { path } = spec
  return {
    title: `set owner and mode of ${path}`,
    run: permissions(spec, sh`${path}`),
    undo: sh`chown -- ${`${owner}:${group}`} ${path}
chmod -- ${mode} ${path}`,
  }
}

function permissions({ owner, group, mode }: DiskImageSpec, file: Script): Script {
  const who = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  return sh`${who === '' ? sh`:` : sh`chown -- ${who} ${file}`}
${mode === undefined ? sh`:` : sh`chmod -- ${mode} ${file}`}`
}
