import { expect, test } from 'vitest'
import type { Placement } from '../../../controller/model/target.ts'
import { type BlockSpec, blockText } from '../../../controller/primitives/block/spec.ts'
import { runShell } from '../../machine/shell.ts'
import { complaints, fleetOf, kindOf } from '../fleet.ts'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZ2dXQ0cW1xcnN0dXZ3eHl6MDEyMzQ1Njc4OWFiY2Rl'

function hypervisorOf(spec: string, name = 'he1'): string {
  return `---
apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: ${name}}
spec:
  hostKeys: ["${key}"]
${spec}`
}

function system(text: string): string {
  return hypervisorOf(`  address: 192.0.2.10\n  system: ${text}\n`)
}

const bad: readonly { readonly name: string; readonly yaml: string; readonly says: readonly string[] }[] = [
  {
    name: 'a user who cannot become root',
    yaml: hypervisorOf('  address: he1.example.com\n  user: reeve\n  become: None\n'),
    says: ['spec.become: user reeve cannot change anything without sudo'],
  },
  {
    name: 'an address that is none',
    yaml: hypervisorOf('  address: 192.0.2.300\n'),
    says: ['spec.address: 192.0.2.300 is not an IPv4 address'],
  },
  {
    name: 'a port in the address',
    yaml: hypervisorOf('  address: he1.example.com:22\n'),
    says: ['spec.address: he1.example.com:22 is not an IPv6 address'],
  },
  {
    name: 'a host key that is cut, and one of another type',
    yaml: `---\napiVersion: reeve.dev/v1\nkind: Hypervisor\nmetadata: {name: he1}\nspec: {address: 192.0.2.1, hostKeys: [ssh-ed25519 AAAA, "ssh-rsa ${key.split(' ')[1]}"]}\n`,
    says: ['spec.hostKeys[0]: this is no ssh-ed25519 public key', 'spec.hostKeys[1]: this is no ssh-rsa public key'],
  },
  {
    name: 'a way that goes in a circle',
    yaml: hypervisorOf('  address: 192.0.2.1\n  jump: he2\n') + hypervisorOf('  address: 192.0.2.2\n  jump: he1\n', 'he2'),
    says: ['spec.jump: the way goes in a circle: he1 → he2 → he1', 'spec.jump: the way goes in a circle: he2 → he1 → he2'],
  },
  {
    name: 'ports of bridges that cannot be',
    yaml: system('{bridges: [{name: br0, ports: [eth0, lo]}, {name: br1, ports: [br0, eth1, eth0]}]}'),
    says: [
      'spec.system.bridges[0].ports[1]: the loopback cannot be a port of a bridge',
      'spec.system.bridges[1].ports[0]: br0 is a bridge itself, and cannot be a port of one',
      'spec.system.bridges[1].ports[2]: eth0 is plugged into br0 already',
    ],
  },
  {
    name: 'the management address on a bridge',
    yaml: system('{bridges: [{name: br0, addresses: [192.0.2.10/24]}]}'),
    says: [
      'spec.system.bridges[0].addresses[0]: 192.0.2.10/24 is the address that Reeve reaches this machine by, and no cable leads to this bridge',
    ],
  },
  {
    name: 'addresses that no machine has',
    yaml: system('{bridges: [{name: br0, addresses: [192.168.1.0/24, 192.168.1.255/24, 192.168.1.1/33, "fd00::0:1/64", "fd00::1/129"]}]}'),
    says: [
      "spec.system.bridges[0].addresses[0]: 192.168.1.0/24 is the network's or the broadcast address, not one of a machine",
      "spec.system.bridges[0].addresses[1]: 192.168.1.255/24 is the network's or the broadcast address, not one of a machine",
      'spec.system.bridges[0].addresses[2]: 192.168.1.1/33 is not an IPv4 address with its prefix length, such as 192.168.1.3/24',
      'spec.system.bridges[0].addresses[3]: write fd00::1/64, as ip prints it',
      'spec.system.bridges[0].addresses[4]: fd00::1/129 is not an IPv6 address with its prefix length',
    ],
  },
  {
    name: 'kernel settings that are none',
    yaml: system('{sysctl: {"net..x": "1", "../../etc/passwd": x, net.ipv4.ip_forward: "1\\n2"}}'),
    says: [
      'spec.system.sysctl["net..x"]: "net..x" is no name of a kernel setting',
      'spec.system.sysctl["../../etc/passwd"]: "../../etc/passwd" is no name of a kernel setting',
      'spec.system.sysctl["net.ipv4.ip_forward"]: "1\\n2" is no value of a kernel setting: words and single blanks',
    ],
  },
  {
    name: 'files in places that are not for them',
    yaml: system(
      '{files: [{path: /etc/../x, content: ""}, {path: /proc/sysrq-trigger, content: b}, {path: /etc/ssh/sshd_config, content: ""}, {path: /root/.ssh/authorized_keys, content: ""}, {path: /etc/motd, content: "a\\x00b"}]}',
    ),
    says: [
      'spec.system.files[0].path: /etc/../x is no plain absolute path',
      'spec.system.files[1].path: /proc/sysrq-trigger is not a place for files of manifests',
      'spec.system.files[2].path: /etc/ssh/sshd_config decides who may come in; Reeve does not write it, for a mistake would lock it out',
      'spec.system.files[3].path: /root/.ssh/authorized_keys decides who may come in; Reeve does not write it, for a mistake would lock it out',
      'spec.system.files[4].content: control characters but tab, line feed and carriage return are not allowed',
    ],
  },
  {
    name: 'hosts with addresses that are none, or the machine’s own',
    yaml: system(
      '{hosts: [{address: 192.0.2.256, names: [a]}, {address: 192.0.2.7.1, names: [b]}, {address: 127.0.1.1, names: [c]}, {address: "0:0::1", names: [d]}, {address: "fe80:::1", names: [e]}]}',
    ),
    says: [
      'spec.system.hosts[0].address: 192.0.2.256 is not an IP address',
      'spec.system.hosts[1].address: 192.0.2.7.1 is not an IP address',
      "spec.system.hosts[2].address: 127.0.1.1 is loopback; these lines of /etc/hosts are the machine's own",
      "spec.system.hosts[3].address: 0:0::1 is loopback; these lines of /etc/hosts are the machine's own",
      'spec.system.hosts[4].address: fe80:::1 is not an IP address',
    ],
  },
  {
    name: 'hosts with names that are none',
    yaml: system('{hosts: [{address: 192.0.2.7, names: [a..b, a-.b, 10.0.0.1, LocalHost]}]}'),
    says: [
      'spec.system.hosts[0].names[0]: a..b is no host name: each label is 1 to 63 letters, digits and -',
      'spec.system.hosts[0].names[1]: a-.b is no host name: each label is 1 to 63 letters, digits and -',
      'spec.system.hosts[0].names[2]: 10.0.0.1 is an address, not a host name',
      "spec.system.hosts[0].names[3]: localhost is loopback; its lines of /etc/hosts are the machine's own",
    ],
  },
  {
    name: 'hosts that are there twice',
    yaml: system(
      '{hosts: [{address: 192.0.2.7, names: [a, b]}, {address: "2001:db8::7", names: [A]}, {address: 192.0.2.7, names: [c]}, {address: "2001:DB8:0::7", names: [d]}, {address: 192.0.2.8, names: [B]}]}',
    ),
    says: [
      'spec.system.hosts[2].address: 192.0.2.7 is already at hosts[0].address',
      'spec.system.hosts[3].address: 2001:DB8:0::7 is already at hosts[1].address',
      'spec.system.hosts[4].names[0]: B is already at hosts[0].names[1]',
    ],
  },
  {
    name: 'hosts beside a file /etc/hosts',
    yaml: system('{hosts: [{address: 192.0.2.7, names: [a]}], files: [{path: /etc/hosts, content: x}]}'),
    says: ['spec.system.files[0].path: /etc/hosts cannot be both written whole and given lines by system.hosts'],
  },
  {
    name: 'more hosts than a block holds',
    yaml: system(
      `{hosts: [${Array.from({ length: 1000 }, (_, index) => `{address: 10.0.${index >> 8}.${index & 255}, names: [${'a'.repeat(60)}${index}]}`).join()}]}`,
    ),
    says: ['spec.system.hosts: these are 74450 bytes; a block holds at most 65536'],
  },
  {
    name: 'a service that loads what is not written',
    yaml: system('{services: [{unit: cron.service, loads: [/etc/crontab]}]}'),
    says: ['spec.system.services[0].loads[0]: /etc/crontab is not in system.files'],
  },
  {
    name: 'things that are there twice',
    yaml: system('{packages: [wget, wget], bridges: [{name: br0}, {name: br0}]}'),
    says: ['spec.system.bridges[1]: br0 is already at bridges[0]', 'spec.system.packages[1]: wget is already at packages[0]'],
  },
]

