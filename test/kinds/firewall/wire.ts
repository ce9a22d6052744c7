// A world, a host and two guests in network namespaces of their own, joined by veth pairs, for real packets through real rules.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderTable, replacement } from '../../../controller/primitives/nftTable/render.ts'
import { tableOf } from './fleet.ts'

/**
 * Runs inside one new network and mount namespace, so that `ip netns` and all interfaces go with it.
 * world 198.51.100.9 — 198.51.100.1 host 10.0.1.1 — 10.0.1.2 guest, neighbour 10.0.1.3 behind the same bridge br0.
 * The same with 2001:db8:1::9 — 2001:db8:1::1 host 2001:db8:2::1 — 2001:db8:2::2 guest.
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
ip -n host addr add 198.51.100.1/24 dev wan; ip -n host addr add 198.51.100.2/24 dev wan; ip -n host link set wan up
ip -n host addr add 10.0.1.1/24 dev br0; ip -n host link set br0 up
ip -n world addr add 198.51.100.9/24 dev eth0; ip -n world link set eth0 up
ip -n world route add 10.0.1.0/24 via 198.51.100.1
ip -n guest addr add 10.0.1.2/24 dev eth0; ip -n guest route add default via 10.0.1.1
ip -n neighbour addr add 10.0.1.3/24 dev eth0; ip -n neighbour route add default via 10.0.1.1
ip -n host addr add 2001:db8:1::1/64 dev wan nodad; ip -n host addr add 2001:db8:2::1/64 dev br0 nodad
ip -n world addr add 2001:db8:1::9/64 dev eth0 nodad; ip -n world route add 2001:db8:2::/64 via 2001:db8:1::1
ip -n guest addr add 2001:db8:2::2/64 dev eth0 nodad; ip -n guest route add default via 2001:db8:2::1
ip netns exec host sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
`

/** Answers each TCP connection with the peer's address, on the ports given. */
const server = `
const net = require('node:net')
for (const port of process.argv.slice(2)) net.createServer((socket) => { socket.on('error', () => {}); socket.end(socket.remoteAddress.replace('::ffff:', '')) }).listen(Number(port), '::')
`
/** Prints the answer, or refused, or timeout; for each ADDRESS:PORT or [ADDRESS]:PORT a word. @PORT behind it is the port to come from. */
const client = `
const net = require('node:net')
const ask = (to) => new Promise((resolve) => {
  const [, host, port, from] = /^(.*):(\\d+)(?:@(\\d+))?$/.exec(to)
  const socket = net.connect({ host: host.replace(/[[\\]]/g, ''), port: Number(port), ...(from ? { localPort: Number(from) } : {}) })
  const timer = setTimeout(() => { socket.destroy(); resolve('timeout') }, 1500)
  const done = (text) => { clearTimeout(timer); resolve(text) }
  let text = ''
  socket.on('data', (data) => { text += data }).on('end', () => done(text)).on('error', (error) => done(error.code))
})
Promise.all(process.argv.slice(2).map(ask)).then((answers) => { console.log(answers.join(' ')); process.exit(0) })
`

export type Place = 'world' | 'host' | 'guest' | 'neighbour'

/** Makes the lines of shell that a test asks by. */
export interface Wire {
  /** Replaces the table by that of these manifests. */
  load(manifests: string): string
  /** Connects to each ADDRESS:PORT at once; the answers are told under the label. */
  ask(label: string, from: Place, ...to: readonly string[]): string
  /** Tells what a command on the host prints, under the label. */
  tell(label: string, command: string): string
}

/** Where something listens during the run. */
const listening: readonly (readonly [Place, readonly number[]])[] = [
  ['host', [53, 80, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009]],
  ['guest', [22, 8080, 8081]],
  ['world', [9]],
]

/** Runs the lines that `make` gives in a new world, and answers what was told, by label. */
export async function runOnWire(make: (wire: Wire) => readonly string[]): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-wire-'))
  try {
    writeFileSync(join(folder, 'server.cjs'), server)
    writeFileSync(join(folder, 'client.cjs'), client)
    writeFileSync(join(folder, 'script'), scriptOf(folder, make(wireIn(folder))))
    await run(join(folder, 'script'))
    const told = readFileSync(join(folder, 'told'), 'utf8').split('=====\n').slice(1)
    return new Map(told.map((text) => [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n') + 1).trimEnd()]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function wireIn(folder: string): Wire {
  let tables = 0
  const tell = (label: string, from: Place, command: string) =>
    `{ printf '=====\\n%s\\n' '${label}'; ip netns exec ${from} ${command}; } >>${folder}/told`
  return {
    load: (manifests) => {
      const file = join(folder, `table${tables++}.nft`)
      writeFileSync(file, replacement(renderTable(tableOf(manifests), 'prod')))
      return `ip netns exec host nft -f ${file}`
    },
    ask: (label, from, ...to) => tell(label, from, `${process.execPath} ${folder}/client.cjs ${to.join(' ')}`),
    tell: (label, command) => tell(label, 'host', command),
  }
}

function scriptOf(folder: string, lines: readonly string[]): string {
  const node = process.execPath
  const servers = listening.map(
    ([place, ports]) => `ip netns exec ${place} ${node} ${folder}/server.cjs ${ports.join(' ')} &\npids="$pids $!"`,
  )
  const ready = listening.map(([place, ports]) => `ready ${place} ${ports.at(-1)}`)
  return `set -eu
${world}
pids=
${servers.join('\n')}
ready() {
  for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    [ "$(ip netns exec "$1" ${node} ${folder}/client.cjs "127.0.0.1:$2")" = 127.0.0.1 ] && return 0
    sleep 0.2
  done
  echo "nothing listens on $1" >&2
  return 1
}
${ready.join('\n')}
${lines.join('\n')}
kill $pids
`
}

async function run(script: string): Promise<void> {
  const child = spawn('unshare', ['-n', '-m', 'sh', script], { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (data) => {
    stderr += data
  })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Error(stderr)
}
