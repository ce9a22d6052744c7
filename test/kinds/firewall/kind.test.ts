import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { firewall } from '../../../controller/kinds/firewall/index.ts'
import { foreignDrops } from '../../../controller/kinds/firewall/vitals.ts'
import { hypervisorName } from '../../../controller/model/ids.ts'
import { renderTable } from '../../../controller/primitives/nftTable/render.ts'
import { complaints, fleetOf, mainWith, tableOf } from './fleet.ts'

const hosts = ['he1', 'he2', 'he3']
  .map(
    (name, index) =>
      `---\nkind: Hypervisor\nmetadata: {name: ${name}, labels: {site: ${index < 2 ? 'fsn' : 'nbg'}}}\nspec: {address: 192.0.2.1}\n`,
  )
  .join('')
const web = '---\nkind: Container\nmetadata: {name: web}\nspec: {hypervisor: he2, lxc: {name: My_Box}}\n'

function placed(target: string): readonly unknown[] {
  const fleet = fleetOf(mainWith('order: 1').replace('target: {hypervisor: he1}', target) + hosts + web)
  const [manifest] = fleet.all('Firewall')
  if (manifest === undefined) throw new Error('no Firewall')
  return firewall.place(manifest, fleet).map((at) => at.target)
}

describe('a Firewall is placed', () => {
  it.each([
    ['on a hypervisor', 'target: {hypervisor: he1}', [{ hypervisor: 'he1' }]],
    [
      'in a container, where its own manifest says that it lives',
      'target: {container: web}',
      [{ hypervisor: 'he2', inside: 'My_Box', provider: 'lxc' }],
    ],
    [
      'on several, each once',
      'targets: [{hypervisor: he1}, {hypervisor: he1}, {hypervisor: he3}]',
      [{ hypervisor: 'he1' }, { hypervisor: 'he3' }],
    ],
    ['by labels', 'targetSelector: {matchLabels: {site: fsn}}', [{ hypervisor: 'he1' }, { hypervisor: 'he2' }]],
    ['nowhere, where no labels are like that', 'targetSelector: {matchLabels: {site: fsn, rack: a}}', []],
    ['nowhere, where there is no such container', 'target: {container: nobody}', []],
  ])('%s', (_, target, expected) => {
    expect(placed(target)).toEqual(expected)
  })
})

describe('a Firewall says', () => {
  const fleet = fleetOf(
    mainWith(
      'rules: [{name: a, chain: input, action: accept}]\nnat:\n  - {name: b, type: dnat, port: 80, destination: 192.0.2.1, to: 10.0.0.1}\n  - {name: c, type: masquerade, outInterface: eth0}',
    ),
  )
  const [manifest] = fleet.all('Firewall')
  if (manifest === undefined) throw new Error('no Firewall')

  it('which manifests it mentions', () => {
    expect(firewall.references({ target: { hypervisor: 'he1' }, targets: [{ container: 'web' }] })).toEqual([
      { kind: 'Hypervisor', name: 'he1', path: 'spec.target.hypervisor' },
      { kind: 'Container', name: 'web', path: 'spec.targets[0].container' },
    ])
  })

  it('which names and redirected ports are its own on the target', () => {
    expect(firewall.claims?.(manifest, fleet)).toEqual([
      { scope: 'firewall rule on he1', value: 'a', path: 'spec.rules[0].name' },
      { scope: 'firewall rule on he1', value: 'b', path: 'spec.nat[0].name' },
      { scope: 'firewall rule on he1', value: 'c', path: 'spec.nat[1].name' },
      { scope: 'dnat on he1', value: 'tcp 192.0.2.1:80', path: 'spec.nat[0].port' },
    ])
  })
})

/** `nft -nn list chains` of nftables 1.0.6 with docker's iptables-nft chains, fail2ban and ours. */
const chains = `table ip filter {
	chain INPUT {
		type filter hook input priority 0; policy accept;
	}
	chain FORWARD {
		type filter hook forward priority 0; policy drop;
	}
	chain DOCKER {
	}
}
table inet f2b-table {
	chain f2b-chain {
		type filter hook input priority -1; policy accept;
	}
}
table inet reeve {
	chain input {
		type filter hook input priority 0; policy drop;
	}
	chain input_main {
	}
}
`

