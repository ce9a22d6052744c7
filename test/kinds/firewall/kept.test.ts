// Connections that were open before the first table that asks for their state: the kernel did not follow them until then.
import { beforeAll, describe, expect, it } from 'vitest'
import { mainWith } from './fleet.ts'
import { runOnWire } from './wire.ts'

/** Closed in every direction, and whoever is denied is told so. */
const closed = mainWith(`policy: {input: drop, forward: drop, output: drop}
deny: {action: reject}
rules:
  - {name: ssh, chain: input, protocol: tcp, ports: [1010], action: accept}`)

/** Listens, and says `still here` to whoever comes, but only after a second. */
const late = `require("node:net").createServer((socket) => { socket.on("error", () => {}); setTimeout(() => socket.end("still here"), 1000) }).listen(Number(process.argv[1]), "::")`
/** Says something itself once the other side has, then prints what it hears until that closes, or what became of the connection. */
const listener = `const socket = require("node:net").connect(Number(process.argv[2]), process.argv[1]); setTimeout(() => socket.write("more"), 1500); setTimeout(() => { console.log("nothing"); process.exit() }, 8000); socket.on("data", (data) => console.log(String(data))).on("error", (error) => console.log(error.code)).on("close", () => process.exit())`

let answers: ReadonlyMap<string, string> = new Map()

beforeAll(async () => {
  const node = process.execPath
  answers = await runOnWire(({ load, tell, ask }) => [
    ...['host', 'world'].map((place) => `ip netns exec ${place} ${node} -e '${late}' 1010 & pids="$pids $!"`),
    'sleep 0.5',
    `ip netns exec world ${node} -e '${listener}' 198.51.100.1 1010 >/run/served & served=$!`,
    `ip netns exec host ${node} -e '${listener}' 198.51.100.9 1010 >/run/asked & asked=$!`,
    'sleep 0.5',
    load(closed),
    'wait $served $asked',
    tell('served', 'cat /run/served'),
    tell('asked', 'cat /run/asked'),
    ask('anew', 'host', '198.51.100.9:9'),
    ask('from outside', 'world', '198.51.100.1:1001'),
  ])
}, 60_000)

describe('a table that closes everything', () => {
  it.each([
    ['lets the machine go on answering who was connected', 'served', 'still here'],
    ['lets the machine go on with whom it asked, though it meets an answer first', 'asked', 'still here'],
    ['denies the machine what it begins anew, at once', 'anew', 'ECONNREFUSED'],
    ['denies the world what it begins anew, at once', 'from outside', 'ECONNREFUSED'],
  ])('%s', (_, label, expected) => {
    expect(answers.get(label)).toBe(expected)
  })
})
