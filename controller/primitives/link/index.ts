import { type Difference, same } from '../../model/change.ts'
import { keyOf, type PrimitiveId } from '../../model/ids.ts'
import type { Known, Observed, Parsed } from '../../model/observation.ts'
import { definePrimitive, type Subject } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { type Script, sh } from '../../shell/sh.ts'
import type { LinkSpec, LinkState } from './spec.ts'
import { retire, steps } from './steps.ts'

/** A symbolic link, or its absence. What is no link is refused, never replaced. */
export const linkPrimitive = definePrimitive<LinkSpec, LinkState>({
  type: 'link',
  readsFilesOnly: true,
  isLoaded: true,
  ownership: 'shared',
  fields: (spec) => ({ to: spec.to ?? '(none)' }),
  watched: ({ path }) => paths(path),
  probe,
  parse,
  diff,
  steps,
  retire,
  release: 'unmarked',
  previous: (_spec, observed) => (observed.status === 'present' && 'target' in observed.state ? observed.state.target : undefined),
  // A checker must not read what is about to go: an empty device stands for it.
  staged: (spec) => ({ live: spec.path, staged: spec.to === undefined ? '/dev/null' : `${spec.path}.reeve-new` }),
})

/** One readlink(1) for all links; the shell itself tells what is one. */
function probe(subjects: readonly Subject<LinkSpec>[]): Script {
  return sh`newline='
' links=''
for path in ${subjects.map(({ id }) => keyOf(id))}; do
  if [ -L "$path" ]; then links="$links$path$newline"
  elif [ -e "$path" ]; then printf 'other %s\n' "$path"
  else printf 'absent %s\n' "$path"; fi
done
[ -z "$links" ] || { printf 'links\n'; (set -f; IFS=$newline; exec readlink -- $links </dev/null); printf 'for\n%s' "$links"; }`
}

function parse(stdout: string, subjects: readonly Subject<LinkSpec>[]): Parsed<LinkState> {
  const lines = stdout.split('\n')
  const start = lines.indexOf('links')
  const middle = lines.indexOf('for', start + 1)
  const targets = start === -1 ? [] : lines.slice(start + 1, middle)
  const paths = start === -1 ? [] : lines.slice(middle + 1).filter((line) => line !== '')
  if (targets.length !== paths.length) throw new Error('links changed while they were read, or one holds a newline')
  const items = new Map<PrimitiveId, Observed<LinkState>>()
  for (const { id } of subjects) items.set(id, observed(keyOf(id), lines, paths, targets))
  return { items }
}

function observed(path: string, lines: readonly string[], paths: readonly string[], targets: readonly string[]): Observed<LinkState> {
  if (lines.includes(`absent ${path}`)) return { status: 'absent' }
  if (lines.includes(`other ${path}`)) return { status: 'present', state: { inTheWay: 'no symbolic link' } }
  const target = targets[paths.indexOf(path)]
  if (target === undefined) return { status: 'unknown', reason: 'the host did not say what stands there' }
  return { status: 'present', state: { target } }
}

function diff(spec: LinkSpec, observed: Known<LinkState>): Difference {
  const found = observed.status === 'present' ? observed.state : undefined
  if (found && 'inTheWay' in found) {
    return {
      status: 'refused',
      reasons: [`${spec.path} is ${found.inTheWay} but somebody's own; move it away, or take it out of the manifest`],
    }
  }
  if (found?.target === spec.to) return same
  const action = found === undefined ? 'create' : spec.to === undefined ? 'delete' : 'update'
  return { status: 'change', change: { action, impact: 'none', fields: [{ field: 'to', before: found?.target, after: spec.to }] } }
}