test.each(bad)('$name is refused with its place and reason', ({ yaml, says }) => {
  expect(complaints(fleetOf(yaml), 'Hypervisor')).toEqual(says)
})

/** What the schema itself refuses. */
const malformed: readonly (readonly [string, string])[] = [
  ['no host key', '---\napiVersion: reeve.dev/v1\nkind: Hypervisor\nmetadata: {name: he1}\nspec: {address: 192.0.2.1}\n'],
  ['a user that is a command', hypervisorOf('  address: a.b\n  user: "root; id"\n')],
  ['an address that is a command', hypervisorOf('  address: "$(id)"\n')],
  ['a key as identity', hypervisorOf('  address: a.b\n  identity: /root/.ssh/id\n')],
  ['a package that is an option', system('{packages: ["-y"]}')],
  ['a bridge with a name too long', system('{bridges: [{name: a-rather-long-name}]}')],
  ['a unit that is a path', system('{services: [{unit: "../x.service"}]}')],
  ['hosts without a name', system('{hosts: [{address: 192.0.2.1, names: []}]}')],
  ['hosts with a name of two lines', system('{hosts: [{address: 192.0.2.1, names: ["a\\n127.0.0.1 b"]}]}')],
  ['an unknown field', system('{file: []}')],
]
test.each(malformed)('%s is refused by the schema', (_, yaml) => expect(() => fleetOf(yaml)).toThrow(/spec/))

