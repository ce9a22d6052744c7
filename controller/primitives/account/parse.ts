import { keyOf, type PrimitiveId } from '../../model/ids.ts'
import type { Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import type { AccountSpec, AccountState, Around, PasswordState } from './spec.ts'

type Lines = readonly (readonly string[])[]

const passwords: readonly string[] = ['wanted', 'locked', 'other', 'none'] satisfies readonly PasswordState[]

/** Without its last line nothing is known: what is missing may have been cut off. */
export function parse(stdout: string, subjects: readonly Subject<AccountSpec>[]): Parsed<AccountState> {
  const lines = stdout.split('\n').map((line) => line.split('\t'))
  const items = new Map<PrimitiveId, Observed<AccountState>>()
  if (!lines.some(([word, count]) => word === 'end' && count === String(subjects.length))) return { items }
  for (const { id, spec } of subjects) items.set(id, observed(keyOf(id), spec, lines))
  return { items }
}

function observed(name: string, spec: AccountSpec | undefined, lines: Lines): Observed<AccountState> {
  const around = aroundOf(name, spec, lines)
  if (lines.some(([word, of]) => word === 'absent' && of === name)) return { status: 'absent', around }
  const line = lines.find(([word, of]) => word === 'account' && of === name)
  const groups = lines.find(([word, of]) => word === 'groups' && of === name)?.[2]
  if (line === undefined || groups === undefined) return { status: 'unknown', reason: `the host did not say what account ${name} is` }
  const [, , password = '', expired, uid = '', gid = '', home = '', shell = '', ...comment] = line
  const isRead = passwords.includes(password) && /^\d+$/.test(uid) && /^\d+$/.test(gid) && (expired === 'expired' || expired === 'valid')
  if (!isRead) return { status: 'unknown', reason: `/etc/passwd and /etc/shadow do not agree on ${name}, or their lines are damaged` }
  const trouble = lines.find(([word, of]) => word === 'trouble' && of === name)?.[2]
  return {
    status: 'present',
    state: {
      uid: Number(uid),
      gid: Number(gid),
      home,
      shell,
      comment: comment.join('\t'),
      groups: groups === '' ? [] : [...new Set(groups.split(','))].sort(),
      password: password as PasswordState,
      isExpired: expired === 'expired',
      keys: lines.filter(([word, of]) => word === 'key' && of === name).map(([, , ...key]) => key.join('\t')),
      ...(trouble === undefined ? {} : { keysTrouble: trouble }),
      around,
    },
  }
}

function aroundOf(name: string, spec: AccountSpec | undefined, lines: Lines): Around {
  const owner = lines.find(([word, uid, of]) => word === 'taken' && uid === String(spec?.uid) && of !== name)?.[2]
  const there = new Set(lines.filter(([word]) => word === 'group').map(([, group]) => group))
  const hasShell = spec?.shell === undefined || lines.some(([word, path]) => word === 'shell' && path === spec.shell)
  return { uidOwner: owner, missingGroups: (spec?.groups ?? []).filter((group) => !there.has(group)), hasShell }
}
