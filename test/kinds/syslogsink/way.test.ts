import { expect, test } from 'vitest'
import { fleetOf, kindOf } from '../fleet.ts'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZ2dXQ0cW1xcnN0dXZ3eHl6MDEyMzQ1Njc4OWFiY2Rl'
const bridges = '[{name: br-lxc, addresses: [192.168.100.1/24]}, {name: br-dmz, addresses: [10.1.0.1/16]}, {name: br-bare}]'
const he1 = `---\napiVersion: reeve.dev/v1\nkind: Hypervisor\nmetadata: {name: he1}\nspec: {address: 192.0.2.1, hostKeys: ["${key}"], system: {bridges: ${bridges}}}\n`
const container = (name: string, address: string) =>
  `---\napiVersion: reeve.dev/v1\nkind: Container\nmetadata: {name: ${name}}\nspec:\n  hypervisor: he1\n  template: {type: debootstrap, release: bookworm}\n  rootfs: {lvm: {volumeGroup: vg, size: 1Gi}}\n  network: [{name: eth0, bridge: br-lxc, ipv4: {address: ${address}/24}}]\n`
const sink = (more = '') =>
  `---\napiVersion: reeve.dev/v1\nkind: SyslogSink\nmetadata: {name: central}\nspec:\n  server: {target: {container: logs}, listeners: [{protocol: tcp}]}\n  clients: [{targets: [{hypervisor: he1}, {container: web}]${more}}]\n`

function bridgesNeeded(text: string): readonly string[] {
  const fleet = fleetOf(he1 + container('logs', '192.168.100.5') + container('web', '192.168.100.6') + text)
  const kind = kindOf('SyslogSink')
  const specs = fleet
    .all('SyslogSink')
    .flatMap((one) => kind.place(one, fleet).flatMap((at) => kind.compile(one, at, fleet).map((spec) => ({ at, spec }))))
  const needs = specs.flatMap(({ at, spec }) => (spec.needs ?? []).map(({ id }) => `${at.target.inside ?? 'he1'} ${spec.type} ${id}`))
  return needs.filter((one) => one.includes(' bridge:'))
}

test.each([
  [
    'the bridge by which a hypervisor reaches the sink stands before it sends',
    sink(),
    ['he1 file bridge:br-lxc', 'he1 service bridge:br-lxc'],
  ],
  [
    'which is that of the address that the client names',
    sink(', address: 10.1.2.3'),
    ['he1 file bridge:br-dmz', 'he1 service bridge:br-dmz'],
  ],
  ['and none of a sink elsewhere, or of a name', sink(', address: logs.example.com'), []],
])('%s', (_name, text, expected) => {
  expect(bridgesNeeded(text)).toEqual(expected)
})
