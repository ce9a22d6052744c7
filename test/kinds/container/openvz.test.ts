import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { container } from '../../../controller/kinds/container/index.ts'
import type { HypervisorName } from '../../../controller/model/ids.ts'
import { declaredAddress, resolveTarget } from '../../../controller/model/placement.ts'
import type { Spec } from '../../../controller/model/primitive.ts'
import { targetFromKey, targetKey } from '../../../controller/model/target.ts'
import type { LxcContainerSpec } from '../../../controller/primitives/lxcContainer/spec.ts'
import { guestFileHeader } from '../../../controller/primitives/lxcContainer/spec.ts'
import type { OpenvzContainerSpec } from '../../../controller/primitives/openvzContainer/spec.ts'
import { compiled, complaints, containers, fleetOf, schemaProblem, webWith } from './fleet.ts'

const sum = 'a'.repeat(64)

/** A Container `web` of OpenVZ; its spec's lines win over these. */
const vz = (spec: string, openvz = 'ctid: 101'): string => webWith(`provider: openvz\nopenvz: {${openvz}}\n${spec}`)
const boxOf = (...texts: readonly string[]): OpenvzContainerSpec =>
  compiled(...texts).find((one) => one.type === 'openvzContainer') as OpenvzContainerSpec

describe('what check says of a container of OpenVZ', () => {
  test.each<[string, string, string, string]>([
    [
      'a barrier above its limit',
      '',
      'ctid: 101, ubc: {privvmpages: "100:50"}',
      'error spec.openvz.ubc.privvmpages: openvz.ubc.privvmpages 100:50: the barrier exceeds the limit (the barrier stands first)',
    ],
    [
      'a soft quota above the hard one',
      '',
      'ctid: 101, diskspace: "9Gi:8Gi"',
      'error spec.openvz.diskspace: openvz.diskspace: the soft limit (9 GiB) exceeds the hard limit (8 GiB) (the soft one stands first)',
    ],
    [
      'a quota of inodes backwards',
      '',
      'ctid: 101, diskinodes: "9:8"',
      'error spec.openvz.diskinodes: openvz.diskinodes 9:8: the soft limit exceeds the hard limit (the soft limit stands first)',
    ],
    [
      'a quota with a bare unit',
      '',
      'ctid: 101, diskspace: 8G',
      'error spec.openvz.diskspace: openvz.diskspace: write 8Gi: a bare G means 1024s to LVM and 1000s to others',
    ],
    [
      'a quota of nothing',
      '',
      'ctid: 101, diskspace: 8Ki',
      'error spec.openvz.diskspace: openvz.diskspace 8Ki is too little for any system',
    ],
    [
      'an address that is none',
      '',
      'ctid: 101, ips: [300.1.1.1]',
      'error spec.openvz.ips[0]: openvz.ips[0] 300.1.1.1 is not an IPv4/IPv6 address',
    ],
    [
      'the address that vzctl passes over',
      '',
      'ctid: 101, ips: [0.0.0.0]',
      'error spec.openvz.ips[0]: openvz.ips[0] 0.0.0.0 is not an IPv4/IPv6 address',
    ],
    [
      'a CTID of its own',
      '',
      'ctid: 100',
      'warning spec.openvz.ctid: openvz.ctid 100 is one of those up to 100 that OpenVZ keeps for itself (use 101 or higher for a new container)',
    ],
    [
      'a sample without a name',
      '',
      'ctid: 101, configSample: {from: basic}',
      'error spec.openvz.configSample: openvz.configSample makes the sample that openvz.config names, and there is no config',
    ],
    [
      'a sample of itself',
      '',
      'ctid: 101, config: basic, configSample: {from: basic}',
      'error spec.openvz.configSample.from: openvz.configSample.from basic is the sample itself (choose another name for config)',
    ],
    [
      'few rules of iptables',
      '',
      'ctid: 101, ubc: {numiptent: 8}',
      'error spec.openvz.ubc.numiptent: openvz.ubc.numiptent 8 is lower than 16, which vzctl makes of it at each start',
    ],
    [
      'one limit twice',
      'resources: {pids: 100}',
      'ctid: 101, ubc: {numproc: 100}',
      'error spec.openvz.ubc.numproc: openvz.ubc.numproc and resources.pids are the same limit (keep resources.pids)',
    ],
    [
      'an archive that vzctl does not unpack',
      `template: {type: archive, path: /a.tar.zst, sha256: ${sum}}`,
      'ctid: 101',
      'error spec.template.path: template.path /a.tar.zst: vzctl unpacks .tar, .tar.gz, .tar.bz2, .tar.xz only',
    ],
    [
      'an archive whose name cannot be one',
      `template: {type: archive, path: "/@a.tar", sha256: ${sum}}`,
      'ctid: 101',
      'error spec.template.path: template.path /@a.tar: its file name cannot be the name of a template (name one in openvz.ostemplate, for example debian-12-x86_64)',
    ],
    [
      'an archive without a checksum',
      'template: {type: archive, path: /a.tar}',
      'ctid: 101',
      'error spec.template: template.sha256 is required with type archive',
    ],
    [
      'a path with dots',
      `template: {type: archive, path: /a/../b.tar, sha256: ${sum}}`,
      'ctid: 101',
      'error spec.template.path: template.path /a/../b.tar is not normalised (leave . and .. out)',
    ],
    [
      'debootstrap',
      'template: {type: debootstrap, release: bookworm}',
      'ctid: 101',
      'error spec.template.type: template.type debootstrap is known to provider lxc only (use an archive, or name a template of the cache in openvz.ostemplate)',
    ],
    [
      'a stop that vzctl does not wait for',
      'stop: {timeout: 5m}',
      'ctid: 101',
      'error spec.stop.timeout: stop.timeout 5m is longer than provider openvz waits: vzctl kills after two minutes (at most 110s)',
    ],
    [
      'a link to nothing',
      '',
      'ctid: 101, compatSymlink: true',
      'error spec.openvz.compatSymlink: openvz.compatSymlink links to the volume of rootfs, and there is no rootfs',
    ],
    [
      'a frozen one',
      'state: frozen',
      'ctid: 101',
      'error spec.state: state cannot be kept with provider openvz: frozen is known to provider lxc only (leave it out, or use provider lxc)',
    ],
    [
      'a soft limit of memory',
      'resources: {memoryHigh: 64Mi}',
      'ctid: 101',
      'error spec.resources.memoryHigh: resources.memoryHigh cannot be kept with provider openvz: OpenVZ has no soft limit of memory; openvz.ubc.oomguarpages and vmguarpages come near (leave it out, or use provider lxc)',
    ],
    [
      'a guarantee of memory',
      'resources: {memoryReservation: 64Mi}',
      'ctid: 101',
      'error spec.resources.memoryReservation: resources.memoryReservation cannot be kept with provider openvz: OpenVZ guarantees memory by openvz.ubc.vmguarpages and oomguarpages (leave it out, or use provider lxc)',
    ],
    [
      'ids of its own',
      'unprivileged: true',
      'ctid: 101',
      'error spec.unprivileged: unprivileged cannot be kept with provider openvz: OpenVZ confines root inside by its own kernel (leave it out, or use provider lxc)',
    ],
    [
      'a delay',
      'autostart: {delay: 5}',
      'ctid: 101',
      'error spec.autostart.delay: autostart.delay cannot be kept with provider openvz: OpenVZ starts one container after the other (leave it out, or use provider lxc)',
    ],
    [
      'groups',
      'autostart: {groups: [a]}',
      'ctid: 101',
      'error spec.autostart.groups: autostart.groups cannot be kept with provider openvz: OpenVZ starts all containers with the host, or none (leave it out, or use provider lxc)',
    ],
    [
      'an MTU',
      'network: [{name: eth0, bridge: br-lxc, mtu: 1400}]',
      'ctid: 101',
      'error spec.network: network cannot be kept with provider openvz: network[].mtu cannot be given to vzctl (leave it out, or use provider lxc)',
    ],
    [
      'mounts',
      'mounts: [{source: /srv/a, target: /a}]',
      'ctid: 101',
      'error spec.mounts: mounts cannot be kept with provider openvz: OpenVZ mounts by scripts of the user (CTID.mount) (leave it out, or use provider lxc)',
    ],
    [
      'AppArmor',
      'security: {nesting: true}',
      'ctid: 101',
      'error spec.security: security cannot be kept with provider openvz: AppArmor, seccomp and capabilities are known to provider lxc only (leave it out, or use provider lxc)',
    ],
    [
      'a seccomp profile',
      'security: {seccomp: default}',
      'ctid: 101',
      'error spec.security: security cannot be kept with provider openvz: AppArmor, seccomp and capabilities are known to provider lxc only (leave it out, or use provider lxc)',
    ],
    [
      'a device elsewhere',
      'devices: [{path: /etc/x}]',
      'ctid: 101',
      'error spec.devices[0].path: devices[0].path /etc/x must be under /dev (write for example /dev/fuse)',
    ],
    [
      'a device to make only',
      'devices: [{path: /dev/fuse, access: m}]',
      'ctid: 101',
      'error spec.devices[0].access: devices[0].access m: vzctl makes the node, and grants r and w (write rwm)',
    ],
    [
      'venet beside a bridge',
      'network: [{name: eth0, bridge: br-lxc}]',
      'ctid: 101, ips: [192.0.2.9]',
      "error spec.network[0]: network[0] beside openvz.ips: vzctl writes the guest's /etc/network/interfaces anew for venet, and would lose it (set guest: manual and keep the interface inside yourself, or use either openvz.ips or network)",
    ],
  ])('%s', (_name, spec, openvz, says) => {
    const text = vz(spec, openvz)
    const withoutRoot = openvz.includes('compatSymlink') ? text.replace(/"rootfs":\{"lvm":\{[^}]*\}\},?/, '') : text
    expect(complaints(withoutRoot)).toEqual([says])
  })

  test('nothing of one with all that it can have', () => {
    expect(complaints(vz(full, fullOpenvz))).toEqual([])
    expect(complaints(webWith('provider: openvz'))).toEqual([
      'error spec: openvz.ctid is required with provider openvz (choose a number that no container of the hypervisor has, 101 or higher)',
    ])
  })

  test.each([
    [
      'archives',
      `template: {type: archive, path: /a/d.tar, sha256: ${'b'.repeat(64)}}`,
      'ctid: 102',
      'error spec.template: the template d of he1 is another archive for Container/other (give one of them another openvz.ostemplate)',
    ],
    [
      'samples',
      '',
      'ctid: 102, config: s, configSample: {from: light}',
      'error spec.openvz.configSample: the sample s of he1 is made otherwise by Container/other (give one of them another openvz.config)',
    ],
  ])('two that share a name must mean the same: %s', (_name, spec, openvz, says) => {
    const other = vz(
      `template: {type: archive, path: /d.tar, sha256: ${sum}}`,
      'ctid: 101, config: s, configSample: {from: basic}',
    ).replace('name: web', 'name: other')
    expect(complaints(vz(spec, openvz), other)).toContain(says)
  })
})

