import { insideKey, type Target } from '../../model/target.ts'
import { type Script, sh } from '../../shell/sh.ts'

/**
 * Shell text that feeds a script (on the hypervisor's stdin or from a file) to a shell on the target.
 * lxc-attach(1) on a frozen container hangs for ever, and on a stopped one fails with the same status as the command would: both are told apart first (exit 69, EX_UNAVAILABLE).
 * vzctl(8) joins what follows into one line for a shell of its own inside: only words without a meaning to a shell may be added.
 */
export function shellInside(target: Target, timeoutSeconds: number): Script {
  if (target.inside === undefined) return sh`/bin/sh -s`
  if (target.provider === 'openvz') return sh`timeout -k 5 ${timeoutSeconds} vzctl exec2 ${target.inside} /bin/sh -s`
  return sh`timeout -k 5 ${timeoutSeconds} lxc-attach -n ${target.inside} --clear-env -- /bin/sh -s`
}

/** Succeeds where the target can be entered; else says why on stderr and returns 69. */
export function canEnter(target: Target): Script {
  if (target.inside === undefined) return sh`:`
  return target.provider === 'openvz' ? canEnterOpenvz(target.inside) : canEnterLxc(target.inside)
}

function canEnterLxc(name: string): Script {
  const cgroup = `/sys/fs/cgroup/lxc.payload.${name}`
  const freezer = `/sys/fs/cgroup/freezer/lxc.payload.${name}`
  return sh`if [ ! -d ${cgroup} ] && [ ! -d ${freezer} ]; then echo ${`container ${name} is not running`} >&2; return 69; fi
if [ -r ${`${cgroup}/cgroup.freeze`} ]; then
  read -r reeve_frozen <${`${cgroup}/cgroup.freeze`} || reeve_frozen=0
  if [ "$reeve_frozen" = 1 ]; then echo ${`container ${name} is frozen`} >&2; return 69; fi
elif [ -r ${`${freezer}/freezer.state`} ]; then
  read -r reeve_frozen <${`${freezer}/freezer.state`} || reeve_frozen=THAWED
  if [ "$reeve_frozen" != THAWED ]; then echo ${`container ${name} is frozen`} >&2; return 69; fi
fi`
}

/** `CTID 101 exist mounted running`, or `VEID` from older ones; the exit status is 0 whatever it says. */
function canEnterOpenvz(ctid: string): Script {
  return sh`reeve_vz=$(timeout -k 5 20 vzctl status ${ctid} </dev/null 2>/dev/null) || reeve_vz=
case "$reeve_vz" in
  [CV][TE]ID' '${ctid}' exist mounted running') : ;;
  *) echo ${`container ${ctid} is not running`} >&2; return 69 ;;
esac`
}

/** A line that names an entered container, for `removeInside`. */
export function enteredLine(target: Target): string {
  return `${insideKey(target)}\n`
}

/** Removes a folder in each container that a file of such lines names; what cannot be entered is passed over. */
export function removeInside(lines: string, folder: string): Script {
  return sh`while read -r reeve_c; do
  case "$reeve_c" in
    openvz:*) timeout -k 5 20 vzctl exec2 "\${reeve_c#openvz:}" rm -rf ${folder} </dev/null >/dev/null 2>&1 ;;
    *) timeout -k 5 20 lxc-attach -n "$reeve_c" --clear-env -- rm -rf ${folder} </dev/null >/dev/null 2>&1 ;;
  esac
done <${lines}`
}
