import { definePrimitive } from '../../model/primitive.ts'
import { fstabWatched, paths } from '../../model/watched.ts'
import { diff, fieldsOf } from './diff.ts'
import { type MountState, parse } from './parse.ts'
import { probe } from './probe.ts'
import type { MountSpec } from './spec.ts'
import { previous, retire, steps } from './steps.ts'

/** Filesystems mounted at a path, now by mount(8) and at boot by one line of fstab(5). */
export const mountPrimitive = definePrimitive<MountSpec, MountState>({
  type: 'mount',
  retiresRetained: true,
  ownership: 'exclusive',
  fields: fieldsOf,
  watched: ({ path }) => [{ on: 'mount', path }, ...paths(path), ...fstabWatched],
  probe,
  parse,
  diff,
  steps,
  retire,
  release: 'retained',
  previous,
})
