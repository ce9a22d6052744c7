import { complain } from '../model/kind.ts'
import type { Diagnostic } from '../model/manifest.ts'
import type { Spec } from '../model/primitive.ts'
import { type FileSpec, file, markLine } from '../primitives/file/spec.ts'
import type { SystemPlace, User } from './place.ts'

type Needs = NonNullable<Spec['needs']>

/** The shell of an account that lands in a container. */
export function enterPath(user: string): string {
  return `/usr/local/lib/reeve/enter-${user}`
}

/**
 * What sshd starts as the shell: with no word for a login, with -c and the words of a command else (sshd(8)). It calls itself as root, which sudo allows for this file alone.
 * What the person asked for reaches the container as one word; there it runs as the same name, and the hypervisor's own files are never seen.
 */
export function compileForward({ name, container }: User, place: SystemPlace, needs: Needs, fleet: string): readonly FileSpec[] {
  const inside = place.containers?.get(container ?? '')
  if (inside === undefined) return []
  const mark = markLine(fleet, place.manifest.id)
  const path = enterPath(name)
  const content = `#!/bin/sh
${mark}if [ "$(id -u)" != 0 ]; then
  [ "\${1-}" = -c ] || exec sudo -n -- ${path}
  exec sudo -n -- ${path} "\${2-}"
fi
if [ "$(lxc-info -s -H -n ${inside.name} 2>/dev/null)" != RUNNING ]; then echo '${inside.name} is not running' >&2; exit 69; fi
if [ $# = 0 ]; then exec lxc-attach -n ${inside.name} --clear-env --keep-var TERM -- su -l ${name}; fi
exec lxc-attach -n ${inside.name} --clear-env -- su -l ${name} -c "$1"
`
  const rule = `${mark}${name} ALL=(root) NOPASSWD: ${path}\n`
  return [
    file({ path, content, mode: '0755', owner: 'root:root', check: ['sh', '-n'], needs }),
    file({
      path: `/etc/sudoers.d/reeve-enter-${name}`,
      content: rule,
      mode: '0440',
      owner: 'root:root',
      check: ['visudo', '-c', '-q', '-f'],
      needs,
    }),
  ]
}

/** What the schema cannot say of accounts that land in a container. */
export function checkForward(place: SystemPlace): readonly Diagnostic[] {
  const { manifest, system, target, containers } = place
  return (system.users ?? []).flatMap((user, index) => {
    if (user.container === undefined) return []
    const at = `spec.system.users[${index}].container`
    const say = (summary: string, hint?: string) => complain(manifest, at, summary, hint)
    if (target.inside !== undefined) return [say('only an account of a hypervisor lands in a container', 'leave it out')]
    const other = (['shell', 'sudo', 'system'] as const).find((field) => user[field] !== undefined)
    if (other !== undefined) return [say(`${user.name} lands in a container, and so has no ${other} here`, `leave ${other} out`)]
    if (place.access?.user === user.name) return [say(`Reeve logs in as ${user.name}, who would land in a container`)]
    const inside = containers?.get(user.container)
    if (inside === undefined)
      return [say(`there is no Container ${user.container} on this hypervisor`, 'a login is not passed on to another one')]
    if (inside.provider !== 'lxc')
      return [say(`${user.container} is a container of ${inside.provider}; logins are passed on to those of lxc alone`)]
    if (inside.users.includes(user.name)) return []
    const warning = say(
      `${user.name} is not in system.users of Container ${user.container}`,
      'add it there, unless the container has it by other means',
    )
    return [{ ...warning, severity: 'warning' as const }]
  })
}
