import { describe, expect, it } from 'vitest'
import { complaints, fleetOf, mainWith } from './fleet.ts'

const rule = (fields: string) => mainWith(`rules:\n  - {name: r, chain: input, action: accept, ${fields}}`)
const forward = (fields: string) => mainWith(`rules:\n  - {name: r, chain: forward, action: accept, ${fields}}`)
const nat = (fields: string) => mainWith(`nat:\n  - {name: n, ${fields}}`)
const dnat = (fields: string) => nat(`type: dnat, port: 80, to: 10.0.0.1, ${fields}`)
const badPorts = (value: unknown) => `ports must be 1-65535, a known service name or low-high, not ${JSON.stringify(value)}`
const notAnAddress = (text: string) => `"${text}" is not an address: use addresses (names would be resolved once, at load, on the host)`
const overlap = 'are overlapping elements; remove one (autoMerge: true to merge)'

const table: readonly (readonly [string, string, string, string])[] = [
  [
    'a policy of reject',
    mainWith('policy: {input: reject}'),
    'spec.policy.input',
    'chain policy can only be accept or drop; use deny.action: reject',
  ],
  ['port 99999', rule('protocol: tcp, ports: [22, 99999]'), 'spec.rules[0].ports[1]', badPorts(99999)],
  ['port 0', rule('protocol: tcp, ports: [0]'), 'spec.rules[0].ports[0]', badPorts(0)],
  ['port -1', rule('protocol: tcp, ports: [-1]'), 'spec.rules[0].ports[0]', badPorts(-1)],
  ['an unknown service', rule('protocol: tcp, ports: [sshd]'), 'spec.rules[0].ports[0]', badPorts('sshd')],
  [
    'a service named as a part of every object',
    rule('protocol: tcp, ports: [constructor]'),
    'spec.rules[0].ports[0]',
    badPorts('constructor'),
  ],
  ['a range backwards', rule('protocol: tcp, ports: 25-22'), 'spec.rules[0].ports', badPorts('25-22')],
  ['IPv4 to IPv6', rule("source: 10.0.0.1, destination: '::1'"), 'spec.rules[0].destination', 'source is IPv4 and destination is IPv6'],
  [
    'a set of IPv6 to IPv4',
    mainWith(
      "sets: {a: {type: ipv6, elements: ['::1']}}\nrules:\n  - {name: r, chain: input, source: '@a', destination: 10.0.0.1, action: drop}",
    ),
    'spec.rules[0].destination',
    'source is IPv6 and destination is IPv4',
  ],
  ['ports with icmp', rule('protocol: icmp, ports: [22]'), 'spec.rules[0].ports', 'ports need protocol tcp, udp, sctp, dccp'],
  [
    'ports with tcp and icmp',
    rule('protocol: [tcp, icmp], ports: [22]'),
    'spec.rules[0].ports',
    'ports need protocol tcp, udp, sctp, dccp',
  ],
  ['ports without a protocol', rule('ports: [22]'), 'spec.rules[0].ports', 'ports need protocol tcp, udp, sctp, dccp'],
  [
    'icmp with an IPv6 address',
    rule("protocol: icmp, icmpTypes: [echo-request], source: '::1'"),
    'spec.rules[0].protocol',
    'conflicting protocols: icmp is IPv4, icmpv6 is IPv6',
  ],
  [
    'icmpv6 with an IPv4 address',
    rule('protocol: icmpv6, source: 10.0.0.1'),
    'spec.rules[0].protocol',
    'conflicting protocols: icmp is IPv4, icmpv6 is IPv6',
  ],
  [
    'icmpTypes with tcp',
    rule('protocol: tcp, icmpTypes: [echo-request]'),
    'spec.rules[0].icmpTypes',
    'icmpTypes need protocol icmp or icmpv6',
  ],
  [
    'an unknown message',
    rule('protocol: icmpv6, icmpTypes: [redirect]'),
    'spec.rules[0].icmpTypes[0]',
    expect.stringMatching(/^no ICMP message redirect; there are destination-unreachable, /) as unknown as string,
  ],
  [
    'an unknown message in icmp.v4',
    mainWith('policy: {input: accept}\nicmp: {v4: [echo-request, pong]}'),
    'spec.icmp.v4[1]',
    expect.stringMatching(/^no ICMP message pong/) as unknown as string,
  ],
  [
    'masquerade with to',
    nat('type: masquerade, outInterface: eth0, to: 1.2.3.4'),
    'spec.nat[0].to',
    'masquerade takes the address of the interface; remove to, or use snat',
  ],
  ['snat without to', nat('type: snat, outInterface: eth0'), 'spec.nat[0].type', 'snat needs to, the new source address'],
  ['dnat without to', nat('type: dnat, port: 80'), 'spec.nat[0].type', 'dnat needs to, the new address'],
  ['dnat without a port', nat('type: dnat, to: 10.0.0.1'), 'spec.nat[0].type', 'dnat needs port, the port or range that is asked for'],
  ['dnat of a bad port', nat('type: dnat, port: 65536, to: 10.0.0.1'), 'spec.nat[0].port', badPorts(65536)],
  [
    'dnat of a range to a port',
    nat("type: dnat, port: 80-90, to: '10.0.0.1:80'"),
    'spec.nat[0].to',
    'a range of ports keeps its ports: give to without a port',
  ],
  [
    'dnat to a name',
    nat("type: dnat, port: 80, to: 'web.example:80'"),
    'spec.nat[0].to',
    'to must be an address, ADDRESS:PORT or [ADDRESS]:PORT; use addresses (names would be resolved once, at load, on the host)',
  ],
  [
    'dnat to a network',
    nat('type: dnat, port: 80, to: 10.0.0.0/8'),
    'spec.nat[0].to',
    'to must be an address, ADDRESS:PORT or [ADDRESS]:PORT; use addresses (names would be resolved once, at load, on the host)',
  ],
  ['dnat of a network', dnat('destination: 10.0.0.0/8'), 'spec.nat[0].destination', 'destination of a dnat must be one address'],
  ['dnat from IPv6 to IPv4', dnat("destination: '2001:db8::1'"), 'spec.nat[0].to', 'destination is IPv6 and to is IPv4'],
  [
    'snat to a network',
    nat('type: snat, outInterface: eth0, to: 10.0.0.0/8'),
    'spec.nat[0].to',
    'to must be one address; use addresses (names would be resolved once, at load, on the host)',
  ],
  ['snat of IPv6 to IPv4', nat("type: snat, source: '2001:db8::/32', to: 10.0.0.1"), 'spec.nat[0].to', 'source is IPv6 and to is IPv4'],
  [
    'masquerade of everything',
    nat('type: masquerade'),
    'spec.nat[0]',
    'masquerade needs source or outInterface: it would translate everything that leaves',
  ],
  [
    'hairpin without a network',
    dnat('hairpin: true'),
    'spec.nat[0].hairpin',
    'hairpin must know the network of 10.0.0.1: add hairpinFrom, or a masquerade or snat with its source',
  ],
  ['hairpinFrom alone', dnat('hairpinFrom: 10.0.0.0/8'), 'spec.nat[0].hairpinFrom', 'hairpinFrom needs hairpin: true'],
  [
    'hairpinFrom of the other family',
    dnat("hairpin: true, hairpinFrom: 'fd00::/8'"),
    'spec.nat[0].hairpinFrom',
    'to is IPv4 and hairpinFrom is IPv6',
  ],
  [
    'port on masquerade',
    nat('type: masquerade, outInterface: eth0, port: 80'),
    'spec.nat[0].port',
    'port belongs to a dnat, not to a masquerade',
  ],
  [
    'masquerade as a rule',
    forward('action: masquerade').replace('action: accept, ', ''),
    'spec.rules[0].action',
    'nat types live in nat[]: move this masquerade there',
  ],
  [
    'an unknown action',
    forward('action: allow').replace('action: accept, ', ''),
    'spec.rules[0].action',
    'action must be accept, drop, reject or continue, not allow',
  ],
  [
    'outInterface on input',
    rule('outInterface: eth0'),
    'spec.rules[0].outInterface',
    'no output interface in input: nft accepts it and it never matches',
  ],
  [
    'interface on output',
    rule('interface: eth0').replace('chain: input', 'chain: output'),
    'spec.rules[0].interface',
    'no input interface in output: nft accepts it and it never matches',
  ],
  [
    'interface on snat',
    nat('type: snat, source: 10.0.0.0/8, to: 1.2.3.4, interface: eth0'),
    'spec.nat[0].interface',
    'no input interface in postrouting: nft accepts it and it never matches; use outInterface',
  ],
  [
    'outInterface on dnat',
    dnat('outInterface: eth0'),
    'spec.nat[0].outInterface',
    'no output interface in prerouting: nft accepts it and it never matches; use interface',
  ],
  ['a host name', rule('source: gw.example.org'), 'spec.rules[0].source', notAnAddress('gw.example.org')],
  ['a short address', rule('source: [10.0.0.1, "10.1"]'), 'spec.rules[0].source[1]', notAnAddress('10.1')],
  ['an octal address', rule('source: 010.0.0.1'), 'spec.rules[0].source', notAnAddress('010.0.0.1')],
  ['a number for an address', rule("source: '167772161'"), 'spec.rules[0].source', notAnAddress('167772161')],
  ['a prefix beyond the address', rule('source: 10.0.0.0/33'), 'spec.rules[0].source', '10.0.0.0/33 has a prefix beyond /32'],
  ['a set that is not there', rule("source: '@admin'"), 'spec.rules[0].source', 'no set admin in this manifest; there is none'],
  [
    'a set named as a part of every object',
    rule("source: '@toString'"),
    'spec.rules[0].source',
    'no set toString in this manifest; there is none',
  ],
  [
    'overlapping elements',
    mainWith('sets: {a: {type: ipv4, elements: [10.0.0.0/8, 10.1.0.0/16]}}'),
    'spec.sets.a.elements[1]',
    `10.0.0.0/8 and 10.1.0.0/16 ${overlap}`,
  ],
  [
    'an element twice',
    mainWith("sets: {a: {type: ipv6, elements: ['::1', '0::1']}}"),
    'spec.sets.a.elements[1]',
    `::1 and 0::1 ${overlap}`,
  ],
  [
    'an element of the other family',
    mainWith("sets: {a: {type: ipv4, elements: ['::1']}}"),
    'spec.sets.a.elements[0]',
    '::1 is not of type ipv4',
  ],
  ['a set in a set', mainWith('sets: {a: {type: ipv4, elements: [b.c]}}'), 'spec.sets.a.elements[0]', notAnAddress('b.c')],
  [
    'a set with a hostile name',
    mainWith("sets: {'a { }': {type: ipv4, elements: []}}"),
    'spec.sets',
    '"a { }" is not a name of a set: letters, digits and _',
  ],
  [
    'a prefix of 128 bytes',
    mainWith(`policy: {input: accept}\nlog: {prefix: '${'x'.repeat(128)}'}`),
    'spec.log.prefix',
    'log.prefix is limited to 127 bytes',
  ],
  [
    'log without policy',
    mainWith('log: {prefix: x}'),
    'spec.log',
    'log does nothing without policy: it belongs to the Firewall that sets policy',
  ],
  ['tcpFlags with udp', rule('protocol: udp, tcpFlags: {mask: [syn], set: [syn]}'), 'spec.rules[0].tcpFlags', 'tcpFlags need protocol tcp'],
  [
    'a flag that is not looked at',
    rule('protocol: tcp, tcpFlags: {mask: [syn], set: [ack]}'),
    'spec.rules[0].tcpFlags.set',
    'ack must also be in mask, or it never matches',
  ],
  ['a set of nobody', mainWith('sets: {a: {type: ipv4}}'), 'spec.sets.a', 'give elements, or external: true where others fill the set'],
  [
    'elements of a set of others',
    mainWith('sets: {a: {type: ipv4, external: true, elements: [10.0.0.1]}}'),
    'spec.sets.a.elements',
    'set a is external: others fill it, so elements does not stand here',
  ],
  [
    'autoMerge of a set of others',
    mainWith('sets: {a: {type: ipv4, external: true, autoMerge: true}}'),
    'spec.sets.a.autoMerge',
    'set a is external: others fill it, so autoMerge does not stand here',
  ],
  [
    'a timeout of our own elements',
    mainWith('sets: {a: {type: ipv4, elements: [10.0.0.1], timeout: 1h}}'),
    'spec.sets.a.timeout',
    'timeout needs external: true: what stands here stays',
  ],
  [
    'a set that forgets at once',
    mainWith('sets: {a: {type: ipv4, external: true, timeout: 0s}}'),
    'spec.sets.a.timeout',
    'timeout of a set must be 1s to 365d',
  ],
  ['a size of one limit for all', rule('limit: {rate: 1/second, size: 10}'), 'spec.rules[0].limit.size', 'size needs per: source'],
  [
    'a timeout of one limit for all',
    rule('limit: {rate: 1/second, timeout: 1m}'),
    'spec.rules[0].limit.timeout',
    'timeout needs per: source',
  ],
  [
    'a source that is forgotten too early',
    rule('limit: {rate: 3/hour, per: source, timeout: 1h}'),
    'spec.rules[0].limit.timeout',
    'a used burst fills again after 6000s: a source that is forgotten after 1h could begin anew',
  ],
  [
    'a source that is remembered too long',
    rule('limit: {rate: 3/hour, per: source, timeout: 31d}'),
    'spec.rules[0].limit.timeout',
    'limit.timeout must be 1s to 30d',
  ],
  [
    'a limit that nobody can keep in mind',
    rule('limit: {rate: 1/day, burst: 31, per: source}'),
    'spec.rules[0].limit.rate',
    'a used burst fills again only after 30 days: sources are not remembered that long',
  ],
  [
    'a prefix of 128 bytes of a translation',
    nat(`type: masquerade, outInterface: eth0, log: {prefix: '${'x'.repeat(128)}'}`),
    'spec.nat[0].log.prefix',
    'log.prefix is limited to 127 bytes',
  ],
  ['a timeout too short', mainWith('confirm: {timeout: 4s}'), 'spec.confirm.timeout', 'confirm.timeout must be 5s to 10m'],
  ['a timeout too long', mainWith('confirm: {timeout: 601s}'), 'spec.confirm.timeout', 'confirm.timeout must be 5s to 10m'],
  [
    'a confirmation of port 0',
    mainWith('confirm: {tcp: ["127.0.0.1:0"]}'),
    'spec.confirm.tcp[0]',
    'confirm.tcp must be HOST:PORT with a port of 1-65535',
  ],
  [
    'no target',
    mainWith('order: 1').replace('  target: {hypervisor: he1}\n', ''),
    'spec',
    'give one of target, targets and targetSelector',
  ],
  ['two ways to a target', mainWith('targets: [{hypervisor: he2}]'), 'spec', 'give one of target, targets and targetSelector'],
]

describe('check refuses, at the field', () => {
  it.each(table)('%s', (_, text, path, summary) => {
    const found = complaints(text).map((one) => ({ path: one.path, summary: one.summary, line: one.at.line }))
    expect(found).toEqual([{ path, summary, line: expect.any(Number) }])
    const fleet = fleetOf(text)
    expect(found[0]?.line).toBe(fleet.manifests[0]?.at(path).line)
    expect(found[0]?.line).toBeGreaterThan(3)
  })

  it('no two of these for the same reason', () => {
    const paths = new Set(table.map(([title]) => title))
    expect(paths.size).toBe(table.length)
  })

  it('everything that is wrong, at once', () => {
    const text = mainWith(
      'policy: {input: reject, forward: deny}\nrules: [{name: a, chain: input, ports: [0], source: x.y, action: maybe}]',
    )
    expect(complaints(text)).toHaveLength(6)
  })
})