describe('what the schema refuses', () => {
  test.each([
    ['ctid 0', 'ctid: 0'],
    ['a ctid of 2^31', 'ctid: 2147483648'],
    ['a ctid that is a word', 'ctid: abc'],
    ['no ctid', 'config: basic'],
    ['a template with a slash', 'ctid: 1, ostemplate: ../x'],
    ['a template that is an option', 'ctid: 1, ostemplate: -x'],
    ['a sample that injects', 'ctid: 1, config: "a\\"; touch x"'],
    ['a parameter of the shell', 'ctid: 1, config: a, configSample: {from: b, set: {"A$(id)": x}}'],
    ['a value with a command', 'ctid: 1, config: a, configSample: {from: b, set: {A: "$(id)"}}'],
    ['a value with a quote', "ctid: 1, config: a, configSample: {from: b, set: {A: 'x\"'}}"],
    ['a value with a newline', 'ctid: 1, config: a, configSample: {from: b, set: {A: "x\\ny"}}'],
    ['a counter that is not there', 'ctid: 1, ubc: {nosuch: 1}'],
    ['a counter below 0', 'ctid: 1, ubc: {numproc: -1}'],
    ['an address that injects', 'ctid: 1, ips: ["1.2.3.4 --save"]'],
    ['a feature that is not there', 'ctid: 1, features: {tun: true}'],
  ])('%s', (_name, openvz) => {
    expect(schemaProblem(vz('', openvz))).toBeTypeOf('string')
  })
})

