// Real packets through real rules.
import { beforeAll, describe, expect, it } from 'vitest'
import { mainWith } from './fleet.ts'
import { runOnWire } from './wire.ts'

const rules = mainWith(`policy: {input: drop, forward: drop, output: accept}
sets: {world: {type: ipv4, elements: [198.51.100.0/24]}}
rules:
  - {name: open, chain: input, protocol: tcp, ports: [1001], action: accept}
  - {name: refused, chain: input, protocol: tcp, ports: [1003], action: reject}
  - {name: listed, chain: input, source: '@world', protocol: tcp, ports: [1004], action: accept}
  - {name: inside, chain: input, interface: br0, protocol: tcp, ports: [1005], action: accept}
  - {name: out, chain: forward, interface: br0, outInterface: 'wa*', action: accept}
nat:
  - {name: lan, type: masquerade, source: 10.0.1.0/24, outInterface: wan}
  - {name: web, type: dnat, destination: 198.51.100.1, port: 80, to: '10.0.1.2:8080', hairpin: true, localOutput: true}
  - {name: any, type: dnat, port: 81, to: '10.0.1.2:8080', hairpin: true, localOutput: true}
  - {name: closed, type: dnat, port: 82, to: '10.0.1.2:8081', allowForward: false}`)

let answers: ReadonlyMap<string, string> = new Map()

beforeAll(async () => {
  answers = await runOnWire(({ load, ask }) => [
    load(rules),
    ask('world', 'world', ...[1001, 1002, 1003, 1004, 1005, 80, 81, 82].map((port) => `198.51.100.1:${port}`)),
    ask('world again', 'world', '10.0.1.2:22'),
    ask('guest', 'guest', '198.51.100.9:9', '10.0.1.1:1001', '10.0.1.1:1004', '10.0.1.1:1005'),
    ask('neighbour', 'neighbour', '198.51.100.1:80', '198.51.100.1:81'),
    ask('host', 'host', '198.51.100.1:80', '198.51.100.1:81', '127.0.0.1:80', '198.51.100.9:9'),
  ])
})

describe('on the wire', () => {
  it.each([
    [
      'the world is accepted, dropped, rejected, accepted by a set, and not where the interface is another',
      'world',
      0,
      5,
      '198.51.100.9 timeout ECONNREFUSED 198.51.100.9 timeout',
    ],
    ['the world reaches the guest by dnat, with its own address', 'world', 5, 7, '198.51.100.9 198.51.100.9'],
    ['a dnat that may not be forwarded is not', 'world', 7, 8, 'timeout'],
    ['the world does not reach the guest past the host', 'world again', 0, 1, 'timeout'],
    ['the guest goes out under the address of the host', 'guest', 0, 1, '198.51.100.1'],
    ['the guest reaches the host by the interface that it is on, not by a set it is not in', 'guest', 1, 4, '10.0.1.2 timeout 10.0.1.2'],
    ['a neighbour reaches the guest by the public address, and is seen as the host', 'neighbour', 0, 2, '10.0.1.1 10.0.1.1'],
    [
      'the host reaches the guest by its own public address, and its own port by loopback',
      'host',
      0,
      3,
      '198.51.100.1 198.51.100.1 127.0.0.1',
    ],
    ['the host goes out', 'host', 3, 4, '198.51.100.1'],
  ])('%s', (_, from, start, end, expected) => {
    expect(answers.get(from)?.split(' ').slice(start, end).join(' ')).toBe(expected)
  })
})
