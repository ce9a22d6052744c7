import { type Difference, type FieldDifference, same } from '../../model/change.ts'
import { keyOf, type PrimitiveId } from '../../model/ids.ts'
import type { Known, Observed, Parsed } from '../../model/observation.ts'
import { definePrimitive, type Subject } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { type Script, sh } from '../../shell/sh.ts'
import type { SysctlSpec, SysctlState } from './spec.ts'
import { filePath, procPath, release, retire, steps } from './steps.ts'

/** A kernel setting, live in /proc/sys and kept in a file of its own in /etc/sysctl.d. */
export const sysctlPrimitive = definePrimitive<SysctlSpec, SysctlState>({
  type: 'sysctl',
  readsFilesOnly: true,
  ownership: 'shared',
  fields: (spec) => ({ value: spec.value, persisted: spec.value }),
  watched: ({ key }) => paths(procPath(key), filePath(key)),
  probe,
  parse,
  diff,
  steps,
  retire,
  release,
  previous: (_spec, observed) => (observed.status === 'present' ? observed.state.live : undefined),
})

/** One grep(1) reads them all. The shell's own `read` would not do: it reads byte by byte, and /proc/sys has nothing left after the first. */
function probe(subjects: readonly Subject<SysctlSpec>[]): Script {
  const words = subjects.flatMap(({ id }) => [procPath(keyOf(id)), filePath(keyOf(id))])
  return sh`for path in ${words}; do
  [ -e "$path" ] || printf 'absent %s\n' "$path"
done
grep -Hs '' -- ${words} </dev/null || :`
}

function parse(stdout: string, subjects: readonly Subject<SysctlSpec>[]): Parsed<SysctlState> {
  const lines = stdout.split('\n')
  const items = new Map<PrimitiveId, Observed<SysctlState>>()
  for (const { id } of subjects) items.set(id, observed(keyOf(id), lines))
  return { items }
}

function observed(key: string, lines: readonly string[]): Observed<SysctlState> {
  if (lines.includes(`absent ${procPath(key)}`)) return { status: 'absent' }
  const live = linesOf(procPath(key), lines)[0]
  if (live === undefined) return { status: 'unknown', reason: `${procPath(key)} could not be read` }
  const kept = linesOf(filePath(key), lines).map((line) => /^([^#=\s]+) = (.*)$/.exec(line))
  const persisted = kept.find((match) => match?.[1] === key)?.[2]
  return { status: 'present', state: { live: live.trim().replace(/\s+/g, ' '), persisted } }
}

function linesOf(path: string, lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.startsWith(`${path}:`)).map((line) => line.slice(path.length + 1))
}

function diff(spec: SysctlSpec, observed: Known<SysctlState>): Difference {
  if (observed.status === 'absent') {
    return { status: 'refused', reasons: [`the kernel has no ${spec.key} (no ${procPath(spec.key)}): is its module loaded?`] }
  }
  const { live, persisted } = observed.state
  const fields: FieldDifference[] = []
  if (live !== spec.value) fields.push({ field: 'value', before: live, after: spec.value })
  if (persisted !== spec.value) fields.push({ field: 'persisted', before: persisted, after: spec.value })
  return fields.length === 0 ? same : { status: 'change', change: { action: 'update', impact: 'none', fields } }
}
