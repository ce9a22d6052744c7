import { definePrimitive } from '../../model/primitive.ts'
import { diff } from './diff.ts'
import { fieldsOf } from './fields.ts'
import { previous } from './giveBack.ts'
import { live } from './live.ts'
import { parse } from './parse.ts'
import { probe } from './probe.ts'
import { release } from './release.ts'
import { retire } from './retire.ts'
import type { LxcContainerSpec, LxcContainerState } from './spec.ts'
import { steps } from './steps.ts'
import { watched } from './watched.ts'

export const lxcContainer = definePrimitive<LxcContainerSpec, LxcContainerState>({
  type: 'lxcContainer',
  retiresRetained: true,
  ownership: 'exclusive',
  fields: fieldsOf,
  watched,
  probe,
  parse,
  diff,
  steps,
  live,
  retire,
  previous: (_spec, observed) => previous(observed),
  release,
})
