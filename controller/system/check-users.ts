import { complain } from '../model/kind.ts'
import type { Diagnostic } from '../model/manifest.ts'
import { isPlainPath } from '../primitives/file/spec.ts'
import { hashProblem } from './crypt.ts'
import { endsReeve, optionsProblem, splitKeyLine } from './keyOptions.ts'
import type { Group, SystemPlace, User } from './place.ts'
import { keyProblem } from './sshKey.ts'

/** Which no home may be, nor stand below. */
const closed = ['/proc', '/sys', '/dev', '/run', '/etc', '/boot', '/usr', '/bin', '/sbin', '/lib', '/var/lib/reeve']
/** What stands for root comes from the system, and much hangs on it. */
const notOfRoot = ['system', 'uid', 'home', 'groups', 'sudo'] as const
const noShell = /\/(nologin|false|true|sync)$/

/** What the schema cannot say of accounts. */
export function checkUsers(place: SystemPlace): readonly Diagnostic[] {
  const { users = [], groups = [] } = place.system
  return [
    ...checkGids(place, groups),
    ...users.flatMap((user, index) => {
      const at = `spec.system.users[${index}]`
      const say = (field: string, summary: string, hint?: string): Diagnostic => complain(place.manifest, `${at}.${field}`, summary, hint)
      return [
        ...checkRoot(user, say),
        ...checkNumber(user, users, say),
        ...checkHome(user, say),
        ...checkPassword(user, say),
        ...checkKeys(user, say),
        ...checkGroups(user, say),
        ...checkOwn(user, place, say),
      ]
    }),
  ]
}

function checkGids({ manifest }: SystemPlace, groups: readonly Group[]): readonly Diagnostic[] {
  return groups.flatMap(({ gid }, index) => {
    const other = groups.find((one, place) => place < index && gid !== undefined && one.gid === gid)
    return other === undefined ? [] : [complain(manifest, `spec.system.groups[${index}].gid`, `gid ${gid} is also that of ${other.name}`)]
  })
}

type Say = (field: string, summary: string, hint?: string) => Diagnostic

function checkRoot(user: User, say: Say): readonly Diagnostic[] {
  if (user.name !== 'root') return []
  return notOfRoot
    .filter((field) => user[field] !== undefined)
    .map((field) => say(field, `root has no ${field} of a manifest`, 'leave it out'))
}

function checkNumber(user: User, users: readonly User[], say: Say): readonly Diagnostic[] {
  const other = users.find((one) => one !== user && one.uid !== undefined && one.uid === user.uid)
  return other === undefined ? [] : [say('uid', `uid ${user.uid} is also that of ${other.name}`)]
}

function checkHome({ home }: User, say: Say): readonly Diagnostic[] {
  if (home === undefined) return []
  if (!isPlainPath(home)) return [say('home', `${home} is no plain absolute path for a home`, 'leave . and .. out')]
  const place = closed.find((one) => home === one || home.startsWith(`${one}/`))
  return place === undefined ? [] : [say('home', `${home} is in ${place}, which is no place for homes`)]
}

/** The text is never shown: it may be the password itself. */
function checkPassword({ name, password, sudo }: User, say: Say): readonly Diagnostic[] {
  const problem = password?.hash === undefined ? undefined : hashProblem(password.hash)
  const hint = 'write what `mkpasswd -m yescrypt` prints; if it was a password, change that, for it is in Git now'
  return [
    ...(problem === undefined ? [] : [say('password.hash', problem, hint)]),
    ...(sudo === 'Password' && password?.locked === true
      ? [say('sudo', `sudo would ask ${name} for a password that is locked`, 'use NoPassword, or give password.hash')]
      : []),
  ]
}

function checkKeys({ authorizedKeys = [] }: User, say: Say): readonly Diagnostic[] {
  return authorizedKeys.flatMap((key, index) => {
    const problem = keyLineProblem(key)
    const first = authorizedKeys.findIndex((other) => blobOf(other) === blobOf(key))
    if (problem !== undefined) return [say(`authorizedKeys[${index}]`, problem, 'write options, if any, and the line of the .pub file')]
    return first === index ? [] : [say(`authorizedKeys[${index}]`, `this key is already at authorizedKeys[${first}]`)]
  })
}

/** Two lines of one key would be two sets of options, of which sshd takes the first that fits. */
function blobOf(text: string): string {
  const line = splitKeyLine(text)
  return typeof line === 'string' ? text : line.key.split(' ').slice(0, 2).join(' ')
}

function keyLineProblem(text: string): string | undefined {
  if (/PRIVATE KEY/.test(text) || !/^[\x20-\x7e]+$/.test(text)) return keyProblem(text)
  const line = splitKeyLine(text)
  return typeof line === 'string' ? line : (keyProblem(line.key) ?? optionsProblem(line))
}

function checkGroups({ name, groups = [] }: User, say: Say): readonly Diagnostic[] {
  return groups.flatMap((group, index) => {
    if (group === name) return [say(`groups[${index}]`, `${name} is its own group already`, 'leave it out')]
    const first = groups.indexOf(group)
    return first === index ? [] : [say(`groups[${index}]`, `the group ${group} is already at groups[${first}]`)]
  })
}

/** Reeve logs in as this user, and becomes root by it. */
function checkOwn({ name, shell, sudo, authorizedKeys = [] }: User, { access }: SystemPlace, say: Say): readonly Diagnostic[] {
  if (access?.user !== name) return []
  const options = authorizedKeys.map((key) => splitKeyLine(key)).map((line) => (typeof line === 'string' ? undefined : endsReeve(line)))
  return [
    ...options.flatMap((option, index) =>
      option === undefined
        ? []
        : [
            say(
              `authorizedKeys[${index}]`,
              `Reeve logs in as ${name}, perhaps by this key, and its option ${option} would keep Reeve from working`,
              'leave that option out, or give a person an account of their own',
            ),
          ],
    ),
    ...(shell !== undefined && noShell.test(shell) ? [say('shell', `Reeve logs in as ${name}, which ${shell} would end`)] : []),
    ...(sudo === 'Password' ? [say('sudo', `Reeve becomes root as ${name}, and knows no password`, 'use NoPassword')] : []),
  ]
}
