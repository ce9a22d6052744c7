import { type Difference, type FieldDifference, same } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { AroundBlock, BlockState, FoundBlock } from './probe.ts'
import type { BlockPosition, BlockSpec } from './spec.ts'

export function diff(spec: BlockSpec, observed: Known<BlockState>): Difference {
  if (observed.status === 'absent') return ofAbsent(spec, observed.around as AroundBlock | undefined)
  if (observed.state.type === 'refused') return { status: 'refused', reasons: [observed.state.reason] }
  const fields = differences(spec, observed.state)
  return fields.length === 0 ? same : { status: 'change', change: { action: 'update', impact: 'none', fields } }
}

function ofAbsent(spec: BlockSpec, around: AroundBlock | undefined): Difference {
  const { path, name, position } = spec
  if (around?.isThere !== true && spec.created === undefined)
    return { status: 'refused', reasons: [`${path} is not there, and it is not for Reeve to make: is its package installed?`] }
  if (position !== 'end' && around?.anchorLine === 0 && (around.isThere || spec.created !== undefined))
    return { status: 'refused', reasons: [`${path} has no line ${describe(position)} that the block ${name} could stand at`] }
  return {
    status: 'change',
    change: { action: 'create', impact: 'none', fields: [{ field: 'content', before: undefined, after: spec.content }] },
  }
}

function differences(spec: BlockSpec, found: FoundBlock): readonly FieldDifference[] {
  const fields: FieldDifference[] = []
  const text = Buffer.from(found.content)
  if (!text.equals(Buffer.from(spec.content))) fields.push({ field: 'content', before: text.toString(), after: spec.content })
  if (!found.isExact) fields.push({ field: 'leader', before: `${found.leader} (of fleet ${found.fleet})`, after: spec.leader })
  if (!isInPlace(spec.position, found))
    fields.push({ field: 'position', before: `line ${found.firstLine}`, after: describe(spec.position) })
  return fields
}

/** A line that is not there any more says nothing about the place of a block that stands. */
export function isInPlace(position: BlockPosition, found: FoundBlock): boolean {
  if (position === 'end' || found.anchorLine === 0) return true
  return 'before' in position ? found.lastLine < found.anchorLine : found.firstLine > found.anchorLine
}

/** A position for people. */
export function describe(position: BlockPosition): string {
  if (position === 'end') return 'end'
  return 'before' in position ? `before ${JSON.stringify(position.before)}` : `after ${JSON.stringify(position.after)}`
}
