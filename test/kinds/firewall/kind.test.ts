import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readForeignChains } from '../../../controller/kinds/firewall/foreign.ts'
import { firewall } from '../../../controller/kinds/firewall/index.ts'
import { readSurroundings } from '../../../controller/kinds/firewall/neighbours.ts'
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

  it.each([
    ['docker by its chains', chains, 'docker, fail2ban, iptables'],
    ['fail2ban by the chains of its iptables action', 'table ip filter {\n\tchain f2b-sshd {\n\t}\n}\n', 'fail2ban, iptables'],
    ['lxc-net by its table and its bridge', 'interface lxcbr0\ntable inet lxc {\n}\n', 'lxc'],
    ['libvirt by its chains', 'table ip filter {\n\tchain LIBVIRT_FWI {\n\t}\n}\n', 'libvirt, iptables'],
    ['libvirt by its table of 10.4 and later', 'table ip libvirt_network {\n}\n', 'libvirt'],
    ['podman', 'table inet netavark {\n}\n', 'podman'],
    ['ufw and firewalld', 'table ip6 filter {\n\tchain ufw6-user-input {\n\t}\n}\ntable inet firewalld {\n}\n', 'firewalld, ufw, iptables'],
    ['one that nobody knows, by its table', 'table netdev shaping {\n}\n', 'table netdev shaping'],
    ['nobody for a bridge of its own', 'interface br-lxc\ninterface lo\n', undefined],
    ['nobody where names only look alike', 'table inet notlxc {\n}\n', 'table inet notlxc'],
  ])('names %s', (_, stdout, names) => {
    const beside = names === undefined ? '' : `; beside it: ${names}`
    expect(health('order: 1', `forwarding 1\n${stdout}`)?.message).toBe(`nothing on the target works against it${beside}`)
  })

  it.each([
    ['whom it cuts off', '', ['docker', 'lxc']],
    ['no one with whom it lives', 'coexist: [docker, lxc]', []],
    ['who is left, of two', 'coexist: [lxc]', ['docker']],
    ['no one of whom a rule speaks', 'rules: [{name: a, chain: forward, interface: [docker0, lxcbr0], action: accept}]', []],
    [
      'whom a rule of another chain speaks of',
      'rules: [{name: a, chain: input, interface: [docker0, lxcbr0], action: drop}]',
      ['docker', 'lxc'],
    ],
  ])('names %s', (_, spec, names) => {
    const found = health(`policy: {forward: drop}\n${spec}`, 'forwarding 1\ninterface docker0\ninterface lxcbr0\n')
    expect(found?.healthy).toBe(true)
    expect(found?.reason).toBe(names.length === 0 ? 'Clear' : 'NeighbourCutOff')
    if (names.length > 0) expect(found?.message).toContain(`add coexist: [${names.join(', ')}]`)
  })

  it('cuts nobody off who is not there, or by a policy of accept', () => {
    expect(health('policy: {forward: drop}', 'forwarding 1\n')?.reason).toBe('Clear')
    expect(health('policy: {forward: accept}', 'forwarding 1\ninterface docker0\n')?.reason).toBe('Clear')
  })

  it('is unknown where it could not be read', () => {
    expect(health('order: 1', '', 'unknown')).toMatchObject({ healthy: 'unknown', message: 'no connection' })
  })

  it('never takes our own chains for foreign', () => {
    const around = readSurroundings(chains)
    expect(readForeignChains(chains).filter((one) => one.isClosed)).toMatchObject([
      { table: 'ip filter', chain: 'FORWARD', hook: 'forward' },
    ])
    expect([around.tables, around.chains]).toEqual([
      ['ip filter', 'inet f2b-table'],
      ['ip filter INPUT', 'ip filter FORWARD', 'ip filter DOCKER', 'inet f2b-table f2b-chain'],
    ])
  })
})

