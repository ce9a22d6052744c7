import { posix } from 'node:path'
import { printPayload } from '../../shell/payload.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { type GuestFile, guestFileHeader } from '../lxcContainer/spec.ts'
import type { OpenvzContainerSpec } from './spec.ts'

/** Writes files of the guest below $private, which nobody else changes while the container is stopped. */
export function writeGuestFiles(files: readonly GuestFile[]): Script {
  return joinScripts(files.flatMap((file) => [refuseLinks(file.path), writeGuestFile(file)]))
}

/** Root inside may have put a symbolic link anywhere, and here it would lead to the hypervisor's own files. The file itself is replaced, so only its folders matter. */
function refuseLinks(path: string): Script {
  const folders = path
    .split('/')
    .slice(1, -1)
    .map((_, index, parts) => `/${parts.slice(0, index + 1).join('/')}`)
  return joinScripts(
    folders.map(
      (folder) =>
        sh`if [ -L "$private"${folder} ]; then echo ${`${folder} inside is a symbolic link: nothing is written through it`} >&2; exit 1; fi`,
    ),
  )
}

function writeGuestFile(file: GuestFile): Script {
  const folder = posix.dirname(file.path)
  const isPrivate = file.mode.endsWith('00')
  return sh`
[ -d "$private"${folder} ] || mkdir -m ${isPrivate ? '0700' : '0755'} "$private"${folder}
rm -f "$private"${`${file.path}.reeve-new`}
{ ${printPayload(file.content)}
} >"$private"${`${file.path}.reeve-new`}
chmod ${file.mode} "$private"${`${file.path}.reeve-new`}
mv -fT "$private"${`${file.path}.reeve-new`} "$private"${file.path}`
}

/** Writes again those files that are ours still; each one's before-image is kept. */
export function refreshGuestFiles(spec: OpenvzContainerSpec): Script {
  return joinScripts(refreshed(spec).map((file) => refreshOne(spec, file)))
}

function refreshOne(spec: OpenvzContainerSpec, file: GuestFile): Script {
  const isOurs = file.refresh === 'always' ? sh`true` : sh`head -n 1 "$private"${file.path} | grep -qxF ${guestFileHeader}`
  const before = beforeName(spec, file)
  return sh`
${refuseLinks(file.path)}
if [ -f "$private"${file.path} ] && ! [ -L "$private"${file.path} ] && ${isOurs}; then
  cp -p "$private"${file.path} "$REEVE_BEFORE"/${before}
  ${writeGuestFile(file)}
fi`
}

/** Puts the guest's files back as they were; does nothing where none had been touched. */
export function restoreGuestFiles(spec: OpenvzContainerSpec): Script {
  return joinScripts(
    refreshed(spec).map((file) => {
      const before = beforeName(spec, file)
      return sh`
if [ -e "$REEVE_BEFORE"/${before} ]; then
  ${refuseLinks(file.path)}
  rm -f "$private"${file.path} "$private"${`${file.path}.reeve-new`}
  cp -p "$REEVE_BEFORE"/${before} "$private"${file.path}
fi`
    }),
  )
}

function refreshed(spec: OpenvzContainerSpec): readonly GuestFile[] {
  return spec.guestFiles.filter((file) => file.refresh !== 'never')
}

function beforeName(spec: OpenvzContainerSpec, file: GuestFile): string {
  return `guest-${spec.ctid}${file.path.replaceAll('/', '-')}`
}
