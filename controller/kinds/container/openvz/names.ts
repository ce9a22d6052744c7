import { templateEndings } from '../../../primitives/openvzContainer/spec.ts'
import type { Container } from '../provider.ts'
import type { ContainerSpec } from '../spec.ts'

export type Openvz = NonNullable<ContainerSpec['openvz']>

/** The block that only this provider reads; check let it through. */
export function openvzOf({ spec }: Container): Openvz {
  if (spec.openvz === undefined) throw new Error('check let a container without spec.openvz through')
  return spec.openvz
}

/** Ending of an archive that vzctl unpacks. */
export function endingOf(path: string): (typeof templateEndings)[number] | undefined {
  return [...templateEndings].reverse().find((ending) => path.endsWith(ending))
}

/** Name in the template cache: as the manifest says, else as the archive is called. */
export function templateName({ spec }: Container): string | undefined {
  const { template, openvz } = spec
  if (openvz?.ostemplate !== undefined) return openvz.ostemplate
  if (template?.type !== 'archive' || template.path === undefined) return undefined
  const ending = endingOf(template.path)
  return ending === undefined ? undefined : template.path.slice(template.path.lastIndexOf('/') + 1, -ending.length)
}

/** Where the volume of rootfs is mounted, and the private area on it: a folder below, since lost+found stands beside it. */
export function placesOf(ctid: number): { readonly mount: string; readonly area: string; readonly link: string } {
  return { mount: `/var/lib/vz/lv/${ctid}`, area: `/var/lib/vz/lv/${ctid}/ve`, link: `/var/lib/vz/private/${ctid}` }
}

/** Name of the volume: not the CTID, so that it is the same whatever runs the container. */
export function volumeName(manifest: Container): string {
  return manifest.spec.rootfs?.lvm?.name ?? manifest.name
}
