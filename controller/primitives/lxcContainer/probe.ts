import type { Subject } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { findIo } from './io.ts'
import type { LxcContainerSpec } from './spec.ts'

/** Line that ends a probe that was read whole. */
export const probeEnd = '== end'

/**
 * Reads every container of the host at once: three processes (stat, grep twice), the rest is the shell's own. State comes from the cgroups and
 * never from lxc-ls or lxc-info: one bad line in a config hides a running container from them.
 */
export function probe(subjects: readonly Subject<LxcContainerSpec>[] = []): Script {
  const weighs = subjects.some(({ spec }) => spec?.ioWeight !== undefined)
  const weigher = weighs ? [findIo, sh`echo "== io $io"`] : []
  return joinScripts([findHierarchy, ...weigher, listContainers, listStarts, readInodes, readFiles, sh`echo ${probeEnd}`])
}

/** Which tree tells of containers. In v1 the freezer's does: nobody inside moves processes in it. Where neither is there, all would look stopped: better unknown. */
const findHierarchy = sh`
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  echo '== cgroup v2'
  at=/sys/fs/cgroup/lxc.payload
elif [ -d /sys/fs/cgroup/freezer ]; then
  echo '== cgroup v1'
  at=/sys/fs/cgroup/freezer/lxc.payload
else
  echo "this host shows no cgroup hierarchy below /sys/fs/cgroup: the state of containers cannot be read" >&2
  return 1
fi`

/** Folders without config are no containers (lxc-create leaves such behind when it fails). */
const listContainers = sh`
cpus=
read -r cpus </sys/devices/system/cpu/online || :
echo "== cpus $cpus"
for path in /var/lib/lxc/*/config; do
  [ -e "$path" ] || continue
  name=\${path#/var/lib/lxc/}
  name=\${name%/config}
  case $name in *[!A-Za-z0-9_.-]*) continue ;; esac
  if [ -e "/var/lib/lxc/$name/partial" ]; then echo "== partial $name"; fi
  echo "== container $name"
done`

/** When each init process started, in clock ticks since boot (field 22 of /proc/PID/stat, proc(5)). */
const listStarts = sh`
up=
read -r up rest </proc/uptime || :
echo "== uptime $up"
for path in "$at".*; do
  [ -d "$path" ] || continue
  pid=
  read -r pid <"$path/init.scope/cgroup.procs" || read -r pid <"$path/cgroup.procs" || :
  stat=
  case $pid in ''|*[!0-9]*) ;; *) read -r stat <"/proc/$pid/stat" || : ;; esac
  echo "== init \${path#"$at".} $stat"
done 2>/dev/null`

/** The inode of a cgroup tells one run of a container from the next. The folder of the new process itself bears the time now. */
const readInodes = sh`
echo "== stat"
stat -c '%i %Y %n' /proc/self/. /var/lib/lxc/*/config "$at".* 2>/dev/null || :`

/**
 * What vanished since its name was read is missing from the answer, and thereby unknown. NUL between name and text: no text can pose as another
 * file's. Of memory.stat, only what counts the kernel's copies of files.
 */
const readFiles = sh`
echo "== files"
case $at in
  */freezer/*)
    up=/sys/fs/cgroup
    stat=$up/memory/lxc.payload
    set -- "$at".*/freezer.state "$at".*/cgroup.procs $up/memory/lxc.payload.*/memory.limit_in_bytes $up/memory/lxc.payload.*/memory.usage_in_bytes \
      $up/memory/lxc.payload.*/memory.soft_limit_in_bytes $up/memory/lxc.payload.*/memory.memsw.limit_in_bytes $up/cpu/lxc.payload.*/cpu.cfs_quota_us \
      $up/cpu/lxc.payload.*/cpu.cfs_period_us $up/cpu/lxc.payload.*/cpu.shares $up/cpuset/lxc.payload.*/cpuset.cpus $up/pids/lxc.payload.*/pids.max \
      $up/blkio/lxc.payload.*/blkio.weight $up/blkio/lxc.payload.*/blkio.bfq.weight ;;
  *)
    stat=$at
    set -- "$at".*/memory.low "$at".*/memory.high "$at".*/memory.max "$at".*/memory.swap.max "$at".*/memory.current \
      "$at".*/cpu.max "$at".*/cpu.weight "$at".*/cpuset.cpus "$at".*/pids.max "$at".*/io.weight "$at".*/io.bfq.weight "$at".*/cgroup.events "$at".*/cgroup.freeze ;;
esac
grep -asHZ '' /var/lib/lxc/*/config /run/reeve/lxc/*.started /run/reeve/lxc/*.starts "$@" /dev/null || :
grep -asHZE '^(total_)?(in)?active_file ' "$stat".*/memory.stat /dev/null || :`
