import { createHash } from 'node:crypto'
import { formatIpv4, parseIpv4Interface } from '../../../model/address.ts'
import type { Fleet } from '../../../model/fleet.ts'
import { hypervisorName } from '../../../model/ids.ts'
import { providerName } from '../../../model/placement.ts'
import type { Needed, Spec } from '../../../model/primitive.ts'
import type { Target } from '../../../model/target.ts'
import { filesystem } from '../../../primitives/filesystem/spec.ts'
import { devicePath, logicalVolume } from '../../../primitives/logicalVolume/spec.ts'
import { lxcContainer, type RootFileSystem, type Template } from '../../../primitives/lxcContainer/spec.ts'
import { neededBridges } from '../bridges.ts'
import { policies } from '../policies.ts'
import type { Container, Network } from '../provider.ts'
import { bytes, seconds } from '../quantities.ts'
import { mountsOver } from '../rootfs.ts'
import type { ContainerSpec } from '../spec.ts'
import { entries, hostPaths, neededMounts } from './entries.ts'
import { guestFiles } from './guest.ts'
import { idmapOf, idRanges } from './idmap.ts'
import { neededProfile, seccompPath } from './seccomp.ts'

/** Its root, and the container on it. */
export function compile(manifest: Container, fleet: Fleet): readonly Spec[] {
  const { spec } = manifest
  const target: Target = { hypervisor: hypervisorName(spec.hypervisor) }
  const name = providerName(manifest)
  const common = policies(spec)
  const root = rootOf(manifest, name, target, fleet)
  const map = idmapOf(spec)
  const ranges = map === undefined ? [] : idRanges(map)
  const container = lxcContainer({
    ...common,
    name,
    rootfs: root.rootfs,
    ...template(spec),
    ...(map === undefined ? {} : { idmap: map }),
    ...(spec.resources?.ioWeight === undefined ? {} : { ioWeight: spec.resources.ioWeight }),
    entries: entries(spec, map),
    hostPaths: hostPaths(spec),
    guestFiles: guestFiles(spec, spec.hostname ?? manifest.name),
    settings: settings(manifest, root.path),
    defaults: defaults(manifest, name),
    state: spec.state ?? 'running',
    stop: { timeoutSeconds: seconds(spec.stop?.timeout ?? '60s'), force: spec.stop?.force ?? true },
    needs: [
      ...root.needs,
      ...neededBridges(spec, target, fleet),
      ...neededMounts(spec, target, fleet),
      ...neededProfile(spec, target, fleet),
      ...ranges.map(({ id }) => ({ target, id })),
    ],
  })
  return [...root.specs, ...ranges, container]
}

interface Root {
  readonly rootfs: RootFileSystem
  /** As lxc.rootfs.path names it. */
  readonly path: string
  readonly specs: readonly Spec[]
  readonly needs: readonly Needed[]
}

/** A volume with its file system, or a folder, which may lie on a Volume that is mounted first. */
function rootOf(manifest: Container, name: string, target: Target, fleet: Fleet): Root {
  const { rootfs, hypervisor } = manifest.spec
  if (rootfs?.dir !== undefined) {
    const folder = rootfs.dir.path
    return { rootfs: { folder }, path: `dir:${folder}`, specs: [], needs: mountsOver(folder, hypervisor, target, fleet) }
  }
  if (rootfs?.lvm === undefined) throw new Error('check let a container without rootfs through')
  const { volumeGroup, name: volumeName = name, size, fsType: format = 'ext4' } = rootfs.lvm
  const place = { volumeGroup, name: volumeName }
  const common = policies(manifest.spec)
  const volume = logicalVolume({ ...common, ...place, sizeBytes: bytes(size), pending: ['mkfs', 'populate'] })
  const files = filesystem({ ...common, ...place, format, needs: [{ target, id: volume.id }] })
  const path = `lvm:${devicePath(volumeGroup, volumeName)}`
  return { rootfs: { ...place, format }, path, specs: [volume, files], needs: [{ target, id: files.id }] }
}

function template({ template: wanted }: ContainerSpec): { readonly template?: Template } {
  const { type, path, sha256, release, mirror, arch, components = [], packages = [], keyring, name, args = [] } = wanted ?? { type: 'none' }
  if (type === 'archive' && path !== undefined && sha256 !== undefined) return { template: { path, sha256 } }
  if (type === 'script' && name !== undefined) return { template: { type, name, args } }
  if (type !== 'debootstrap' || release === undefined) return {}
  const chosen = {
    ...(mirror === undefined ? {} : { mirror }),
    ...(arch === undefined ? {} : { arch }),
    ...(keyring === undefined ? {} : { keyring }),
  }
  return { template: { type, release, components, packages, ...chosen } }
}

