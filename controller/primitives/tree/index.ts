import { definePrimitive, type FieldValue } from '../../model/primitive.ts'
import { sha256 } from '../../shell/inspect.ts'
import { Secret } from '../../shell/secret.ts'
import { diff } from './diff.ts'
import { parse, probe, type TreeState } from './probe.ts'
import { release } from './release.ts'
import { mergeTrees, type TreeSpec } from './spec.ts'
import { retire, stagedAt, steps } from './steps.ts'

/** Files that go live together, by one swap of a symbolic link. Extra files in the directory and a link to elsewhere are drift. */
export const treePrimitive = definePrimitive<TreeSpec, TreeState>({
  type: 'tree',
  readsFilesOnly: true,
  isLoaded: true,
  ownership: 'exclusive',
  fields,
  watched: ({ path }) => [{ on: 'folder', path }],
  probe,
  parse,
  diff,
  steps: (spec, _change, observed) => steps(spec, observed),
  retire,
  release,
  merge: mergeTrees,
  staged: stagedAt,
})

/** One field a file, so that a plan names the file that Git moved and the file that the host moved. */
function fields(spec: TreeSpec): Readonly<Record<string, FieldValue>> {
  const entries = Object.entries(spec.files).flatMap(([name, { content, mode, owner }]): [string, FieldValue][] => [
    [name, content instanceof Secret ? content : `sha256:${sha256(content)}`],
    [`${name} mode`, mode],
    [`${name} owner`, owner],
  ])
  return Object.fromEntries(entries)
}
