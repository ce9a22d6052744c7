import type { WantedChange } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { setKeys } from './keys.ts'
import { keptPassword, noteOf, readAccount } from './notes.ts'
import type { AccountSpec, AccountState, Password } from './spec.ts'

export function steps(spec: AccountSpec, change: WantedChange, observed: Known<AccountState>, context: StepContext): readonly Step[] {
  const state = observed.status === 'present' ? observed.state : undefined
  const changes = new Set(change.fields.map(({ field }) => field))
  const attributes = state !== undefined && ['existence', 'shell', 'comment'].some((field) => changes.has(field))
  return [
    ...(state === undefined ? [create(spec), makeHome(spec)] : []),
    ...(attributes ? [setAttributes(spec.name, spec, state)] : []),
    ...(changes.has('groups') ? setGroups(spec.name, spec.groups ?? [], state?.groups ?? []) : []),
    ...(changes.has('password') && spec.password !== undefined ? [setPassword(spec.name, spec.password)] : []),
    ...(changes.has('keys') ? [setKeys(spec.name, spec.keys, context.fleet)] : []),
  ]
}

/** Without a home: it is made after, so that an undo knows what was. A group of its name that is there already becomes its own. */
function create(spec: AccountSpec): Step {
  const { name } = spec
  const words = [
    ...(spec.isSystem ? ['-r'] : []),
    ...(spec.uid === undefined ? [] : ['-u', String(spec.uid)]),
    ...(spec.home === undefined ? [] : ['-d', spec.home]),
    ...(spec.shell === undefined ? [] : ['-s', spec.shell]),
    ...(spec.comment === undefined ? [] : ['-c', spec.comment]),
  ]
  return {
    title: `create the account ${name}`,
    guard: sh`! getent passwd ${name} >/dev/null || { printf 'account %s changed meanwhile: it was absent\n' ${name} >&2; exit 1; }`,
    run: sh`if group=$(getent group ${name}); then printf '%s\n' "$group" > ${noteOf(name, 'group')}; own="-g "${name}; else own=-U; fi
: > ${noteOf(name, 'made')}
sync "$REEVE_BEFORE"
useradd -M $own ${words} -- ${name}`,
    undo: sh`[ -e ${noteOf(name, 'made')} ] || exit 0
! getent passwd ${name} >/dev/null || userdel ${name} 2>/dev/null || ! getent passwd ${name} >/dev/null
if [ -s ${noteOf(name, 'group')} ] && ! getent group ${name} >/dev/null; then
  IFS=: read -r group password gid members < ${noteOf(name, 'group')}
  groupadd -g "$gid" ${name}
fi`,
  }
}

/** A person's home as adduser(8) makes it. What is there already stays as it is, whoever's it is; an undo takes away only what nobody has touched since. */
function makeHome({ name, isSystem, home }: AccountSpec): Step {
  if (isSystem && home === undefined) return { title: `leave ${name} without a home`, run: sh`:` }
  const made = noteOf(name, 'home')
  return {
    title: `make the home of ${name}`,
    run: sh`umask 022
${readAccount(name)}
if [ -e "$home" ] || [ -L "$home" ]; then exit 0; fi
parent=\${home%/*}
while [ -n "$parent" ] && [ ! -d "$parent" ]; do printf '%s\n' "$parent"; parent=\${parent%/*}; done > ${made}.parents
printf '%s\n' "$home" > ${made}
sync ${made}.parents ${made}
mkdir -p -- "\${home%/*}/"
(umask 077; mkdir -- "$home")
[ ! -d /etc/skel ] || cp -rT --preserve=mode -- /etc/skel "$home"
chmod 0700 -- "$home"
chown -R -h "$uid:$gid" -- "$home"`,
    undo: sh`[ -s ${made} ] || exit 0
IFS= read -r home < ${made}
if [ -d "$home" ] && [ ! -L "$home" ]; then
  extra=$(diff -r -q --no-dereference /etc/skel "$home" 2>&1 | grep -v '^Only in /etc/skel') || :
  [ -n "$extra" ] || rm -rf --one-file-system -- "$home"
fi
while IFS= read -r parent; do rmdir -- "$parent" 2>/dev/null || :; done < ${made}.parents`,
  }
}

