import { posix } from 'node:path'
import { printPayload } from '../../shell/payload.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { isRunning } from './cgroup.ts'
import { waitUntilClosed } from './lifecycle.ts'
import { placesOf, rootDevice, rootPath } from './places.ts'
import { isVolume } from './rootState.ts'
import { type GuestFile, guestFileHeader, type LxcContainerSpec } from './spec.ts'

/** Mounts the root file system for the rest of the step, whatever way it ends. Nobody else may have it open. */
export function mountRoot(spec: LxcContainerSpec): Script {
  const { mount, lock } = placesOf(spec.name)
  const locked = sh`
mkdir -p -m 0700 /run/reeve/lxc /run/reeve/mnt
exec 9>${lock}
if ! flock -n 9; then echo ${`another change of the root file system of ${spec.name} is at work`} >&2; exit 1; fi`
  if (!isVolume(spec.rootfs))
    return sh`${locked}
if ${isRunning(spec.name)}; then echo ${`${spec.name} runs: nobody else may change its root file system`} >&2; exit 1; fi`
  return sh`${locked}
mkdir -p -m 0700 ${mount}
while mountpoint -q ${mount}; do umount ${mount}; done
${waitUntilClosed(spec.rootfs)}
trap ${`umount ${mount} 2>/dev/null || :`} EXIT
mount -t ${spec.rootfs.format} -o nosuid,nodev ${rootDevice(spec.rootfs)} ${mount}`
}

/** Everything on the disk, then unmounted: an error of either fails the step. */
export function unmountRoot(spec: LxcContainerSpec): Script {
  const root = rootPath(spec)
  return joinScripts([sh`sync -f ${root}`, isVolume(spec.rootfs) ? sh`umount ${root}` : sh`:`])
}

/** Writes files of the guest. */
export function writeGuestFiles(spec: LxcContainerSpec, files: readonly GuestFile[]): Script {
  const mount = rootPath(spec)
  return joinScripts(files.flatMap((file) => [refuseLinks(mount, file.path), writeGuestFile(spec, file)]))
}

/**
 * Root inside may have put a symbolic link anywhere, and here it would lead to the hypervisor's own files. The file itself is replaced, so only
 * its folders matter.
 */
function refuseLinks(mount: string, path: string): Script {
  const folders = path
    .split('/')
    .slice(1, -1)
    .map((_, index, parts) => `${mount}/${parts.slice(0, index + 1).join('/')}`)
  return joinScripts(
    folders.map(
      (folder) =>
        sh`if [ -L ${folder} ]; then echo ${`${folder.slice(mount.length)} inside is a symbolic link: nothing is written through it`} >&2; exit 1; fi`,
    ),
  )
}

/** Root inside owns it, as it owns the root. */
function writeGuestFile(spec: LxcContainerSpec, file: GuestFile): Script {
  const mount = rootPath(spec)
  const live = `${mount}${file.path}`
  const folder = posix.dirname(live)
  const isPrivate = file.mode.endsWith('00')
  return sh`
if ! [ -d ${folder} ]; then mkdir -m ${isPrivate ? '0700' : '0755'} ${folder}; chown ${`--reference=${mount}`} ${folder}; fi
rm -f ${`${live}.reeve-new`}
{ ${printPayload(file.content)}
} >${`${live}.reeve-new`}
chmod ${file.mode} ${`${live}.reeve-new`}
chown ${`--reference=${mount}`} ${`${live}.reeve-new`}
mv -fT ${`${live}.reeve-new`} ${live}`
}

/** Writes again, at a restart, those files that are ours still; each one's before-image is kept. */
export function refreshGuestFiles(spec: LxcContainerSpec): Script {
  const mount = rootPath(spec)
  return joinScripts(refreshed(spec).map((file) => refreshOne(spec, mount, file)))
}

function refreshOne(spec: LxcContainerSpec, mount: string, file: GuestFile): Script {
  const live = `${mount}${file.path}`
  const isOurs = file.refresh === 'always' ? sh`true` : sh`head -n 1 ${live} | grep -qxF ${guestFileHeader}`
  return sh`
${refuseLinks(mount, file.path)}
if [ -f ${live} ] && ! [ -L ${live} ] && ${isOurs}; then
  cp -p ${live} "$REEVE_BEFORE"/${beforeName(spec, file)}
  ${writeGuestFile(spec, file)}
fi`
}

/** Puts the guest's files back as they were; does nothing where none had been touched. */
export function restoreGuestFiles(spec: LxcContainerSpec): Script {
  const files = refreshed(spec)
  const touched = files.map((file) => sh`if [ -e "$REEVE_BEFORE"/${beforeName(spec, file)} ]; then touched=yes; fi`)
  return sh`
touched=
${joinScripts(touched)}
if [ -n "$touched" ]; then
${joinScripts([mountRoot(spec), ...files.map((file) => restoreOne(spec, file)), unmountRoot(spec)])}
fi`
}

function restoreOne(spec: LxcContainerSpec, file: GuestFile): Script {
  const mount = rootPath(spec)
  const live = `${mount}${file.path}`
  return sh`
if [ -e "$REEVE_BEFORE"/${beforeName(spec, file)} ]; then
  ${refuseLinks(mount, file.path)}
  rm -f ${live}
  cp -p "$REEVE_BEFORE"/${beforeName(spec, file)} ${live}
fi`
}

/** Files that a restart may write again. */
export function refreshed(spec: LxcContainerSpec): readonly GuestFile[] {
  return spec.guestFiles.filter((file) => file.refresh !== 'never')
}

function beforeName(spec: LxcContainerSpec, file: GuestFile): string {
  return `guest-${spec.name}${file.path.replaceAll('/', '-')}`
}
