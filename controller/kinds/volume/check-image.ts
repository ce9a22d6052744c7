import type { Fleet } from '../../model/fleet.ts'
import { hypervisorOf, manifestsBy } from '../../model/fleetIndex.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { checkQuantity } from './check-size.ts'
import type { AnyVolume } from './names.ts'

/** What the schema cannot say of one image. */
export function checkImage(manifest: AnyVolume, fleet: Fleet): readonly Diagnostic[] {
  const { image, deletionPolicy = 'Retain', trashDays } = manifest.spec
  if (image === undefined) return []
  const paths = (
    [
      ['path', image.path],
      ['copyFrom', image.copyFrom],
      ['backingFile', image.backingFile],
    ] as const
  ).flatMap(([field, path]) => (path === undefined ? [] : checkPath(manifest, `spec.image.${field}`, path)))
  const found = [
    ...checkQuantity(manifest, 'spec.image.size', image.size, 'qemu-img'),
    ...paths,
    ...checkSource(manifest, fleet),
    ...checkCustomize(manifest, fleet),
  ]
  for (const field of ['filesystem', 'mount'] as const)
    if (manifest.spec[field] !== undefined)
      found.push(
        complain(
          manifest,
          `spec.${field}`,
          `what is inside an image is the matter of its virtual machine: ${field} is for lvm`,
          `leave out spec.${field}`,
        ),
      )
  if (deletionPolicy !== 'Retain')
    found.push(
      complain(
        manifest,
        'spec.deletionPolicy',
        `an image stays where its manifest goes: ${deletionPolicy} is for lvm`,
        'leave it out; remove the file by hand',
      ),
    )
  if (trashDays !== undefined)
    found.push(
      complain(manifest, 'spec.trashDays', 'an image is never put into the trash: trashDays is for lvm', 'leave out spec.trashDays'),
    )
  return found
}

function checkPath(manifest: AnyVolume, at: string, path: string): readonly Diagnostic[] {
  const parts = path.split('/').slice(1)
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return [complain(manifest, at, `${path} is not normalised: no empty part, no . and no .., no / at the end`)]
  return /^\/(dev|proc|sys|run|etc)\//.test(path) || parts.length < 2
    ? [complain(manifest, at, `${path} is no place for an image`, 'choose a path such as /var/lib/libvirt/images/NAME.qcow2')]
    : []
}

function checkSource(manifest: AnyVolume, fleet: Fleet): readonly Diagnostic[] {
  const { image, hypervisor } = manifest.spec
  const { path, copyFrom, backingFile } = image ?? { path: '' }
  const at = backingFile === undefined ? 'spec.image.copyFrom' : 'spec.image.backingFile'
  const source = backingFile ?? copyFrom
  if (source === undefined) return []
  if (backingFile !== undefined && copyFrom !== undefined)
    return [
      complain(
        manifest,
        at,
        'an image is a copy or lies over another one: copyFrom and backingFile are both written',
        'leave one of them out',
      ),
    ]
  if (source === path) return [complain(manifest, at, `${source} is the image itself`)]
  const user = fleet
    .all('Volume')
    .find(({ spec }) => spec.hypervisor === hypervisor && spec.image?.path === backingFile && backingFile !== undefined)
  if (user === undefined) return []
  const summary = `${source} is the disk of ${user.id}: what its machine writes would damage all images that lie over it`
  return [{ ...complain(manifest, at, summary, 'no machine may run on it; or take copyFrom'), severity: 'warning' }]
}

interface File {
  readonly path: string
}

function checkCustomize(manifest: AnyVolume, fleet: Fleet): readonly Diagnostic[] {
  const { image, hypervisor } = manifest.spec
  if (image?.customize === undefined) return []
  const at = 'spec.image.customize'
  if (image.copyFrom === undefined && image.backingFile === undefined)
    return [
      complain(manifest, at, 'a new image is empty: there is no filesystem to write files into', 'begin it with copyFrom or backingFile'),
    ]
  const above = manifestsBy(fleet, 'Volume', hypervisorOf, hypervisor).find(({ spec }) => spec.image?.backingFile === image.path)
  if (above !== undefined)
    return [complain(manifest, at, `${above.id} lies over this image, which must not change below it`, `write the files into ${above.id}`)]
  return image.customize.files.flatMap((file, index, all) => checkFile(manifest, `${at}.files[${index}]`, file, all.slice(0, index)))
}

function checkFile(manifest: AnyVolume, at: string, { path }: File, earlier: readonly File[]): readonly Diagnostic[] {
  if (path.split('/').some((part) => part === '.' || part === '..'))
    return [complain(manifest, `${at}.path`, `${path} is no plain path inside an image`, 'leave . and .. out')]
  return earlier.some((file) => file.path === path) ? [complain(manifest, `${at}.path`, `${path} is written twice into one image`)] : []
}
