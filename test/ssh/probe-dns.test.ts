import { type AddressInfo, connect, createServer } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Jump } from '../../controller/ssh/connect.ts'
import { probeDns } from '../../controller/ssh/probeDns.ts'

// A name server that says what the zone's name tells it to say.
const replies: Readonly<Record<string, (asked: Buffer) => Buffer>> = {
  good: (asked) => reply(asked, 0x8400, 1),
  refused: (asked) => reply(asked, 0x8005, 0),
  servfail: (asked) => reply(asked, 0x8002, 0),
  copied: (asked) => reply(asked, 0x8000, 1),
  empty: (asked) => reply(asked, 0x8400, 0),
  other: (asked) => Buffer.concat([Buffer.from([0, 12, 1, 2]), reply(asked, 0x8400, 1).subarray(4)]),
  cut: (asked) => reply(asked, 0x8400, 1).subarray(0, 5),
  short: () => Buffer.from([0, 3, 1, 2, 3]),
  mute: () => Buffer.alloc(0),
}

function reply(asked: Buffer, flags: number, answers: number): Buffer {
  const message = Buffer.from(asked.subarray(2))
  message.writeUInt16BE(flags, 2)
  message.writeUInt16BE(answers, 6)
  return Buffer.concat([asked.subarray(0, 2), message])
}

const server = createServer((socket) => {
  socket.on('error', () => socket.destroy())
  socket.on('data', (asked) => {
    const name = asked.subarray(15, 15 + (asked[14] ?? 0)).toString()
    const said = replies[name]?.(asked) ?? Buffer.alloc(0)
    if (said.length > 0) socket.write(said)
    if (name === 'cut') socket.end()
  })
})
let port: number
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => void server.close())

const jump = { forward: async (host: string, to: number) => connect(to, host) } as unknown as Jump
const ask = (zone: string) =>
  probeDns(jump, { type: 'dns', host: '127.0.0.1', port, zone: `${zone}.example.` }, 500).catch((error: Error) => ({
    ok: false,
    message: error.message,
  }))

it.each([
  ['good', true, 'good.example. SOA at 127.0.0.1:PORT is answered with authority'],
  ['refused', false, 'refused.example. SOA at 127.0.0.1:PORT is answered with REFUSED and without authority'],
  ['servfail', false, 'servfail.example. SOA at 127.0.0.1:PORT is answered with SERVFAIL and without authority'],
  ['copied', false, 'copied.example. SOA at 127.0.0.1:PORT is answered with NOERROR and without authority'],
  ['empty', false, 'empty.example. SOA at 127.0.0.1:PORT is answered with NOERROR'],
  ['other', false, 'other.example. SOA at 127.0.0.1:PORT is answered with something else'],
  ['short', false, 'short.example. SOA at 127.0.0.1:PORT is answered with something else'],
  ['cut', false, 'the connection was closed before an answer came'],
  ['mute', false, 'no answer within 500 ms'],
])('a name server that is %s is told from one that answers', async (zone, ok, message) => {
  expect(await ask(zone)).toEqual({ ok, message: message.replace('PORT', String(port)) })
})
