import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { providerName } from '../../model/placement.ts'
import type { Needed } from '../../model/primitive.ts'
import type { Target } from '../../model/target.ts'
import { mountId } from '../../primitives/mount/spec.ts'
import type { Container } from './provider.ts'

/** Folders that hold the hypervisor itself, or what does not outlive a boot. */
const taken = ['/bin', '/boot', '/dev', '/etc', '/lib', '/proc', '/run', '/sbin', '/sys', '/tmp', '/usr', '/var/lib/lxc', '/var/lib/reeve']

/** Where the root lies, whatever runs the container. */
export function checkRootfs(manifest: Container): readonly Diagnostic[] {
  const { rootfs } = manifest.spec
  if (rootfs === undefined) return []
  if ((rootfs.lvm === undefined) === (rootfs.dir === undefined))
    return [complain(manifest, 'spec.rootfs', 'choose exactly one of rootfs.lvm and rootfs.dir')]
  return rootfs.dir === undefined ? [] : [...checkFolder(manifest, rootfs.dir.path), ...checkKept(manifest)]
}

function checkFolder(manifest: Container, path: string): readonly Diagnostic[] {
  const say = (summary: string, hint: string): readonly Diagnostic[] => [
    complain(manifest, 'spec.rootfs.dir.path', `rootfs.dir.path ${path} ${summary}`, hint),
  ]
  if (path.split('/').some((part) => part === '.' || part === '..')) return say('is not normalised', 'leave . and .. out')
  if (path === `/var/lib/lxc/${providerName(manifest)}/rootfs`) return []
  const isTaken = taken.some((one) => path === one || path.startsWith(`${one}/`)) || path.split('/').length < 3
  return isTaken
    ? say(
        'is no place for data: it is the system’s own, or not kept over a boot',
        'name a folder of its own, for example /srv/containers/web',
      )
    : []
}

/** Nothing empties a folder: what a person did not expect to be there would go with it. */
function checkKept(manifest: Container): readonly Diagnostic[] {
  if (manifest.spec.deletionPolicy !== 'Delete') return []
  const summary = 'deletionPolicy Delete: a root file system in a folder (rootfs.dir) is always kept'
  return [complain(manifest, 'spec.deletionPolicy', summary, 'use Retain, and remove the folder by hand when the container is gone')]
}

/** Mounts of Volumes that a folder lies below: without them it would be made in the mount point. */
export function mountsOver(path: string | undefined, hypervisor: string, target: Target, fleet: Fleet): readonly Needed[] {
  if (path === undefined) return []
  return fleet
    .all('Volume')
    .flatMap(({ spec }) => (spec.hypervisor === hypervisor && spec.mount !== undefined ? [spec.mount.path] : []))
    .filter((mounted) => path.startsWith(`${mounted}/`))
    .map((mounted) => ({ target, id: mountId(mounted) }))
}
