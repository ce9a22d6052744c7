// Real packets through what a rule can say besides addresses and ports, in both families, and beside the tables of others.
import { beforeAll, describe, expect, it } from 'vitest'
import { counterSamples } from '../../../controller/kinds/firewall/counters.ts'
import { fleetOf, mainWith } from './fleet.ts'
import { runOnWire } from './wire.ts'

const containers = ['guest 10.0.1.2', 'neighbour 10.0.1.3']
  .map((line) => line.split(' '))
  .map(
    ([name, address]) =>
      `---\nkind: Container\nmetadata: {name: ${name}}\nspec: {hypervisor: he1, network: [{name: eth0, bridge: br0, ipv4: {address: ${address}/24}}]}\n`,
  )
  .join('')

const rules = mainWith(`policy: {input: drop, forward: drop, output: accept}
sets:
  web: {type: ports, elements: [1001, 1002-1003]}
  world: {type: mixed, elements: [198.51.100.5-198.51.100.20, '2001:db8:1::/64']}
rules:
  - {name: web, chain: input, protocol: tcp, ports: '@web', counter: true, action: accept}
  - {name: listed, chain: input, source: '@world', protocol: tcp, ports: 1004, action: accept}
  - {name: low, chain: input, protocol: tcp, sourcePorts: '600-700', ports: 1005, action: accept}
  - {name: once, chain: input, protocol: tcp, ports: 1006, states: [new], limit: {rate: 1/hour, burst: 1}, action: accept}
  - {name: never, chain: input, protocol: tcp, ports: 1007, states: [established], counter: true, action: accept}
  - {name: noted, chain: input, protocol: tcp, ports: 1008, log: {prefix: 'noted: '}, counter: true, action: reject}
  - {name: from, chain: forward, source: '@world', protocol: tcp, ports: 8080, action: accept}
  - {name: out, chain: forward, source: [Container/guest, Container/neighbour], outInterface: wan, action: accept}
nat:
  - {name: own, type: snat, source: Container/neighbour, outInterface: wan, to: 198.51.100.2}
  - {name: lan, type: masquerade, source: Container/guest, outInterface: wan}
  - {name: http, type: dnat, port: 80, to: 'Container/guest:8080'}`)

/** What a host loses that says no to neighbour discovery. */
const deaf = mainWith(`policy: {input: drop, output: drop}
unsafeAllowLockout: true
icmp: {v6Essential: false}
rules:
  - {name: all, chain: input, protocol: tcp, action: accept}
  - {name: back, chain: output, protocol: tcp, action: accept}`)
const hearing = deaf.replace('v6Essential: false', 'v6Essential: true')

const beside = mainWith('policy: {input: drop, forward: drop}\ncoexist: [lxc]')
const alone = beside.replace('  coexist: [lxc]\n', '')
const forgetNeighbours = ['host', 'world'].map((place) => `ip -n ${place} -6 neigh flush all`).join('; ')

let answers: ReadonlyMap<string, string> = new Map()

