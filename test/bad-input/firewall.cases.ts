import { type BadInput, container, firewall, hypervisor } from './repository.ts'

const rule = (fields: string): string => firewall({ rules: `[{name: r, chain: input, action: accept, ${fields}}]` })
const nat = (fields: string): string => firewall({ nat: `[{name: n, ${fields}}]` })

export const firewallCases: readonly BadInput[] = [
  {
    name: 'a policy of reject',
    file: firewall({ policy: '{input: reject}' }, '{name: bad}'),
    says: ['bad.yaml:6:19: error: spec.policy.input: chain policy can only be accept or drop; use deny.action: reject'],
  },
  {
    name: 'a port past 65535',
    file: rule('protocol: tcp, ports: [99999]'),
    says: ['bad.yaml:6:74: error: spec.rules[0].ports[0]: ports must be 1-65535, a known service name or low-high, not 99999'],
  },
  {
    name: 'a service that nobody knows',
    file: rule('protocol: tcp, ports: [sshd]'),
    says: ['bad.yaml:6:74: error: spec.rules[0].ports[0]: ports must be 1-65535, a known service name or low-high, not "sshd"'],
  },
  {
    name: 'a source and a destination of two families',
    file: rule('source: 10.0.0.1, destination: "::1"'),
    says: ['bad.yaml:6:82: error: spec.rules[0].destination: source is IPv4 and destination is IPv6'],
  },
  {
    name: 'ports of icmp',
    file: rule('protocol: icmp, ports: [22]'),
    says: ['bad.yaml:6:74: error: spec.rules[0].ports: ports need protocol tcp, udp, sctp, dccp'],
  },
  {
    name: 'icmp from IPv6',
    file: rule('protocol: icmp, source: "2001:db8::/32"'),
    says: ['bad.yaml:6:61: error: spec.rules[0].protocol: conflicting protocols: icmp is IPv4, icmpv6 is IPv6'],
  },
  {
    name: 'a message that ICMP has not',
    file: rule('protocol: icmp, icmpTypes: [echo-please]'),
    says: [
      'bad.yaml:6:79: error: spec.rules[0].icmpTypes[0]: no ICMP message echo-please; there are echo-reply, destination-unreachable, redirect, echo-request, router-advertisement, router-solicitation, time-exceeded, parameter-problem, timestamp-request, timestamp-reply',
    ],
  },
  {
    name: 'messages without icmp',
    file: rule('protocol: tcp, icmpTypes: [echo-request]'),
    says: ['bad.yaml:6:77: error: spec.rules[0].icmpTypes: icmpTypes need protocol icmp or icmpv6'],
  },
  {
    name: 'a masquerade with an address',
    file: nat('type: masquerade, source: 10.0.0.0/8, to: 192.0.2.1'),
    says: ['bad.yaml:6:61: error: spec.nat[0].to: masquerade takes the address of the interface; remove to, or use snat'],
  },
  {
    name: 'an snat to nowhere',
    file: nat('type: snat, source: 10.0.0.0/8'),
    says: ['bad.yaml:6:25: error: spec.nat[0].type: snat needs to, the new source address'],
  },
  {
    name: 'an snat to a network',
    file: nat('type: snat, source: 10.0.0.0/8, to: 192.0.2.0/24'),
    says: [
      'bad.yaml:6:55: error: spec.nat[0].to: to must be one address; use addresses (names would be resolved once, at load, on the host)',
    ],
  },
  {
    name: 'a dnat to nowhere',
    file: nat('type: dnat, port: 80'),
    says: [
      'bad.yaml:6:25: error: spec.nat[0].type: dnat needs to, the new address',
      'bad.yaml:6:37: error: spec.nat[0].port: "tcp *:80" is already taken by Firewall/main (good.yaml:33:39); it must be unique: dnat on he1',
      'good.yaml:33:39: error: spec.nat[0].port: "tcp *:80" is already taken by Firewall/bad (bad.yaml:6:37); it must be unique: dnat on he1',
    ],
  },
  {
    name: 'a dnat to a name',
    file: nat('type: dnat, port: 80, to: "web.example.com:80"'),
    says: [
      'bad.yaml:6:37: error: spec.nat[0].port: "tcp *:80" is already taken by Firewall/main (good.yaml:33:39); it must be unique: dnat on he1',
      'bad.yaml:6:45: error: spec.nat[0].to: to must be an address, ADDRESS:PORT or [ADDRESS]:PORT; use addresses (names would be resolved once, at load, on the host)',
      'good.yaml:33:39: error: spec.nat[0].port: "tcp *:80" is already taken by Firewall/bad (bad.yaml:6:37); it must be unique: dnat on he1',
    ],
  },
  {
    name: 'a dnat without its port',
    file: nat('type: dnat, to: "192.0.2.1:80"'),
    says: ['bad.yaml:6:25: error: spec.nat[0].type: dnat needs port, the port or range that is asked for'],
  },
  {
    name: 'a dnat of a range to one port',
    file: nat('type: dnat, port: 8000-8010, to: "192.0.2.1:80"'),
    says: ['bad.yaml:6:52: error: spec.nat[0].to: a range of ports keeps its ports: give to without a port'],
  },
  {
    name: 'a dnat of a network',
    file: nat('type: dnat, port: 81, destination: 192.0.2.0/24, to: "192.0.2.1:80"'),
    says: ['bad.yaml:6:54: error: spec.nat[0].destination: destination of a dnat must be one address'],
  },
  {
    name: 'a dnat from IPv6 to IPv4',
    file: nat('type: dnat, port: 81, source: "2001:db8::/32", to: "192.0.2.1:80"'),
    says: ['bad.yaml:6:70: error: spec.nat[0].to: source is IPv6 and to is IPv4'],
  },
  {
    name: 'a dnat by the interface that it leaves by',
    file: nat('type: dnat, port: 81, outInterface: eth0, to: "192.0.2.1:80"'),
    says: [
      'bad.yaml:6:55: error: spec.nat[0].outInterface: no output interface in prerouting: nft accepts it and it never matches; use interface',
    ],
  },
  {
    name: 'a hairpin of an unknown network',
    file: nat('type: dnat, port: 81, hairpin: true, to: "192.0.2.1:80"'),
    says: [
      'bad.yaml:6:50: error: spec.nat[0].hairpin: hairpin must know the network of 192.0.2.1: add hairpinFrom, or a masquerade or snat with its source',
    ],
  },
  {
    name: 'hairpinFrom without hairpin',
    file: nat('type: dnat, port: 81, hairpinFrom: 192.0.2.0/24, to: "192.0.2.1:80"'),
    says: ['bad.yaml:6:54: error: spec.nat[0].hairpinFrom: hairpinFrom needs hairpin: true'],
  },
  {
    name: 'an snat in the forward chain',
    file: firewall({ rules: '[{name: r, chain: forward, action: snat}]' }),
    says: ['bad.yaml:6:45: error: spec.rules[0].action: nat types live in nat[]: move this snat there'],
  },
  {
    name: 'an action that is not there',
    file: firewall({ rules: '[{name: r, chain: input, action: allow}]' }),
    says: ['bad.yaml:6:43: error: spec.rules[0].action: action must be accept, drop, reject or continue, not allow'],
  },
  {
    name: 'a chain that is not there',
    file: firewall({ rules: '[{name: r, chain: prerouting, action: accept}]' }),
    says: ['bad.yaml:6:28: error: spec.rules[0].chain: must be one of input, forward, output, not the text "prerouting"'],
  },
  {
    name: 'an outgoing interface in input',
    file: rule('outInterface: eth0'),
    says: ['bad.yaml:6:65: error: spec.rules[0].outInterface: no output interface in input: nft accepts it and it never matches'],
  },
  {
    name: 'an incoming interface in output',
    file: firewall({ rules: '[{name: r, chain: output, action: accept, interface: eth0}]' }),
    says: ['bad.yaml:6:63: error: spec.rules[0].interface: no input interface in output: nft accepts it and it never matches'],
  },
  {
    name: 'an incoming interface after routing',
    file: nat('type: masquerade, interface: eth0, outInterface: eth1'),
    says: [
      'bad.yaml:6:48: error: spec.nat[0].interface: no input interface in postrouting: nft accepts it and it never matches; use outInterface',
    ],
  },
  {
    name: 'a port of a masquerade',
    file: nat('type: masquerade, port: 80, outInterface: eth1'),
    says: ['bad.yaml:6:43: error: spec.nat[0].port: port belongs to a dnat, not to a masquerade'],
  },
  {
    name: 'a masquerade of everything',
    file: nat('type: masquerade'),
    says: ['bad.yaml:6:9: error: spec.nat[0]: masquerade needs source or outInterface: it would translate everything that leaves'],
  },
  {
    name: 'a host name as source',
    file: rule('source: gateway.example.com'),
    says: [
      'bad.yaml:6:59: error: spec.rules[0].source: "gateway.example.com" is not an address: use addresses (names would be resolved once, at load, on the host)',
    ],
  },
  {
    name: 'a prefix past 32 of IPv4',
    file: rule('source: 10.0.0.0/64'),
    says: ['bad.yaml:6:59: error: spec.rules[0].source: 10.0.0.0/64 has a prefix beyond /32'],
  },
  {
    name: 'a set that is not there',
    file: rule('source: "@admin"'),
    says: ['bad.yaml:6:59: error: spec.rules[0].source: no set admin in this manifest; there is none'],
  },
  {
    name: 'elements that overlap',
    file: firewall({ sets: '{s: {type: ipv4, elements: [10.0.0.0/8, 10.1.0.0/16]}}' }),
    says: [
      'bad.yaml:6:49: error: spec.sets.s.elements[1]: 10.0.0.0/8 and 10.1.0.0/16 are overlapping elements; remove one (autoMerge: true to merge)',
    ],
  },
  {
    name: 'elements of the other family',
    file: firewall({ sets: '{s: {type: ipv4, elements: ["::1"]}}' }),
    says: ['bad.yaml:6:37: error: spec.sets.s.elements[0]: ::1 is not of type ipv4'],
  },
  {
    name: 'a set with a strange name',
    file: firewall({ sets: '{"a b": {type: ipv4, elements: [10.0.0.1]}}' }),
    says: ['bad.yaml:6:9: error: spec.sets: "a b" is not a name of a set: letters, digits and _'],
  },
  {
    name: 'a prefix of 128 bytes',
    file: firewall({ policy: '{forward: drop}', log: `{prefix: ${'a'.repeat(128)}}` }),
    says: ['bad.yaml:7:17: error: spec.log.prefix: log.prefix is limited to 127 bytes'],
  },
  {
    name: 'a log without a policy',
    file: firewall({ log: '{prefix: x}' }),
    says: ['bad.yaml:6:8: error: spec.log: log does nothing without policy: it belongs to the Firewall that sets policy'],
  },
  {
    name: 'two rules of one name',
    file: firewall({ rules: '[{name: r, chain: input, action: accept}, {name: r, chain: input, action: drop}]' }),
    says: [
      'bad.yaml:6:18: error: spec.rules[0].name: "r" is already taken by spec.rules[1].name of the same manifest (bad.yaml:6:59); it must be unique: firewall rule on he1',
      'bad.yaml:6:59: error: spec.rules[1].name: "r" is already taken by spec.rules[0].name of the same manifest (bad.yaml:6:18); it must be unique: firewall rule on he1',
    ],
  },
  {
    name: 'two dnats of one port',
    file: firewall({ nat: '[{name: a, type: dnat, port: 81, to: "192.0.2.1:80"}, {name: b, type: dnat, port: 81, to: "192.0.2.2:80"}]' }),
    says: [
      'bad.yaml:6:37: error: spec.nat[0].port: "tcp *:81" is already taken by spec.nat[1].port of the same manifest (bad.yaml:6:90); it must be unique: dnat on he1',
      'bad.yaml:6:90: error: spec.nat[1].port: "tcp *:81" is already taken by spec.nat[0].port of the same manifest (bad.yaml:6:37); it must be unique: dnat on he1',
    ],
  },
  {
    name: 'a rule name of another Firewall on the target',
    file: firewall({ rules: '[{name: ssh, chain: input, action: accept}]' }),
    says: [
      'bad.yaml:6:18: error: spec.rules[0].name: "ssh" is already taken by Firewall/main (good.yaml:32:18); it must be unique: firewall rule on he1',
      'good.yaml:32:18: error: spec.rules[0].name: "ssh" is already taken by Firewall/bad (bad.yaml:6:18); it must be unique: firewall rule on he1',
    ],
  },
  {
    name: 'a dnat that another Firewall asks for',
    file: nat('type: dnat, port: 80, to: "192.0.2.9:80"'),
    says: [
      'bad.yaml:6:37: error: spec.nat[0].port: "tcp *:80" is already taken by Firewall/main (good.yaml:33:39); it must be unique: dnat on he1',
      'good.yaml:33:39: error: spec.nat[0].port: "tcp *:80" is already taken by Firewall/bad (bad.yaml:6:37); it must be unique: dnat on he1',
    ],
  },
  {
    name: 'a second policy on one target',
    file: firewall({ policy: '{forward: drop}' }),
    says: [
      'bad.yaml:6:11: error: spec.policy: policy is also set by Firewall/main on he1; keep it in one of them',
      'good.yaml:31:11: error: spec.policy: policy is also set by Firewall/bad on he1; keep it in one of them',
    ],
  },
  {
    name: 'a rule that shuts Reeve out',
    file: firewall({ order: '1', rules: '[{name: r, chain: input, protocol: tcp, ports: [22], action: drop}]' }),
    says: [
      'bad.yaml:4:1: error: spec: this ruleset would lock out the controller (any address -> tcp/22 on he1); add a rule or unsafeAllowLockout',
    ],
  },
  {
    name: 'a limit on the way that Reeve comes',
    file: `${firewall({ target: '{hypervisor: he2}', policy: '{input: drop}', rules: '[{name: r, chain: input, protocol: tcp, ports: [22], limit: {rate: 4/minute}, action: accept}]' })}---\n${hypervisor({}, '{name: he2}')}`,
    says: [
      'bad.yaml:7:11: error: spec.rules[0]: this ruleset could lock out the controller (any address -> tcp/22 on he2): rule r lets it in only as often as its limit allows; accept its addresses before, without limit, or add unsafeAllowLockout',
    ],
    adds: ['Hypervisor/he2'],
  },
  {
    name: 'a set that others fill, before the way that Reeve comes',
    file: firewall({
      order: '1',
      sets: '{banned: {type: ipv4, external: true}}',
      rules: '[{name: r, chain: input, source: "@banned", action: drop}]',
    }),
    says: [
      'bad.yaml:8:11: error: spec.rules[0]: this ruleset could lock out the controller (any address -> tcp/22 on he1): others decide by a set what rule r does to it; accept its addresses before, without limit, or add unsafeAllowLockout',
    ],
  },
  {
    name: 'two aims',
    file: firewall({ targets: '[{hypervisor: he1}]' }),
    says: ['bad.yaml:4:1: error: spec: give one of target, targets and targetSelector'],
  },
  {
    name: 'a container that nobody declares',
    file: firewall({ target: '{container: wep}' }),
    says: ['bad.yaml:5:23: error: spec.target.container: there is no Container "wep"; did you mean "web"?'],
  },
  {
    name: 'a selector that nothing answers',
    file: firewall({ target: undefined, targetSelector: '{matchLabels: {site: hel}}' }),
    says: [
      'bad.yaml:5:19: warning: spec.targetSelector: no Hypervisor has these labels, so these rules are nowhere; hold them against metadata.labels of the Hypervisors',
    ],
    adds: ['Firewall/bad'],
  },
  {
    name: 'flags outside of their mask',
    file: rule('protocol: tcp, tcpFlags: {mask: [syn], set: [ack]}'),
    says: ['bad.yaml:6:95: error: spec.rules[0].tcpFlags.set: ack must also be in mask, or it never matches'],
  },
  {
    name: 'flags of udp',
    file: rule('protocol: udp, tcpFlags: {mask: [syn], set: [syn]}'),
    says: ['bad.yaml:6:76: error: spec.rules[0].tcpFlags: tcpFlags need protocol tcp'],
  },
  {
    name: 'a rate without a unit',
    file: rule('limit: {rate: 10}'),
    says: ['bad.yaml:6:65: error: spec.rules[0].limit.rate: must be text, not 10; write it in quotes: "10"'],
  },
  {
    name: 'a rate of nothing',
    file: rule('limit: {rate: 0/second}'),
    says: ['bad.yaml:6:65: error: spec.rules[0].limit.rate: "0/second" is not allowed here; Packets per time, for example 10/second'],
  },
  {
    name: 'a wait for proof of a day',
    file: firewall({ confirm: '{timeout: 24h}' }),
    says: ['bad.yaml:6:22: error: spec.confirm.timeout: confirm.timeout must be 5s to 10m'],
  },
  {
    name: 'a proof without a port',
    file: firewall({ confirm: '{tcp: ["192.0.2.1"]}' }),
    says: ['bad.yaml:6:19: error: spec.confirm.tcp[0]: "192.0.2.1" is not allowed here; HOST:PORT, for example 192.0.2.7:443'],
  },
  {
    name: 'a list of two families against one',
    file: rule('source: ["@s", 10.0.0.1], destination: "::1"'),
    says: [
      'bad.yaml:6:60: error: spec.rules[0].source[0]: no set s in this manifest; there is none',
      'bad.yaml:6:90: error: spec.rules[0].destination: source is IPv4 and destination is IPv6',
    ],
  },
  {
    name: 'a raw statement',
    file: firewall({ raw: '{input: [accept]}' }),
    says: [
      'bad.yaml:6:3: error: spec.raw: unknown field "raw"; the fields here are target, targets, targetSelector, order, policy, established, loopback, icmp, sets, rules, nat, log, deny, coexist, enableForwarding, confirm, unsafeAllowLockout, driftPolicy, suspend, adopt',
    ],
  },
  {
    name: 'the backend of old',
    file: firewall({ backend: 'iptables' }),
    says: [
      'bad.yaml:6:3: error: spec.backend: unknown field "backend"; the fields here are target, targets, targetSelector, order, policy, established, loopback, icmp, sets, rules, nat, log, deny, coexist, enableForwarding, confirm, unsafeAllowLockout, driftPolicy, suspend, adopt',
    ],
  },
  {
    name: 'an interface name of 17 characters',
    file: rule('interface: abcdefghijklmnopq'),
    says: ['bad.yaml:6:62: error: spec.rules[0].interface: "abcdefghijklmnopq" is too long: at most 16 characters, 17 are written'],
  },
  {
    name: 'a star in the middle of an interface',
    file: rule('interface: "e*0"'),
    says: [
      'bad.yaml:6:62: error: spec.rules[0].interface: "e*0" is not allowed here; Interface name, at most 15 characters; a * at its end stands for anything',
    ],
  },
  {
    name: 'a rule that goes on and does nothing',
    file: firewall({ rules: '[{name: r, chain: input, action: continue, counter: false}]' }),
    says: ['bad.yaml:6:43: error: spec.rules[0].action: continue does nothing without log or counter'],
  },
  {
    name: 'a set of ports where addresses are needed',
    file: firewall({ sets: '{web: {type: ports, elements: [80]}}', rules: '[{name: r, chain: input, source: "@web", action: accept}]' }),
    says: ['bad.yaml:7:43: error: spec.rules[0].source: set web holds ports; here a set of addresses is needed'],
  },
  {
    name: 'a set of addresses where ports are needed',
    file: firewall({
      sets: '{a: {type: mixed, elements: []}}',
      rules: '[{name: r, chain: input, protocol: tcp, ports: "@a", action: accept}]',
    }),
    says: ['bad.yaml:7:57: error: spec.rules[0].ports: set a holds addresses; here a set of ports is needed'],
  },
  {
    name: 'ports from a set that is not there',
    file: rule('protocol: tcp, ports: [22, "@webs"]'),
    says: ['bad.yaml:6:78: error: spec.rules[0].ports[1]: no set webs in this manifest; there is none'],
  },
  {
    name: 'a set with a port past 65535',
    file: firewall({ sets: '{web: {type: ports, elements: [80, 65536]}}' }),
    says: ['bad.yaml:6:44: error: spec.sets.web.elements[1]: ports must be 1-65535, a known service name or low-high, not 65536'],
  },
  {
    name: 'a set in which ports overlap',
    file: firewall({ sets: '{web: {type: ports, elements: [80-90, 85]}}' }),
    says: ['bad.yaml:6:47: error: spec.sets.web.elements[1]: 80-90 and 85 are overlapping elements; remove one (autoMerge: true to merge)'],
  },
  {
    name: 'a set in which an interval overlaps',
    file: firewall({ sets: '{a: {type: ipv4, elements: [10.0.0.1-10.0.0.9, 10.0.0.9]}}' }),
    says: [
      'bad.yaml:6:56: error: spec.sets.a.elements[1]: 10.0.0.1-10.0.0.9 and 10.0.0.9 are overlapping elements; remove one (autoMerge: true to merge)',
    ],
  },
  {
    name: 'an address that is a number, in a set',
    file: firewall({ sets: '{a: {type: ipv4, elements: [5]}}' }),
    says: [
      'bad.yaml:6:37: error: spec.sets.a.elements[0]: "5" is not an address: use addresses (names would be resolved once, at load, on the host)',
    ],
  },
  {
    name: 'an interval backwards',
    file: rule('source: 10.0.0.9-10.0.0.1'),
    says: ['bad.yaml:6:59: error: spec.rules[0].source: 10.0.0.9-10.0.0.1 is no interval: write LOW-HIGH, both of one family'],
  },
  {
    name: 'an interval of two families',
    file: rule('source: "10.0.0.1-::1"'),
    says: ['bad.yaml:6:59: error: spec.rules[0].source: 10.0.0.1-::1 is no interval: write LOW-HIGH, both of one family'],
  },
  {
    name: 'an interval with half a name',
    file: rule('source: 10.0.0.1-gw.example'),
    says: [
      'bad.yaml:6:59: error: spec.rules[0].source: the end of "10.0.0.1-gw.example" is not an address: use addresses (names would be resolved once, at load, on the host)',
    ],
  },
  {
    name: 'source ports without a protocol',
    file: rule('sourcePorts: 53'),
    says: ['bad.yaml:6:64: error: spec.rules[0].sourcePorts: sourcePorts need protocol tcp, udp, sctp, dccp'],
  },
  {
    name: 'a source port of 0',
    file: rule('protocol: udp, sourcePorts: [53, 0]'),
    says: ['bad.yaml:6:84: error: spec.rules[0].sourcePorts[1]: ports must be 1-65535, a known service name or low-high, not 0'],
  },
  {
    name: 'a state that no connection has',
    file: rule('states: [old]'),
    says: [
      'bad.yaml:6:60: error: spec.rules[0].states[0]: must be one of new, established, related, invalid, untracked, not the text "old"',
    ],
  },
  {
    name: 'a state twice',
    file: rule('states: [new, established, new]'),
    says: ['bad.yaml:6:78: error: spec.rules[0].states[2]: new is named twice'],
  },
  {
    name: 'a log of a rule with a prefix too long',
    file: rule(`log: {prefix: ${'x'.repeat(128)}}`),
    says: ['bad.yaml:6:65: error: spec.rules[0].log.prefix: log.prefix is limited to 127 bytes'],
  },
  {
    name: 'a log of a rule without a prefix',
    file: rule('log: {rate: 1/second}'),
    says: [
      'bad.yaml:6:56: error: spec.rules[0].log: the field "prefix" is missing; Start of each line, at most 127 bytes of ASCII without quote, dollar and backslash',
    ],
  },
  {
    name: 'a log of a rule with nft in its prefix',
    file: rule("log: {prefix: 'a\" accept'}"),
    says: [
      'bad.yaml:6:65: error: spec.rules[0].log.prefix: "a\\" accept" is not allowed here; Start of each line, at most 127 bytes of ASCII without quote, dollar and backslash',
    ],
  },
  {
    name: 'a counter that is a word',
    file: rule('counter: often'),
    says: ['bad.yaml:6:60: error: spec.rules[0].counter: must be true or false, not the text "often"'],
  },
  {
    name: 'a life without neighbour discovery',
    file: firewall({ target: '{container: web}', policy: '{input: drop}', icmp: '{v6Essential: false}' }),
    says: [
      'bad.yaml:7:23: error: spec.icmp.v6Essential: without neighbour discovery the target loses IPv6 within minutes; leave v6Essential out, or add unsafeAllowLockout',
    ],
  },
  {
    name: 'coexistence with one who needs none',
    file: firewall({ coexist: '[fail2ban]' }),
    says: ['bad.yaml:6:13: error: spec.coexist[0]: must be one of docker, lxc, libvirt, not the text "fail2ban"'],
  },
  {
    name: 'coexistence without a policy',
    file: firewall({ coexist: '[docker]' }),
    says: ['bad.yaml:6:12: error: spec.coexist: coexist does nothing without policy: it belongs to the Firewall that sets policy'],
  },
  {
    name: 'coexistence with policies that let everything pass',
    file: firewall({ target: '{container: web}', policy: '{output: drop}', coexist: '[lxc]' }),
    says: ['bad.yaml:7:12: error: spec.coexist: coexist does nothing where neither policy.forward nor policy.input is drop'],
  },
  {
    name: 'a Container that is not there, as a source',
    file: rule('source: [10.0.0.1, Container/wep]'),
    says: ['bad.yaml:6:70: error: spec.rules[0].source[1]: there is no Container "wep"; did you mean "web"?'],
  },
  {
    name: 'a Container that is not there, as a new address',
    file: nat('type: dnat, port: 81, to: "Container/nobody:80"'),
    says: ['bad.yaml:6:45: error: spec.nat[0].to: there is no Container "nobody"; there is web'],
  },
  {
    name: 'a Container that is not there, in a set',
    file: firewall({ sets: '{a: {type: ipv4, elements: [Container/wep]}}' }),
    says: ['bad.yaml:6:37: error: spec.sets.a.elements[0]: there is no Container "wep"; did you mean "web"?'],
  },
  {
    name: 'a Container with a port where none can be',
    file: rule('source: Container/web:80'),
    says: ['bad.yaml:6:59: error: spec.rules[0].source: Container/web:80 is not Container/NAME; a port stands only in to of a dnat'],
  },
  {
    name: 'another kind than a Container',
    file: rule('source: Hypervisor/he1'),
    says: ['bad.yaml:6:59: error: spec.rules[0].source: Hypervisor/he1: only a Container can be named here, as Container/NAME'],
  },
  {
    name: 'a Container that declares no address',
    file: `${nat('type: dnat, port: 81, to: Container/mute')}---\n${container({}, '{name: mute}')}`,
    says: [
      'bad.yaml:6:45: error: spec.nat[0].to: Container mute declares no IPv4 address; give it network[].ipv4.address, or write an address here',
    ],
    adds: ['Container/mute'],
  },
  {
    name: 'a set of nobody',
    file: firewall({ sets: '{a: {type: ipv4}}' }),
    says: ['bad.yaml:6:13: error: spec.sets.a: give elements, or external: true where others fill the set'],
  },
  {
    name: 'a set of others with elements',
    file: firewall({ sets: '{a: {type: ipv4, external: true, elements: [10.0.0.1]}}' }),
    says: ['bad.yaml:6:52: error: spec.sets.a.elements: set a is external: others fill it, so elements does not stand here'],
  },
  {
    name: 'a set that is ours and forgets',
    file: firewall({ sets: '{a: {type: ipv4, elements: [10.0.0.1], timeout: 1h}}' }),
    says: ['bad.yaml:6:57: error: spec.sets.a.timeout: timeout needs external: true: what stands here stays'],
  },
  {
    name: 'a set that forgets at once',
    file: firewall({ sets: '{a: {type: ipv4, external: true, timeout: 0s}}' }),
    says: ['bad.yaml:6:51: error: spec.sets.a.timeout: timeout of a set must be 1s to 365d'],
  },
  {
    name: 'a size of one limit for all',
    file: rule('limit: {rate: 1/second, size: 10}'),
    says: ['bad.yaml:6:81: error: spec.rules[0].limit.size: size needs per: source'],
  },
  {
    name: 'a source that is forgotten too early',
    file: rule('limit: {rate: 3/hour, per: source, timeout: 1h}'),
    says: [
      'bad.yaml:6:95: error: spec.rules[0].limit.timeout: a used burst fills again after 6000s: a source that is forgotten after 1h could begin anew',
    ],
  },
  {
    name: 'a source that is remembered too long',
    file: rule('limit: {rate: 3/hour, per: source, timeout: 31d}'),
    says: ['bad.yaml:6:95: error: spec.rules[0].limit.timeout: limit.timeout must be 1s to 30d'],
  },
  {
    name: 'a limit that nobody can keep in mind',
    file: rule('limit: {rate: 1/day, burst: 31, per: source}'),
    says: [
      'bad.yaml:6:65: error: spec.rules[0].limit.rate: a used burst fills again only after 30 days: sources are not remembered that long',
    ],
  },
]
