import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { SmtpAsk } from '../../controller/model/primitive.ts'
import type { Jump } from '../../controller/ssh/connect.ts'
import { probeSmtp } from '../../controller/ssh/smtp.ts'

let server: Server | undefined
afterEach(() => void server?.close())

/** A server that speaks as it is told. */
async function startServer(speak: (socket: Socket) => void): Promise<number> {
  const started = createServer((socket) => {
    socket.on('error', () => {})
    speak(socket)
  })
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  const address = started.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const direct = { forward: async (host: string, port: number) => connect(port, host) } as unknown as Jump

/** Answers each line by its first word, RCPT by its address. */
function replies(heard: string[], of: Readonly<Record<string, string>>, greeting = '220 mx.test ESMTP\r\n'): (socket: Socket) => void {
  return (socket) => {
    socket.write(greeting)
    let rest = ''
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        heard.push(line)
        const recipient = /^RCPT TO:<(.*)>$/.exec(line)?.[1]
        socket.write(of[recipient ?? line.split(' ')[0] ?? ''] ?? '250 ok\r\n')
      }
    })
  }
}

async function ask(speak: (socket: Socket) => void, asks: readonly SmtpAsk[] = [], deadlineMs = 3000) {
  const port = await startServer(speak)
  const answer = await probeSmtp(direct, { type: 'smtp', host: '127.0.0.1', port, asks }, deadlineMs).catch((error: unknown) => ({
    ok: false,
    message: String(error),
  }))
  return { ...answer, message: answer.message.replaceAll(String(port), 'PORT') }
}

describe('a dialogue as far as RCPT', () => {
  test('is good where each reply is as it shall be, and sends no message', async () => {
    const heard: string[] = []
    const speak = replies(heard, { EHLO: '250-mx.test\r\n250-SIZE\r\n250 HELP\r\n', 'x@a.test': '550 5.1.1 nobody\r\n' })
    const asks = [
      { recipient: 'a@a.test', expect: ['250'] },
      { recipient: 'x@a.test', expect: ['550 5.1.1', '554'] },
    ]
    expect(await ask(speak, asks)).toEqual({ ok: true, message: '127.0.0.1:PORT answers as it shall for 2 recipients' })
    expect(heard.slice(0, 7)).toEqual([
      'EHLO [127.0.0.1]',
      'MAIL FROM:<>',
      'RCPT TO:<a@a.test>',
      'RSET',
      'MAIL FROM:<>',
      'RCPT TO:<x@a.test>',
      'RSET',
    ])
    expect(heard.join()).not.toMatch(/DATA|BDAT/)
  })

  test('without questions asks whether somebody greets', async () => {
    expect(await ask(replies([], {}))).toEqual({ ok: true, message: '127.0.0.1:PORT greets' })
  })

  test('names each reply that is wrong', async () => {
    const speak = replies([], { 'a@a.test': '451 4.3.0 Temporary lookup failure\r\n', 'b@a.test': '250 ok\r\n' })
    const asks = [
      { recipient: 'a@a.test', expect: ['250'] },
      { recipient: 'b@a.test', expect: ['550', '554'] },
    ]
    expect(await ask(speak, asks)).toEqual({
      ok: false,
      message: '127.0.0.1:PORT answers a@a.test: "451 4.3.0 Temporary lookup failure", wanted 250; b@a.test: "250 ok", wanted 550 or 554',
    })
  })

  test('takes a refusal of the sender for the answer', async () => {
    expect(await ask(replies([], { MAIL: '530 5.7.0 no\r\n' }), [{ recipient: 'a@a.test', expect: ['250'] }])).toMatchObject({
      ok: false,
      message: expect.stringContaining('a@a.test: "530 5.7.0 no", wanted 250'),
    })
  })

  const silent = () => {}
  test.each<[string, (socket: Socket) => void, RegExp]>([
    ['takes the connection and says nothing', silent, /takes connections and does not greet within 300 ms/],
    ['greets and falls silent', (socket) => void socket.write('220 mx\r\n'), /fell silent within 300 ms/],
    ['greets with a refusal', (socket) => void socket.write('554 go away\r\n'), /greets with "554 go away"/],
    ['is no mail server', (socket) => void socket.write('SSH-2.0-x\r\n'), /not SMTP: "SSH-2\.0-x"/],
    ['closes at once', (socket) => void socket.end(), /closed the connection/],
    ['says a line without an end', (socket) => void socket.write('2'.repeat(100_000)), /more than a mail server has to say/],
    ['says a reply without an end', (socket) => void socket.write('220-x\r\n'.repeat(200)), /does not end/],
    ['speaks in control characters', (socket) => void socket.write('554 \x1b[31m\x07\r\n'), /greets with "554 \?\[31m\?"/],
    ['refuses EHLO', replies([], { EHLO: '502 no\r\n' }), /answers EHLO with "502 no"/],
  ])('ends where the server %s', async (_name, speak, says) => {
    const answer = await ask(speak, [{ recipient: 'a@a.test', expect: ['250'] }], 300)
    expect(answer.ok).toBe(false)
    expect(answer.message).toMatch(says)
  })

  test('never says a line that a recipient made two of', async () => {
    const heard: string[] = []
    const { message } = await ask(replies(heard, {}), [{ recipient: 'a@a.test>\r\nDATA', expect: ['250'] }])
    expect(message).toMatch(/not a line of SMTP/)
    expect(heard.join()).not.toContain('DATA')
  })
})
