import type { Fleet } from '../../../model/fleet.ts'
import { hypervisorName } from '../../../model/ids.ts'
import type { Needed, Spec } from '../../../model/primitive.ts'
import type { Target } from '../../../model/target.ts'
import { filesystem } from '../../../primitives/filesystem/spec.ts'
import { link } from '../../../primitives/link/spec.ts'
import { devicePath, logicalVolume } from '../../../primitives/logicalVolume/spec.ts'
import { mount } from '../../../primitives/mount/spec.ts'
import { type Creation, openvzContainer } from '../../../primitives/openvzContainer/spec.ts'
import { openvzSample } from '../../../primitives/openvzSample/spec.ts'
import { neededBridges } from '../bridges.ts'
import { guestFiles } from '../lxc/guest.ts'
import { policies } from '../policies.ts'
import type { Container } from '../provider.ts'
import { bytes, seconds } from '../quantities.ts'
import { mountsOver } from '../rootfs.ts'
import { endingOf, openvzOf, placesOf, templateName, volumeName } from './names.ts'
import { settings } from './settings.ts'

/** A volume that is mounted where the private area lies, the sample, and the container. */
export function compile(manifest: Container, fleet: Fleet): readonly Spec[] {
  const { spec } = manifest
  const target: Target = { hypervisor: hypervisorName(spec.hypervisor) }
  const { ctid } = openvzOf(manifest)
  const root = rootSpecs(manifest, target)
  const samples = sampleSpecs(manifest)
  const wanted = creation(manifest)
  const container = openvzContainer({
    ...policies(spec),
    ctid: String(ctid),
    ...(wanted === undefined ? {} : { creation: wanted }),
    ...areaOf(manifest),
    settings: settings(manifest),
    interfaces: (spec.network ?? []).map(({ name, bridge, mac, veth }) => ({
      ...{ name, bridge },
      ...(mac === undefined ? {} : { mac: mac.toLowerCase() }),
      ...(veth === undefined ? {} : { veth }),
    })),
    // Host name, resolver and venet's addresses vzctl itself writes inside.
    guestFiles: guestFiles(spec, spec.hostname ?? manifest.name).filter(({ path }) => !/^\/etc\/(hostname|hosts|resolv\.conf)$/.test(path)),
    state: runningState(spec.state),
    stop: { timeoutSeconds: seconds(spec.stop?.timeout ?? '60s'), force: spec.stop?.force ?? true },
    needs: [
      ...[...root, ...samples].map(({ id }) => ({ target, id })),
      ...mountsBelow(manifest, target, fleet),
      ...mountsOver(spec.rootfs?.dir?.path, spec.hypervisor, target, fleet),
      ...neededBridges(spec, target, fleet),
    ],
  })
  return [...root, ...samples, container]
}

function runningState(state: Container['spec']['state'] = 'running'): 'running' | 'stopped' | 'unmanaged' {
  if (state === 'frozen') throw new Error('check let state frozen through')
  return state
}

function creation(manifest: Container): Creation | undefined {
  const { template } = manifest.spec
  const { config } = openvzOf(manifest)
  const ostemplate = templateName(manifest)
  if (ostemplate === undefined) return undefined
  const sample = config === undefined ? {} : { sample: config }
  if (template?.type !== 'archive' || template.path === undefined || template.sha256 === undefined) return { ostemplate, ...sample }
  const ending = endingOf(template.path)
  if (ending === undefined) throw new Error('check let an archive of an unknown sort through')
  return { ostemplate, ...sample, archive: { path: template.path, sha256: template.sha256, ending } }
}

/** On the volume of rootfs, in its folder, or where the sample says. */
function areaOf(manifest: Container): { readonly privateArea?: string } {
  const { rootfs } = manifest.spec
  if (rootfs?.dir !== undefined) return { privateArea: rootfs.dir.path }
  return rootfs?.lvm === undefined ? {} : { privateArea: placesOf(openvzOf(manifest).ctid).area }
}

function rootSpecs(manifest: Container, target: Target): readonly Spec[] {
  const { lvm, dir } = manifest.spec.rootfs ?? {}
  const { ctid, compatSymlink = false } = openvzOf(manifest)
  const common = policies(manifest.spec)
  if (lvm === undefined) return dir !== undefined && compatSymlink ? [link({ ...common, path: placesOf(ctid).link, to: dir.path })] : []
  const place = { volumeGroup: lvm.volumeGroup, name: volumeName(manifest) }
  const { mount: path, area, link: from } = placesOf(ctid)
  const format = lvm.fsType ?? 'ext4'
  const volume = logicalVolume({ ...common, ...place, sizeBytes: bytes(lvm.size), pending: ['mkfs'] })
  const files = filesystem({ ...common, ...place, format, needs: [{ target, id: volume.id }] })
  const device = devicePath(place.volumeGroup, place.name)
  const mounted = mount({ ...common, path, device, format, pass: format === 'xfs' ? 0 : 2, needs: [{ target, id: files.id }] })
  return [volume, files, mounted, ...(compatSymlink ? [link({ ...common, path: from, to: area })] : [])]
}

function sampleSpecs(manifest: Container): readonly Spec[] {
  const { config, configSample } = openvzOf(manifest)
  if (config === undefined || configSample === undefined) return []
  const set = Object.fromEntries(
    Object.entries(configSample.set ?? {}).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
  const { adopt, driftPolicy } = policies(manifest.spec)
  return [openvzSample({ adopt, driftPolicy, deletionPolicy: 'Retain', name: config, from: configSample.from, set })]
}

/** Mounts of Volumes that the private area lies on, where the sample says where it is. */
function mountsBelow(manifest: Container, target: Target, fleet: Fleet): readonly Needed[] {
  const { ctid, configSample } = openvzOf(manifest)
  const area = configSample?.set?.['VE_PRIVATE']?.replaceAll('$VEID', String(ctid))
  return mountsOver(area, manifest.spec.hypervisor, target, fleet)
}
