import { definePrimitive } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { sha256 } from '../../shell/inspect.ts'
import { describe, diff } from './diff.ts'
import { type BlockState, parse, probe } from './probe.ts'
import type { BlockSpec } from './spec.ts'
import { previous, release, retire, stagedAt, steps } from './steps.ts'

/** Lines of ours in a file that belongs to somebody else. Beginnings and ends that do not pair are refused, never guessed. */
export const blockPrimitive = definePrimitive<BlockSpec, BlockState>({
  type: 'block',
  readsFilesOnly: true,
  isLoaded: true,
  ownership: 'exclusive',
  fields: (spec) => ({ content: `sha256:${sha256(spec.content)}`, leader: spec.leader, position: describe(spec.position) }),
  watched: ({ path }) => paths(path),
  probe,
  parse,
  diff,
  steps: (spec, _change, observed, context) => steps(spec, observed, context),
  retire,
  release,
  previous,
  staged: stagedAt,
})
