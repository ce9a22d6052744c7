import type { Fleet } from '../../../model/fleet.ts'
import { hypervisorOf, manifestsBy } from '../../../model/fleetIndex.ts'
import type { Needed } from '../../../model/primitive.ts'
import type { Target } from '../../../model/target.ts'
import type { ConfigEntry, IdMap } from '../../../primitives/lxcContainer/spec.ts'
import { mountId } from '../../../primitives/mount/spec.ts'
import type { ContainerSpec } from '../spec.ts'
import { deviceNumber } from './devices.ts'
import { idmapEntries } from './idmap.ts'

type Device = NonNullable<ContainerSpec['devices']>[number]
type Mount = NonNullable<ContainerSpec['mounts']>[number]

/** Lines of the config of which there may be many: ids, devices, mounts, capabilities. */
export function entries(spec: ContainerSpec, map: IdMap | undefined): readonly ConfigEntry[] {
  const { devices = [], mounts = [], security } = spec
  return [
    ...idmapEntries(map),
    ...devices.flatMap((device) => deviceEntries(device, map)),
    ...mounts.map(mountEntry),
    ...(security?.capabilitiesDrop ?? []).map((name) => ({ key: 'lxc.cap.drop', value: name })),
  ]
}

/** What a change that restarts must find on the hypervisor before it stops anything. */
export function hostPaths({ devices = [], mounts = [] }: ContainerSpec): readonly string[] {
  return [...devices.map(({ path }) => path), ...mounts.filter(({ optional }) => optional !== true).map(({ source }) => source)]
}

/** Mounts of Volumes that sources lie below: they come first. */
export function neededMounts({ hypervisor, mounts = [] }: ContainerSpec, target: Target, fleet: Fleet): readonly Needed[] {
  if (mounts.length === 0) return []
  const volumes = manifestsBy(fleet, 'Volume', hypervisorOf, hypervisor)
  const paths = volumes.flatMap(({ spec }) => (spec.mount === undefined ? [] : [spec.mount.path]))
  const used = paths.filter((path) => mounts.some(({ source }) => source === path || source.startsWith(`${path}/`)))
  return [...new Set(used)].map((path) => ({ target, id: mountId(path) }))
}

/**
 * The node is bound from the hypervisor, since nobody inside an unprivileged container can make one, and allowed in both hierarchies. `optional`:
 * a device that is gone after a reboot is no reason to leave the container down. In a user namespace the node's own rights count: LXC allows no
 * device there by rule, and one rule alone would forbid all others (seen: /dev/urandom was gone).
 */
function deviceEntries(device: Device, map: IdMap | undefined): readonly ConfigEntry[] {
  const bound = { key: 'lxc.mount.entry', value: `${device.path} ${device.path.slice(1)} none bind,create=file,optional 0 0` }
  if (map !== undefined) return [bound]
  const allowed = `${deviceNumber(device)} ${device.access ?? 'rwm'}`
  return [bound, { key: 'lxc.cgroup2.devices.allow', value: allowed }, { key: 'lxc.cgroup.devices.allow', value: allowed }]
}

function mountEntry({ source, target, readOnly, optional, file }: Mount): ConfigEntry {
  const options = [
    'bind',
    ...(readOnly === true ? ['ro'] : []),
    `create=${file === true ? 'file' : 'dir'}`,
    ...(optional === true ? ['optional'] : []),
  ]
  return { key: 'lxc.mount.entry', value: `${source} ${target.slice(1)} none ${options.join(',')} 0 0` }
}
