import type { Entry } from './entry.ts'
import type { Change, Part, Put } from './etcd.ts'
import { memberKey, ownerKey, type Picture } from './picture.ts'

export interface Me {
  readonly name: string
  readonly lease: string
}

/** Of keys as the fleet knows them, those of the store. */
export function placed(prefix: string, changes: readonly Change[]): readonly Change[] {
  return changes.map((change) => ('put' in change ? { ...change, put: prefix + change.put } : { delete: prefix + change.delete }))
}

/** Puts a key of one's own life where there is none but one's own, as long as another one is what it was. */
export function claimPart(prefix: string, lease: string, picture: Picture, key: string, there: Entry | undefined): Part {
  const isMine = picture.entries.get(key)?.value === lease
  const when = [
    ...(isMine ? [] : [{ key: prefix + key, createRevision: 0 }]),
    ...(there === undefined ? [] : [{ key: there.key, createRevision: there.createRevision }]),
  ]
  return { when, changes: [{ put: prefix + key, value: lease, lease }] }
}

/** Is a member, and says at once what it says of its ways: without that it would be given what it cannot reach. */
export function joinPart(prefix: string, { name, lease }: Me, said: string, ways: readonly Put[]): Part {
  const key = prefix + memberKey(name)
  const changes = placed(
    prefix,
    ways.map((change) => ({ ...change, lease })),
  )
  return { when: [{ key, createRevision: 0 }], changes: [{ put: key, value: said, lease }, ...changes] }
}

/** Takes charge of what nobody has, as long as this one is a member. */
export function takeParts(prefix: string, { name, lease }: Me, picture: Picture, hypervisors: readonly string[]): readonly Part[] {
  const isMember = { key: prefix + memberKey(name), createRevision: picture.entries.get(memberKey(name))?.createRevision ?? -1 }
  return hypervisors.map((hypervisor) => {
    const key = prefix + ownerKey(hypervisor)
    return { when: [isMember, { key, createRevision: 0 }], changes: [{ put: key, value: JSON.stringify({ member: name, lease }), lease }] }
  })
}

/** Is a member no more; nothing where it is none. */
export function leaveParts(prefix: string, { name, lease }: Me, picture: Picture): readonly Part[] {
  if (picture.members.get(name)?.lease !== lease) return []
  const key = prefix + memberKey(name)
  const createRevision = picture.entries.get(memberKey(name))?.createRevision ?? -1
  return [{ when: [{ key, createRevision }], changes: [{ delete: key }] }]
}
