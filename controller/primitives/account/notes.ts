import { type Script, sh } from '../../shell/sh.ts'

/** A file of this account's steps in `$REEVE_BEFORE`. */
export function noteOf(name: string, what: string): Script {
  return sh`"$REEVE_BEFORE"/${`account-${name}.${what}`}`
}

/** Where the password of before Reeve is kept, for the retirement: the ledger must not hold it. */
export function keptPassword(name: string): string {
  return `/var/lib/reeve/retired/shadow-${name}`
}

/** Sets home, uid and gid of an account; fails where there is none. */
export function readAccount(name: string): Script {
  return sh`entry=$(getent passwd ${name})
IFS=: read -r login password uid gid comment home shell <<REEVE_ENTRY
$entry
REEVE_ENTRY
case $home in /*) ;; *) printf '%s has no home\n' ${name} >&2; exit 1 ;; esac`
}