/** `nft -nn -t list table inet reeve` of nftables 1.0.6, shortened. */
const counted = `table inet reeve {
	chain input_main {
		tcp dport 22 counter packets 7 bytes 420 accept comment "reeve:ssh"
		meta l4proto 6 counter packets 2 bytes 100 reject with tcp reset comment "reeve:odd"
		counter packets 3 bytes 180 reject comment "reeve:odd"
		counter packets 9 bytes 9 accept comment "reeve:other"
	}
}
`

describe('counters of a Firewall', () => {
  const rule = (name: string, more = 'counter: true') => `{name: ${name}, chain: input, action: accept, ${more}}`
  const samples = (rules: string, stdout: string) =>
    (health(`rules: [${rules}]`, stdout)?.samples ?? []).filter((one) => one.labels !== undefined)

  it('are those of its counted rules, summed over the rules of nft that they are', () => {
    expect(samples(`${rule('ssh')}, ${rule('odd')}, ${rule('plain', '')}`, counted)).toEqual([
      { metric: 'firewall_rule_packets_total', value: 7, labels: { rule: 'ssh' } },
      { metric: 'firewall_rule_bytes_total', value: 420, labels: { rule: 'ssh' } },
      { metric: 'firewall_rule_packets_total', value: 5, labels: { rule: 'odd' } },
      { metric: 'firewall_rule_bytes_total', value: 280, labels: { rule: 'odd' } },
    ])
  })

  it.each([
    ['nothing', ''],
    ['a table without that rule', counted.replaceAll('reeve:ssh', 'reeve:ssx')],
    ['a number that is none', counted.replace('packets 7', 'packets -7')],
    ['a number that is huge', counted.replace('packets 7', `packets ${'9'.repeat(30)}`)],
    ['a line cut short', counted.replace(' comment "reeve:ssh"', '')],
  ])('are left out where the answer is %s', (_, stdout) => {
    expect(samples(rule('ssh'), stdout)).toEqual([])
  })

  it('cost a process only where a rule is counted', () => {
    const script = (spec: string) => {
      const fleet = fleetOf(mainWith(spec))
      const [manifest] = fleet.all('Firewall')
      if (manifest === undefined) throw new Error('no Firewall')
      const [vital] = firewall.vitals?.(manifest, { target: { hypervisor: hypervisorName('he1') }, role: 'host' }, fleet) ?? []
      return JSON.stringify(vital?.probe)
    }
    expect(script(`rules: [${rule('ssh')}]`)).toContain('list table inet reeve')
    expect(script(`rules: [${rule('ssh', 'counter: false')}]`)).not.toContain('list table')
  })
})

describe('a Firewall that names Containers', () => {
  const containers =
    '---\nkind: Container\nmetadata: {name: web}\nspec: {hypervisor: he1, network: [{name: eth0, bridge: br0, ipv4: {address: ADDRESS/24}}]}\n'
  const text = (address: string) =>
    `${mainWith("sets: {a: {type: ipv4, elements: [Container/web]}}\nrules: [{name: a, chain: forward, source: [Container/web], destination: '@a', action: accept}]\nnat: [{name: n, type: dnat, port: 80, to: 'Container/web:8080'}]")}${containers.replace('ADDRESS', address)}`

  it('follows the address that they declare', () => {
    const [one, other] = ['10.0.0.7', '10.0.9.9'].map((address) => renderTable(tableOf(text(address)), 'prod'))
    expect(other).toBe(one?.replaceAll('10.0.0.7', '10.0.9.9'))
    expect(one?.match(/10\.0\.0\.7/g)).toHaveLength(4)
  })

  it('mentions them, each at its field', () => {
    const [manifest] = fleetOf(text('10.0.0.7')).all('Firewall')
    expect(firewall.references(manifest?.spec)).toEqual([
      { kind: 'Hypervisor', name: 'he1', path: 'spec.target.hypervisor' },
      { kind: 'Container', name: 'web', path: 'spec.rules[0].source[0]' },
      { kind: 'Container', name: 'web', path: 'spec.nat[0].to' },
      { kind: 'Container', name: 'web', path: 'spec.sets.a.elements[0]' },
    ])
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
  const text = readFileSync(join(import.meta.dirname, '../../../manifests-example/he1/firewall.yaml'), 'utf8')

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
