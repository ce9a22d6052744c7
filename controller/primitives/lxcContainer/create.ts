import type { Step } from '../../model/primitive.ts'
import { printPayload } from '../../shell/payload.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { pendingTag } from '../logicalVolume/spec.ts'
import { isRunning } from './cgroup.ts'
import { bridgesExist, loadable, pathsExist, profileReadable } from './checks.ts'
import { type ConfigWish, includes, newConfig } from './config.ts'
import { fill, ownedAsWanted } from './fill.ts'
import { mountRoot, unmountRoot } from './guest.ts'
import { ioAfterStart, ioExists } from './io.ts'
import { limitKey } from './keys.ts'
import { startScript, startStep } from './lifecycle.ts'
import { placesOf, retiredPattern, rootDevice, rootPath, unstartedTag } from './places.ts'
import { addTag, isVolume, makeFolder, markFilled, readTags, refillCommand, removeTag } from './rootState.ts'
import type { LxcContainerSpec, Template } from './spec.ts'
import { restGuard, wishHash } from './starts.ts'

/**
 * Makes a container without lxc-create (hosts.md 2.1: cut off half way it leaves things that neither it nor lxc-destroy can clean up).
 * The tag on the root volume carries the state: while it says `populate-pending`, what lies there was never a user's and is thrown away and
 * unpacked again; once it is gone, nothing here empties the volume any more.
 */
export function creationSteps(spec: LxcContainerSpec, wish: ConfigWish): readonly Step[] {
  return [
    populateStep(spec),
    configStep(spec, wish),
    ...(spec.state === 'running' || spec.state === 'frozen' ? [firstStartStep(spec), ...ioAfterStart(spec)] : []),
  ]
}

function populateStep(spec: LxcContainerSpec): Step {
  return {
    title: spec.template === undefined ? `look for the root file system of ${spec.name}` : `fill the root file system of ${spec.name}`,
    phase: 'stage',
    guard: joinScripts([
      noneYet(spec),
      bridgesExist(spec),
      pathsExist(spec),
      profileReadable(spec),
      cpusExist(spec),
      ioExists(spec),
      restGuard(spec),
    ]),
    run: joinScripts([
      leaveRetired(spec),
      makeFolder(spec),
      readTags(spec),
      spec.template === undefined ? noPending(spec) : restartUnstarted(spec, spec.template),
      populate(spec),
    ]),
    job: true,
  }
}

function noneYet(spec: LxcContainerSpec): Script {
  const { config, folder } = placesOf(spec.name)
  return sh`
if ! command -v lxc-start >/dev/null; then echo "lxc is not installed on this host (package lxc)" >&2; exit 1; fi
if [ -e ${config} ] || [ -e ${`${folder}/partial`} ]; then echo ${`${folder} holds a container already`} >&2; exit 1; fi
if ${isRunning(spec.name)}; then echo ${`${spec.name} runs, though its config is gone`} >&2; exit 1; fi
${spec.idmap === undefined ? sh`:` : sh`if ! command -v newuidmap >/dev/null; then echo "unprivileged containers need newuidmap (package uidmap)" >&2; exit 1; fi`}
if grep -lsE ${rootLine(spec)} /var/lib/lxc/*/config >&2; then
  echo ${`${rootDevice(spec.rootfs)} is the root of that container already`} >&2
  exit 1
fi`
}

/** The line of a config that names our root, as an extended regular expression. */
function rootLine(spec: LxcContainerSpec): string {
  const device = rootDevice(spec.rootfs).replace(/[.+*?^$()[\]{}|\\]/g, '\\$&')
  return `^[[:space:]]*lxc\\.rootfs\\.path[[:space:]]*=[[:space:]]*((lvm|dir):)?${device}[[:space:]]*$`
}

/** LXC would say "Numerical result out of range" at the start. */
function cpusExist(spec: LxcContainerSpec): Script {
  const cpuSet = spec.settings[limitKey('cpuset.cpus')]
  if (cpuSet === undefined) return sh`:`
  const highest = Math.max(...cpuSet.split(/[-,]/).map(Number))
  return sh`
if ! [ -d ${`/sys/devices/system/cpu/cpu${highest}`} ]; then
  echo ${`cpuSet ${cpuSet} names CPUs that the host does not have; online:`} "$(cat /sys/devices/system/cpu/online)" >&2
  exit 1
fi`
}

function noPending(spec: LxcContainerSpec): Script {
  return sh`
case $tags in *${`,${pendingTag('populate')},`}*)
  echo ${`${rootDevice(spec.rootfs)} is new and empty, and template type none asks for a root file system that exists; name an archive`} >&2
  exit 1
esac`
}

/** A root that was filled from another template but never started holds nobody's data. */
function restartUnstarted(spec: LxcContainerSpec, template: Template): Script {
  return sh`
case $tags in
  *${`,${unstartedTag(template)},`}*) ;;
  *,reeve.unstarted.*)
    ${addTag(spec, pendingTag('populate'))}
    old=\${tags#*,reeve.unstarted.}
    ${removeTag(spec, sh`"reeve.unstarted.\${old%%,*}"`)}
    tags=${`,${pendingTag('populate')},`} ;;
esac`
}

