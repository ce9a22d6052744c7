import { primitiveId } from '../model/ids.ts'
import type { Spec } from '../model/primitive.ts'
import { type AccountSpec, account, type Password } from '../primitives/account/spec.ts'
import { file, markLine } from '../primitives/file/spec.ts'
import { group } from '../primitives/group/spec.ts'
import { debianPackage } from '../primitives/package/spec.ts'
import { Secret } from '../shell/secret.ts'
import { confirmed } from './confirm.ts'
import { compileForward, enterPath } from './forward.ts'
import type { Group, SystemPlace, User } from './place.ts'

/** Accounts, and what lets them become root. Those of Reeve's own user are confirmed anew, and stay when they leave the manifest. */
export function compileUsers(place: SystemPlace, needs: NonNullable<Spec['needs']>, fleet: string): readonly Spec[] {
  const { system, target } = place
  const users = system.users ?? []
  const sudo = debianPackage('sudo')
  const after = [...needs, { target, id: sudo.id }]
  return [
    ...(users.some((user) => user.sudo !== undefined || user.container !== undefined) ? [sudo] : []),
    ...users.flatMap((user) => {
      const entrance = compileForward(user, place, after, fleet)
      const made = groupsOf(user, place)
      const before = [...made.map((name) => primitiveId('group', name)), ...entrance.map(({ id }) => id)]
      const one = {
        ...accountOf(user),
        newGroups: made,
        needs: [...needs, ...before.map((id) => ({ target, id }))],
        ...ownPolicies(user, place),
      }
      if (user.sudo === undefined) return [...entrance, one]
      const rule = { ...sudoers(user.name, user.sudo, fleet, place), needs: [...after, { target, id: one.id }] }
      return [one, { ...rule, ...ownPolicies(user, place) }]
    }),
  ]
}

/** A package may bring it, with a number of its own choice: then that is what is there. */
export function compileGroup({ name, gid, system = false }: Group, needs: NonNullable<Spec['needs']>): Spec {
  return { ...group({ name, isSystem: system, ...(gid === undefined ? {} : { gid }) }), needs }
}

/** Groups of the same manifest that an account takes: those that it names, and one of its own name. */
function groupsOf({ name, groups = [] }: User, { system }: SystemPlace): readonly string[] {
  return (system.groups ?? []).map((one) => one.name).filter((one) => one === name || groups.includes(one))
}

function ownPolicies({ name }: User, { access }: SystemPlace): Pick<Spec, 'confirm' | 'deletionPolicy'> {
  return access?.user === name ? { confirm: confirmed, deletionPolicy: 'Retain' } : {}
}

function accountOf({
  name,
  system = false,
  uid,
  home,
  container,
  comment,
  groups,
  password,
  authorizedKeys = [],
  ...user
}: User): AccountSpec {
  const shell = container === undefined ? user.shell : enterPath(name)
  return account({
    name,
    isSystem: system,
    keys: authorizedKeys,
    ...(uid === undefined ? {} : { uid }),
    ...(home === undefined ? {} : { home }),
    ...(shell === undefined ? {} : { shell }),
    ...(comment === undefined ? {} : { comment }),
    ...(groups === undefined ? {} : { groups }),
    ...(password === undefined ? {} : { password: passwordOf(password) }),
  })
}

function passwordOf({ hash }: NonNullable<User['password']>): Password {
  return hash === undefined ? 'locked' : new Secret(hash)
}

/** sudoers(5) reads no file with a dot in its name, and none that others may write. */
function sudoers(name: string, sudo: NonNullable<User['sudo']>, fleet: string, { manifest }: SystemPlace) {
  const tag = sudo === 'NoPassword' ? 'NOPASSWD: ' : ''
  return file({
    path: `/etc/sudoers.d/reeve-${name}`,
    content: `${markLine(fleet, manifest.id)}${name} ALL=(ALL:ALL) ${tag}ALL\n`,
    mode: '0440',
    owner: 'root:root',
    check: ['visudo', '-c', '-q', '-f'],
  })
}
