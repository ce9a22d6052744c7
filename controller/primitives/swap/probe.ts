import { keyOf } from '../../model/ids.ts'
import type { Known, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { type FstabLine, ownerOfLine, readFstab } from '../../shell/fstab.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { type SwapSpec, swapId } from './spec.ts'

/** What is said of a device as swap. */
export interface SwapState {
  readonly isOn: boolean
  /** Lines of fstab that make it swap, by whatever name. */
  readonly lines: readonly FstabLine[]
}

/** No process at all: the shell reads the kernel's list and fstab, and compares what names lead to (UUID=, LABEL=, /dev/mapper/…). */
export function probe(subjects: readonly Subject<SwapSpec>[]): Script {
  const devices = subjects.map(({ id }) => keyOf(id))
  if (devices.length === 0) return { text: ':' }
  return joinScripts([
    sh`if [ -r /proc/swaps ]; then
while read -r named rest; do
  for device in ${devices}; do
    if [ "$named" -ef "$device" ]; then echo "on $device"; fi
  done
done </proc/swaps
fi
echo fstab
if [ -e /etc/fstab ]; then
  while IFS= read -r line || [ -n "$line" ]; do printf '%s\n' "$line"; done </etc/fstab
fi
echo end
if [ -e /etc/fstab ]; then
while read -r source target format rest || [ -n "$source" ]; do
  [ "$format" = swap ] || continue
  case $source in
    UUID=*) named=/dev/disk/by-uuid/\${source#UUID=} ;;
    LABEL=*) named=/dev/disk/by-label/\${source#LABEL=} ;;
    *) named=$source ;;
  esac
  for device in ${devices}; do
    if [ "$named" -ef "$device" ]; then printf 'same %s %s\n' "$device" "$source"; fi
  done
done </etc/fstab
fi
echo done`,
  ])
}

/** Throws where the answer is cut short. */
export function parse(stdout: string, subjects: readonly Subject<SwapSpec>[]): Parsed<SwapState> {
  if (subjects.length === 0) return { items: new Map() }
  const lines = stdout.split('\n')
  const [fstab, end] = [lines.indexOf('fstab'), lines.indexOf('end')]
  if (lines.at(-2) !== 'done' || fstab === -1 || end === -1) throw new Error('the answer is cut short')
  const areas = readFstab(lines.slice(fstab + 1, end).join('\n')).filter(({ format }) => format === 'swap')
  const [head, facts] = [lines.slice(0, fstab), lines.slice(end + 1, -2)]
  if (head.some((line) => !line.startsWith('on /'))) throw new Error('the answer does not begin as the probe does')
  const asked = new Set(subjects.map(({ id }) => keyOf(id)))
  return {
    items: new Map(subjects.map(({ id }) => [id, observe(keyOf(id), areas, head, facts)])),
    marked: areas.filter(({ source }) => source.startsWith('/dev/') && !asked.has(source)).flatMap(marked),
  }
}

function observe(device: string, areas: readonly FstabLine[], head: readonly string[], facts: readonly string[]): Known<SwapState> {
  const lines = areas.filter(({ source }) => source === device || facts.includes(`same ${device} ${source}`))
  const state: SwapState = { isOn: head.includes(`on ${device}`), lines }
  if (!state.isOn && lines.length === 0) return { status: 'absent', around: state }
  const mark = lines.map(ownerOfLine).find((one) => one !== undefined)
  return { status: 'present', state, ...(mark === undefined ? {} : { mark }) }
}

function marked(line: FstabLine): NonNullable<Parsed<SwapState>['marked']> {
  const mark = ownerOfLine(line)
  return mark === undefined || /[\0-\x1f\x7f]/.test(line.source) ? [] : [{ id: swapId(line.source), mark }]
}
