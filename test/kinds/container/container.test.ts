import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { container } from '../../../controller/kinds/container/index.ts'
import { containerTarget, resolveTarget } from '../../../controller/model/placement.ts'
import { newConfig } from '../../../controller/primitives/lxcContainer/config.ts'
import type { LxcContainerSpec } from '../../../controller/primitives/lxcContainer/spec.ts'
import { compiled, complaints, containers, fleetOf, schemaProblem, webWith } from './fleet.ts'

const example = (name: string) => readFileSync(join(import.meta.dirname, `samples/${name}.yaml`), 'utf8')
const net = (fields: string) => `network: [{name: eth0, bridge: br-lxc, ${fields}}]`

describe('what the schema refuses', () => {
  test.each([
    ['a field that is not there', 'privileged: true'],
    ['a device that injects', 'devices: [{path: "/dev/fuse\\nlxc.hook.start=x"}]'],
    ['a device number that is a word', 'devices: [{path: /dev/fuse, number: all}]'],
    ['a mount of a path with a space', 'mounts: [{source: "/srv/a b", target: /a}]'],
    ['a mount without target', 'mounts: [{source: /srv/a}]'],
    ['a mirror that is an option', 'template: {type: debootstrap, release: bookworm, mirror: --foreign}'],
    ['a release that is an option', 'template: {type: debootstrap, release: -x}'],
    ['a script that is a path', 'template: {type: script, name: ../evil}'],
    ['an argument with a quote', 'template: {type: script, name: busybox, args: ["a\'b"]}'],
    ['a veth of 16 letters', net('veth: abcdefghijklmnop')],
    ['ids of the hypervisor itself', 'unprivileged: true\nlxc: {idmap: {base: 0}}'],
    ['a name of LXC with a slash', "lxc: {name: '../x'}"],
    ['a name of LXC that is a dot', "lxc: {name: '..'}"],
    ['a host name with a space', "hostname: 'Bad_Name with space'"],
    ['a host name with a newline', 'hostname: "a\\nb"'],
    ['a template path with ..', 'template: {type: archive, path: relative.tar}'],
    ['a template path with a quote', 'template: {type: archive, path: "/a\'b"}'],
    ['a short checksum', 'template: {type: archive, path: /a.tar, sha256: abc}'],
    ['a bridge that injects', net('').replace('br-lxc', '"a\\nlxc.hook.start=x"')],
    ['a multicast MAC address', net("mac: '01:00:5e:00:00:01'")],
    ['an MTU of 1', net('mtu: 1')],
    ['an address without prefix', net('ipv4: {address: 192.168.1.3}')],
    ['a cpuSet that is a word', 'resources: {cpuSet: all}'],
    ['no CPU at all', 'resources: {cpus: 0}'],
    ['a key with a command in it', 'authorizedKeys: [\'command="x" ssh-ed25519 AAAA\']'],
    ['two keys in one', 'authorizedKeys: ["ssh-ed25519 AAAA\\nssh-ed25519 BBBB"]'],
    ['state paused', 'state: paused'],
    ['a size as a word', 'rootfs: {lvm: {volumeGroup: vg, size: ten}}'],
    ['a negative size', "rootfs: {lvm: {volumeGroup: vg, size: '-1'}}"],
    ['a volume group that is an option', 'rootfs: {lvm: {volumeGroup: -vg, size: 1Gi}}'],
    ['a folder with a size', 'rootfs: {dir: {path: /srv/ct/web, size: 1Gi}}'],
  ])('%s', (_name, spec) => {
    expect(schemaProblem(webWith(spec))).toBeTypeOf('string')
  })

  test('a manifest named My_Box', () => {
    expect(schemaProblem(webWith('').replace('name: web', 'name: My_Box'))).toContain('/metadata/name')
  })
})

