import type { Target } from '../../model/target.ts'
import { type Script, sh } from '../../shell/sh.ts'

/**
 * Shell text that feeds a script (on the hypervisor's stdin or from a file) to a shell on the target.
 * lxc-attach(1) on a frozen container hangs for ever, and on a stopped one fails with the same status as the command would: both are told apart first (exit 69, EX_UNAVAILABLE).
 */
export function shellInside(target: Target, timeoutSeconds: number): Script {
  if (target.inside === undefined) return sh`/bin/sh -s`
  return sh`timeout -k 5 ${timeoutSeconds} lxc-attach -n ${target.inside} --clear-env -- /bin/sh -s`
}

/** Succeeds where the target can be entered; else says why on stderr and returns 69. */
export function canEnter(target: Target): Script {
  if (target.inside === undefined) return sh`:`
  const cgroup = `/sys/fs/cgroup/lxc.payload.${target.inside}`
  const freezer = `/sys/fs/cgroup/freezer/lxc.payload.${target.inside}`
  return sh`if [ ! -d ${cgroup} ] && [ ! -d ${freezer} ]; then echo ${`container ${target.inside} is not running`} >&2; return 69; fi
if [ -r ${`${cgroup}/cgroup.freeze`} ]; then
  read -r reeve_frozen <${`${cgroup}/cgroup.freeze`} || reeve_frozen=0
  if [ "$reeve_frozen" = 1 ]; then echo ${`container ${target.inside} is frozen`} >&2; return 69; fi
elif [ -r ${`${freezer}/freezer.state`} ]; then
  read -r reeve_frozen <${`${freezer}/freezer.state`} || reeve_frozen=THAWED
  if [ "$reeve_frozen" != THAWED ]; then echo ${`container ${target.inside} is frozen`} >&2; return 69; fi
fi`
}
