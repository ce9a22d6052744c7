import { type Difference, same } from '../../model/change.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import { definePrimitive } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { type AroundSetting, parse, probe, type SettingState, seenValue } from './probe.ts'
import { fieldOf, fileOfSetting, type SettingSpec } from './spec.ts'
import { previousOf, retire, stagedAt, steps, wantedValue } from './steps.ts'

/** One key of a daemon's configuration, set by its own tool and given back as it was. */
export const settingPrimitive = definePrimitive<SettingSpec, SettingState>({
  type: 'setting',
  isLoaded: true,
  ownership: 'shared',
  fields: (spec) => ({ [fieldOf(spec)]: spec.value }),
  watched: ({ id }) => paths(fileOfSetting(id)),
  probe,
  parse,
  diff,
  steps: (spec, _change, observed, { last }) => steps(spec, observed, last),
  retire,
  release: 'unmarked',
  previous: previousOf,
  staged: stagedAt,
})

/** Where there is no configuration yet, its package is perhaps on its way: the step itself says so if not. */
function diff(spec: SettingSpec, observed: Known<SettingState>, last: LedgerEntry | undefined): Difference {
  const before = seenValue(observed)
  const after = wantedValue(spec, observed, last)
  if (before === after) return same
  const around = observed.status === 'absent' ? (observed.around as AroundSetting | undefined) : undefined
  if (around?.isThere === false && spec.needs === undefined)
    return { status: 'refused', reasons: [`${spec.directory}/main.cf is not there: is Postfix installed?`] }
  const action = before === undefined ? 'create' : 'update'
  return { status: 'change', change: { action, impact: 'none', fields: [{ field: fieldOf(spec), before, after }] } }
}
