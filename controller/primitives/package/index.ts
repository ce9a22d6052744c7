import { type Difference, same } from '../../model/change.ts'
import { keyOf, type PrimitiveId } from '../../model/ids.ts'
import type { Known, Observed, Parsed } from '../../model/observation.ts'
import { definePrimitive, type Subject } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { type Script, sh } from '../../shell/sh.ts'
import type { PackageSpec } from './spec.ts'
import { install } from './steps.ts'

export interface PackageState {
  /** dpkg's words: `install ok installed` (dpkg-query(1)). */
  readonly status: string
  readonly version: string
}

/** A Debian package that is there. It stays when no manifest asks for it: others may have come to need it. */
export const packagePrimitive = definePrimitive<PackageSpec, PackageState>({
  type: 'package',
  ownership: 'shared',
  fields: () => ({ installed: 'yes' }),
  watched: () => paths('/var/lib/dpkg/status'),
  probe,
  parse,
  diff,
  steps: (spec) => [install(spec.name)],
  release: 'unmarked',
})

/** One dpkg-query for all, with what it says of names that it does not know: what it does not mention is unknown. It exits with 1 where it does not know a name, and with 2 where its database is broken (dpkg-query(1)). */
function probe(subjects: readonly Subject<PackageSpec>[]): Script {
  return sh`rc=0
LC_ALL=C dpkg-query -W -f '\${Package}\t\${Status}\t\${Version}\n' -- ${subjects.map(({ id }) => keyOf(id))} 2>&1 </dev/null || rc=$?
printf 'end\n'
[ "$rc" -le 1 ]`
}

function parse(stdout: string, subjects: readonly Subject<PackageSpec>[]): Parsed<PackageState> {
  const items = new Map<PrimitiveId, Observed<PackageState>>()
  if (!stdout.endsWith('end\n')) return { items }
  const lines = stdout.split('\n').map((line) => line.split('\t'))
  for (const { id } of subjects) {
    const known = lines.filter(([name]) => name === keyOf(id))
    const [, status = '', version = ''] = known.find(([, words]) => words?.endsWith(' ok installed')) ?? known[0] ?? []
    const isMissing = stdout.includes(`no packages found matching ${keyOf(id)}\n`)
    if (status === '' && !isMissing) continue
    const isAbsent = status === '' || /(not-installed|config-files)$/.test(status)
    items.set(id, isAbsent ? { status: 'absent' } : { status: 'present', state: { status, version } })
  }
  return { items }
}

function diff(_spec: PackageSpec, observed: Known<PackageState>): Difference {
  if (observed.status === 'present' && observed.state.status.endsWith(' ok installed')) return same
  const before = observed.status === 'present' ? observed.state.status : undefined
  const action = before === undefined ? 'create' : 'update'
  return { status: 'change', change: { action, impact: 'none', fields: [{ field: 'installed', before, after: 'yes' }] } }
}
