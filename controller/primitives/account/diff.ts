import { type Difference, type FieldDifference, same } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { FieldValue } from '../../model/primitive.ts'
import { sha256 } from '../../shell/inspect.ts'
import type { AccountSpec, AccountState, Around } from './spec.ts'

const asItIs = '(as it is)'

/** The password is hashed with a key by the engine: the ledger cannot be used to guess it. */
export function fieldsOf(spec: AccountSpec): Readonly<Record<string, FieldValue>> {
  return {
    existence: 'present',
    uid: String(spec.uid ?? asItIs),
    home: spec.home ?? asItIs,
    shell: spec.shell ?? asItIs,
    comment: spec.comment ?? asItIs,
    groups: spec.groups?.join(' ') ?? asItIs,
    password: spec.password ?? asItIs,
    keys: `sha256:${sha256(spec.keys.join('\n'))}`,
  }
}

export function diff(spec: AccountSpec, observed: Known<AccountState>): Difference {
  const isAbsent = observed.status === 'absent'
  const around = isAbsent ? (observed.around as Around) : observed.state.around
  const reasons = [...missing(spec, around), ...(isAbsent ? [] : immovable(spec, observed.state))]
  if (reasons.length > 0) return { status: 'refused', reasons }
  const fields = isAbsent ? created(spec) : differences(spec, observed.state)
  if (fields.length === 0) return same
  return { status: 'change', change: { action: isAbsent ? 'create' : 'update', impact: 'none', fields } }
}

function missing({ name, uid, shell, home, newGroups = [] }: AccountSpec, around: Around): readonly string[] {
  return [
    ...(around.uidOwner === undefined ? [] : [`uid ${uid} of ${name} is already that of ${around.uidOwner}`]),
    ...around.missingGroups
      .filter((group) => !newGroups.includes(group))
      .map((group) => `there is no group ${group} for ${name}: write it into system.groups, install what makes it, or take it out`),
    ...(around.hasShell || isOurs(shell) ? [] : [`${shell}, the shell of ${name}, is not there: add its package to system.packages`]),
    ...(home?.startsWith('/proc/') ? [`${home} cannot be a home`] : []),
  ]
}

/** Written before the account, in the same plan. */
function isOurs(shell: string | undefined): boolean {
  return shell?.startsWith('/usr/local/lib/reeve/') ?? false
}

/** What files and running programs hang on is not moved under them. */
function immovable({ name, uid, home }: AccountSpec, state: AccountState): readonly string[] {
  return [
    ...(uid === undefined || uid === state.uid
      ? []
      : [`${name} has uid ${state.uid}, and files with it: it is not changed to ${uid}; do it by hand (usermod -u), or take uid out`]),
    ...(home === undefined || home === state.home
      ? []
      : [`the home of ${name} is ${state.home}: it is not moved to ${home}; do it by hand (usermod -m -d), or take home out`]),
    ...(state.keysTrouble === undefined
      ? []
      : [`${state.home}/.ssh/authorized_keys of ${name}: ${state.keysTrouble}; put it right by hand`]),
  ]
}

function created(spec: AccountSpec): readonly FieldDifference[] {
  const all = Object.entries(fieldsOf(spec)).filter(([name, value]) => name !== 'keys' && value !== asItIs)
  const fields = all.map(([name, value]) => field(name, undefined, String(value)))
  return spec.keys.length === 0 ? fields : [...fields, field('keys', undefined, lines(spec.keys))]
}

function differences(spec: AccountSpec, state: AccountState): readonly FieldDifference[] {
  const { shell, comment, groups, password, keys } = spec
  const wantedPassword = password === 'locked' ? 'locked' : 'wanted'
  return [
    ...(state.isExpired ? [field('existence', 'retired: it may not log in', 'present')] : []),
    ...(shell === undefined || shell === state.shell ? [] : [field('shell', state.shell, shell)]),
    ...(comment === undefined || comment === state.comment ? [] : [field('comment', state.comment, comment)]),
    ...(groups === undefined || groups.join() === state.groups.join() ? [] : [field('groups', state.groups.join(' '), groups.join(' '))]),
    ...(password === undefined || state.password === wantedPassword ? [] : [field('password', said(state), String(password))]),
    ...(keys.join('\n') === state.keys.join('\n') ? [] : [field('keys', lines(state.keys), lines(keys))]),
  ]
}

function said({ password }: AccountState): string {
  return password === 'none' ? '(none: anybody may log in)' : password === 'locked' ? 'locked' : '(another one)'
}

function lines(keys: readonly string[]): string {
  return keys.map((key) => `${key}\n`).join('')
}

function field(name: string, before: string | undefined, after: string): FieldDifference {
  return { field: name, before, after }
}
