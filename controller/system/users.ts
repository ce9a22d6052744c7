import type { Spec } from '../model/primitive.ts'
import { type AccountSpec, account, type Password } from '../primitives/account/spec.ts'
import { file, markLine } from '../primitives/file/spec.ts'
import { debianPackage } from '../primitives/package/spec.ts'
import { Secret } from '../shell/secret.ts'
import { confirmed } from './confirm.ts'
import { compileForward, enterPath } from './forward.ts'
import type { SystemPlace, User } from './place.ts'

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
      const one = { ...accountOf(user), needs: [...needs, ...entrance.map(({ id }) => ({ target, id }))], ...ownPolicies(user, place) }
      if (user.sudo === undefined) return [...entrance, one]
      const rule = { ...sudoers(user.name, user.sudo, fleet, place), needs: [...after, { target, id: one.id }] }
      return [one, { ...rule, ...ownPolicies(user, place) }]
    }),
  ]
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