test('a machine asks for what its system says, packages first', () => {
  const fleet = fleetOf(
    system(
      '{bridges: [{name: lxcbr1, addresses: [192.168.9.1/24]}], sysctl: {net.ipv4.ip_forward: "1"}, packages: [wget], files: [{path: /etc/motd, content: hi}, {path: /etc/x.conf, content: x}], services: [{unit: x.service, loads: [/etc/x.conf], enabled: true}]}',
    ),
  )
  const kind = kindOf('Hypervisor')
  const [manifest] = fleet.manifests
  if (!manifest) throw new Error('no manifest')
  const specs = kind.compile(manifest, kind.place(manifest, fleet)[0] as Placement, fleet)
  expect(specs.map(({ id, needs = [] }) => [id, needs.map((one) => one.id)])).toEqual([
    ['bridge:lxcbr1', []],
    ['sysctl:net.ipv4.ip_forward', []],
    ['package:wget', []],
    ['file:/etc/motd', ['package:wget']],
    ['file:/etc/x.conf', ['package:wget']],
    ['service:x.service', ['package:wget']],
  ])
  expect(specs.at(-1)).toMatchObject({ loads: ['file:/etc/x.conf'], reload: 'restart', restarts: 'Never', isEnabled: true })
})

test('lines of /etc/hosts are one block, in the order of the manifest', () => {
  const fleet = fleetOf(system('{hosts: [{address: 192.0.2.7, names: [a.example.com, a]}, {address: "2001:db8::7", names: [a]}]}'))
  const kind = kindOf('Hypervisor')
  const [manifest] = fleet.manifests
  const specs = manifest ? kind.compile(manifest, kind.place(manifest, fleet)[0] as Placement, fleet) : []
  expect(specs.map((spec) => [spec.id, blockText(spec as BlockSpec, fleet.name)])).toEqual([
    [
      'block:/etc/hosts#hosts',
      `# BEGIN reeve ${fleet.name} hosts\n192.0.2.7\ta.example.com a\n2001:db8::7\ta\n# END reeve ${fleet.name} hosts\n`,
    ],
  ])
})

test('the health of a machine is read from this one', async () => {
  const [vital] =
    kindOf('Hypervisor').vitals?.(
      fleetOf(system('{}')).manifests[0] as never,
      { target: { hypervisor: 'he1' as never }, role: 'host' },
      fleetOf(''),
    ) ?? []
  if (!vital || !('text' in vital.probe)) throw new Error('no script')
  const read = await runShell(`systemctl() { echo 'a.service loaded failed failed A'; }\nset -eu\n${vital.probe.text}`)
  const assessment = vital.assess({ status: 'read', stdout: read.stdout, reason: '' })
  expect(assessment).toMatchObject({ healthy: false, reason: 'UnitsFailed', message: 'a unit failed: a.service' })
  expect(assessment.samples.map(({ metric }) => metric)).toEqual([
    'hypervisor_uptime_seconds',
    'hypervisor_memory_available_ratio',
    'hypervisor_reboot_required',
    'hypervisor_root_available_ratio',
    'hypervisor_units_failed',
  ])
})

