import { definePrimitive } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { fieldsOf } from './compare.ts'
import { diff } from './diff.ts'
import { live } from './live.ts'
import { parse } from './parse.ts'
import { placesOf } from './places.ts'
import { probe } from './probe.ts'
import { release } from './release.ts'
import { retire } from './retire.ts'
import type { OpenvzContainerSpec, OpenvzContainerState } from './spec.ts'
import { steps } from './steps.ts'

export const openvzContainer = definePrimitive<OpenvzContainerSpec, OpenvzContainerState>({
  type: 'openvzContainer',
  retiresRetained: true,
  ownership: 'exclusive',
  fields: fieldsOf,
  watched: ({ ctid }) => paths(placesOf(ctid).conf),
  probe,
  parse,
  diff,
  steps,
  live,
  retire,
  release,
})
