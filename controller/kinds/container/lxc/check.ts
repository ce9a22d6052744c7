import { complain } from '../../../model/kind.ts'
import type { Diagnostic } from '../../../model/manifest.ts'
import { providerName } from '../../../model/placement.ts'
import { refuseName } from '../../../primitives/logicalVolume/spec.ts'
import type { Container } from '../provider.ts'
import { checkBytes } from '../quantities.ts'

/** What LXC asks for beyond what all providers do. */
export function check(manifest: Container): readonly Diagnostic[] {
  return [...checkTemplate(manifest), ...checkRoot(manifest)]
}

function checkTemplate(manifest: Container): readonly Diagnostic[] {
  const { type, path, sha256 } = manifest.spec.template ?? { type: 'none' }
  if (type === 'none' && (path !== undefined || sha256 !== undefined))
    return [
      complain(
        manifest,
        'spec.template',
        'template.path and template.sha256 belong to type archive',
        'set template.type to archive, or leave them out',
      ),
    ]
  if (type === 'none') return []
  const missing = [path === undefined ? 'path' : '', sha256 === undefined ? 'sha256' : ''].filter((field) => field !== '')
  const isNormal = path === undefined || !path.split('/').some((part) => part === '.' || part === '..')
  return [
    ...missing.map((field) => complain(manifest, 'spec.template', `template.${field} is required with type archive`)),
    ...(isNormal ? [] : [complain(manifest, 'spec.template.path', `template.path ${path} is not normalised`, 'leave . and .. out')]),
  ]
}

function checkRoot(manifest: Container): readonly Diagnostic[] {
  const lvm = manifest.spec.rootfs?.lvm
  if (lvm === undefined)
    return [complain(manifest, 'spec', 'rootfs is required with provider lxc', 'name a volume group and a size in rootfs.lvm')]
  const name = lvm.name ?? providerName(manifest)
  const refusal = refuseName(name)
  const path = lvm.name === undefined ? 'spec.rootfs.lvm' : 'spec.rootfs.lvm.name'
  return [
    ...(refusal === undefined
      ? []
      : [complain(manifest, path, `rootfs.lvm.name ${name} ${refusal}`, 'name the logical volume in rootfs.lvm.name')]),
    ...checkBytes(manifest, 'rootfs.lvm.size', lvm.size, 1n),
  ]
}