describe('what check says', () => {
  test.each<[string, string, string]>([
    [
      'the typing error of recipe 003',
      "resources: {memory: '53687091', memoryHigh: '268435456'}",
      'error spec.resources.memory: resources.memory (51.2 MiB) is lower than memoryHigh (256 MiB) (did you mean 536870912 (512 MiB)?)',
    ],
    [
      'memory below memoryHigh',
      'resources: {memory: 100Mi, memoryHigh: 200Mi}',
      'error spec.resources.memory: resources.memory (100 MiB) is lower than memoryHigh (200 MiB) (swap the two, or raise memory)',
    ],
    [
      'memory that ends the container',
      'resources: {memory: 1Ki}',
      'error spec.resources.memory: resources.memory is too little for any system (1 KiB; at least 16 MiB)',
    ],
    [
      'memory with a bare unit',
      'resources: {memory: 512M}',
      'error spec.resources.memory: resources.memory: write 512Mi: a bare M means 1024s to LVM and 1000s to others',
    ],
    ['no root at all', 'rootfs: null', 'error spec: rootfs is required with provider lxc (name a volume group and a size in rootfs.lvm)'],
    ['a root of nothing', "rootfs: {lvm: {volumeGroup: vg, size: '0'}}", 'error spec.rootfs.lvm.size: rootfs.lvm.size must be positive'],
    [
      'a root of 10G',
      'rootfs: {lvm: {volumeGroup: vg, size: 10G}}',
      'error spec.rootfs.lvm.size: rootfs.lvm.size: write 10Gi: a bare G means 1024s to LVM and 1000s to others',
    ],
    [
      'a reserved volume name',
      'rootfs: {lvm: {volumeGroup: vg, name: snapshot1, size: 1Gi}}',
      'error spec.rootfs.lvm.name: rootfs.lvm.name snapshot1 begins with a word that LVM reserves (snapshot, pvmove) (name the logical volume in rootfs.lvm.name)',
    ],
    [
      'a cpuSet backwards',
      'resources: {cpuSet: "0,3-1"}',
      'error spec.resources.cpuSet: resources.cpuSet 3-1 is not a range of CPUs (write the lower number first, at most 8191)',
    ],
    [
      'a gateway elsewhere',
      net('ipv4: {address: 192.168.1.3/24, gateway: 192.168.2.1}'),
      'error spec.network[0].ipv4.gateway: network[0].ipv4.gateway 192.168.2.1 is not in 192.168.1.0/24',
    ],
    [
      'a gateway that is itself',
      net('ipv4: {address: 192.168.1.3/24, gateway: 192.168.1.3}'),
      "error spec.network[0].ipv4.gateway: network[0].ipv4.gateway 192.168.1.3 is the container's own address",
    ],
    [
      'a gateway that is none',
      net('ipv4: {address: 192.168.1.3/24, gateway: 192.168.1}'),
      'error spec.network[0].ipv4.gateway: network[0].ipv4.gateway 192.168.1 is not an IPv4 address',
    ],
    [
      'the network address',
      net('ipv4: {address: 192.168.1.0/24}'),
      'error spec.network[0].ipv4.address: network[0].ipv4.address 192.168.1.0 is the network address of 192.168.1.0/24',
    ],
    [
      'the broadcast address',
      net('ipv4: {address: 192.168.1.255/24}'),
      'error spec.network[0].ipv4.address: network[0].ipv4.address 192.168.1.255 is the broadcast address of 192.168.1.0/24',
    ],
    [
      'an octet of 300',
      net('ipv4: {address: 192.168.300.1/24}'),
      'error spec.network[0].ipv4.address: network[0].ipv4.address 192.168.300.1/24 is not an IPv4 address with its prefix length, such as 192.168.1.3/24',
    ],
    [
      'a leading zero',
      net('ipv4: {address: 192.168.01.1/24}'),
      'error spec.network[0].ipv4.address: network[0].ipv4.address 192.168.01.1/24 is not an IPv4 address with its prefix length, such as 192.168.1.3/24',
    ],
    [
      'a prefix of 33',
      net('ipv4: {address: 192.168.1.1/33}'),
      'error spec.network[0].ipv4.address: network[0].ipv4.address 192.168.1.1/33 is not an IPv4 address with its prefix length, such as 192.168.1.3/24',
    ],
    [
      'a bridge that nobody declares',
      'network: [{name: eth0, bridge: lxceth0}]',
      'warning spec.network[0].bridge: bridge lxceth0 is not in system.bridges of Hypervisor he1 (declare it there, unless it exists by other means: without it the container does not start)',
    ],
    [
      'an interface lo',
      'network: [{name: lo, bridge: br-lxc}]',
      'error spec.network[0].name: network[0].name lo is the loopback interface, which is always there',
    ],
    [
      'an interface twice',
      'network: [{name: eth0, bridge: br-lxc}, {name: eth0, bridge: br-lxc}]',
      'error spec.network[1].name: network[1].name eth0 is also the name of network[0]',
    ],
    [
      'two gateways',
      'network: [{name: a, bridge: br-lxc, ipv4: {address: 10.0.0.2/24, gateway: 10.0.0.1}}, {name: b, bridge: br-lxc, ipv4: {address: 10.0.1.2/24, gateway: 10.0.1.1}}]',
      'error spec.network[1].ipv4.gateway: only one network may have a gateway',
    ],
    [
      'a name server that is none',
      'dns: {nameservers: [1.1.1]}',
      'error spec.dns.nameservers[0]: dns.nameservers[0] 1.1.1 is not an IPv4/IPv6 address',
    ],
    [
      'an archive without path',
      `template: {type: archive, sha256: ${'a'.repeat(64)}}`,
      'error spec.template: template.path is required with type archive',
    ],
    [
      'an archive without checksum',
      'template: {type: archive, path: /a.tar}',
      'error spec.template: template.sha256 is required with type archive',
    ],
    [
      'a path without archive',
      'template: {type: none, path: /a.tar}',
      'error spec.template.path: template.path belongs to type archive, and template.type is none (set template.type to archive, or leave it out)',
    ],
    [
      'a mirror with an archive',
      `template: {type: archive, path: /a.tar, sha256: ${'a'.repeat(64)}, mirror: http://deb.test/}`,
      'error spec.template.mirror: template.mirror belongs to type debootstrap, and template.type is archive (set template.type to debootstrap, or leave it out)',
    ],
    ['debootstrap of nothing', 'template: {type: debootstrap}', 'error spec.template: template.release is required with type debootstrap'],
    ['a script without name', 'template: {type: script}', 'error spec.template: template.name is required with type script'],
    [
      'an archive above its folder',
      `template: {type: archive, path: /srv/../a.tar, sha256: ${'a'.repeat(64)}}`,
      'error spec.template.path: template.path /srv/../a.tar is not normalised (leave . and .. out)',
    ],
    [
      'an unprivileged container by a script',
      'unprivileged: true\ntemplate: {type: script, name: busybox}',
      'error spec.template.type: template.type script makes the files of a privileged container, and unprivileged is true (use an archive, or leave unprivileged out)',
    ],
    [
      'ids without unprivileged',
      'lxc: {idmap: {base: 200000}}',
      'error spec.lxc.idmap: lxc.idmap says which ids an unprivileged container gets (set unprivileged: true, or leave it out)',
    ],
    [
      'ids past the last one',
      'unprivileged: true\nlxc: {idmap: {base: 4293918720, size: 16777216}}',
      'error spec.lxc.idmap: lxc.idmap ends at 4310695935; the highest id of a kernel is 4294967294',
    ],
    [
      'a device that is none',
      'devices: [{path: /etc/passwd}]',
      'error spec.devices[0].path: devices[0].path /etc/passwd must be under /dev (write for example /dev/fuse)',
    ],
    [
      'a device that climbs out of /dev',
      'devices: [{path: /dev/../etc/passwd, number: "c 1:3"}]',
      'error spec.devices[0].path: devices[0].path /dev/../etc/passwd must be under /dev (write for example /dev/fuse)',
    ],
    [
      'a device of no known number',
      'devices: [{path: /dev/dri/card0}]',
      `error spec.devices[0]: devices[0]: the number of /dev/dri/card0 differs from host to host and must be given (add for example number: "c 10:229", as told by: stat -L -c '%F %Hr:%Lr' /dev/dri/card0)`,
    ],
    [
      'rights by rule, unprivileged',
      'unprivileged: true\ndevices: [{path: /dev/fuse, access: rw}]',
      'error spec.devices[0].access: devices[0].access means nothing in an unprivileged container: there the rights of the node on the hypervisor count (leave it out; set mode or group of the node by udev, where they do not do)',
    ],
    [
      'a device twice',
      'devices: [{path: /dev/fuse}, {path: /dev/fuse}]',
      'error spec.devices[1].path: devices[1].path /dev/fuse is there already (name each place inside once)',
    ],
    [
      'two mounts at one place',
      'mounts: [{source: /srv/a, target: /data}, {source: /srv/b, target: /data}]',
      'error spec.mounts[1].target: mounts[1].target /data is there already (name each place inside once)',
    ],
    [
      'the root of the hypervisor inside',
      'mounts: [{source: /proc, target: /host}]',
      'error spec.mounts[0].source: mounts[0].source /proc is the hypervisor itself: whoever is root inside would rule it (name a folder of data)',
    ],
    [
      'what Reeve keeps on the hypervisor inside',
      'mounts: [{source: /var/lib/reeve/journal, target: /j}]',
      'error spec.mounts[0].source: mounts[0].source /var/lib/reeve/journal is the hypervisor itself: whoever is root inside would rule it (name a folder of data)',
    ],
    [
      'a mount over /etc',
      'mounts: [{source: /srv/etc, target: /etc}]',
      'error spec.mounts[0].target: mounts[0].target /etc would hide what the container itself needs (name a folder of its own)',
    ],
    [
      'a source that climbs',
      'mounts: [{source: /srv/../etc, target: /data}]',
      'error spec.mounts[0].source: mounts[0].source /srv/../etc is not normalised (leave . and .. out)',
    ],
    [
      'a target that climbs',
      'mounts: [{source: /srv/a, target: /data/../../etc}]',
      'error spec.mounts[0].target: mounts[0].target /data/../../etc is not normalised (leave . and .. out)',
    ],
    [
      'a capability of nobody',
      'security: {capabilitiesDrop: [sys_nicee]}',
      'error spec.security.capabilitiesDrop[0]: security.capabilitiesDrop[0] sys_nicee is not a capability of Linux (capabilities(7) lists them; write them without cap_)',
    ],
    [
      'a capability with its prefix',
      'security: {capabilitiesDrop: [cap_sys_nice]}',
      'error spec.security.capabilitiesDrop[0]: security.capabilitiesDrop[0] cap_sys_nice is not a capability of Linux (write sys_nice)',
    ],
    [
      'more reserved than there can be',
      'resources: {memory: 128Mi, memoryReservation: 256Mi}',
      'error spec.resources.memoryReservation: resources.memoryReservation (256 MiB) is more than memory (128 MiB), which it can never use (lower it, or raise memory)',
    ],
    [
      'dhcp with an address',
      net('guest: dhcp, ipv4: {address: 192.168.1.3/24}'),
      'error spec.network[0].guest: network[0].guest dhcp asks a server for the address, and network[0].ipv4 gives one (leave ipv4 out, or set guest: static)',
    ],
    [
      'an IPv6 address that is none',
      net("ipv6: {address: '2001:db8:::3/64'}"),
      'error spec.network[0].ipv6.address: network[0].ipv6.address 2001:db8:::3/64 is not an IPv6 address with its prefix length, such as 2001:db8::3/64',
    ],
    [
      'an IPv6 group',
      net("ipv6: {address: 'ff02::1/64'}"),
      'error spec.network[0].ipv6.address: network[0].ipv6.address ff02::1/64 is a group of machines (multicast)',
    ],
    [
      'a link-local address',
      net("ipv6: {address: 'fe80::5/64'}"),
      'error spec.network[0].ipv6.address: network[0].ipv6.address fe80::5/64 is link-local, which the kernel gives every interface by itself',
    ],
    [
      'the first address of a subnet',
      net("ipv6: {address: '2001:db8::/64'}"),
      'error spec.network[0].ipv6.address: network[0].ipv6.address 2001:db8::/64 is the router anycast address of its subnet',
    ],
    [
      'an IPv6 gateway elsewhere',
      net("ipv6: {address: '2001:db8::3/64', gateway: '2001:db9::1'}"),
      'error spec.network[0].ipv6.gateway: network[0].ipv6.gateway 2001:db9::1 is not in 2001:db8::/64',
    ],
    [
      'an IPv6 gateway that is itself',
      net("ipv6: {address: '2001:db8::3/64', gateway: '2001:db8:0::3'}"),
      "error spec.network[0].ipv6.gateway: network[0].ipv6.gateway 2001:db8:0::3 is the container's own address",
    ],
    [
      'an IPv6 gateway of IPv4',
      net("ipv6: {address: '2001:db8::3/64', gateway: '192.168'}"),
      'error spec.network[0].ipv6.gateway: network[0].ipv6.gateway 192.168 is not an IPv6 address',
    ],
    [
      'two IPv6 gateways',
      "network: [{name: a, bridge: br-lxc, ipv6: {address: '2001:db8::2/64', gateway: 'fe80::1'}}, {name: b, bridge: br-lxc, ipv6: {address: '2001:db8:1::2/64', gateway: 'fe80::1'}}]",
      'error spec.network[1].ipv6.gateway: only one network may have an IPv6 gateway',
    ],
    ['a stop that takes a day', 'stop: {timeout: 24h}', 'error spec.stop.timeout: stop.timeout 24h is not between 1s and 10m'],
  ])('%s', (_name, spec, expected) => {
    expect(complaints(webWith(spec))).toEqual([expected])
  })

  test.each([
    '',
    'dns: {nameservers: ["2001:db8::1", 9.9.9.9]}',
    net('ipv4: {address: 10.0.0.1/31}'),
    net('ipv4: {address: 10.0.0.1/32}'),
    'resources: {memory: 512Mi, memoryHigh: 512Mi, swap: "0"}',
    'unprivileged: true\nlxc: {idmap: {base: 200000}}',
    'devices: [{path: /dev/fuse}, {path: /dev/dri/card0, number: "c 226:*", access: rw}]',
    'mounts: [{source: /srv/a, target: /data}, {source: /srv/a, target: /more/data, readOnly: true, optional: true}]',
    'security: {capabilitiesDrop: [sys_nice, net_raw], apparmor: unconfined, seccomp: default}',
    'resources: {ioWeight: 10000}\nrootfs: {dir: {path: /srv/containers/web}}',
    'rootfs: {dir: {path: /var/lib/lxc/web/rootfs}}',
    'template: {type: debootstrap, release: bookworm, packages: [openssh-server], components: [main]}',
    net("guest: dhcp, ipv6: {address: '2001:db8::3/64', gateway: 'fe80::1'}"),
  ])('nothing of: %s', (spec) => {
    expect(complaints(webWith(spec))).toEqual([])
  })
})