const common = `hostname: box.example.com
template: {type: archive, path: /srv/debian-12.tar.gz, sha256: ${sum}}
rootfs: {lvm: {volumeGroup: vg_data, name: box, size: 2Gi, fsType: ext3}}
network: [{name: eth1, bridge: br-lxc, mac: "00:16:3E:00:00:07", veth: veth-box, ipv4: {address: 192.168.100.7/24, gateway: 192.168.100.1}}]
autostart: {enabled: false, order: 7}
resources: {cpus: 1.5, cpuSet: "0,1,3", cpuWeight: 200, memory: 512Mi, swap: 1Gi, pids: 300}
devices: [{path: /dev/net/tun, access: rw}]
stop: {timeout: 30s, force: false}
authorizedKeys: ["ssh-ed25519 AAAA me@home"]
state: stopped
adopt: Replace
driftPolicy: Report
deletionPolicy: Delete
restarts: Always`
const full = `${common}\ndns: {nameservers: [192.0.2.53, 192.0.2.54], searchDomains: [example.com]}`
const fullOpenvz =
  'ctid: 101, config: vps.lv, configSample: {from: basic, set: {VE_PRIVATE: "/var/lib/vz/lv/$VEID/ve"}}, diskspace: "8Gi:9Gi", diskinodes: "200000:220000", ubc: {numothersock: 250, privvmpages: "256000", kmemsize: "14372700:14790164", vmguarpages: "33792:unlimited"}, features: {nfs: true, ppp: false}, compatSymlink: true'

