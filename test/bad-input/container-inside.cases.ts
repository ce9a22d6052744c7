import { type BadInput, container } from './repository.ts'

const net = (fields: string): string => container({ network: `[{name: eth0, bridge: br-lxc, ${fields}}]` })
const six = (address: string, gateway?: string): string =>
  net(`ipv6: {address: "${address}"${gateway === undefined ? '' : `, gateway: "${gateway}"`}}`)
const root = (name: string): string => container({ rootfs: `{lvm: {volumeGroup: vg_data, name: "${name}", size: 1Gi}}` })

export const containerInsideCases: readonly BadInput[] = [
  {
    name: 'a guarantee above the limit',
    file: container({ resources: '{memory: 64Mi, memoryReservation: 65Mi}' }),
    says: [
      'bad.yaml:8:48: error: spec.resources.memoryReservation: resources.memoryReservation (65 MiB) is more than memory (64 MiB), which it can never use; lower it, or raise memory',
    ],
  },
  {
    name: 'a name server that is none',
    file: container({ dns: '{nameservers: [192.0.2.300]}' }),
    says: ['bad.yaml:8:23: error: spec.dns.nameservers[0]: dns.nameservers[0] 192.0.2.300 is not an IPv4/IPv6 address'],
  },
  {
    name: 'two gateways of IPv6',
    file: container({
      network:
        '[{name: eth0, bridge: br-lxc, ipv6: {address: 2001:db8::3/64, gateway: 2001:db8::1}}, {name: eth1, bridge: br-lxc, ipv6: {address: 2001:db8:1::3/64, gateway: 2001:db8:1::1}}]',
    }),
    says: ['bad.yaml:8:170: error: spec.network[1].ipv6.gateway: only one network may have an IPv6 gateway'],
  },
  {
    name: 'an address beside dhcp',
    file: net('guest: dhcp, ipv4: {address: 192.168.100.7/24}'),
    says: [
      'bad.yaml:8:49: error: spec.network[0].guest: network[0].guest dhcp asks a server for the address, and network[0].ipv4 gives one; leave ipv4 out, or set guest: static',
    ],
  },
  {
    name: 'an IPv6 address without its length',
    file: six('2001:db8::3/129'),
    says: [
      'bad.yaml:8:58: error: spec.network[0].ipv6.address: network[0].ipv6.address 2001:db8::3/129 is not an IPv6 address with its prefix length, such as 2001:db8::3/64',
    ],
  },
  {
    name: 'an address of a group',
    file: six('ff02::1/64'),
    says: ['bad.yaml:8:58: error: spec.network[0].ipv6.address: network[0].ipv6.address ff02::1/64 is a group of machines (multicast)'],
  },
  {
    name: 'a link-local address',
    file: six('fe80::1/64'),
    says: [
      'bad.yaml:8:58: error: spec.network[0].ipv6.address: network[0].ipv6.address fe80::1/64 is link-local, which the kernel gives every interface by itself',
    ],
  },
  {
    name: 'the router address of a subnet',
    file: six('2001:db8::/64'),
    says: [
      'bad.yaml:8:58: error: spec.network[0].ipv6.address: network[0].ipv6.address 2001:db8::/64 is the router anycast address of its subnet',
    ],
  },
  {
    name: 'a gateway of IPv6 that is none',
    file: six('2001:db8::3/64', ':1'),
    says: ['bad.yaml:8:85: error: spec.network[0].ipv6.gateway: network[0].ipv6.gateway :1 is not an IPv6 address'],
  },
  {
    name: 'a container that is its own gateway in IPv6',
    file: six('2001:db8::3/64', '2001:db8::3'),
    says: ["bad.yaml:8:85: error: spec.network[0].ipv6.gateway: network[0].ipv6.gateway 2001:db8::3 is the container's own address"],
  },
  {
    name: 'a gateway of IPv6 in another subnet',
    file: six('2001:db8::3/64', '2001:db8:1::1'),
    says: ['bad.yaml:8:85: error: spec.network[0].ipv6.gateway: network[0].ipv6.gateway 2001:db8:1::1 is not in 2001:db8::/64'],
  },
  {
    name: 'no root volume',
    file: container({ rootfs: undefined }),
    says: ['bad.yaml:4:1: error: spec: rootfs is required with provider lxc; name a volume group and a size in rootfs.lvm'],
  },
  {
    name: 'a root volume of a name that LVM takes for options',
    file: root('-x'),
    says: [
      'bad.yaml:7:46: error: spec.rootfs.lvm.name: "-x" is not allowed here; Name of the logical volume, letters, digits, + - _ and dots (lvm(8))',
    ],
  },
  {
    name: 'a root volume of a long name',
    file: root('a'.repeat(101)),
    says: [
      'bad.yaml:7:46: error: spec.rootfs.lvm.name: rootfs.lvm.name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa is longer than 100 characters; name the logical volume in rootfs.lvm.name',
    ],
  },
  {
    name: 'a root volume in the trash',
    file: root('reeve-trash-1'),
    says: [
      'bad.yaml:7:46: error: spec.rootfs.lvm.name: rootfs.lvm.name reeve-trash-1 begins with reeve-trash-, the name of what waits to be deleted; name the logical volume in rootfs.lvm.name',
    ],
  },
  {
    name: 'ids for a privileged container',
    file: container({ lxc: '{idmap: {base: 100000}}' }),
    says: [
      'bad.yaml:8:16: error: spec.lxc.idmap: lxc.idmap says which ids an unprivileged container gets; set unprivileged: true, or leave it out',
    ],
  },
  {
    name: 'ids beyond those of a kernel',
    file: container({ unprivileged: 'true', lxc: '{idmap: {base: 4293918720, size: 16777216}}' }),
    says: ['bad.yaml:9:16: error: spec.lxc.idmap: lxc.idmap ends at 4310695935; the highest id of a kernel is 4294967294'],
  },
  {
    name: 'a device outside of /dev',
    file: container({ devices: '[{path: /proc/kcore}]' }),
    says: ['bad.yaml:8:20: error: spec.devices[0].path: devices[0].path /proc/kcore must be under /dev; write for example /dev/fuse'],
  },
  {
    name: 'a device whose number nobody knows',
    file: container({ devices: '[{path: /dev/kvm0}]' }),
    says: [
      'bad.yaml:8:13: error: spec.devices[0]: devices[0]: the number of /dev/kvm0 differs from host to host and must be given; add for example number: "c 10:229", as told by: stat -L -c \'%F %Hr:%Lr\' /dev/kvm0',
    ],
  },
  {
    name: 'rights of a device in an unprivileged container',
    file: container({ unprivileged: 'true', devices: '[{path: /dev/fuse, access: rw}]' }),
    says: [
      'bad.yaml:9:39: error: spec.devices[0].access: devices[0].access means nothing in an unprivileged container: there the rights of the node on the hypervisor count; leave it out; set mode or group of the node by udev, where they do not do',
    ],
  },
  {
    name: 'a mount that climbs on the hypervisor',
    file: container({ mounts: '[{source: /srv/../etc, target: /srv/a}]' }),
    says: ['bad.yaml:8:21: error: spec.mounts[0].source: mounts[0].source /srv/../etc is not normalised; leave . and .. out'],
  },
  {
    name: 'a mount that climbs inside',
    file: container({ mounts: '[{source: /srv/a, target: /srv/../etc}]' }),
    says: ['bad.yaml:8:37: error: spec.mounts[0].target: mounts[0].target /srv/../etc is not normalised; leave . and .. out'],
  },
  {
    name: 'a mount of the hypervisor itself',
    file: container({ mounts: '[{source: /proc/sys, target: /srv/a}]' }),
    says: [
      'bad.yaml:8:21: error: spec.mounts[0].source: mounts[0].source /proc/sys is the hypervisor itself: whoever is root inside would rule it; name a folder of data',
    ],
  },
  {
    name: 'a mount over what the container needs',
    file: container({ mounts: '[{source: /srv/a, target: /etc}]' }),
    says: [
      'bad.yaml:8:37: error: spec.mounts[0].target: mounts[0].target /etc would hide what the container itself needs; name a folder of its own',
    ],
  },
  {
    name: 'two mounts at one place',
    file: container({ mounts: '[{source: /srv/a, target: /srv/x}, {source: /srv/b, target: /srv/x}]' }),
    says: ['bad.yaml:8:71: error: spec.mounts[1].target: mounts[1].target /srv/x is there already; name each place inside once'],
  },
  {
    name: 'a device where a device is',
    file: container({ devices: '[{path: /dev/fuse}, {path: /dev/fuse}]' }),
    says: ['bad.yaml:8:39: error: spec.devices[1].path: devices[1].path /dev/fuse is there already; name each place inside once'],
  },
  {
    name: 'a capability that is none',
    file: container({ security: '{capabilitiesDrop: [sys_amdin]}' }),
    says: [
      'bad.yaml:8:33: error: spec.security.capabilitiesDrop[0]: security.capabilitiesDrop[0] sys_amdin is not a capability of Linux; capabilities(7) lists them; write them without cap_',
    ],
  },
  {
    name: 'a capability with its prefix',
    file: container({ security: '{capabilitiesDrop: [cap_sys_admin]}' }),
    says: [
      'bad.yaml:8:33: error: spec.security.capabilitiesDrop[0]: security.capabilitiesDrop[0] cap_sys_admin is not a capability of Linux; write sys_admin',
    ],
  },
  {
    name: 'an unprivileged container by debootstrap',
    file: container({ unprivileged: 'true', template: '{type: debootstrap, release: bookworm}' }),
    says: [
      'bad.yaml:6:20: error: spec.template.type: template.type debootstrap makes the files of a privileged container, and unprivileged is true; use an archive, or leave unprivileged out',
    ],
  },
]