test('what only one container can have is claimed where it stands', () => {
  const fleet = fleetOf(
    webWith(
      `lxc: {name: My_Box}\n${net("mac: '00:16:3E:00:00:0A', veth: my-box0, ipv4: {address: 192.168.1.3/24}, ipv6: {address: '2001:DB8:0::3/64'}")}`,
    ),
  )
  expect(containers(fleet).flatMap((one) => container.claims?.(one, fleet) ?? [])).toEqual([
    { scope: 'LXC name on he1', value: 'My_Box', path: 'spec.lxc.name' },
    { scope: 'LV in vg_data on he1', value: 'My_Box', path: 'spec.rootfs.lvm' },
    { scope: 'address on he1', value: '192.168.1.3', path: 'spec.network[0].ipv4.address' },
    { scope: 'address on he1', value: '2001:db8::3', path: 'spec.network[0].ipv6.address' },
    { scope: 'interface on he1', value: 'my-box0', path: 'spec.network[0].veth' },
    { scope: 'MAC address on he1', value: '00:16:3e:00:00:0a', path: 'spec.network[0].mac' },
  ])
})

test('the examples are valid together', () => {
  expect(complaints(example('plpa'), example('web'), example('vpn'))).toEqual([])
})

describe('what is compiled', () => {
  test.each(['plpa', 'vpn', 'web'])('the example %s', async (name) => {
    await expect(`${JSON.stringify(compiled(example(name)), undefined, 2)}\n`).toMatchFileSnapshot(`golden/${name}.json`)
  })

  test('the config and the guest files of the example web', async () => {
    const spec = compiled(example('web')).find((one) => one.type === 'lxcContainer') as LxcContainerSpec
    const text = newConfig({
      settings: spec.settings,
      entries: spec.entries,
      defaults: spec.defaults,
      mark: { fleet: 'prod', owner: 'Container/web' },
    })
    const files = spec.guestFiles.map((file) => `== ${file.path} ${file.mode}\n${file.content}`).join('')
    await expect(`${text}${files}`).toMatchFileSnapshot('golden/web.txt')
  })

  test('ids, devices, mounts and capabilities are lines of which there may be many', () => {
    const spec = `devices: [{path: /dev/fuse}, {path: /dev/sdx, number: 'b 8:*', access: r}]
mounts: [{source: /srv/a, target: /data, readOnly: true}, {source: /srv/f, target: /etc/f, file: true, optional: true}]
security: {capabilitiesDrop: [net_raw]}`
    const box = compiled(webWith(spec)).find((one) => one.type === 'lxcContainer') as LxcContainerSpec
    expect(box.entries.map(({ key, value }) => `${key} = ${value}`)).toEqual([
      'lxc.mount.entry = /dev/fuse dev/fuse none bind,create=file,optional 0 0',
      'lxc.cgroup2.devices.allow = c 10:229 rwm',
      'lxc.cgroup.devices.allow = c 10:229 rwm',
      'lxc.mount.entry = /dev/sdx dev/sdx none bind,create=file,optional 0 0',
      'lxc.cgroup2.devices.allow = b 8:* r',
      'lxc.cgroup.devices.allow = b 8:* r',
      'lxc.mount.entry = /srv/a data none bind,ro,create=dir 0 0',
      'lxc.mount.entry = /srv/f etc/f none bind,create=file,optional 0 0',
      'lxc.cap.drop = net_raw',
    ])
    expect(box.hostPaths).toEqual(['/dev/fuse', '/dev/sdx', '/srv/a'])
  })

  test('in an unprivileged container no rule stands beside a device: one alone would forbid all others', () => {
    const box = compiled(webWith('unprivileged: true\ndevices: [{path: /dev/dri/card0}]')).find((one) => one.type === 'lxcContainer')
    expect(box).toMatchObject({
      idmap: { base: 100_000, size: 65_536 },
      entries: [
        { key: 'lxc.idmap', value: 'u 0 100000 65536' },
        { key: 'lxc.idmap', value: 'g 0 100000 65536' },
        { key: 'lxc.mount.entry', value: '/dev/dri/card0 dev/dri/card0 none bind,create=file,optional 0 0' },
      ],
    })
  })

  test('the ids of unprivileged containers are reserved for root before one is made', () => {
    const specs = compiled(webWith('unprivileged: true\nlxc: {idmap: {base: 200000}}'))
    const ranges = specs.filter((one) => one.type === 'block')
    expect(ranges).toMatchObject([
      { id: 'block:/etc/subuid#idmap-200000-65536', content: 'root:200000:65536\n' },
      { id: 'block:/etc/subgid#idmap-200000-65536', content: 'root:200000:65536\n' },
    ])
    expect(specs.at(-1)?.needs?.map(({ id }) => id)).toEqual(expect.arrayContaining(ranges.map(({ id }) => id)))
  })

  test('a mount waits for the volume that its source lies on, and for no other', () => {
    const volume = (name: string, path: string) =>
      `kind: Volume\nmetadata: {name: ${name}}\nspec: {hypervisor: he1, lvm: {volumeGroup: vg, name: ${name}, size: 1Gi}, mount: {path: ${path}}}`
    const specs = compiled(webWith('mounts: [{source: /srv/data/a, target: /a}]'), volume('data', '/srv/data'), volume('other', '/srv/dat'))
    expect(specs.at(-1)?.needs?.map(({ id }) => id)).toContain('mount:/srv/data')
    expect(specs.at(-1)?.needs?.map(({ id }) => id)).not.toContain('mount:/srv/dat')
  })

  test('a root in a folder stands on the volume that it lies on, and nothing else is made for it', () => {
    const volume =
      'kind: Volume\nmetadata: {name: ct}\nspec: {hypervisor: he1, lvm: {volumeGroup: vg, name: ct, size: 1Gi}, mount: {path: /srv/ct}}'
    const specs = compiled(webWith('rootfs: {dir: {path: /srv/ct/web}}\nsecurity: {seccomp: /etc/lxc/web.seccomp}'), volume)
    expect(specs.map(({ type }) => type)).toEqual(['lxcContainer'])
    const box = specs[0] as LxcContainerSpec
    expect([box.rootfs, box.settings['lxc.rootfs.path'], box.settings['lxc.seccomp.profile']]).toEqual([
      { folder: '/srv/ct/web' },
      'dir:/srv/ct/web',
      '/etc/lxc/web.seccomp',
    ])
    expect(box.needs?.map(({ id }) => id)).toEqual(['mount:/srv/ct'])
  })

  test.each<[string, unknown]>([
    [`{type: archive, path: /a.tar, sha256: ${'a'.repeat(64)}}`, { path: '/a.tar', sha256: 'a'.repeat(64) }],
    [
      '{type: debootstrap, release: bookworm, mirror: http://deb.test/debian, arch: amd64, packages: [ssh]}',
      { type: 'debootstrap', release: 'bookworm', mirror: 'http://deb.test/debian', arch: 'amd64', components: [], packages: ['ssh'] },
    ],
    ['{type: script, name: busybox, args: [-x]}', { type: 'script', name: 'busybox', args: ['-x'] }],
    ['{type: none}', undefined],
  ])('the template %s', (template, expected) => {
    const box = compiled(webWith(`template: ${template}`)).find((one) => one.type === 'lxcContainer') as LxcContainerSpec
    expect(box.template).toEqual(expected)
  })

  test('addresses of both families reach LXC and the guest', () => {
    const spec = net("veth: web0, ipv6: {address: '2001:db8::3/64', gateway: 'fe80::1'}, ipv4: {address: 10.0.0.2/24}")
    const box = compiled(webWith(spec)).find((one) => one.type === 'lxcContainer') as LxcContainerSpec
    expect(box.settings).toMatchObject({
      'lxc.net.0.veth.pair': 'web0',
      'lxc.net.0.ipv6.address': '2001:db8::3/64',
      'lxc.net.0.ipv6.gateway': 'fe80::1',
    })
    const interfaces = box.guestFiles.find(({ path }) => path === '/etc/network/interfaces')?.content
    expect(interfaces).toContain(
      'iface eth0 inet manual\n  up ip addr replace 10.0.0.2/24 brd + dev eth0\n  up ip -6 addr replace 2001:db8::3/64 dev eth0\n  up ip -6 route replace default via fe80::1 dev eth0\n',
    )
    expect(
      (compiled(webWith(net('guest: dhcp'))).at(-1) as LxcContainerSpec).guestFiles.find(({ path }) => path === '/etc/network/interfaces')
        ?.content,
    ).toContain('iface eth0 inet dhcp\n')
  })

  test.each([
    ['', 'Never'],
    ['maintenanceWindow: {cron: "0 3 * * 0", duration: 2h}', 'InWindow'],
    ['restarts: Always', 'Always'],
  ])('%s restarts %s', (spec, restarts) => {
    expect(new Set(compiled(webWith(spec)).map((one) => one.restarts))).toEqual(new Set([restarts]))
  })

  test('data is kept unless the manifest says otherwise', () => {
    expect(compiled(webWith('')).map((one) => one.deletionPolicy)).toEqual(['Retain', 'Retain', 'Retain'])
    expect(compiled(webWith('deletionPolicy: Delete')).map((one) => one.deletionPolicy)).toEqual(['Delete', 'Delete', 'Delete'])
  })

  test('each stands on the one before', () => {
    const [volume, files, box] = compiled(webWith(net('guest: static')))
    expect(files?.needs?.map((one) => one.id)).toEqual([volume?.id])
    expect(box?.needs?.map((one) => one.id)).toEqual([files?.id, 'bridge:br-lxc'])
  })
})

describe('the inside of a container as a target', () => {
  const fleet = fleetOf(webWith('lxc: {name: My_Box}'))
  test('is found by the name of its manifest, and named as LXC names it', () => {
    expect(resolveTarget(fleet, { container: 'web' })).toEqual({ hypervisor: 'he1', inside: 'My_Box', provider: 'lxc' })
    expect(containers(fleet).map(containerTarget)).toEqual([{ hypervisor: 'he1', inside: 'My_Box', provider: 'lxc' }])
    expect(resolveTarget(fleet, { hypervisor: 'he1' })).toEqual({ hypervisor: 'he1' })
  })
  test.each([{}, { container: 'web', hypervisor: 'he1' }, { container: 'nosuch' }])('is not found by %j', (reference) => {
    expect(resolveTarget(fleet, reference)).toBeUndefined()
  })
})