describe('what is compiled', () => {
  test('all that it can have, as vzctl is told it', async () => {
    await expect(`${JSON.stringify(compiled(vz(full, fullOpenvz)), undefined, 2)}\n`).toMatchFileSnapshot('golden/openvz.json')
  })

  test('the same manifest for the other provider keeps every field that is not the provider’s own', () => {
    const both = (provider: string) => webWith(`provider: ${provider}\nopenvz: {ctid: 101}\nlxc: {name: Box}\n${full}`)
    const lxc = compiled(both('lxc')).find((one) => one.type === 'lxcContainer') as LxcContainerSpec
    const openvz = boxOf(both('openvz'))
    expect(complaints(both('openvz'))).toEqual([])
    expect(lxc.settings['lxc.uts.name']).toBe(openvz.settings['HOSTNAME'])
    expect(lxc.template).toEqual({ path: openvz.creation?.archive?.path, sha256: openvz.creation?.archive?.sha256 })
    expect(lxc.rootfs).toEqual({ volumeGroup: 'vg_data', name: 'box', format: 'ext3' })
    expect(volumeOf(both('openvz'))).toEqual({ ...volumeOf(both('lxc')), pending: ['mkfs'] })
    const net = Object.fromEntries(['name', 'link', 'hwaddr', 'veth.pair'].map((key) => [key, lxc.settings[`lxc.net.0.${key}`]]))
    expect(openvz.interfaces).toEqual([{ name: net['name'], bridge: net['link'], mac: net['hwaddr'], veth: net['veth.pair'] }])
    const files = lxc.guestFiles.filter(({ path }) => openvz.guestFiles.some((file) => file.path === path))
    expect(openvz.guestFiles).toEqual(files)
    expect(files.map(({ path }) => path)).toEqual(['/etc/network/interfaces', '/root/.ssh/authorized_keys'])
    expect(files[0]?.content).toContain(`${guestFileHeader}`)
    expect(files[0]?.content).toContain('ip addr replace 192.168.100.7/24')
    expect(openvz.settings).toMatchObject({
      NAMESERVER: '192.0.2.53 192.0.2.54',
      SEARCHDOMAIN: 'example.com',
      ONBOOT: lxc.settings['lxc.start.auto'] === '0' ? 'no' : 'yes',
      BOOTORDER: lxc.settings['lxc.start.order'],
      CPULIMIT: String(Number(lxc.settings['lxc.cgroup2.cpu.max']?.split(' ')[0]) / 1000),
      CPUMASK: '0-1,3',
      CPUUNITS: String(Number(lxc.settings['lxc.cgroup2.cpu.weight']) * 10),
      PHYSPAGES: `0:${BigInt(lxc.settings['lxc.cgroup2.memory.max'] ?? 0) / 4096n}`,
      SWAPPAGES: `0:${BigInt(lxc.settings['lxc.cgroup2.memory.swap.max'] ?? 0) / 4096n}`,
      NUMPROC: `${lxc.settings['lxc.cgroup2.pids.max']}:${lxc.settings['lxc.cgroup2.pids.max']}`,
      DEVNODES: 'net/tun:rw',
    })
    expect([openvz.state, openvz.stop]).toEqual([lxc.state, lxc.stop])
    expect(policiesOf(openvz)).toEqual(policiesOf(lxc))
  })

  test('the private area lies on its volume, or on what the sample says', () => {
    const { needs = [], privateArea } = boxOf(vz(full, fullOpenvz))
    expect(privateArea).toBe('/var/lib/vz/lv/101/ve')
    expect(needs.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['mount:/var/lib/vz/lv/101', 'link:/var/lib/vz/private/101', 'openvzSample:vps.lv', 'bridge:br-lxc']),
    )
    const volume = 'kind: Volume\nmetadata: {name: ve2}\nspec: {hypervisor: he1, mount: {path: /var/lib/vz/lv/2}}'
    const recipe = readFileSync(join(import.meta.dirname, 'samples/plpa-openvz.yaml'), 'utf8')
    expect(boxOf(recipe, volume).needs?.map(({ id }) => id)).toEqual(['openvzSample:vps.lv', 'mount:/var/lib/vz/lv/2'])
  })
})

