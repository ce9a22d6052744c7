import { describe, expect, it } from 'vitest'
import { complaints, mainWith } from './fleet.ts'

const he1 = (spec: string) =>
  `---\napiVersion: reeve.dev/v1\nkind: Hypervisor\nmetadata: {name: he1, labels: {site: fsn}}\nspec: {${spec}}\n`
const lockOut = (way: string) => `this ruleset would lock out the controller (${way}); add a rule or unsafeAllowLockout`
const closed = (rules: string) => mainWith(`policy: {input: drop}\nrules: [${rules}]`)
const accept = (fields: string) => `{name: ssh, chain: input, action: accept, ${fields}}`

describe('a ruleset that would lock the controller out is refused', () => {
  it.each([
    ['without any rule', closed(''), 22],
    ['with another port', closed(accept('protocol: tcp, ports: [2222]')), 22],
    ['with udp', closed(accept('protocol: udp, ports: [22]')), 22],
    ['with the way open for loopback only', closed(accept('protocol: tcp, ports: [22], interface: lo')), 22],
    ['with the way open from 127.0.0.0/8 only', closed(accept('protocol: tcp, ports: [22], source: 127.0.0.1')), 22],
    [
      'with the way open for IPv6, where the host has IPv4',
      `${closed(accept("protocol: tcp, ports: [22], source: '::/0'"))}${he1('address: 192.0.2.1')}`,
      22,
    ],
    ['with the way open in forward', closed(accept('protocol: tcp, ports: [22]').replace('input', 'forward')), 22],
    [
      'with a drop before the accept',
      closed(`{name: no, chain: input, protocol: tcp, action: drop}, ${accept('protocol: tcp, ports: [22]')}`),
      22,
    ],
    ['with a reject before the accept', closed(`{name: no, chain: input, action: reject}, ${accept('protocol: tcp, ports: [22]')}`), 22],
    ['with an accept for what is not SYN', closed(accept('protocol: tcp, ports: [22], tcpFlags: {mask: [syn, ack], set: [ack]}')), 22],
    [
      'with an empty set',
      `${mainWith("policy: {input: drop}\nsets: {a: {type: ipv4, elements: []}}\nrules: [{name: a, chain: input, source: '@a', action: accept}]")}`,
      22,
    ],
    [
      'with a set of ports in which it is not',
      mainWith(
        "policy: {input: drop}\nsets: {a: {type: ports, elements: [80, 2200-2300]}}\nrules: [{name: a, chain: input, protocol: tcp, ports: '@a', action: accept}]",
      ),
      22,
    ],
    ['with an accept for known connections alone', closed(accept('protocol: tcp, ports: [22], states: [established, related]')), 22],
    ['with a drop of what is new', closed(`{name: no, chain: input, states: [new], action: drop}, ${accept('')}`), 22],
    [
      'with half of a set that is mixed, where the host has the other family',
      `${mainWith("policy: {input: drop}\nsets: {a: {type: mixed, elements: ['2001:db8::1']}}\nrules: [{name: a, chain: input, source: '@a', action: accept}]")}${he1('address: 192.0.2.1')}`,
      22,
    ],
    ['with coexistence, which is about guests', mainWith('policy: {input: drop}\ncoexist: [lxc, libvirt]'), 22],
    [
      'with policy accept and a drop of port 22',
      mainWith('rules: [{name: no, chain: input, protocol: tcp, ports: [22], action: drop}]'),
      22,
    ],
    [
      'with port 22 where sshd has another',
      `${closed(accept('protocol: tcp, ports: [22]'))}${he1('address: h.example, ports: [13580]')}`,
      13580,
    ],
    [
      'with the port that a port forward has, where sshd has another',
      `${closed(accept('protocol: tcp, ports: [2222]'))}${he1('address: 192.0.2.1, ports: [2222], sshdPort: 22')}`,
      22,
    ],
    [
      'with a dnat of port 22 from everywhere',
      `${mainWith('policy: {input: accept}\nnat: [{name: a, type: dnat, port: 22, to: 10.0.0.1}]')}${he1('address: 192.0.2.1')}`,
      22,
    ],
  ])('%s', (_, text, port) => {
    expect(complaints(text).map((one) => one.summary)).toEqual([lockOut(`any address -> tcp/${port} on he1`)])
  })

  it('where all of several ports are shut', () => {
    const text = `${closed('')}${he1('address: 192.0.2.1, ports: [13580, 22]')}`
    expect(complaints(text).map((one) => one.summary)).toEqual([lockOut('any address -> tcp/13580, tcp/22 on he1')])
  })

  it('blames the manifest that shuts the way, not its neighbours', () => {
    const other = mainWith('rules: [{name: x, chain: input, protocol: tcp, ports: [80], action: accept}]').replace(
      'name: main',
      'name: other',
    )
    expect(complaints(`${closed('')}---\n${other}`).map((one) => one.manifest)).toEqual(['Firewall/main'])
  })
})

