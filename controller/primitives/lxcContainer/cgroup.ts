import { type Script, sh } from '../../shell/sh.ts'

/** What a host's kernel keeps containers in: one tree, or a tree for each controller. */
export type Hierarchy = 'v2' | 'v1'

const root = '/sys/fs/cgroup'

/** The container's folder in the one tree of v2. LXC 4 and later. */
export function unifiedFolder(name: string): string {
  return `${root}/lxc.payload.${name}`
}

/** The container's folder in the tree of one controller of v1. */
export function legacyFolder(name: string, controller: string): string {
  return `${root}/${controller}/lxc.payload.${name}`
}

/** Where the kernel says whether a container lives: nobody inside moves processes out of it. */
export function lifeFolder(name: string, hierarchy: Hierarchy): string {
  return hierarchy === 'v2' ? unifiedFolder(name) : legacyFolder(name, 'freezer')
}

/** Succeeds where processes of the container live. Asks the kernel, since LXC's tools fail on a broken config. */
export function isRunning(name: string): Script {
  return sh`{ grep -qs '^populated 1' ${`${unifiedFolder(name)}/cgroup.events`} || grep -qs . ${`${legacyFolder(name, 'freezer')}/cgroup.procs`}; }`
}

/** Sets $cgroup to the folder that lives as long as one run of the container does. */
export function findCgroup(name: string): Script {
  return sh`cgroup=${unifiedFolder(name)}
[ -d "$cgroup" ] || cgroup=${legacyFolder(name, 'freezer')}`
}

/** Sets $pid to the container's init. */
export function findInit(name: string): Script {
  return sh`pid=
${findCgroup(name)}
{ read -r pid <"$cgroup/init.scope/cgroup.procs" || read -r pid <"$cgroup/cgroup.procs"; } 2>/dev/null || :`
}

/** Lets every process go on. LXC's own tool tells its monitor; the kernel's file works without a config. */
export function thaw(name: string): Script {
  return sh`timeout -k 5 20 lxc-unfreeze -n ${name} </dev/null >&2 || :
if [ -e ${`${unifiedFolder(name)}/cgroup.freeze`} ]; then
  echo 0 >${`${unifiedFolder(name)}/cgroup.freeze`}
elif [ -e ${`${legacyFolder(name, 'freezer')}/freezer.state`} ]; then
  echo THAWED >${`${legacyFolder(name, 'freezer')}/freezer.state`}
fi`
}

/** Stops every process where it is. */
export function freeze(name: string): Script {
  return sh`timeout -k 5 20 lxc-freeze -n ${name} </dev/null >&2 || :
if [ -e ${`${unifiedFolder(name)}/cgroup.freeze`} ]; then
  echo 1 >${`${unifiedFolder(name)}/cgroup.freeze`}
elif [ -e ${`${legacyFolder(name, 'freezer')}/freezer.state`} ]; then
  echo FROZEN >${`${legacyFolder(name, 'freezer')}/freezer.state`}
fi`
}

export function isFrozen(name: string): Script {
  return sh`{ grep -qsx 1 ${`${unifiedFolder(name)}/cgroup.freeze`} || grep -qsx FROZEN ${`${legacyFolder(name, 'freezer')}/freezer.state`}; }`
}

/** Kills every process, without LXC. cgroup.kill came with Linux 5.14. */
export function killAll(name: string): Script {
  return sh`if [ -e ${`${unifiedFolder(name)}/cgroup.kill`} ]; then
    echo 1 >${`${unifiedFolder(name)}/cgroup.kill`}
  else
    ${findCgroup(name)}
    find "$cgroup" -name cgroup.procs -exec cat {} + | while read -r pid; do kill -s KILL "$pid" 2>/dev/null || :; done
  fi`
}

/**
 * Takes away what a run left that ended with its monitor (killed together): LXC would start the next one in a folder by another name, where nobody
 * sees it. rmdir takes none that holds a process.
 */
export function removeCgroups(name: string): Script {
  const [payload, monitor] = [`lxc.payload.${name}`, `lxc.monitor.${name}`]
  return sh`for reeve_left in ${root}/${payload} ${root}/*/${payload} ${root}/${monitor} ${root}/*/${monitor}; do
    if [ -d "$reeve_left" ]; then find "$reeve_left" -depth -type d -exec rmdir {} + 2>/dev/null || :; fi
  done`
}