/** Lines of the config that are asked for, key by key (lxc.container.conf(5)). */
function settings(manifest: Container, root: string): Readonly<Record<string, string>> {
  const { spec } = manifest
  const networks = spec.network ?? []
  return {
    'lxc.uts.name': spec.hostname ?? manifest.name,
    'lxc.rootfs.path': root,
    ...(networks.length === 0 ? { 'lxc.net.0.type': 'empty' } : Object.assign({}, ...networks.map(networkSettings))),
    ...(spec.security?.nesting === undefined ? {} : { 'lxc.apparmor.allow_nesting': spec.security.nesting ? '1' : '0' }),
    ...(spec.security?.apparmor === undefined ? {} : { 'lxc.apparmor.profile': spec.security.apparmor }),
    ...(spec.security?.seccomp === undefined ? {} : { 'lxc.seccomp.profile': seccompPath(spec.security.seccomp) }),
    ...autostart(spec.autostart ?? {}),
    ...limits(spec.resources ?? {}),
  }
}

function networkSettings(network: Network, index: number): Readonly<Record<string, string>> {
  const { name, bridge, veth, mac, mtu, ipv4, ipv6 } = network
  const at = `lxc.net.${index}`
  return {
    [`${at}.type`]: 'veth',
    [`${at}.link`]: bridge,
    [`${at}.flags`]: 'up',
    [`${at}.name`]: name,
    ...(veth === undefined ? {} : { [`${at}.veth.pair`]: veth }),
    ...(mac === undefined ? {} : { [`${at}.hwaddr`]: mac.toLowerCase() }),
    ...(mtu === undefined ? {} : { [`${at}.mtu`]: String(mtu) }),
    ...(ipv4 === undefined ? {} : { [`${at}.ipv4.address`]: withBroadcast(ipv4.address) }),
    ...(ipv4?.gateway === undefined ? {} : { [`${at}.ipv4.gateway`]: ipv4.gateway }),
    ...(ipv6 === undefined ? {} : { [`${at}.ipv6.address`]: ipv6.address }),
    ...(ipv6?.gateway === undefined ? {} : { [`${at}.ipv6.gateway`]: ipv6.gateway }),
  }
}

/** LXC 5.0 sets the broadcast address 0.0.0.255 where the line names none. */
function withBroadcast(text: string): string {
  const parsed = parseIpv4Interface(text)
  if (!parsed.ok) throw new Error(`check let ${text} through`)
  return parsed.value.prefixLength > 30 ? text : `${text} ${formatIpv4(parsed.value.broadcast)}`
}

function autostart({ enabled = true, delay, order, groups }: NonNullable<ContainerSpec['autostart']>): Readonly<Record<string, string>> {
  return {
    'lxc.start.auto': enabled ? '1' : '0',
    ...(delay === undefined ? {} : { 'lxc.start.delay': String(delay) }),
    ...(order === undefined ? {} : { 'lxc.start.order': String(order) }),
    ...(groups === undefined || groups.length === 0 ? {} : { 'lxc.group': groups.join(' ') }),
  }
}

/** Files of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst); a period of 100 ms for CPU time is the kernel's default. */
function limits(resources: NonNullable<ContainerSpec['resources']>): Readonly<Record<string, string>> {
  const { cpus, cpuSet, cpuWeight, memory, memoryHigh, memoryReservation, swap, pids } = resources
  const wanted = {
    'memory.low': memoryReservation === undefined ? undefined : bytes(memoryReservation),
    'memory.high': memoryHigh === undefined ? undefined : bytes(memoryHigh),
    'memory.max': memory === undefined ? undefined : bytes(memory),
    'memory.swap.max': swap === undefined ? undefined : bytes(swap),
    'cpu.max': cpus === undefined ? undefined : `${Math.round(cpus * 100_000)} 100000`,
    'cpu.weight': cpuWeight,
    'cpuset.cpus': cpuSet,
    'pids.max': pids,
  }
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([file, value]) => (value === undefined ? [] : [[`lxc.cgroup2.${file}`, String(value)]])),
  )
}

/** Written into a config that says nothing of them: addresses that stay the same from start to start, and the distribution's confinement. */
function defaults(manifest: Container, name: string): Readonly<Record<string, string>> {
  const { hypervisor, network = [] } = manifest.spec
  const macs = network.map((one, index) => [`lxc.net.${index}.hwaddr`, madeUpMac(`${hypervisor}/${name}/${one.name}`)])
  return { ...Object.fromEntries(macs), 'lxc.apparmor.profile': 'generated', 'lxc.apparmor.allow_nesting': '0' }
}

/** In the range that LXC and Xen take theirs from. */
function madeUpMac(seed: string): string {
  const digits = createHash('sha256').update(seed).digest('hex')
  return `00:16:3e:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}`
}
