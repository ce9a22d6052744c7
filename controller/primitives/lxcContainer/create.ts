import type { Step } from '../../model/primitive.ts'
import { printPayload } from '../../shell/payload.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { pendingTag } from '../logicalVolume/spec.ts'
import { bridgesExist, loadable } from './checks.ts'
import { type ConfigWish, newConfig } from './config.ts'
import { mountRoot, unmountRoot, writeGuestFiles } from './guest.ts'
import { limitKey } from './keys.ts'
import { isRunning, startScript, startStep } from './lifecycle.ts'
import { placesOf, retiredPattern, rootDevice, unstartedTag } from './places.ts'
import type { ArchiveTemplate, LxcContainerSpec } from './spec.ts'

/**
 * Makes a container without lxc-create (hosts.md 2.1: cut off half way it leaves things that neither it nor lxc-destroy can clean up).
 * The tag on the root volume carries the state: while it says `populate-pending`, what lies there was never a user's and is thrown away and
 * unpacked again; once it is gone, nothing here empties the volume any more.
 */
export function creationSteps(spec: LxcContainerSpec, wish: ConfigWish): readonly Step[] {
  return [populateStep(spec), configStep(spec, wish), ...(spec.state === 'running' ? [firstStartStep(spec, wish)] : [])]
}

