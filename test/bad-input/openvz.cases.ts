import { type BadInput, container } from './repository.ts'

const sum = '9189c34dd0d7f55e540ccde7636790daee49c712a7167ed0315204142ce306ff'
type Edit = Readonly<Record<string, string | undefined>>
const vz = (fields: string, edit: Edit = {}, metadata?: string): string =>
  container({ template: undefined, provider: 'openvz', openvz: `{${fields}}`, ...edit }, metadata)

export const openvzCases: readonly BadInput[] = [
  {
    name: 'a CTID that OpenVZ keeps for itself',
    file: vz('ctid: 50'),
    says: [
      'bad.yaml:8:18: warning: spec.openvz.ctid: openvz.ctid 50 is one of those up to 100 that OpenVZ keeps for itself; use 101 or higher for a new container',
    ],
    adds: ['Container/bad'],
  },
  {
    name: 'a link to a volume that is not there',
    file: vz('ctid: 101, compatSymlink: true', { rootfs: undefined }),
    says: ['bad.yaml:7:38: error: spec.openvz.compatSymlink: openvz.compatSymlink links to the volume of rootfs, and there is no rootfs'],
  },
  {
    name: 'a root volume of a reserved name',
    file: vz('ctid: 101', { rootfs: '{lvm: {volumeGroup: vg, name: snapshot1, size: 1Gi}}' }),
    says: [
      'bad.yaml:6:41: error: spec.rootfs.lvm.name: rootfs.lvm.name snapshot1 begins with a word that LVM reserves (snapshot, pvmove); name the logical volume in rootfs.lvm.name',
    ],
  },
  {
    name: 'interfaces beside addresses on venet',
    file: vz('ctid: 101, ips: [192.0.2.7]', { network: '[{name: eth0, bridge: br-lxc}]' }),
    says: [
      "bad.yaml:9:13: error: spec.network[0]: network[0] beside openvz.ips: vzctl writes the guest's /etc/network/interfaces anew for venet, and would lose it; set guest: manual and keep the interface inside yourself, or use either openvz.ips or network",
    ],
  },
  {
    name: 'a stop that outlasts vzctl',
    file: vz('ctid: 101', { stop: '{timeout: 2m}' }),
    says: [
      'bad.yaml:9:19: error: spec.stop.timeout: stop.timeout 2m is longer than provider openvz waits: vzctl kills after two minutes; at most 110s',
    ],
  },
  {
    name: 'a quota of inodes the wrong way round',
    file: vz('ctid: 101, diskinodes: "9:8"'),
    says: [
      'bad.yaml:8:35: error: spec.openvz.diskinodes: openvz.diskinodes 9:8: the soft limit exceeds the hard limit; the soft limit stands first',
    ],
  },
  {
    name: 'two limits of processes',
    file: vz('ctid: 101, ubc: {numproc: 100}', { resources: '{pids: 100}' }),
    says: ['bad.yaml:8:38: error: spec.openvz.ubc.numproc: openvz.ubc.numproc and resources.pids are the same limit; keep resources.pids'],
  },
  {
    name: 'too few rules of iptables',
    file: vz('ctid: 101, ubc: {numiptent: 8}'),
    says: [
      'bad.yaml:8:40: error: spec.openvz.ubc.numiptent: openvz.ubc.numiptent 8 is lower than 16, which vzctl makes of it at each start',
    ],
  },
  {
    name: 'a quota of disk in decimal',
    file: vz('ctid: 101, diskspace: "9G"'),
    says: ['bad.yaml:8:34: error: spec.openvz.diskspace: openvz.diskspace: write 9Gi: a bare G means 1024s to LVM and 1000s to others'],
  },
  {
    name: 'a quota of disk of a few bytes',
    file: vz('ctid: 101, diskspace: "512"'),
    says: ['bad.yaml:8:34: error: spec.openvz.diskspace: openvz.diskspace 512 is too little for any system'],
  },
  {
    name: 'a template that is debootstrapped',
    file: vz('ctid: 101', { template: '{type: debootstrap, release: bookworm}' }),
    says: [
      'bad.yaml:6:20: error: spec.template.type: template.type debootstrap is known to provider lxc only; use an archive, or name a template of the cache in openvz.ostemplate',
    ],
  },
  {
    name: 'an archive for OpenVZ without its checksum',
    file: vz('ctid: 101', { template: '{type: archive, path: /srv/a.tar.gz}' }),
    says: ['bad.yaml:6:13: error: spec.template: template.sha256 is required with type archive'],
  },
  {
    name: 'an archive for OpenVZ that climbs',
    file: vz('ctid: 101', { template: `{type: archive, path: /srv/../a.tar.gz, sha256: ${sum}}` }),
    says: ['bad.yaml:6:35: error: spec.template.path: template.path /srv/../a.tar.gz is not normalised; leave . and .. out'],
  },
  {
    name: 'an archive that vzctl cannot unpack',
    file: vz('ctid: 101', { template: `{type: archive, path: /srv/a.zip, sha256: ${sum}}` }),
    says: ['bad.yaml:6:35: error: spec.template.path: template.path /srv/a.zip: vzctl unpacks .tar, .tar.gz, .tar.bz2, .tar.xz only'],
  },
  {
    name: 'an archive whose name is none of a template',
    file: vz('ctid: 101', { template: `{type: archive, path: /srv/_.tar.gz, sha256: ${sum}}` }),
    says: [
      'bad.yaml:6:35: error: spec.template.path: template.path /srv/_.tar.gz: its file name cannot be the name of a template; name one in openvz.ostemplate, for example debian-12-x86_64',
    ],
  },
  {
    name: 'a sample without a name',
    file: vz('ctid: 101, configSample: {from: basic, set: {ONBOOT: "no"}}'),
    says: [
      'bad.yaml:8:37: error: spec.openvz.configSample: openvz.configSample makes the sample that openvz.config names, and there is no config',
    ],
  },
  {
    name: 'a sample of itself',
    file: vz('ctid: 101, config: basic, configSample: {from: basic, set: {ONBOOT: "no"}}'),
    says: [
      'bad.yaml:8:59: error: spec.openvz.configSample.from: openvz.configSample.from basic is the sample itself; choose another name for config',
    ],
  },
  {
    name: 'one name for two archives',
    file: `${vz('ctid: 101, ostemplate: a', { template: `{type: archive, path: /srv/a.tar.gz, sha256: ${sum}}` })}---\n${vz('ctid: 102, ostemplate: a', { template: `{type: archive, path: /srv/b.tar.gz, sha256: ${sum.replace('9', '8')}}`, rootfs: undefined }, '{name: worse}')}`,
    says: [
      'bad.yaml:6:13: error: spec.template: the template a of he1 is another archive for Container/worse; give one of them another openvz.ostemplate',
      'bad.yaml:16:13: error: spec.template: the template a of he1 is another archive for Container/bad; give one of them another openvz.ostemplate',
    ],
    adds: ['Container/bad'],
  },
  {
    name: 'one sample made in two ways',
    file: `${vz('ctid: 101, config: own, configSample: {from: basic, set: {ONBOOT: "no"}}')}---\n${vz('ctid: 102, config: own, configSample: {from: basic, set: {ONBOOT: "yes"}}', { rootfs: undefined }, '{name: worse}')}`,
    says: [
      'bad.yaml:8:50: error: spec.openvz.configSample: the sample own of he1 is made otherwise by Container/worse; give one of them another openvz.config',
      'bad.yaml:16:50: error: spec.openvz.configSample: the sample own of he1 is made otherwise by Container/bad; give one of them another openvz.config',
    ],
    adds: ['Container/bad'],
  },
  {
    name: 'everything that only LXC knows',
    file: vz('ctid: 101', {
      state: 'frozen',
      unprivileged: 'true',
      autostart: '{delay: 5, groups: [a]}',
      resources: '{memory: 64Mi, memoryHigh: 64Mi, memoryReservation: 64Mi}',
      network: '[{name: eth0, bridge: br-lxc, mtu: 1400, guest: manual}]',
      mounts: '[{source: /srv/a, target: /srv/a}]',
      security: '{nesting: true}',
    }),
    says: [
      'bad.yaml:9:10: error: spec.state: state cannot be kept with provider openvz: frozen is known to provider lxc only; leave it out, or use provider lxc',
      'bad.yaml:10:17: error: spec.unprivileged: unprivileged cannot be kept with provider openvz: OpenVZ confines root inside by its own kernel; leave it out, or use provider lxc',
      'bad.yaml:11:22: error: spec.autostart.delay: autostart.delay cannot be kept with provider openvz: OpenVZ starts one container after the other; leave it out, or use provider lxc',
      'bad.yaml:11:33: error: spec.autostart.groups: autostart.groups cannot be kept with provider openvz: OpenVZ starts all containers with the host, or none; leave it out, or use provider lxc',
      'bad.yaml:12:41: error: spec.resources.memoryHigh: resources.memoryHigh cannot be kept with provider openvz: OpenVZ has no soft limit of memory; openvz.ubc.oomguarpages and vmguarpages come near; leave it out, or use provider lxc',
      'bad.yaml:12:66: error: spec.resources.memoryReservation: resources.memoryReservation cannot be kept with provider openvz: OpenVZ guarantees memory by openvz.ubc.vmguarpages and oomguarpages; leave it out, or use provider lxc',
      'bad.yaml:13:12: error: spec.network: network cannot be kept with provider openvz: network[].mtu cannot be given to vzctl; leave it out, or use provider lxc',
      'bad.yaml:14:11: error: spec.mounts: mounts cannot be kept with provider openvz: OpenVZ mounts by scripts of the user (CTID.mount); leave it out, or use provider lxc',
      'bad.yaml:15:13: error: spec.security: security cannot be kept with provider openvz: AppArmor, seccomp and capabilities are known to provider lxc only; leave it out, or use provider lxc',
    ],
  },
  {
    name: 'a device of OpenVZ outside of /dev',
    file: vz('ctid: 101', { devices: '[{path: /proc/kcore}]' }),
    says: ['bad.yaml:9:20: error: spec.devices[0].path: devices[0].path /proc/kcore must be under /dev; write for example /dev/fuse'],
  },
  {
    name: 'a device that is only made',
    file: vz('ctid: 101', { devices: '[{path: /dev/fuse, access: m}]' }),
    says: ['bad.yaml:9:39: error: spec.devices[0].access: devices[0].access m: vzctl makes the node, and grants r and w; write rwm'],
  },
  {
    name: 'a CTID that is taken',
    file: `${vz('ctid: 101')}---\n${vz('ctid: 101', { rootfs: undefined }, '{name: worse}')}`,
    says: [
      'bad.yaml:8:18: error: spec.openvz.ctid: "101" is already taken by Container/worse (bad.yaml:16:18); it must be unique: CTID on he1',
      'bad.yaml:16:18: error: spec.openvz.ctid: "101" is already taken by Container/bad (bad.yaml:8:18); it must be unique: CTID on he1',
    ],
    adds: ['Container/bad'],
  },
]
