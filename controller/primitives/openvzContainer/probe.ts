import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { privateAreas } from './places.ts'

/** Line that ends a probe that was read whole. */
export const probeEnd = '== end'

/**
 * Reads every container of the host at once: vzlist, awk and grep, and cat where the kernel has beancounters. Only CTID and status are asked of vzlist:
 * it escapes no text in its JSON, and prints nothing at all (status 0) where the kernel lacks a file for one of the columns.
 */
export function probe(): Script {
  return joinScripts([listStates, listPrivateAreas, listCounters, readConfigurations, sh`echo ${probeEnd}`])
}

const listStates = sh`
set -- /etc/vz/conf/[0-9]*.conf
[ -e "$1" ] || set --
reeve_vz=none reeve_said=
if command -v vzlist >/dev/null; then
  reeve_vz=0
  reeve_said=$(timeout -k 5 30 vzlist -a -H -t -o ctid,status </dev/null 2>/dev/null) || reeve_vz=$?
fi
printf '== vzlist %s\n%s\n' "$reeve_vz" "$reeve_said"`

/** The configurations by name, and the CTIDs whose private area holds something: one that is empty is the lock of a creation that was cut off. */
const listPrivateAreas = sh`
echo '== private'
if [ "$#" != 0 ]; then
  printf '%s\n' "$@"
  awk ${privateAreas} "$@" | while read -r reeve_id reeve_path; do
    for reeve_file in "$reeve_path"/* "$reeve_path"/.[!.]*; do
      if [ -e "$reeve_file" ] || [ -L "$reeve_file" ]; then echo "$reeve_id"; break; fi
    done
  done
fi`

const listCounters = sh`
echo '== counters'
if [ -r /proc/user_beancounters ]; then cat /proc/user_beancounters || :; fi`

/** NUL between name and text: no text can pose as another file's. */
const readConfigurations = sh`
echo '== files'
grep -asHZ '' "$@" /dev/null || :`
