import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { writeGuestFiles } from './guest.ts'
import { placesOf, rootDevice, rootPath } from './places.ts'
import type { ArchiveTemplate, DebootstrapTemplate, IdMap, LxcContainerSpec, ScriptTemplate, Template } from './spec.ts'

/** Empties the mounted root of what an earlier try left, fills it from the template, and writes the guest's files. */
export function fill(spec: LxcContainerSpec, template: Template): Script {
  const mount = rootPath(spec)
  return sh`
${ready(template)}
find ${mount} -xdev -mindepth 1 ! -path ${`${mount}/lost+found`} -delete
: >${`${mount}/.reeve-half-filled`}
${make(spec, template)}
if ! [ -d ${`${mount}/etc`} ] || ! { [ -e ${`${mount}/sbin/init`} ] || [ -L ${`${mount}/sbin/init`} ]; }; then
  echo ${`${nameOf(template)} made no root file system: there is no /etc or no /sbin/init (is there a folder around it?)`} >&2
  exit 1
fi
${writeGuestFiles(spec, spec.guestFiles)}
rm -f ${`${mount}/.reeve-half-filled`}`
}

/** Refuses a root whose files belong to other ids than those that the container will have. */
export function ownedAsWanted(spec: LxcContainerSpec): Script {
  const mount = rootPath(spec)
  const base = spec.idmap?.base ?? 0
  return sh`
owner=$(stat -c %u ${mount})
if [ "$owner" != ${base} ]; then
  echo ${`the root file system on ${rootDevice(spec.rootfs)} belongs to user`} "$owner" ${`and root inside will be user ${base} of the host: spec.unprivileged does not fit it`} >&2
  exit 1
fi`
}

function nameOf(template: Template): string {
  if (template.type === 'debootstrap') return 'debootstrap'
  return template.type === 'script' ? `the template script ${template.name}` : template.path
}

/** Whether it can be begun at all: nothing was touched by then. */
function ready(template: Template): Script {
  if (template.type === 'debootstrap') return requireTool('debootstrap', 'debootstrap')
  if (template.type === 'script') return requireScript(template)
  return sh`
if ! [ -r ${template.path} ]; then echo ${`${template.path} is not on this host`} >&2; exit 1; fi
set -- $(sha256sum <${template.path})
if [ "\${1-}" != ${template.sha256} ]; then
  echo ${`${template.path} has the SHA-256`} "\${1-}" ${`and not ${template.sha256}; put the right archive there, or correct spec.template.sha256`} >&2
  exit 1
fi`
}

function requireTool(tool: string, packageName: string): Script {
  return sh`if ! command -v ${tool} >/dev/null; then echo ${`${tool} is not installed on this host (package ${packageName}; name it in system.packages of the Hypervisor)`} >&2; exit 1; fi`
}

function requireScript({ name }: ScriptTemplate): Script {
  return sh`if ! [ -x ${scriptPath(name)} ]; then echo ${`there is no template script ${scriptPath(name)} on this host (package lxc-templates has the old ones)`} >&2; exit 1; fi`
}

function scriptPath(name: string): string {
  return `/usr/share/lxc/templates/lxc-${name}`
}

function make(spec: LxcContainerSpec, template: Template): Script {
  if (template.type === 'debootstrap') return bootstrap(spec, template)
  if (template.type === 'script') return runScript(spec, template)
  return spec.idmap === undefined ? unpack(spec, template) : unpackMapped(spec, template, spec.idmap)
}

/** tar itself writes through no link that came out of the archive. */
function unpack(spec: LxcContainerSpec, { path }: ArchiveTemplate): Script {
  return sh`tar --numeric-owner --xattrs '--xattrs-include=*' -xpf ${path} -C ${rootPath(spec)} </dev/null`
}

/**
 * Unpacked as the container's own root, so that owners, set-user-id bits and file capabilities come out as its ids. Nobody can make devices
 * there: LXC brings those of /dev. The archive comes by stdin and the root as the working directory, since that user may enter neither's folder;
 * from stdin, tar cannot tell how it was packed.
 */
