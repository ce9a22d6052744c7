import { type BadInput, container } from './repository.ts'

const net = (fields: string): string => container({ network: `[{name: eth0, bridge: br-lxc, ${fields}}]` })

export const containerCases: readonly BadInput[] = [
  {
    name: 'memory that lost its last digit (recipe 003)',
    file: container({ resources: '{memory: 53687091, memoryHigh: 268435456}' }),
    says: [
      'bad.yaml:8:23: error: spec.resources.memory: must be text, not 53687091; write it in quotes: "53687091"',
      'bad.yaml:8:45: error: spec.resources.memoryHigh: must be text, not 268435456; write it in quotes: "268435456"',
    ],
  },
  {
    name: 'the same, written as text',
    file: container({ resources: '{memory: "53687091", memoryHigh: "268435456"}' }),
    says: [
      'bad.yaml:8:23: error: spec.resources.memory: resources.memory (51.2 MiB) is lower than memoryHigh (256 MiB); did you mean 536870912 (512 MiB)?',
    ],
  },
  {
    name: 'memoryHigh above memory',
    file: container({ resources: '{memory: 64Mi, memoryHigh: 128Mi}' }),
    says: [
      'bad.yaml:8:23: error: spec.resources.memory: resources.memory (64 MiB) is lower than memoryHigh (128 MiB); swap the two, or raise memory',
    ],
  },
  {
    name: 'memory of a few bytes',
    file: container({ resources: '{memory: "512"}' }),
    says: ['bad.yaml:8:23: error: spec.resources.memory: resources.memory is too little for any system (512 bytes; at least 16 MiB)'],
  },
  {
    name: 'memory in words',
    file: container({ resources: '{memory: lots}' }),
    says: [
      'bad.yaml:8:23: error: spec.resources.memory: "lots" is not allowed here; Most memory it may use, in bytes or with Ki, Mi, Gi, for example 512Mi',
    ],
  },
  {
    name: 'a size past all bounds',
    file: container({ rootfs: '{lvm: {volumeGroup: vg_data, size: 99999999999999999999Pi}}' }),
    says: [
      'bad.yaml:7:46: error: spec.rootfs.lvm.size: rootfs.lvm.size: "99999999999999999999Pi" is not a size; write for example 10Gi or 512Mi',
    ],
  },
  {
    name: 'CPUs from high to low',
    file: container({ resources: '{cpuSet: 3-1}' }),
    says: [
      'bad.yaml:8:23: error: spec.resources.cpuSet: resources.cpuSet 3-1 is not a range of CPUs; write the lower number first, at most 8191',
    ],
  },
  {
    name: 'raw lines of LXC',
    file: container({ rawConfig: '{lxc.network.ipv4: 192.168.1.1}' }),
    says: ['bad.yaml:8:3: error: spec.rawConfig: unknown field "rawConfig"; see the documentation of this kind'],
  },
  {
    name: 'a gateway outside the network',
    file: net('ipv4: {address: 192.168.100.3/24, gateway: 192.168.2.1}'),
    says: ['bad.yaml:8:85: error: spec.network[0].ipv4.gateway: network[0].ipv4.gateway 192.168.2.1 is not in 192.168.100.0/24'],
  },
  {
    name: 'a gateway that is the container itself',
    file: net('ipv4: {address: 192.168.100.3/24, gateway: 192.168.100.3}'),
    says: ["bad.yaml:8:85: error: spec.network[0].ipv4.gateway: network[0].ipv4.gateway 192.168.100.3 is the container's own address"],
  },
  {
    name: 'a gateway past 255',
    file: net('ipv4: {address: 192.168.100.3/24, gateway: 192.168.100.999}'),
    says: ['bad.yaml:8:85: error: spec.network[0].ipv4.gateway: network[0].ipv4.gateway 192.168.100.999 is not an IPv4 address'],
  },
  {
    name: 'two gateways',
    file: container({
      network:
        '[{name: eth0, bridge: br-lxc, ipv4: {address: 192.168.100.3/24, gateway: 192.168.100.1}}, {name: eth1, bridge: br-lxc, ipv4: {address: 192.168.101.3/24, gateway: 192.168.101.1}}]',
    }),
    says: ['bad.yaml:8:174: error: spec.network[1].ipv4.gateway: only one network may have a gateway'],
  },
  {
    name: 'the address of the network',
    file: net('ipv4: {address: 192.168.100.0/24}'),
    says: [
      'bad.yaml:8:58: error: spec.network[0].ipv4.address: network[0].ipv4.address 192.168.100.0 is the network address of 192.168.100.0/24',
    ],
  },
  {
    name: 'the broadcast address',
    file: net('ipv4: {address: 192.168.100.255/24}'),
    says: [
      'bad.yaml:8:58: error: spec.network[0].ipv4.address: network[0].ipv4.address 192.168.100.255 is the broadcast address of 192.168.100.0/24',
    ],
  },
  {
    name: 'an address without its prefix',
    file: net('ipv4: {address: 192.168.100.3}'),
    says: [
      'bad.yaml:8:58: error: spec.network[0].ipv4.address: "192.168.100.3" is not allowed here; Address with prefix length, for example 192.168.1.3/24',
    ],
  },
  {
    name: 'an address of three parts',
    file: net('ipv4: {address: 192.168.100/24}'),
    says: [
      'bad.yaml:8:58: error: spec.network[0].ipv4.address: network[0].ipv4.address 192.168.100/24 is not an IPv4 address with its prefix length, such as 192.168.1.3/24',
    ],
  },
  {
    name: 'a prefix past 32',
    file: net('ipv4: {address: 192.168.100.3/33}'),
    says: [
      'bad.yaml:8:58: error: spec.network[0].ipv4.address: network[0].ipv4.address 192.168.100.3/33 is not an IPv4 address with its prefix length, such as 192.168.1.3/24',
    ],
  },
  {
    name: 'an address that another container has',
    file: net('ipv4: {address: 192.168.100.10/24}'),
    says: [
      'bad.yaml:8:58: error: spec.network[0].ipv4.address: "192.168.100.10" is already taken by Container/web (good.yaml:24:84); it must be unique: address on he1',
      'good.yaml:24:84: error: spec.network[0].ipv4.address: "192.168.100.10" is already taken by Container/bad (bad.yaml:8:58); it must be unique: address on he1',
      'good.yaml:39:23: warning: spec.target.container: left out, because Container "web" has errors',
    ],
  },
  {
    name: 'an address that the hypervisor has',
    file: net('ipv4: {address: 192.168.100.1/24}'),
    says: [
      'bad.yaml:8:58: error: spec.network[0].ipv4.address: "192.168.100.1" is already taken by Hypervisor/he1 (good.yaml:7:49); it must be unique: address on he1',
      'good.yaml:7:49: error: spec.system.bridges[0].addresses[0]: "192.168.100.1" is already taken by Container/bad (bad.yaml:8:58); it must be unique: address on he1',
      'good.yaml:13:15: warning: spec.hypervisor: left out, because Hypervisor "he1" has errors',
      'good.yaml:22:15: warning: spec.hypervisor: left out, because Hypervisor "he1" has errors',
      'good.yaml:30:24: warning: spec.target.hypervisor: left out, because Hypervisor "he1" has errors',
      'good.yaml:39:23: warning: spec.target.container: left out, because Container "web" has errors',
    ],
  },
  {
    name: 'a MAC address that another container has',
    file: net('mac: "00:16:3E:00:00:01"'),
    says: [
      'bad.yaml:8:47: error: spec.network[0].mac: "00:16:3e:00:00:01" is already taken by Container/web (good.yaml:24:47); it must be unique: MAC address on he1',
      'good.yaml:24:47: error: spec.network[0].mac: "00:16:3e:00:00:01" is already taken by Container/bad (bad.yaml:8:47); it must be unique: MAC address on he1',
      'good.yaml:39:23: warning: spec.target.container: left out, because Container "web" has errors',
    ],
  },
  {
    name: 'a MAC address of a group',
    file: net('mac: "01:16:3e:00:00:01"'),
    says: [
      'bad.yaml:8:47: error: spec.network[0].mac: "01:16:3e:00:00:01" is not allowed here; MAC address of one interface (not of a group), for example "00:16:3e:00:00:01"',
    ],
  },
  {
    name: 'a bridge that nobody declares',
    file: container({ network: '[{name: eth0, bridge: lxceth0}]' }),
    says: [
      'bad.yaml:8:34: warning: spec.network[0].bridge: bridge lxceth0 is not in system.bridges of Hypervisor he1; declare it there, unless it exists by other means: without it the container does not start',
    ],
    adds: ['Container/bad'],
  },
  {
    name: 'two networks of one name',
    file: container({ network: '[{name: eth0, bridge: br-lxc}, {name: eth0, bridge: br-lxc}]' }),
    says: ['bad.yaml:8:50: error: spec.network[1].name: network[1].name eth0 is also the name of network[0]'],
  },
  {
    name: 'a network named lo',
    file: container({ network: '[{name: lo, bridge: br-lxc}]' }),
    says: ['bad.yaml:8:20: error: spec.network[0].name: network[0].name lo is the loopback interface, which is always there'],
  },
  {
    name: 'a root on LVM and a reference',
    file: container({ rootfs: '{lvm: {volumeGroup: vg_data, size: 1Gi}, volumeRef: data}' }),
    says: ['bad.yaml:7:52: error: spec.rootfs.volumeRef: unknown field "volumeRef"; the fields here are lvm, dir'],
  },
  {
    name: 'a root on LVM and in a folder',
    file: container({ rootfs: '{lvm: {volumeGroup: vg_data, size: 1Gi}, dir: {path: /srv/ct/bad}}' }),
    says: ['bad.yaml:7:11: error: spec.rootfs: choose exactly one of rootfs.lvm and rootfs.dir'],
  },
  {
    name: 'a folder that shall grow',
    file: container({ rootfs: '{dir: {path: /srv/ct/bad, size: 2Gi}}' }),
    says: ['bad.yaml:7:37: error: spec.rootfs.dir.size: unknown field "size"; the fields here are path'],
  },
  {
    name: 'a folder by a relative path',
    file: container({ rootfs: '{dir: {path: ct/bad}}' }),
    says: [
      'bad.yaml:7:24: error: spec.rootfs.dir.path: "ct/bad" is not allowed here; Absolute path of the folder, made where it is not there, for example /srv/containers/web or /var/lib/lxc/web/rootfs; with openvz the private area',
    ],
  },
  {
    name: 'a folder of the hypervisor’s own',
    file: container({ rootfs: '{dir: {path: /etc/ct}}' }),
    says: [
      'bad.yaml:7:24: error: spec.rootfs.dir.path: rootfs.dir.path /etc/ct is no place for data: it is the system’s own, or not kept over a boot; name a folder of its own, for example /srv/containers/web',
    ],
  },
  {
    name: 'a folder through another one',
    file: container({ rootfs: '{dir: {path: /srv/../etc}}' }),
    says: ['bad.yaml:7:24: error: spec.rootfs.dir.path: rootfs.dir.path /srv/../etc is not normalised; leave . and .. out'],
  },
  {
    name: 'a folder that shall go with the container',
    file: container({ rootfs: '{dir: {path: /srv/ct/bad}}', deletionPolicy: 'Delete' }),
    says: [
      'bad.yaml:8:19: error: spec.deletionPolicy: deletionPolicy Delete: a root file system in a folder (rootfs.dir) is always kept; use Retain, and remove the folder by hand when the container is gone',
    ],
  },
  {
    name: 'a share of disks past its bounds',
    file: container({ resources: '{ioWeight: 0}' }),
    says: ['bad.yaml:8:25: error: spec.resources.ioWeight: 0 is too small: at least 1'],
  },
  {
    name: 'a seccomp profile by a relative path',
    file: container({ security: '{seccomp: strict}' }),
    says: [
      'bad.yaml:8:23: error: spec.security.seccomp: "strict" is not allowed here; Which system calls are refused inside: default (the distribution\'s profile), or the absolute path of a profile on the hypervisor (seccomp in lxc.container.conf(5))',
    ],
  },
  {
    name: 'a root of no bytes',
    file: container({ rootfs: '{lvm: {volumeGroup: vg_data, size: "0"}}' }),
    says: ['bad.yaml:7:46: error: spec.rootfs.lvm.size: rootfs.lvm.size must be positive'],
  },
  {
    name: 'a root on the LV of a Volume',
    file: container({ rootfs: '{lvm: {volumeGroup: vg_data, name: data, size: 1Gi}}' }),
    says: [
      'bad.yaml:7:46: error: spec.rootfs.lvm.name: "data" is already taken by Volume/data (good.yaml:11:18); it must be unique: LV in vg_data on he1',
      'good.yaml:11:18: error: metadata.name: "data" is already taken by Container/bad (bad.yaml:7:46); it must be unique: LV in vg_data on he1',
    ],
  },
  {
    name: 'the LXC name of another container',
    file: container({ lxc: '{name: web}', rootfs: '{lvm: {volumeGroup: vg_data, name: other, size: 1Gi}}' }),
    says: [
      'bad.yaml:8:15: error: spec.lxc.name: "web" is already taken by Container/web (good.yaml:20:18); it must be unique: LXC name on he1',
      'good.yaml:20:18: error: metadata.name: "web" is already taken by Container/bad (bad.yaml:8:15); it must be unique: LXC name on he1',
      'good.yaml:39:23: warning: spec.target.container: left out, because Container "web" has errors',
    ],
  },
  {
    name: 'a provider that is not there yet',
    file: container({ provider: 'qemu' }),
    says: ['bad.yaml:8:13: error: spec.provider: must be one of lxc, openvz, not the text "qemu"'],
  },
  {
    name: 'a container of OpenVZ without its number',
    file: container({ template: undefined, provider: 'openvz' }),
    says: [
      'bad.yaml:4:1: error: spec: openvz.ctid is required with provider openvz; choose a number that no container of the hypervisor has, 101 or higher',
    ],
  },
  {
    name: 'a CTID beyond the last',
    file: container({ template: undefined, provider: 'openvz', openvz: '{ctid: 2147483648}' }),
    says: ['bad.yaml:8:18: error: spec.openvz.ctid: 2147483648 is too large: at most 2147483647'],
  },
  {
    name: 'a barrier of OpenVZ above its limit',
    file: container({ template: undefined, provider: 'openvz', openvz: '{ctid: 101, ubc: {privvmpages: "100:50"}}' }),
    says: [
      'bad.yaml:8:42: error: spec.openvz.ubc.privvmpages: openvz.ubc.privvmpages 100:50: the barrier exceeds the limit; the barrier stands first',
    ],
  },
  {
    name: 'a soft quota of OpenVZ above the hard one',
    file: container({ template: undefined, provider: 'openvz', openvz: '{ctid: 101, diskspace: "9Gi:8Gi"}' }),
    says: [
      'bad.yaml:8:34: error: spec.openvz.diskspace: openvz.diskspace: the soft limit (9 GiB) exceeds the hard limit (8 GiB); the soft one stands first',
    ],
  },
  {
    name: 'an address of OpenVZ that is none',
    file: container({ template: undefined, provider: 'openvz', openvz: '{ctid: 101, ips: [300.1.1.1]}' }),
    says: ['bad.yaml:8:29: error: spec.openvz.ips[0]: openvz.ips[0] 300.1.1.1 is not an IPv4/IPv6 address'],
  },
  {
    name: 'an address of OpenVZ that a container of LXC has',
    file: container({ template: undefined, provider: 'openvz', openvz: '{ctid: 101, ips: [192.168.100.10]}' }),
    says: [
      'bad.yaml:8:29: error: spec.openvz.ips[0]: "192.168.100.10" is already taken by Container/web (good.yaml:24:84); it must be unique: address on he1',
      'good.yaml:24:84: error: spec.network[0].ipv4.address: "192.168.100.10" is already taken by Container/bad (bad.yaml:8:29); it must be unique: address on he1',
      'good.yaml:39:23: warning: spec.target.container: left out, because Container "web" has errors',
    ],
  },
  {
    name: 'a feature of OpenVZ that is not there',
    file: container({ template: undefined, provider: 'openvz', openvz: '{ctid: 101, features: {nfss: true}}' }),
    says: ['bad.yaml:8:34: error: spec.openvz.features.nfss: unknown field "nfss"; did you mean "nfs" or "nfsd"?'],
  },
  {
    name: 'an archive without its sum',
    file: container({ template: '{type: archive, path: /srv/a.tar}' }),
    says: ['bad.yaml:6:13: error: spec.template: template.sha256 is required with type archive'],
  },
  {
    name: 'a sum without an archive',
    file: container({ template: `{type: none, sha256: ${'a'.repeat(64)}}` }),
    says: [
      'bad.yaml:6:34: error: spec.template.sha256: template.sha256 belongs to type archive, and template.type is none; set template.type to archive, or leave it out',
    ],
  },
  {
    name: 'a sum of 63 digits',
    file: container({ template: `{type: archive, path: /srv/a.tar, sha256: ${'a'.repeat(63)}}` }),
    says: [
      'bad.yaml:6:55: error: spec.template.sha256: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…" is not allowed here; SHA-256 of the archive, 64 hexadecimal digits; checked before it is unpacked',
    ],
  },
  {
    name: 'an archive up a folder',
    file: container({ template: `{type: archive, path: /srv/../etc/shadow, sha256: ${'a'.repeat(64)}}` }),
    says: ['bad.yaml:6:35: error: spec.template.path: template.path /srv/../etc/shadow is not normalised; leave . and .. out'],
  },
  {
    name: 'a name server by name',
    file: container({ dns: '{nameservers: [dns.example.com]}' }),
    says: ['bad.yaml:8:23: error: spec.dns.nameservers[0]: "dns.example.com" is not allowed here; IPv4 or IPv6 address'],
  },
  {
    name: 'a stop that takes for ever',
    file: container({ stop: '{timeout: 99h}' }),
    says: ['bad.yaml:8:19: error: spec.stop.timeout: stop.timeout 99h is not between 1s and 10m'],
  },
  {
    name: 'the hypervisor under another word',
    file: container({ host: 'he1' }),
    says: ['bad.yaml:8:3: error: spec.host: unknown field "host"; did you mean "hostname"?'],
  },
  {
    name: 'a target where the field is hypervisor',
    file: container({ hypervisor: undefined, target: '{hypervisor: he1}' }),
    says: [
      'bad.yaml:4:1: error: spec: the field "hypervisor" is missing; Name of the Hypervisor that it lives on',
      'bad.yaml:7:3: error: spec.target: unknown field "target"; see the documentation of this kind',
    ],
  },
  {
    name: 'a hypervisor that nobody declares',
    file: container({ hypervisor: 'he11' }),
    says: ['bad.yaml:5:15: error: spec.hypervisor: there is no Hypervisor "he11"; did you mean "he1"?'],
  },
  {
    name: 'CPUs below nothing',
    file: container({ resources: '{cpus: -1}' }),
    says: ['bad.yaml:8:21: error: spec.resources.cpus: -1 is too small: at least 0.01'],
  },
  {
    name: 'one process',
    file: container({ resources: '{pids: 1}' }),
    says: ['bad.yaml:8:21: error: spec.resources.pids: 1 is too small: at least 10'],
  },
  {
    name: 'restarts in small letters',
    file: container({ restarts: 'never' }),
    says: ['bad.yaml:8:13: error: spec.restarts: must be one of Never, InWindow, Always, not the text "never"; did you mean "Never"?'],
  },
  {
    name: 'a key of an unknown sort',
    file: container({ authorizedKeys: '["ssh-dss AAAA"]' }),
    says: [
      'bad.yaml:8:20: error: spec.authorizedKeys[0]: "ssh-dss AAAA" is not allowed here; One line of authorized_keys(5), without options',
    ],
  },
  {
    name: 'a bridge of its own, inside',
    file: container({ system: '{bridges: [{name: br0}]}' }),
    says: [
      'bad.yaml:8:12: error: spec.system.bridges: unknown field "bridges"; the fields here are sysctl, packages, hosts, groups, users, sshd, resolver, timeZone, locale, cron, autoUpdate, mailer, files, services',
    ],
  },
  {
    name: 'a setting of the kernel that all share',
    file: container({ system: '{sysctl: {kernel.panic: "1"}}' }),
    says: [
      'bad.yaml:8:35: error: spec.system.sysctl["kernel.panic"]: kernel.panic is the kernel\'s, which all containers share; set it in system.sysctl of the Hypervisor',
    ],
  },
  {
    name: 'two resolvers for one container',
    file: container({ system: '{resolver: {nameservers: [192.0.2.1]}}', dns: '{nameservers: [192.0.2.1]}' }),
    says: ['bad.yaml:9:8: error: spec.dns: dns and system.resolver both write /etc/resolv.conf; use one of the two'],
  },
  {
    name: 'a login that goes on from within',
    file: container({ system: '{users: [{name: a, container: web}]}' }),
    says: ['bad.yaml:8:41: error: spec.system.users[0].container: only an account of a hypervisor lands in a container; leave it out'],
  },
]
