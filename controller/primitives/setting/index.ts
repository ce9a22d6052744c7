import { type Difference, same } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import { definePrimitive } from '../../model/primitive.ts'
import { type AroundSetting, parse, probe, type SettingState, seenValue } from './probe.ts'
import type { SettingSpec } from './spec.ts'
import { retire, stagedAt, steps } from './steps.ts'

/** One key of a daemon's configuration, set by its own tool and given back as it was. */
export const settingPrimitive = definePrimitive<SettingSpec, SettingState>({
  type: 'setting',
  isLoaded: true,
  ownership: 'shared',
  fields: (spec) => ({ value: spec.value }),
  probe,
  parse,
  diff,
  steps: (spec, _change, observed) => steps(spec, observed),
  retire,
  release: 'unmarked',
  previous: (_spec, observed) => seenValue(observed),
  staged: stagedAt,
})

/** Where there is no configuration yet, its package is perhaps on its way: the step itself says so if not. */
function diff(spec: SettingSpec, observed: Known<SettingState>): Difference {
  const before = seenValue(observed)
  if (before === spec.value) return same
  const around = observed.status === 'absent' ? (observed.around as AroundSetting | undefined) : undefined
  if (around?.isThere === false && spec.needs === undefined)
    return { status: 'refused', reasons: [`${spec.directory}/main.cf is not there: is Postfix installed?`] }
  const action = before === undefined ? 'create' : 'update'
  return { status: 'change', change: { action, impact: 'none', fields: [{ field: 'value', before, after: spec.value }] } }
}
