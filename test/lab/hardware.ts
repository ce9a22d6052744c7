import type { Accelerator } from './accelerator.ts'
import type { Image } from './image.ts'

/** The disks of every machine, in the order of their names inside: vda, vdb, vdc, sda. */
export const disks = ['system', 'data', 'blank', 'smart'] as const

export type Disk = (typeof disks)[number]

/** Files and numbers of one machine process: all of it may differ between a snapshot and its restore. */
export interface Backends {
  readonly diskFiles: Readonly<Record<Disk, string>>
  readonly monitorSocket: string
  readonly serialLog: string
  /** 0 lets the kernel choose. */
  readonly sshPort: number
  /** Folder of the sockets between machines. */
  readonly linkFolder: string
  readonly hasNext: boolean
  readonly identity: { readonly hostKeyFile: string; readonly authorizedLine: string }
}

/** Which machine: he1 has index 1. */
export function nameOf(index: number): string {
  return `he${index}`
}

/** Address with prefix length on the network between machines. */
export function eth1Of(index: number): string {
  return `10.77.0.${index}/24`
}

/**
 * What a kernel needs on an emulated processor (kernel-parameters.txt).
 * no_timer_check: on a crowded machine the emulated timer is late at the kernel's test of it, which then panics; `panic=2` tries again.
 * norandmaps: QEMU keeps what it has translated under the address that the program ran at. Where each process has its own, each is translated anew:
 * 400 × /bin/true take 14 CPU seconds of QEMU 7.2 instead of 5. mitigations=off: a tenth of the rest, against what no emulated processor does.
 */
const forEmulation: readonly string[] = ['no_timer_check', 'norandmaps', 'mitigations=off']

/**
 * The devices as the guest sees them. A snapshot can only be restored into the same devices, so their text is part of the snapshot's name in the cache
 * and every device has its fixed place on the bus.
 */
export function deviceArgs(index: number, accelerator: Accelerator): string[] {
  const suffix = index.toString(16).padStart(2, '0')
  const cpu = accelerator === 'kvm' ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=multi', '-cpu', 'max']
  const virtioDisk = (disk: Disk, address: number) => ['-device', `virtio-blk-pci,drive=${disk},serial=lab-${disk},addr=${address}`]
  const network = (netdev: string, kind: string, address: number) => [
    '-device',
    `virtio-net-pci,netdev=${netdev},mac=52:54:00:77:${kind}:${suffix},romfile=,addr=${address}`,
  ]
  return [
    ...cpu,
    ...['-M', 'q35', '-smp', '2', '-m', '1024', '-nodefaults', '-no-user-config', '-display', 'none', '-rtc', 'base=utc'],
    ...['-device', 'virtio-rng-pci,addr=2'],
    ...virtioDisk('system', 3),
    ...virtioDisk('data', 4),
    ...virtioDisk('blank', 5),
    ...['-device', 'ide-hd,bus=ide.0,drive=smart,serial=LAB-SMART-1'],
    ...network('uplink', '00', 6),
    ...network('lan', '01', 7),
    ...['-append', `root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet systemd.show_status=0 apparmor=0 panic=2 ${forEmulation.join(' ')}`],
  ]
}

/** The whole command line of one machine. */
export function qemuArgs(index: number, accelerator: Accelerator, image: Image, backends: Backends, kernelArguments = ''): string[] {
  return [
    ...['-name', nameOf(index)],
    ...deviceArgs(index, accelerator).map((argument) =>
      argument.startsWith('root=') ? `${argument} ${kernelArguments}`.trim() : argument,
    ),
    ...['-kernel', image.kernelFile, '-initrd', image.initrdFile],
    ...disks.flatMap((disk) => ['-drive', driveOf(disk, backends.diskFiles[disk])]),
    ...['-chardev', `file,id=serial,path=${backends.serialLog},append=on`, '-serial', 'chardev:serial'],
    ...['-qmp', `unix:${backends.monitorSocket},server=on,wait=off`],
    ...['-netdev', `user,id=uplink,ipv6=off,hostfwd=tcp:127.0.0.1:${backends.sshPort}-:22`],
    ...lanArgs(index, backends),
    ...identityArgs(index, backends.identity),
  ]
}

// writeback keeps what the guest has not flushed in memory that dies with the process, and flushes when the guest does: what a disk with a cache does.
function driveOf(disk: Disk, file: string): string {
  return `if=none,id=${disk},file=${file},format=qcow2,cache=writeback,discard=unmap`
}

/**
 * The network between machines: a chain of unix sockets, he1 - he2 - he3, with a hub in each machine. No frame can leave this machine, and none comes
 * back to its sender (a multicast group would return it, and a bridge would then learn its own addresses on the wrong port).
 */
function lanArgs(index: number, { linkFolder, hasNext }: Backends): string[] {
  const link = (id: string, from: string, to: string) => [
    '-netdev',
    `dgram,id=${id},local.type=unix,local.path=${linkFolder}/${from},remote.type=unix,remote.path=${linkFolder}/${to}`,
    '-netdev',
    `hubport,id=${id}-port,hubid=1,netdev=${id}`,
  ]
  return [
    ...['-netdev', 'hubport,id=lan,hubid=1'],
    ...(index > 1 ? link('previous', `${index}-down`, `${index - 1}-up`) : []),
    ...(hasNext ? link('next', `${index}-up`, `${index + 1}-down`) : []),
  ]
}

function identityArgs(index: number, identity: Backends['identity']): string[] {
  const item = (name: string, value: string) => ['-fw_cfg', `name=opt/reeve-lab/${name},${value}`]
  return [
    ...item('hostname', `string=${nameOf(index)}`),
    ...item('eth1', `string=${eth1Of(index)}`),
    ...item('authorized', `string=${identity.authorizedLine}`),
    ...item('hostkey', `file=${identity.hostKeyFile}`),
  ]
}