function health(spec: string, stdout: string, status: 'read' | 'unknown' = 'read') {
  const fleet = fleetOf(mainWith(spec))
  const [manifest] = fleet.all('Firewall')
  if (manifest === undefined) throw new Error('no Firewall')
  const at = { target: { hypervisor: hypervisorName('he1') }, role: 'host' }
  const [vital] = firewall.vitals?.(manifest, at, fleet) ?? []
  return vital?.assess({ status, stdout, reason: 'no connection' })
}

describe('the health of a Firewall', () => {
  const routing = 'nat: [{name: c, type: masquerade, outInterface: eth0}]'
  it.each([
    ['is good where nothing works against it', routing, 'forwarding 1\ntable inet reeve {\n}\n', { healthy: true, reason: 'Clear' }],
    ['is bad where it must route and the kernel does not', routing, `forwarding 0\n${chains}`, { healthy: false, reason: 'ForwardingOff' }],
    ['is good where the kernel does not route and need not', 'order: 1', 'forwarding 0\n', { healthy: true, reason: 'Clear' }],
    [
      'is bad where another table drops what it accepts',
      routing,
      `forwarding 1\n${chains}`,
      { healthy: false, reason: 'ForeignDrop', message: 'other tables drop what this Firewall accepts: ip filter FORWARD (forward)' },
    ],
    [
      'does not mind a drop on a hook where it accepts nothing',
      'rules: [{name: a, chain: input, action: accept}]',
      `forwarding 1\n${chains}`,
      { healthy: true },
    ],
    ["names the host's own ruleset", 'order: 1', 'forwarding 1\nnftables.service enabled\n', { healthy: true, reason: 'ForeignRuleset' }],
  ] as const)('%s', (_, spec, stdout, expected) => {
    expect(health(spec, stdout)).toMatchObject(expected)
  })

  it('is unknown where it could not be read', () => {
    expect(health('order: 1', '', 'unknown')).toMatchObject({ healthy: 'unknown', message: 'no connection' })
  })

  it('never takes our own chains for foreign', () => {
    expect(foreignDrops(chains)).toEqual([{ table: 'ip filter', chain: 'FORWARD', hook: 'forward' }])
  })
})

describe('a Firewall turns on forwarding', () => {
  it.each([
    ['where it translates addresses', 'nat: [{name: c, type: masquerade, outInterface: eth0}]', true],
    ['where it has a rule for what goes through', 'rules: [{name: a, chain: forward, action: drop}]', true],
    ['where it is told to', 'enableForwarding: true', true],
    ['not where it is told not to', 'enableForwarding: false\nnat: [{name: c, type: masquerade, outInterface: eth0}]', false],
    ['not where it only guards the target', 'rules: [{name: a, chain: input, action: drop}]', false],
  ])('%s', (_, spec, expected) => {
    const fleet = fleetOf(mainWith(spec))
    const [manifest] = fleet.all('Firewall')
    if (manifest === undefined) throw new Error('no Firewall')
    const specs = firewall.compile(manifest, { target: { hypervisor: hypervisorName('he1') }, role: 'host' }, fleet)
    expect(specs.some((one) => one.id === 'sysctl:net.ipv4.ip_forward')).toBe(expected)
  })
})

describe('a Firewall brings nft along', () => {
  it('as a package', () => {
    const fleet = fleetOf(mainWith('order: 1'))
    const [manifest] = fleet.all('Firewall')
    if (manifest === undefined) throw new Error('no Firewall')
    const specs = firewall.compile(manifest, { target: { hypervisor: hypervisorName('he1') }, role: 'host' }, fleet)
    expect(specs.map((one) => one.id)).toEqual(['package:nftables', 'nftTable:inet reeve'])
  })
})

describe('the example', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../manifests-example/firewall.yaml'), 'utf8')

  it('has nothing wrong with it', () => {
    expect(complaints(`${text}${hosts}`)).toEqual([])
  })

  it('opens ssh, hides the containers and leads port 80 to plpa', () => {
    const table = renderTable(tableOf(text), 'example')
    expect(table).toContain('tcp dport 22 accept comment "reeve:ssh"')
    expect(table).toContain('ip saddr 192.168.100.0/24 masquerade comment "reeve:containers"')
    expect(table).toContain('fib daddr type local tcp dport 80 dnat ip to 192.168.100.2:80 comment "reeve:web"')
  })
})
