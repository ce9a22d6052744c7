import { keyOf } from '../../model/ids.ts'
import { definePrimitive } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { diff, fieldsOf } from './diff.ts'
import { unmarkKeys } from './keys.ts'
import { parse } from './parse.ts'
import { probe } from './probe.ts'
import { previous, retire } from './retire.ts'
import type { AccountSpec, AccountState } from './spec.ts'
import { steps } from './steps.ts'

/** An account of passwd(5), shadow(5) and group(5), and the lines of its authorized_keys that are ours. Homes are made, never removed; an account is shut out, never deleted. */
export const accountPrimitive = definePrimitive<AccountSpec, AccountState>({
  type: 'account',
  ownership: 'shared',
  fields: fieldsOf,
  watched: ({ name, home, keys }) =>
    paths(
      '/etc/passwd',
      '/etc/shadow',
      '/etc/group',
      ...(keys.length === 0 ? [] : [`${home ?? (name === 'root' ? '/root' : `/home/${name}`)}/.ssh/authorized_keys`]),
    ),
  probe,
  parse,
  diff,
  steps,
  retire,
  release: ({ id }, observed, { fleet }) =>
    observed.status === 'present' && observed.state.keys.length > 0 ? [unmarkKeys(keyOf(id), fleet)] : [],
  previous: (_spec, observed) => previous(observed),
})
