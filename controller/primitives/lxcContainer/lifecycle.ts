import type { Step } from '../../model/primitive.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { mapperName } from '../logicalVolume/spec.ts'
import { findCgroup, findInit, freeze, isFrozen, isRunning, killAll, removeCgroups, thaw } from './cgroup.ts'
import { placesOf, rootDevice } from './places.ts'
import type { LxcContainerSpec, StopPolicy, VolumeRoot } from './spec.ts'
import { lxcErrors, recordStart, wishHash } from './starts.ts'

/**
 * Starts a stopped container (a running one is left alone) and records the config it was started with. lxc-start's stderr says only
 * "ABORTING": the reasons are in its log. With `wish`, the try is counted (starts.ts).
 */
export function startScript(name: string, wish?: string): Script {
  const { config, log, started } = placesOf(name)
  const record = (outcome: 'tried' | 'failed'): Script => (wish === undefined ? sh`:` : recordStart(name, wish, outcome))
  return sh`
if ! ${isRunning(name)}; then
  mkdir -p -m 0700 /run/reeve/lxc
  rm -f ${log} ${started}
  ${removeCgroups(name)}
  cp ${config} ${`${started}.config`}
  ${record('tried')}
  if ! timeout -k 10 180 lxc-start -n ${name} -l WARN -o ${log} </dev/null >&2; then
    ${record('failed')}
    echo ${`${name} did not start; LXC says:`} >&2
    ${lxcErrors(log, 8)} >&2
    exit 1
  fi
  ${findCgroup(name)}
  inode=$(stat -c %i "$cgroup")
  { printf '# cgroup %s\n' "$inode"; cat ${`${started}.config`}; } >${`${started}.new`}
  mv ${`${started}.new`} ${started}
  rm -f ${`${started}.config`}
fi`
}

/**
 * Stops a container: the guest's own shutdown first, killed afterwards if the policy says so. Works on a frozen one, and on one whose config
 * no tool can load: then its init is asked by signal (lxc.signal.halt: SIGPWR, systemd takes SIGRTMIN+3) and its cgroup is killed.
 */
export function stopScript(name: string, policy: StopPolicy): Script {
  const { checkRoot } = placesOf(name)
  const seconds = policy.timeoutSeconds
  const kill = policy.force
    ? killScript(name, seconds)
    : sh`
echo ${`${name} did not stop by itself within ${seconds} s, and stop.force is false`} >&2
exit 1`
  return sh`
if ! ${isRunning(name)}; then exit 0; fi
if ${isFrozen(name)}; then
  ${thaw(name)}
fi
mkdir -p ${checkRoot}
timeout -k 5 ${seconds + 15} lxc-stop -n ${name} --nokill -t ${seconds} </dev/null >&2 2>${`${checkRoot}/stop.log`} || :
cat ${`${checkRoot}/stop.log`} >&2
if grep -q 'Failed to load config' ${`${checkRoot}/stop.log`}; then
  ${askInit(name, seconds)}
fi
if ${isRunning(name)}; then
${kill}
fi`
}

/** Asks init to shut down without LXC, and waits. */
function askInit(name: string, seconds: number): Script {
  return sh`${findInit(name)}
  case $pid in ''|*[!0-9]*) ;; *) kill -s RTMIN+3 "$pid" 2>/dev/null || /bin/kill -s RTMIN+3 "$pid" || : ;; esac
  waited=0
  while ${isRunning(name)} && [ "$waited" -lt ${seconds} ]; do sleep 1; waited=$((waited + 1)); done`
}

/** That it had to be killed stays on record until the next boot: the vitals tell of it (what was not written inside is lost). */
function killScript(name: string, seconds: number): Script {
  const { kills } = placesOf(name)
  return sh`
  echo ${`${name} did not stop by itself within ${seconds} s and is killed`} >&2
  mkdir -p -m 0700 /run/reeve/lxc
  echo "$(date +%s)" ${seconds} >>${kills}
  timeout -k 5 30 lxc-stop -n ${name} -k </dev/null >&2 || { ${killAll(name)}; }
  waited=0
  while ${isRunning(name)} && [ "$waited" -lt 20 ]; do sleep 1; waited=$((waited + 1)); done
  if ${isRunning(name)}; then echo ${`${name} still has processes after it was killed`} >&2; exit 1; fi`
}

/** Where a root file system was left mounted by its last run, LXC's monitor needs a moment: until the device is free nobody may mount it. */
export function waitUntilClosed(rootfs: VolumeRoot): Script {
  const device = rootDevice(rootfs)
  return sh`
if ! [ -b ${device} ]; then echo ${`${device} is not there`} >&2; exit 1; fi
waited=0
until opened=$(dmsetup info -c --noheadings -o open ${mapperName(rootfs.volumeGroup, rootfs.name)}) && [ "$opened" -eq 0 ]; do
  if [ "$waited" -ge 20 ]; then echo ${`${device} is in use: a mount, a container or a virtual machine holds it`} >&2; exit 1; fi
  sleep 1
  waited=$((waited + 1))
done`
}

/** Undone, it stops at once what it had started, and nothing that ran before. */
export function startStep(spec: LxcContainerSpec): Step {
  const { name } = spec
  const starting = `lxc-${name}.starting`
  return {
    title: `start container ${name}`,
    phase: 'load',
    run: sh`
if ! ${isRunning(name)}; then : >"$REEVE_BEFORE"/${starting}; fi
${startScript(name, wishHash(spec))}`,
    check: isRunning(name),
    undo: sh`
if [ -e "$REEVE_BEFORE"/${starting} ] && ${isRunning(name)}; then
  timeout -k 5 30 lxc-stop -n ${name} -k </dev/null >&2 || :
fi`,
  }
}

export function stopStep(name: string, policy: StopPolicy): Step {
  return {
    title: `stop container ${name}`,
    phase: 'change',
    guard: isRunning(name),
    run: sh`
: >"$REEVE_BEFORE"/${`lxc-${name}.ran`}
${stopScript(name, policy)}`,
    check: sh`! ${isRunning(name)}`,
    undo: sh`
if [ -e "$REEVE_BEFORE"/${`lxc-${name}.ran`} ]; then
${startScript(name)}
fi`,
  }
}

export function thawStep(name: string): Step {
  return {
    title: `let container ${name} go on (it was frozen)`,
    phase: 'load',
    run: thaw(name),
    check: sh`! ${isFrozen(name)}`,
  }
}

export function freezeStep(name: string): Step {
  return {
    title: `freeze container ${name}`,
    phase: 'load',
    guard: isRunning(name),
    run: freeze(name),
    check: isFrozen(name),
    undo: sh`
if ${isRunning(name)}; then
  ${thaw(name)}
fi`,
  }
}
