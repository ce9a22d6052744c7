import type { Spec } from '../model/primitive.ts'
import { type AccountSpec, account, type Password } from '../primitives/account/spec.ts'
import { file, markLine } from '../primitives/file/spec.ts'
import { debianPackage } from '../primitives/package/spec.ts'
import { Secret } from '../shell/secret.ts'
import { confirmed } from './confirm.ts'
import type { SystemPlace } from './place.ts'
import type { SystemSpec } from './spec.ts'

export type User = NonNullable<SystemSpec['users']>[number]

/** Accounts, and what lets them become root. Those of Reeve's own user are confirmed anew, and stay when they leave the manifest. */
export function compileUsers(place: SystemPlace, needs: NonNullable<Spec['needs']>, fleet: string): readonly Spec[] {
  const { system, target } = place
  const users = system.users ?? []
  const sudo = debianPackage('sudo')
  return [
    ...(users.some((user) => user.sudo !== undefined) ? [sudo] : []),
    ...users.flatMap((user) => {
      const one = { ...accountOf(user), needs, ...ownPolicies(user, place) }
      if (user.sudo === undefined) return [one]
      const after = [...needs, { target, id: sudo.id }, { target, id: one.id }]
      return [one, { ...sudoers(user.name, user.sudo, fleet, place), needs: after, ...ownPolicies(user, place) }]
    }),
  ]
}

function ownPolicies({ name }: User, { access }: SystemPlace): Pick<Spec, 'confirm' | 'deletionPolicy'> {
  return access?.user === name ? { confirm: confirmed, deletionPolicy: 'Retain' } : {}
}

function accountOf({ name, system = false, uid, home, shell, comment, groups, password, authorizedKeys = [] }: User): AccountSpec {
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
