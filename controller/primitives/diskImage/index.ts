import { definePrimitive } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { release } from './customize.ts'
import { diff, fieldsOf } from './diff.ts'
import { type DiskImageState, parse, probe } from './probe.ts'
import type { DiskImageSpec } from './spec.ts'
import { steps } from './steps.ts'

/** Images of disks for virtual machines: made from nothing, as a copy, or over another one; grown; never shrunk, overwritten or removed. */
export const diskImagePrimitive = definePrimitive<DiskImageSpec, DiskImageState>({
  type: 'diskImage',
  ownership: 'exclusive',
  fields: fieldsOf,
  watched: ({ path }) => paths(path),
  probe,
  parse,
  diff,
  steps,
  release,
})