beforeAll(async () => {
  answers = await runOnWire(({ load, ask, tell }) => [
    load(rules + containers),
    tell('listing before', 'nft -s -nn list table inet reeve'),
    ask('ports', 'world', ...[1001, 1003, 1009].map((port) => `198.51.100.1:${port}`)),
    ask(
      'sixth',
      'world',
      '[2001:db8:1::1]:1001',
      '[2001:db8:1::1]:1004',
      '[2001:db8:1::1]:1009',
      '[2001:db8:2::2]:8080',
      '[2001:db8:2::2]:22',
    ),
    ask('listed', 'world', '198.51.100.1:1004', '10.0.1.2:8080', '10.0.1.2:22', '198.51.100.1:80'),
    ask('not listed', 'guest', '10.0.1.1:1004'),
    ask('source ports', 'world', '198.51.100.1:1005@650', '198.51.100.1:1005@750'),
    ask('first', 'world', '198.51.100.1:1006'),
    ask('second', 'world', '198.51.100.1:1006'),
    ask('states', 'world', '198.51.100.1:1007'),
    ask('noted', 'world', '198.51.100.1:1008'),
    ask('snat', 'neighbour', '198.51.100.9:9'),
    ask('masquerade', 'guest', '198.51.100.9:9'),
    tell('listing after', 'nft -s -nn list table inet reeve'),
    tell('counters', 'nft -nn -t list table inet reeve'),
    load(hearing),
    forgetNeighbours,
    ask('hearing', 'world', '[2001:db8:1::1]:1001'),
    load(deaf),
    forgetNeighbours,
    ask('deaf', 'world', '[2001:db8:1::1]:1001', '198.51.100.1:1001'),
    'ip -n host link set br0 down; ip -n host link set br0 name lxcbr0; ip -n host link set lxcbr0 up',
    load(alone),
    ask('alone', 'guest', '198.51.100.9:9', '10.0.1.1:53'),
    load(beside),
    ask('beside', 'guest', '198.51.100.9:9', '10.0.1.1:53', '10.0.1.1:1001'),
    ask('beside, from the world', 'world', '10.0.1.2:22', '198.51.100.1:53'),
    "ip netns exec host nft add table inet lxc; ip netns exec host nft add chain inet lxc forward '{ type filter hook forward priority 0; }'",
    'ip netns exec host nft add rule inet lxc forward oifname lxcbr0 ct state new drop',
    ask('beside, where lxc-net drops', 'world', '10.0.1.2:22'),
  ])
}, 60_000)

describe('on the wire', () => {
  it.each([
    ['a set of ports is what may come in', 'ports', '198.51.100.9 198.51.100.9 timeout'],
    ['IPv6 is let in by the same rules and sets, and no more', 'sixth', '2001:db8:1::9 2001:db8:1::9 timeout 2001:db8:1::9 timeout'],
    [
      'an interval in a set holds an address, a dnat leads to where a Container says it is',
      'listed',
      '198.51.100.9 198.51.100.9 timeout 198.51.100.9',
    ],
    ['an address beyond the interval is not let in', 'not listed', 'timeout'],
    ['the port that a client comes from decides', 'source ports', '198.51.100.9 timeout'],
    ['a burst is let in', 'first', '198.51.100.9'],
    ['what is beyond it is not', 'second', 'timeout'],
    ['a new connection is not an established one', 'states', 'timeout'],
    ['a rule that logs and counts still rejects', 'noted', 'ECONNREFUSED'],
    ['a Container goes out by its own address', 'snat', '198.51.100.2'],
    ['another by the address of the interface', 'masquerade', '198.51.100.1'],
    ['a closed host still finds its neighbours in IPv6', 'hearing', '2001:db8:1::9'],
    ['a host that refuses neighbour discovery is lost in IPv6 alone', 'deaf', 'timeout 198.51.100.9'],
    ['a forward policy of drop cuts off the guests of lxc-net', 'alone', 'timeout timeout'],
    ['coexist gives them back their way out and their resolver, and nothing else', 'beside', '10.0.1.2 10.0.1.2 timeout'],
    ['coexist opens the host to nobody else', 'beside, from the world', '198.51.100.9 timeout'],
    ['what lxc-net itself drops stays dropped', 'beside, where lxc-net drops', 'timeout'],
  ])('%s', (_, label, expected) => {
    expect(answers.get(label)).toBe(expected)
  })

  it('counts what came, by rule', () => {
    const [manifest] = fleetOf(rules + containers).all('Firewall')
    if (manifest === undefined) throw new Error('no Firewall')
    const samples = counterSamples(manifest.spec, answers.get('counters') ?? '')
    const of = (metric: string) =>
      Object.fromEntries(samples.filter((one) => one.metric === metric).map((one) => [one.labels?.['rule'], one.value]))
    expect(of('firewall_rule_packets_total')).toEqual({ web: 3, never: 0, noted: 1 })
    expect(of('firewall_rule_bytes_total')).toEqual({ web: expect.any(Number), never: 0, noted: 60 })
  })

  it('compares the same whatever was counted', () => {
    expect(answers.get('listing after')).toBe(answers.get('listing before'))
    expect(answers.get('listing before')).toContain(' counter accept comment "reeve:web"')
  })
})