function populateStep(spec: LxcContainerSpec): Step {
  return {
    title: spec.template === undefined ? `look for the root file system of ${spec.name}` : `fill the root file system of ${spec.name}`,
    phase: 'stage',
    guard: joinScripts([noneYet(spec), bridgesExist(spec), cpusExist(spec)]),
    run: joinScripts([
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
if grep -lsE ${rootLine(spec)} /var/lib/lxc/*/config >&2; then
  echo ${`${rootDevice(spec.rootfs)} is the root of that container already`} >&2
  exit 1
fi`
}

/** The line of a config that names our root, as an extended regular expression. */
function rootLine(spec: LxcContainerSpec): string {
  const device = rootDevice(spec.rootfs).replace(/[.+*?^$()[\]{}|\\]/g, '\\$&')
  return `^[[:space:]]*lxc\\.rootfs\\.path[[:space:]]*=[[:space:]]*(lvm:)?${device}[[:space:]]*$`
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

/** Sets $tags. What cannot be read ends the step: it must never look like "not pending", or like "pending". */
function readTags(spec: LxcContainerSpec): Script {
  return sh`
LVM_SUPPRESS_FD_WARNINGS=1
export LVM_SUPPRESS_FD_WARNINGS
tags=$(lvs --noheadings -o lv_tags ${volume(spec)} </dev/null)
set -- $tags
tags=",\${1-},"`
}

function noPending(spec: LxcContainerSpec): Script {
  return sh`
case $tags in *${`,${pendingTag('populate')},`}*)
  echo ${`${rootDevice(spec.rootfs)} is new and empty, and template type none asks for a root file system that exists; name an archive`} >&2
  exit 1
esac`
}

/** A root that was filled from another template but never started holds nobody's data. */
function restartUnstarted(spec: LxcContainerSpec, template: ArchiveTemplate): Script {
  return sh`
case $tags in
  *${`,${unstartedTag(template.sha256)},`}*) ;;
  *,reeve.unstarted.*)
    lvchange --addtag ${pendingTag('populate')} ${volume(spec)} </dev/null >&2
    old=\${tags#*,reeve.unstarted.}
    lvchange --deltag "reeve.unstarted.\${old%%,*}" ${volume(spec)} </dev/null >&2
    tags=${`,${pendingTag('populate')},`} ;;
esac`
}

function populate(spec: LxcContainerSpec): Script {
  const { mount } = placesOf(spec.name)
  const fill = spec.template === undefined ? sh`:` : fillFrom(spec, spec.template)
  return sh`
${mountRoot(spec)}
case $tags in
  *${`,${pendingTag('populate')},`}*)
    ${fill} ;;
esac
if [ -e ${`${mount}/.reeve-half-filled`} ]; then
  echo ${`${rootDevice(spec.rootfs)} was left half filled; to have it filled anew: lvchange --addtag ${pendingTag('populate')} ${volume(spec)}`} >&2
  exit 1
fi
if ! [ -d ${`${mount}/etc`} ] || ! { [ -e ${`${mount}/sbin/init`} ] || [ -L ${`${mount}/sbin/init`} ]; }; then
  echo ${`${rootDevice(spec.rootfs)} holds no root file system (no /etc, no /sbin/init), and Reeve did not make it: nothing is written to it`} >&2
  exit 1
fi
${unmountRoot(spec)}
case $tags in
  *${`,${pendingTag('populate')},`}*)
    lvchange ${spec.template === undefined ? [] : ['--addtag', unstartedTag(spec.template.sha256)]} --deltag ${pendingTag('populate')} ${volume(spec)} </dev/null >&2 ;;
esac`
}

/** Empties what an earlier try left, then unpacks. tar itself writes through no link that came out of the archive. */
function fillFrom(spec: LxcContainerSpec, template: ArchiveTemplate): Script {
  const { mount } = placesOf(spec.name)
  return sh`
if ! [ -r ${template.path} ]; then echo ${`${template.path} is not on this host`} >&2; exit 1; fi
set -- $(sha256sum <${template.path})
if [ "\${1-}" != ${template.sha256} ]; then
  echo ${`${template.path} has the SHA-256`} "\${1-}" ${`and not ${template.sha256}; put the right archive there, or correct spec.template.sha256`} >&2
  exit 1
fi
find ${mount} -xdev -mindepth 1 ! -path ${`${mount}/lost+found`} -delete
: >${`${mount}/.reeve-half-filled`}
tar --numeric-owner --xattrs '--xattrs-include=*' -xpf ${template.path} -C ${mount} </dev/null
if ! [ -d ${`${mount}/etc`} ] || ! { [ -e ${`${mount}/sbin/init`} ] || [ -L ${`${mount}/sbin/init`} ]; }; then
  echo ${`${template.path} is no root file system: it holds no /etc or no /sbin/init (is there a folder around it?)`} >&2
  exit 1
fi
${writeGuestFiles(spec, spec.guestFiles)}
rm -f ${`${mount}/.reeve-half-filled`}`
}

/** Brings a retired container back with its own lines (the next pass compares it), or writes a new config. */
function configStep(spec: LxcContainerSpec, wish: ConfigWish): Step {
  const { config, staged, folder } = placesOf(spec.name)
  const moved = `lxc-${spec.name}.retired`
  const made = `lxc-${spec.name}.made`
  return {
    title: `write ${config}`,
    phase: 'change',
    guard: noneYet(spec),
    run: sh`
mkdir -p /var/lib/lxc
back=
for path in /var/lib/reeve/retired/${spec.name}${retiredPattern}; do
  if grep -qsE ${rootLine(spec)} "$path/config"; then back=$path; fi
done
if [ -n "$back" ]; then
  if [ -d ${folder} ]; then rmdir ${folder}; fi
  printf '%s\n' "$back" >"$REEVE_BEFORE"/${moved}
  sync "$REEVE_BEFORE"/${moved}
  mv -T "$back" ${folder}
  sync /var/lib/lxc
  exit 0
fi
mkdir -p -m 0770 ${folder}
{ ${printPayload(newConfig(wish))}
} >${staged}
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

/** A config that was brought back is compared first, and started by the next pass. The tag goes before the start: from then on, its data is the user's. */
function firstStartStep(spec: LxcContainerSpec, wish: ConfigWish): Step {
  const tag = spec.template === undefined ? undefined : unstartedTag(spec.template.sha256)
  const { config } = placesOf(spec.name)
  const again = sh`lvchange --addtag ${tag ?? ''} ${volume(spec)} </dev/null >&2`.text
  return {
    ...startStep(spec.name),
    run: sh`
{ ${printPayload(newConfig(wish))}
} >"$REEVE_BEFORE"/${`lxc-${spec.name}.new`}
if ! cmp -s "$REEVE_BEFORE"/${`lxc-${spec.name}.new`} ${config}; then exit 0; fi
: >"$REEVE_BEFORE"/${`lxc-${spec.name}.starting`}
${readTags(spec)}
was=
case $tags in *${`,${tag ?? 'no tag'},`}*)
  was=unstarted
  lvchange --deltag ${tag ?? ''} ${volume(spec)} </dev/null >&2 ;;
esac
if [ "$was" = unstarted ]; then trap ${again} EXIT; fi
${startScript(spec.name)}
trap - EXIT`,
    check: sh`${isRunning(spec.name)} || ! cmp -s "$REEVE_BEFORE"/${`lxc-${spec.name}.new`} ${config}`,
  }
}

function volume(spec: LxcContainerSpec): string {
  return `${spec.rootfs.volumeGroup}/${spec.rootfs.name}`
}
