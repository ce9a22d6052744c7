import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'
import type { Secret } from '../../shell/secret.ts'

/** What a person logs in with: nothing, or what a hash of crypt(5) says. */
export type Password = 'locked' | Secret

/** An account of the machine's own files (passwd(5)). A field that is absent is left as it is; a new account then has useradd's default. */
export interface AccountSpec extends Spec<'account'> {
  readonly name: string
  readonly isSystem: boolean
  readonly uid?: number
  readonly home?: string
  readonly shell?: string
  readonly comment?: string
  /** All of its supplementary groups. */
  readonly groups?: readonly string[]
  /** Those of them that are made before it by the same manifest. */
  readonly newGroups?: readonly string[]
  readonly password?: Password
  /** Lines between our marks in its authorized_keys; empty: no such lines. */
  readonly keys: readonly string[]
}

export type WantedAccount = Omit<AccountSpec, 'type' | 'id'>

/** An account as it was read. */
export interface AccountState {
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
  readonly comment: string
  readonly groups: readonly string[]
  readonly password: PasswordState
  /** By an earlier retirement of ours: it may not log in. */
  readonly isExpired: boolean
  readonly keys: readonly string[]
  /** Why our lines in its authorized_keys cannot be told. */
  readonly keysTrouble?: string
  readonly around: Around
}

/** `wanted`: the one that is asked for. Another hash is never read, only that it is another. */
export type PasswordState = 'wanted' | 'locked' | 'other' | 'none'

/** What else was read: whether what is asked for can be. */
export interface Around {
  /** Who has the wanted uid. */
  readonly uidOwner: string | undefined
  readonly missingGroups: readonly string[]
  readonly hasShell: boolean
}

/** useradd(8) of Debian, without what would need quotes. */
export function isAccountName(text: string): boolean {
  return /^[a-z_][a-z0-9_-]{0,31}$/.test(text)
}

/** A field of passwd(5): no colon, no line feed, nothing that a terminal acts on. */
export function isPasswdField(text: string): boolean {
  return text.length <= 255 && !/[:\0-\x1f\x7f]/.test(text)
}

/** An account as it shall be. Throws on what passwd(5) cannot hold: kinds check that first. */
export function account(wanted: WantedAccount): AccountSpec {
  const { name, home = '/', shell = '/', comment = '', groups = [], keys } = wanted
  if (![name, ...groups].every(isAccountName)) throw new Error(`not a name of an account: ${JSON.stringify([name, ...groups])}`)
  if (![home, shell, comment].every(isPasswdField)) throw new Error(`not a field of passwd: ${JSON.stringify([home, shell, comment])}`)
  if (!keys.every((key) => /^[\x20-\x7e]+$/.test(key))) throw new Error('not a line of authorized_keys')
  return {
    ...wanted,
    ...(wanted.groups === undefined ? {} : { groups: [...new Set(wanted.groups)].sort() }),
    type: 'account',
    id: primitiveId('account', name),
  }
}