test('the inside of a container of OpenVZ is a target by its CTID, which no name of LXC can be taken for', () => {
  const fleet = fleetOf(vz('', 'ctid: 101, ips: ["2001:db8::1", 192.0.2.9/32]'))
  const target = resolveTarget(fleet, { container: 'web' })
  expect(target).toEqual({ hypervisor: 'he1', inside: '101', provider: 'openvz' })
  const key = targetKey(target as never)
  expect(key).toBe('he1/openvz:101')
  expect(targetFromKey('he1' as HypervisorName, key)).toEqual(target)
  expect(targetFromKey('he1' as HypervisorName, 'he1/101')).toEqual({ hypervisor: 'he1', inside: '101', provider: 'lxc' })
  expect(containers(fleet).map(declaredAddress)).toEqual(['192.0.2.9'])
})

test('what only one container of a hypervisor can have', () => {
  const fleet = fleetOf(vz('', 'ctid: 101, ips: ["2001:DB8::1", 192.0.2.9/32]'))
  const [manifest] = containers(fleet)
  expect(manifest && container.claims?.(manifest, fleet).map(({ scope, value }) => `${scope}: ${value}`)).toEqual([
    'CTID on he1: 101',
    'address on he1: 2001:db8::1',
    'address on he1: 192.0.2.9',
    'LV in vg_data on he1: web',
    'mount path on he1: /var/lib/vz/lv/101',
  ])
})

function volumeOf(text: string): Spec | undefined {
  return compiled(text).find((one) => one.type === 'logicalVolume')
}

function policiesOf({ adopt, driftPolicy, deletionPolicy, restarts }: Spec) {
  return { adopt, driftPolicy, deletionPolicy, restarts }
}