interface Attributes {
  readonly shell?: string
  readonly comment?: string
}

/** Shell and comment; and a day of expiry that an earlier retirement set is taken away. */
export function setAttributes(name: string, { shell, comment }: Attributes, state: AccountState): Step {
  const words = (from: Attributes, expire: string): readonly string[] => [
    ...(shell === undefined || shell === state.shell ? [] : ['-s', from.shell ?? '']),
    ...(comment === undefined || comment === state.comment ? [] : ['-c', from.comment ?? '']),
    ...(state.isExpired ? ['-e', expire] : []),
  ]
  return {
    title: `set the account ${name} right`,
    run: sh`usermod ${words({ ...(shell === undefined ? {} : { shell }), ...(comment === undefined ? {} : { comment }) }, '')} -- ${name}`,
    undo: sh`! getent passwd ${name} >/dev/null || usermod ${words(state, '1970-01-02')} -- ${name}`,
  }
}

/** Group by group, so that no other member is touched. */
export function setGroups(name: string, wanted: readonly string[], found: readonly string[]): readonly Step[] {
  const added = wanted.filter((group) => !found.includes(group))
  const removed = found.filter((group) => !wanted.includes(group))
  if (added.length + removed.length === 0) return []
  const all = (add: readonly string[], remove: readonly string[]): Script =>
    joinScripts([...add.map((group) => put(name, group)), ...remove.map((group) => take(name, group))])
  const title = [...added.map((group) => `into ${group}`), ...removed.map((group) => `out of ${group}`)].join(', ')
  return [
    {
      title: `put ${name} ${title}`,
      run: all(added, removed),
      undo: sh`getent passwd ${name} >/dev/null || exit 0
${all(removed, added)}`,
    },
  ]
}

function put(name: string, group: string): Script {
  return sh`gpasswd -a ${name} ${group} >/dev/null`
}

/** gpasswd(1) fails where he is no member. */
function take(name: string, group: string): Script {
  return sh`case ,$(getent group ${group} | sed 's/.*://'), in *,${name},*) gpasswd -d ${name} ${group} >/dev/null ;; esac`
}

/** The hash goes by stdin, never by an argument. shadow(5) is kept before, with its day of the last change; what was there before Reeve for good. */
export function setPassword(name: string, password: Password): Step {
  const before = noteOf(name, 'shadow')
  const kept = keptPassword(name)
  const set = password === 'locked' ? sh`usermod -L -- ${name}` : passwordByStdin(name, sh`${password}`)
  return {
    title: password === 'locked' ? `lock the password of ${name}` : `set the password of ${name}`,
    run: sh`umask 077
getent shadow ${name} > ${before}.part
sync ${before}.part
mv -T -- ${before}.part ${before}
if [ ! -e ${kept} ] && [ ! -e ${noteOf(name, 'made')} ]; then
  mkdir -p /var/lib/reeve/retired
  cp -- ${before} ${`${kept}.part`}; mv -T -- ${`${kept}.part`} ${kept}
  : > ${before}.kept
fi
${set}`,
    undo: sh`[ -s ${before} ] || exit 0
[ ! -e ${before}.kept ] || rm -f -- ${kept}
getent passwd ${name} >/dev/null || exit 0
now=$(getent shadow ${name}); was=$(cat ${before})
[ "$now" != "$was" ] || exit 0
${putPasswordBack(name, before)}`,
  }
}

/** Password and day of the last change from a line of shadow(5) in a file. */
export function putPasswordBack(name: string, file: Script): Script {
  return sh`IFS=: read -r login hash changed rest < ${file}
if [ -n "$hash" ]; then ${passwordByStdin(name, sh`"$hash"`)}; else passwd -q -d -- ${name}; fi
chage -d "\${changed:--1}" -- ${name}`
}

function passwordByStdin(name: string, hash: Script): Script {
  return sh`printf '%s:%s\n' ${name} ${hash} | chpasswd -e`
}