function populate(spec: LxcContainerSpec): Script {
  const mount = rootPath(spec)
  const filling = spec.template === undefined ? sh`:` : fill(spec, spec.template)
  return sh`
${mountRoot(spec)}
case $tags in
  *${`,${pendingTag('populate')},`}*)
    ${filling} ;;
esac
if [ -e ${`${mount}/.reeve-half-filled`} ]; then
  echo ${`${rootDevice(spec.rootfs)} was left half filled; to have it filled anew: ${refillCommand(spec)}`} >&2
  exit 1
fi
if ! [ -d ${`${mount}/etc`} ] || ! { [ -e ${`${mount}/sbin/init`} ] || [ -L ${`${mount}/sbin/init`} ]; }; then
  echo ${`${rootDevice(spec.rootfs)} holds no root file system (no /etc, no /sbin/init), and Reeve did not make it: nothing is written to it`} >&2
  exit 1
fi
${ownedAsWanted(spec)}
${unmountRoot(spec)}
case $tags in
  *${`,${pendingTag('populate')},`}*)
    ${markFilled(spec, spec.template === undefined ? undefined : unstartedTag(spec.template))} ;;
esac`
}

/** Brings a retired container back with its own lines (the next pass compares it), or writes a new config. */
function configStep(spec: LxcContainerSpec, wish: ConfigWish): Step {
  const { config, staged, folder } = placesOf(spec.name)
  const moved = `lxc-${spec.name}.retired`
  const made = madeMark(spec)
  return {
    title: `write ${config}`,
    phase: 'change',
    guard: noneYet(spec),
    run: sh`
${bringBack(spec, moved)}
mkdir -p -m 0770 ${folder}
${printNew(spec, wish)} >${staged}
chmod 0640 ${staged}
${loadable(spec.name, staged)}
sync ${staged}
: >"$REEVE_BEFORE"/${made}
sync "$REEVE_BEFORE"/${made}
mv ${staged} ${config}
sync ${folder}`,
    check: sh`[ -e ${config} ]`,
    undo: sh`
if [ -e "$REEVE_BEFORE"/${moved} ]; then
  read -r back <"$REEVE_BEFORE"/${moved}
  if [ -d ${folder} ] && ! [ -e "$back" ]; then mv -T ${folder} "$back"; fi
elif [ -e "$REEVE_BEFORE"/${made} ]; then
  rm -f ${staged} ${config}
  if [ -d ${folder} ]; then rmdir --ignore-fail-on-non-empty ${folder}; fi
fi`,
  }
}

/** Says that the config is new, and not one that was brought back. */
function madeMark(spec: LxcContainerSpec): string {
  return `lxc-${spec.name}.made`
}

/** What a template script asks for goes between LXC's common settings and ours. */
function printNew(spec: LxcContainerSpec, wish: ConfigWish): Script {
  const { templateLines } = placesOf(spec.name)
  const head = includes(wish)
  return sh`{ ${printPayload(head)}
cat ${templateLines} 2>/dev/null || :
${printPayload(newConfig(wish).slice(head.length))}
}`
}

/** Sets $back to the newest folder that retire set aside for this root; empty where there is none. */
function findRetired(spec: LxcContainerSpec): Script {
  return sh`
back=
for path in /var/lib/reeve/retired/${spec.name}${retiredPattern}; do
  if grep -qsE ${rootLine(spec)} "$path/config"; then back=$path; fi
done`
}

/** Of a container that was retired with its root in its own folder, the root comes back with it: none is made before. */
function leaveRetired(spec: LxcContainerSpec): Script {
  const { rootfs } = spec
  if (isVolume(rootfs) || !rootfs.folder.startsWith(`${placesOf(spec.name).folder}/`)) return sh`:`
  return sh`
${findRetired(spec)}
if [ -n "$back" ] && ! [ -e ${rootfs.folder} ]; then exit 0; fi`
}

/** Moves the newest folder that retire set aside for this root back in place, and ends the step there. */
function bringBack(spec: LxcContainerSpec, moved: string): Script {
  const { folder, templateLines } = placesOf(spec.name)
  return sh`
mkdir -p /var/lib/lxc
${findRetired(spec)}
if [ -n "$back" ]; then
  if [ -d ${folder} ]; then rm -f ${templateLines}; rmdir ${folder}; fi
  printf '%s\n' "$back" >"$REEVE_BEFORE"/${moved}
  sync "$REEVE_BEFORE"/${moved}
  mv -T "$back" ${folder}
  sync /var/lib/lxc
  exit 0
fi`
}

/** A config that was brought back is compared first, and started by the next pass. The tag goes before the start: from then on, its data is the user's. */
function firstStartStep(spec: LxcContainerSpec): Step {
  const tag = spec.template === undefined ? undefined : unstartedTag(spec.template)
  const made = madeMark(spec)
  const again = addTag(spec, tag ?? '').text
  return {
    ...startStep(spec),
    run: sh`
if ! [ -e "$REEVE_BEFORE"/${made} ]; then exit 0; fi
: >"$REEVE_BEFORE"/${`lxc-${spec.name}.starting`}
${readTags(spec)}
was=
case $tags in *${`,${tag ?? 'no tag'},`}*)
  was=unstarted
  ${removeTag(spec, tag ?? '')} ;;
esac
if [ "$was" = unstarted ]; then trap ${again} EXIT; fi
${startScript(spec.name, wishHash(spec))}
trap - EXIT`,
    check: sh`${isRunning(spec.name)} || ! [ -e "$REEVE_BEFORE"/${made} ]`,
  }
}