const couldLockOut = (how: string) =>
  `this ruleset could lock out the controller (any address -> tcp/22 on he1): ${how}; accept its addresses before, without limit, or add unsafeAllowLockout`
const limited = couldLockOut('rule ssh lets it in only as often as its limit allows')
const banning = (ban: string, rules: string) =>
  mainWith(
    `policy: {input: drop}\nsets: {banned: {type: mixed, external: true}, admins: {type: ipv4, elements: [192.0.2.10]}, open: {type: ports, external: true}}\nrules: [${ban}, ${rules}]`,
  )
const ban = "{name: ban, chain: input, source: '@banned', action: drop}"
const open = accept('protocol: tcp, ports: [22]')

describe('a ruleset by which the controller could be locked out without a change in Git is refused, at the rule', () => {
  it.each([
    ['by a limit for all', closed(accept('protocol: tcp, ports: [22], limit: {rate: 4/minute}')), limited, 'spec.rules[0]'],
    [
      'by a limit for its own address',
      closed(accept('protocol: tcp, ports: [22], limit: {rate: 4/minute, per: source}')),
      limited,
      'spec.rules[0]',
    ],
    [
      'by a drop that is limited',
      closed(`{name: no, chain: input, protocol: tcp, limit: {rate: 4/minute, per: source}, action: drop}, ${open}`),
      lockOut('any address -> tcp/22 on he1'),
      'spec',
    ],
    ['by what others put into a set', banning(ban, open), couldLockOut('others decide by a set what rule ban does to it'), 'spec.rules[0]'],
    [
      'by what they put into it of one port',
      banning(ban.replace('action', 'protocol: tcp, ports: 20-30, action'), open),
      couldLockOut('others decide by a set what rule ban does to it'),
      'spec.rules[0]',
    ],
    [
      'by a reject of ports that others fill',
      banning("{name: ban, chain: input, protocol: tcp, ports: '@open', action: reject}", open),
      couldLockOut('others decide by a set what rule ban does to it'),
      'spec.rules[0]',
    ],
    [
      'by a set of ports that others fill alone',
      banning(
        "{name: ssh, chain: input, protocol: tcp, ports: '@open', action: accept}",
        '{name: b, chain: input, protocol: udp, action: accept}',
      ),
      couldLockOut('others decide by a set what rule ssh does to it'),
      'spec.rules[0]',
    ],
    [
      'by a dnat for sources that others fill',
      mainWith("sets: {trap: {type: ipv4, external: true}}\nnat: [{name: trap, type: dnat, port: 22, source: '@trap', to: 10.0.0.1}]"),
      couldLockOut('others decide by a set what rule trap does to it'),
      'spec',
    ],
    [
      'by a set of others that comes after a limit',
      banning(accept('protocol: tcp, ports: [22], limit: {rate: 4/minute}'), `${ban}, ${open.replace('ssh', 'all')}`),
      couldLockOut('others decide by a set what rule ban does to it'),
      'spec.rules[1]',
    ],
  ])('%s', (_, text, summary, path) => {
    expect(complaints(text).map((one) => [one.path, one.summary])).toEqual([[path, summary]])
  })
})

