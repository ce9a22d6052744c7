import { complain } from '../../../model/kind.ts'
import type { Diagnostic } from '../../../model/manifest.ts'
import { formatBytes, parseBytes } from '../../../model/quantity.ts'
import type { Container } from '../provider.ts'

/** vzctl takes all of these, and the container fails later: `--privvmpages 100:50` and `--diskspace 9G:8G` are saved without a word. */
export function checkLimits(manifest: Container): readonly Diagnostic[] {
  const { openvz, resources } = manifest.spec
  const { diskspace, diskinodes, ubc = {} } = openvz ?? { ctid: 0 }
  return [
    ...(diskspace === undefined ? [] : checkDiskspace(manifest, diskspace)),
    ...(diskinodes === undefined ? [] : checkOrder(manifest, 'diskinodes', diskinodes, 'soft limit', 'hard limit')),
    ...Object.entries(ubc).flatMap(([name, value]) => checkOrder(manifest, `ubc.${name}`, String(value), 'barrier', 'limit')),
    ...(ubc.numproc !== undefined && resources?.pids !== undefined
      ? [complain(manifest, 'spec.openvz.ubc.numproc', 'openvz.ubc.numproc and resources.pids are the same limit', 'keep resources.pids')]
      : []),
    ...(Number(String(ubc.numiptent ?? 16).split(':')[0]) < 16
      ? [
          complain(
            manifest,
            'spec.openvz.ubc.numiptent',
            `openvz.ubc.numiptent ${ubc.numiptent} is lower than 16, which vzctl makes of it at each start`,
          ),
        ]
      : []),
  ]
}

function checkDiskspace(manifest: Container, text: string): readonly Diagnostic[] {
  const [soft, hard] = text.split(':').map((part) => parseBytes(part))
  for (const size of [soft, hard]) {
    if (size?.ok === false) return [complain(manifest, 'spec.openvz.diskspace', `openvz.diskspace: ${size.reason}`)]
  }
  if (soft?.ok !== true) return []
  if (soft.value < 1n << 20n) return [complain(manifest, 'spec.openvz.diskspace', `openvz.diskspace ${text} is too little for any system`)]
  if (hard?.ok !== true || soft.value <= hard.value) return []
  const summary = `openvz.diskspace: the soft limit (${formatBytes(soft.value)}) exceeds the hard limit (${formatBytes(hard.value)})`
  return [complain(manifest, 'spec.openvz.diskspace', summary, 'the soft one stands first')]
}

function checkOrder(manifest: Container, field: string, text: string, low: string, high: string): readonly Diagnostic[] {
  const [first = 0, second = first] = text.split(':').map((part) => (part === 'unlimited' ? Number.POSITIVE_INFINITY : Number(part)))
  if (first <= second) return []
  return [complain(manifest, `spec.openvz.${field}`, `openvz.${field} ${text}: the ${low} exceeds the ${high}`, `the ${low} stands first`)]
}
