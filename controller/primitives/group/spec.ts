import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'
import { isAccountName } from '../account/spec.ts'

/** A group of the machine's own file (group(5)). Who is in it is said by the accounts. */
export interface GroupSpec extends Spec<'group'> {
  readonly name: string
  /** Absent: the next free one. */
  readonly gid?: number
  /** With a low number. */
  readonly isSystem: boolean
}

/** A group as it was read. */
export interface GroupState {
  readonly gid: number
}

/** Who has the number that is asked for. */
export interface AroundGroup {
  readonly gidOwner: string | undefined
}

/** A group as it shall be. Throws on a name that group(5) cannot hold: kinds check that first. */
export function group(wanted: Omit<GroupSpec, 'type' | 'id'>): GroupSpec {
  if (!isAccountName(wanted.name)) throw new Error(`not a name of a group: ${JSON.stringify(wanted.name)}`)
  return { ...wanted, type: 'group', id: primitiveId('group', wanted.name) }
}