describe('a ruleset by which the controller may come in passes', () => {
  it.each([
    ['from anywhere', closed(accept('protocol: tcp, ports: [22]'))],
    ['by a range', closed(accept('protocol: [udp, tcp], ports: ["20-30"]'))],
    ['by any protocol', closed(accept('interface: eth0'))],
    ['from an address that may be the controller', closed(accept('protocol: tcp, ports: [22], source: 192.0.2.10'))],
    ['from two networks that touch', closed(accept('protocol: tcp, ports: [22], source: [192.0.2.0/24, 192.0.3.0/25]'))],
    ['before a limit', closed(`${open}, {name: all, chain: input, protocol: tcp, limit: {rate: 4/minute, per: source}, action: accept}`)],
    ['before what others may ban', banning(open.replace('action', "source: '@admins', action"), `${ban}, ${open.replace('ssh', 'all')}`)],
    ['where others ban from other ports alone', banning(ban.replace('action', 'protocol: tcp, ports: [80], action'), open)],
    ['where others ban of another protocol alone', banning("{name: ban, chain: input, protocol: udp, ports: '@open', action: drop}", open)],
    ['where others ban with unsafeAllowLockout', `${banning(ban, open)}  unsafeAllowLockout: true\n`],
    [
      'where others ban of the other family',
      `${mainWith(`policy: {input: drop}\nsets: {banned: {type: ipv6, external: true}}\nrules: [${ban}, ${open}]`)}${he1('address: 192.0.2.1')}`,
    ],
    ['where a drop before is only for some', closed(`{name: no, chain: input, source: 203.0.113.1, action: drop}, ${accept('')}`)],
    [
      'by a set of ports in which it is',
      mainWith(
        "policy: {input: drop}\nsets: {a: {type: ports, elements: [80, 20-30]}}\nrules: [{name: a, chain: input, protocol: tcp, ports: '@a', action: accept}]",
      ),
    ],
    ['as a new connection', closed(accept('protocol: tcp, ports: [22], states: [new]'))],
    [
      'where a drop is for some of their ports',
      closed(`{name: no, chain: input, protocol: tcp, sourcePorts: '1-1023', action: drop}, ${accept('')}`),
    ],
    ['by an interval that may hold the controller', closed(accept('protocol: tcp, ports: [22], source: 192.0.2.1-192.0.2.7'))],
    ['by one of two ports', `${closed(accept('protocol: tcp, ports: [22]'))}${he1('address: 192.0.2.1, ports: [13580, 22]')}`],
    [
      'by the port of sshd behind a port forward',
      `${closed(accept('protocol: tcp, ports: [22]'))}${he1('address: 192.0.2.1, ports: [2222, 2223], sshdPort: 22')}`,
    ],
    [
      'by the rule of another Firewall',
      `${closed('')}---\n${mainWith(`rules: [${accept('protocol: tcp, ports: [22]')}]`).replace('name: main', 'name: other')}`,
    ],
    ['with unsafeAllowLockout', mainWith('policy: {input: drop}\nunsafeAllowLockout: true')],
    ['with a dnat of port 22 on one interface', mainWith('nat: [{name: a, type: dnat, interface: eth1, port: 22, to: 10.0.0.1}]')],
  ])('%s', (_, text) => {
    expect(complaints(text)).toEqual([])
  })

  it('in a container, which is reached through its hypervisor', () => {
    const container = '---\napiVersion: reeve.dev/v1\nkind: Container\nmetadata: {name: web}\nspec: {hypervisor: he1}\n'
    expect(complaints(closed('').replace('hypervisor: he1', 'container: web') + container)).toEqual([])
  })
})

describe('two Firewalls of one target', () => {
  const other = (spec: string) =>
    mainWith(spec).replace('name: main', 'name: other').replace('target: {hypervisor: he1}', 'targetSelector: {matchLabels: {site: fsn}}')

  it('may not both set a policy', () => {
    const text = `${mainWith('policy: {output: accept}')}---\n${other('policy: {forward: drop}')}${he1('address: 192.0.2.1')}`
    expect(complaints(text).map((one) => [one.manifest, one.summary])).toEqual([
      ['Firewall/main', 'policy is also set by Firewall/other on he1; keep it in one of them'],
      ['Firewall/other', 'policy is also set by Firewall/main on he1; keep it in one of them'],
    ])
  })

  it('may, where the labels say another target', () => {
    const text = `${mainWith('policy: {output: accept}')}---\n${other('policy: {forward: drop}').replace('fsn', 'nbg')}${he1('address: 192.0.2.1')}`
    expect(complaints(text).filter((one) => one.severity === 'error')).toEqual([])
  })
})