const judged: readonly { readonly name: string; readonly stdout: string; readonly reason: string }[] = [
  { name: 'cut short', stdout: 'uptime 5\n', reason: 'NotRead' },
  { name: 'of a full disk', stdout: 'root 4096 100 3\nend 1\n', reason: 'RootFull' },
  { name: 'of lies', stdout: 'root x y z\nload NaN\nuptime -1\nend 1\n', reason: 'Running' },
]
test.each(judged)('an answer $name is judged as $reason', ({ stdout, reason }) => {
  const [vital] =
    kindOf('Hypervisor').vitals?.(
      fleetOf(system('{}')).manifests[0] as never,
      { target: { hypervisor: 'he1' as never }, role: 'host' },
      fleetOf(''),
    ) ?? []
  expect(vital?.assess({ status: 'read', stdout, reason: '' }).reason).toBe(reason)
})

/** Captured: apt 2.6.1 of Debian 12. */
const simulated = `kernel 6.1.0-25-amd64
version installed lxc 1:5.0.2-1+deb12u3
version config-files nginx 1.22.1-9
version installed evil 1
version installed lvm2 2.03"} x
Inst libc6 [2.36-9+deb12u4] (2.36-9+deb12u9 Debian:12.9/stable [amd64])
Inst openssl [3.0.11-1] (3.0.15-1~deb12u1 Debian-Security:12/stable-security [amd64]) []
Inst security-notes (1.0 Debian:12/stable [all])
end 1
`

const upkept: readonly { readonly id: string; readonly stdout: string; readonly says: object }[] = [
  {
    id: 'clock',
    stdout: 'synchronized yes\nend 1\n',
    says: { healthy: true, samples: [{ metric: 'hypervisor_clock_synchronized', value: 1 }] },
  },
  {
    id: 'clock',
    stdout: 'synchronized no\nend 1\n',
    says: { healthy: true, samples: [{ metric: 'hypervisor_clock_synchronized', value: 0 }] },
  },
  { id: 'clock', stdout: 'synchronized \nend 1\n', says: { healthy: 'unknown', samples: [] } },
  {
    id: 'updates',
    stdout: simulated,
    says: {
      healthy: true,
      samples: [
        { metric: 'hypervisor_security_updates_pending', value: 1 },
        { metric: 'hypervisor_provider_info', value: 1, labels: { provider: 'linux', version: '6.1.0-25-amd64' } },
        { metric: 'hypervisor_provider_info', value: 1, labels: { provider: 'lxc', version: '1:5.0.2-1+deb12u3' } },
      ],
    },
  },
  { id: 'updates', stdout: simulated.slice(0, -6), says: { healthy: 'unknown', samples: [] } },
  { id: 'sshd', stdout: 'same\nend 1\n', says: { healthy: true } },
  { id: 'sshd', stdout: 'differs\na wins\nend 1\n', says: { healthy: false, reason: 'SshdShadowed', message: 'a wins' } },
  { id: 'sshd', stdout: 'differs\na wi', says: { healthy: 'unknown' } },
]
test.each(upkept)('$id: $stdout is judged', ({ id, stdout, says }) => {
  const fleet = fleetOf(system('{sshd: {ports: [22]}}'))
  const vitals =
    kindOf('Hypervisor').vitals?.(fleet.manifests[0] as never, { target: { hypervisor: 'he1' as never }, role: 'host' }, fleet) ?? []
  expect(vitals.find((vital) => vital.id === id)?.assess({ status: 'read', stdout, reason: '' })).toMatchObject(says)
})

test('updates that wait are read from this machine', async () => {
  const fleet = fleetOf(system('{}'))
  const vitals =
    kindOf('Hypervisor').vitals?.(fleet.manifests[0] as never, { target: { hypervisor: 'he1' as never }, role: 'host' }, fleet) ?? []
  const vital = vitals.find(({ id }) => id === 'updates')
  if (!vital || !('text' in vital.probe)) throw new Error('no script')
  const { stdout } = await runShell(`set -eu\n${vital.probe.text}`)
  const { samples } = vital.assess({ status: 'read', stdout, reason: '' })
  expect([...new Set(samples.map(({ metric }) => metric))]).toEqual(['hypervisor_security_updates_pending', 'hypervisor_provider_info'])
  const { stdout: nft } = await runShell("dpkg-query -W -f '${Version}' nftables")
  expect(samples.find(({ labels }) => labels?.['provider'] === 'nftables')?.labels?.['version']).toBe(nft)
})
