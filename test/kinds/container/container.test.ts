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
    ['a field that is not there', 'unprivileged: true'],
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
    ['state frozen', 'state: frozen'],
    ['a size as a word', 'rootfs: {lvm: {volumeGroup: vg, size: ten}}'],
    ['a negative size', "rootfs: {lvm: {volumeGroup: vg, size: '-1'}}"],
    ['a volume group that is an option', 'rootfs: {lvm: {volumeGroup: -vg, size: 1Gi}}'],
    ['no root', 'rootfs: {}'],
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
      'error spec.template: template.path and template.sha256 belong to type archive (set template.type to archive, or leave them out)',
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
  ])('nothing of: %s', (spec) => {
    expect(complaints(webWith(spec))).toEqual([])
  })
})

test('what only one container can have is claimed where it stands', () => {
  const fleet = fleetOf(webWith(`lxc: {name: My_Box}\n${net("mac: '00:16:3E:00:00:0A', ipv4: {address: 192.168.1.3/24}")}`))
  expect(containers(fleet).flatMap((one) => container.claims?.(one, fleet) ?? [])).toEqual([
    { scope: 'LXC name on he1', value: 'My_Box', path: 'spec.lxc.name' },
    { scope: 'LV in vg_data on he1', value: 'My_Box', path: 'spec.rootfs.lvm' },
    { scope: 'address on he1', value: '192.168.1.3', path: 'spec.network[0].ipv4.address' },
    { scope: 'MAC address on he1', value: '00:16:3e:00:00:0a', path: 'spec.network[0].mac' },
  ])
})

test('two containers are valid together', () => {
  expect(complaints(example('plpa'), example('web'))).toEqual([])
})

describe('what is compiled', () => {
  test.each(['plpa', 'web'])('the example %s', async (name) => {
    await expect(`${JSON.stringify(compiled(example(name)), undefined, 2)}\n`).toMatchFileSnapshot(`golden/${name}.json`)
  })

  test('the config and the guest files of the example web', async () => {
    const spec = compiled(example('web')).find((one) => one.type === 'lxcContainer') as LxcContainerSpec
    const text = newConfig({ settings: spec.settings, defaults: spec.defaults, mark: { fleet: 'prod', owner: 'Container/web' } })
    const files = spec.guestFiles.map((file) => `== ${file.path} ${file.mode}\n${file.content}`).join('')
    await expect(`${text}${files}`).toMatchFileSnapshot('golden/web.txt')
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