function unpackMapped(spec: LxcContainerSpec, { path }: ArchiveTemplate, { base, size }: IdMap): Script {
  const mount = rootPath(spec)
  return sh`
chown ${`${base}:${base}`} ${mount}
case $(od -An -tx1 -N6 <${path} | tr -d ' ') in
  1f8b*) set -- --gzip ;;
  425a68*) set -- --bzip2 ;;
  fd377a585a00) set -- --xz ;;
  28b52ffd*) set -- --zstd ;;
  *) set -- ;;
esac
cd ${mount}
lxc-usernsexec -m ${`u:0:${base}:${size}`} -m ${`g:0:${base}:${size}`} -- \
  tar --numeric-owner --xattrs '--xattrs-include=*' '--exclude=./dev/*' '--exclude=dev/*' "$@" -xpf - <${path}
cd /`
}

/** Without recommends, mail or cron: what starts, has a network and can be entered. */
const leastPackages = ['systemd-sysv', 'dbus', 'ifupdown', 'iproute2', 'procps']

function bootstrap(spec: LxcContainerSpec, template: DebootstrapTemplate): Script {
  const mount = rootPath(spec)
  const include = [...new Set([...leastPackages, ...template.packages])].join(',')
  const options = [
    '--variant=minbase',
    `--include=${include}`,
    ...(template.arch === undefined ? [] : [`--arch=${template.arch}`]),
    ...(template.components.length === 0 ? [] : [`--components=${template.components.join(',')}`]),
    ...(template.keyring === undefined ? [] : [`--keyring=${template.keyring}`]),
  ]
  return sh`
if ! DEBIAN_FRONTEND=noninteractive debootstrap ${options} ${template.release} ${mount} ${template.mirror === undefined ? [] : [template.mirror]} </dev/null >&2; then
  echo ${`debootstrap could not make ${template.release}${template.mirror === undefined ? '' : ` from ${template.mirror}`}; its log says:`} >&2
  tail -n 5 ${`${mount}/debootstrap/debootstrap.log`} 2>/dev/null | cut -c 1-300 >&2 || :
  exit 1
fi
if [ -e ${`${mount}/debootstrap`} ]; then
  echo ${`debootstrap ended before ${template.release} was installed: its folder /debootstrap is still there (a program of its own was killed?)`} >&2
  exit 1
fi
: >${`${mount}/etc/machine-id`}
rm -f ${mount}/var/cache/apt/archives/*.deb ${mount}/etc/ssh/ssh_host_*`
}

/**
 * A template script of lxc-create, called as lxc-create does. What it writes into its config (busybox: the signal that stops it) goes beside the
 * config to come, as far as that is no setting of ours.
 */
function runScript(spec: LxcContainerSpec, { name, args }: ScriptTemplate): Script {
  const { checkRoot, folder, templateLines } = placesOf(spec.name)
  const mount = rootPath(spec)
  const scratch = `${checkRoot}/template`
  return joinScripts([
    sh`
rm -rf ${scratch}
mkdir -p ${scratch}
printf 'lxc.rootfs.path = dir:%s\n' ${mount} >${`${scratch}/config`}
if ! ${scriptPath(name)} ${`--path=${scratch}`} ${`--name=${spec.name}`} ${`--rootfs=${mount}`} ${args} </dev/null >${`${scratch}/log`} 2>&1; then
  echo ${`the template script ${name} failed; it says:`} >&2
  tail -n 8 ${`${scratch}/log`} | cut -c 1-300 >&2 || :
  exit 1
fi
mkdir -p -m 0770 ${folder}
grep -E '^lxc\.[a-z0-9_.]+ *=' ${`${scratch}/config`} | grep -vE '^lxc\.(rootfs|uts|net|start|idmap|cgroup)' >${`${templateLines}.new`} || :
sync ${`${templateLines}.new`}
mv ${`${templateLines}.new`} ${templateLines}
rm -rf ${scratch}`,
  ])
}
