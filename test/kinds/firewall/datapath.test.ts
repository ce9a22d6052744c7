// Real packets through real rules: a world, a host and a guest in network namespaces of their own, joined by veth pairs.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderTable, replacement } from '../../../controller/primitives/nftTable/render.ts'
import { mainWith, tableOf } from './fleet.ts'

/**
 * Runs inside one new network and mount namespace, so that `ip netns` and all interfaces go with it.
 * world 198.51.100.9 — 198.51.100.1 host 10.0.1.1 — 10.0.1.2 guest, neighbour 10.0.1.3 behind the same bridge.
 */
const world = `
mount -t tmpfs none /run
mkdir /run/netns
for n in host world guest neighbour; do ip netns add $n; ip -n $n link set lo up; done
ip link add wan netns host type veth peer name eth0 netns world
ip -n host link add br0 type bridge
for n in guest neighbour; do
  ip link add v$n netns host type veth peer name eth0 netns $n
  ip -n host link set v$n master br0 up
  ip -n $n link set eth0 up
done
ip -n host addr add 198.51.100.1/24 dev wan; ip -n host link set wan up
ip -n host addr add 10.0.1.1/24 dev br0; ip -n host link set br0 up
ip -n world addr add 198.51.100.9/24 dev eth0; ip -n world link set eth0 up
ip -n world route add 10.0.1.0/24 via 198.51.100.1
ip -n guest addr add 10.0.1.2/24 dev eth0; ip -n guest route add default via 10.0.1.1
ip -n neighbour addr add 10.0.1.3/24 dev eth0; ip -n neighbour route add default via 10.0.1.1
ip netns exec host sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
`

/** Answers each TCP connection with the peer's address, on the ports given. */
const server = `
const net = require('node:net')
for (const port of process.argv.slice(2)) net.createServer((socket) => { socket.on('error', () => {}); socket.end(socket.remoteAddress.replace('::ffff:', '')) }).listen(Number(port), '::')
`
/** Prints the answer, or refused, or timeout; for each ADDRESS:PORT a line. */
const client = `
const net = require('node:net')
const ask = (to) => new Promise((resolve) => {
  const socket = net.connect({ host: to.split(':')[0], port: Number(to.split(':')[1]) })
  const timer = setTimeout(() => { socket.destroy(); resolve('timeout') }, 1500)
  const done = (text) => { clearTimeout(timer); resolve(text) }
  let text = ''
  socket.on('data', (data) => { text += data }).on('end', () => done(text)).on('error', (error) => done(error.code))
})
Promise.all(process.argv.slice(2).map(ask)).then((answers) => { console.log(answers.join(' ')); process.exit(0) })
`

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

const folder = mkdtempSync(join(tmpdir(), 'reeve-path-'))
const answers = new Map<string, string>()

beforeAll(async () => {
  const node = process.execPath
  writeFileSync(join(folder, 'server.cjs'), server)
  writeFileSync(join(folder, 'client.cjs'), client)
  writeFileSync(join(folder, 'table.nft'), replacement(renderTable(tableOf(rules), 'prod')))
  const ask = (from: string, ...to: readonly string[]) =>
    `echo ${from} "$(ip netns exec ${from} ${node} ${folder}/client.cjs ${to.join(' ')})" >>${folder}/answers`
  const script = `set -eu
${world}
ip netns exec host nft -f ${folder}/table.nft
ip netns exec host ${node} ${folder}/server.cjs 1001 1002 1003 1004 1005 80 &
pids=$!
ip netns exec guest ${node} ${folder}/server.cjs 8080 8081 22 &
pids="$pids $!"
ip netns exec world ${node} ${folder}/server.cjs 9 &
pids="$pids $!"
for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  [ "$(ip netns exec guest ${node} ${folder}/client.cjs 127.0.0.1:8080)" = 127.0.0.1 ] && break
done
sleep 0.5
${ask('world', ...[1001, 1002, 1003, 1004, 1005, 80, 81, 82].map((port) => `198.51.100.1:${port}`))}
${ask('world', '10.0.1.2:22')}
${ask('guest', '198.51.100.9:9', '10.0.1.1:1001', '10.0.1.1:1004', '10.0.1.1:1005')}
${ask('neighbour', '198.51.100.1:80', '198.51.100.1:81')}
${ask('host', '198.51.100.1:80', '198.51.100.1:81', '127.0.0.1:80', '198.51.100.9:9')}
kill $pids
`
  writeFileSync(join(folder, 'script'), script)
  const child = spawn('unshare', ['-n', '-m', 'sh', join(folder, 'script')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (data) => {
    stderr += data
  })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Error(stderr)
  for (const line of readFileSync(join(folder, 'answers'), 'utf8').trim().split('\n')) {
    const [from = '', ...rest] = line.split(' ')
    answers.set(answers.has(from) ? `${from} again` : from, rest.join(' '))
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

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
