import type { Step } from '../../model/primitive.ts'
import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import { noteOf, readAccount } from './notes.ts'

/** Drops our lines and adds the wanted ones at the end. */
const edit = `$0 == "# BEGIN reeve " fleet " keys" { inside = 1; next }
$0 == "# END reeve " fleet " keys" { inside = 0; next }
!inside { print }`

/**
 * Run as the account itself: a person may put a link in place of his .ssh, and root would follow it to somebody else's keys.
 * Arguments: fleet, wanted lines. The mode of a file that is there stays.
 */
const write = sh`set -eu
umask 077
cd -- "$1"
[ -d .ssh ] || mkdir .ssh
new=.ssh/authorized_keys.reeve-new
rm -f -- "$new"
if [ -e .ssh/authorized_keys ] && [ ! -O .ssh/authorized_keys ]; then echo "$1/.ssh/authorized_keys belongs to somebody else; it is left to him" >&2; exit 1; fi
if [ -e .ssh/authorized_keys ]; then cp -p -- .ssh/authorized_keys "$new"; awk -v fleet="$2" ${edit} .ssh/authorized_keys > "$new"; else : > "$new"; fi
[ -z "$3" ] || printf '# BEGIN reeve %s keys\n%s\n# END reeve %s keys\n' "$2" "$3" "$2" >> "$new"
sync -- "$new"
if [ -s "$new" ]; then mv -T -- "$new" .ssh/authorized_keys; else rm -f -- "$new" .ssh/authorized_keys; fi`

/** Takes the two lines around our keys away; the keys stay, as the account's own. Argument: fleet. */
const unmark = sh`set -eu
umask 077
cd -- "$1"
[ -f .ssh/authorized_keys ] && [ ! -L .ssh/authorized_keys ] || exit 0
new=.ssh/authorized_keys.reeve-new
rm -f -- "$new"
cp -p -- .ssh/authorized_keys "$new"
awk -v fleet="$2" ${'$0 == "# BEGIN reeve " fleet " keys" || $0 == "# END reeve " fleet " keys" { next } { print }'} .ssh/authorized_keys > "$new"
sync -- "$new"
mv -T -- "$new" .ssh/authorized_keys`

/** Prints the file as it is, no link, at most 1 MiB of it. */
const read = sh`set -eu
cd -- "$1"
if [ -L .ssh/authorized_keys ]; then echo "$1/.ssh/authorized_keys is a symbolic link; it is neither followed nor replaced" >&2; exit 1; fi
if [ -f .ssh/authorized_keys ]; then head -c 1048576 -- .ssh/authorized_keys; else exit 3; fi`

/** Puts a file back from stdin, or takes it away. */
const back = sh`set -eu
umask 077
cd -- "$1"
rm -f -- .ssh/authorized_keys.reeve-new
[ ! -L .ssh ] && [ ! -L .ssh/authorized_keys ] || exit 0
if [ "$2" = gone ]; then rm -f -- .ssh/authorized_keys; [ "$3" = old ] || rmdir .ssh 2>/dev/null || :; exit 0; fi
[ -d .ssh ] || mkdir .ssh
cp -p -- .ssh/authorized_keys .ssh/authorized_keys.reeve-back 2>/dev/null || :
cat > .ssh/authorized_keys.reeve-back
mv -T -- .ssh/authorized_keys.reeve-back .ssh/authorized_keys`

/** `reeve_as SCRIPT ARGUMENT…`: runs shell text as the account that was read, in nothing of root's. */
const asAccount = shellFunction(
  'reeve_as',
  sh`script=$1; shift
setpriv --reuid="$uid" --regid="$gid" --clear-groups --no-new-privs -- env -i PATH="$PATH" LC_ALL=C sh -c "$script" reeve "$@"`,
)

export function setKeys(name: string, keys: readonly string[], fleet: string): Step {
  const title = keys.length === 0 ? `take our keys out of authorized_keys of ${name}` : `write the keys of ${name}`
  return editKeys(name, title, sh`reeve_as ${write.text} "$home" ${fleet} ${keys.join('\n')} </dev/null`)
}

/** For a host that is left without Reeve. */
export function unmarkKeys(name: string, fleet: string): Step {
  return editKeys(name, `leave the keys of ${name} in authorized_keys as his own`, sh`reeve_as ${unmark.text} "$home" ${fleet} </dev/null`)
}

function editKeys(name: string, title: string, edit: Script): Step {
  const image = noteOf(name, 'keys')
  return {
    title,
    run: joinScripts([
      readAccount(name),
      asAccount,
      sh`[ -d "$home" ] || { printf '%s, the home of %s, is not there\n' "$home" ${name} >&2; exit 1; }
if [ -d "$home/.ssh" ]; then : > ${image}.dir; fi
rc=0
reeve_as ${read.text} "$home" > ${image}.part </dev/null || rc=$?
case $rc in 0) mv -T -- ${image}.part ${image} ;; 3) rm -f -- ${image}.part; : > ${image}.absent ;; *) exit 1 ;; esac
sync "$REEVE_BEFORE"/*
${edit}`,
    ]),
    undo: joinScripts([
      sh`if [ ! -e ${image} ] && [ ! -e ${image}.absent ]; then exit 0; fi
getent passwd ${name} >/dev/null || exit 0`,
      readAccount(name),
      asAccount,
      sh`[ -d "$home" ] || exit 0
if [ -e ${image}.dir ]; then dir=old; else dir=new; fi
if [ -e ${image} ]; then reeve_as ${back.text} "$home" there "$dir" < ${image}; else reeve_as ${back.text} "$home" gone "$dir" </dev/null; fi`,
    ]),
  }
}
