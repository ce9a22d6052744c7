import { Resolver } from 'node:dns/promises'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { createTransport } from 'nodemailer'
import type { Answer, Request, Sent } from './stranger.ts'

// Runs in the network namespace of a stranger: a mail server of somebody else, and whoever asks for a name. One line of JSON in, one out.
const [servers = ''] = process.argv.slice(2)

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, request } = JSON.parse(line) as { readonly id: number; readonly request: Request }
  answer(request).then(
    (value) => console.log(JSON.stringify({ id, value })),
    (error: Error) => console.log(JSON.stringify({ id, error: error.message })),
  )
})

function answer(request: Request): Promise<Answer> {
  switch (request.ask) {
    case 'mail':
      return mail(request)
    case 'recipients':
      return recipients(request.host, request.to)
    case 'name':
      return resolverOf([request.server])
        .resolve(request.name, request.type)
        .catch((error: NodeJS.ErrnoException) => error.code ?? 'error')
  }
}

function resolverOf(asked: readonly string[]): Resolver {
  const resolver = new Resolver({ timeout: 700, tries: 2 })
  resolver.setServers(asked)
  return resolver
}

/** As RFC 5321 5.1 has it: the domain's MX in their order, the next one where a server is not there or puts it off. */
async function mail({ to, messageId }: Extract<Request, { readonly ask: 'mail' }>): Promise<Sent> {
  const resolver = resolverOf(servers.split(','))
  const exchanges = (await resolver.resolveMx(to.replace(/^.*@/, ''))).toSorted((one, other) => one.priority - other.priority)
  const tried: string[] = []
  for (const { exchange } of exchanges) {
    const [host = ''] = await resolver.resolve4(exchange)
    const transport = createTransport({
      host,
      port: 25,
      name: 'mx.elsewhere.test',
      ignoreTLS: true,
      connectionTimeout: 1500,
      greetingTimeout: 10_000,
    })
    const letter = { from: 'sender@elsewhere.test', to, messageId: `<${messageId}@elsewhere.test>`, subject: messageId, text: 'Hello\n' }
    try {
      const { response } = await transport.sendMail(letter)
      return { via: exchange, reply: response, tried }
    } catch (error) {
      const { response, message } = error as Error & { readonly response?: string }
      if (response?.startsWith('5')) return { via: exchange, reply: response, tried }
      tried.push(`${exchange}: ${response ?? message}`)
    }
  }
  throw new Error(tried.join('; '))
}

/** Each recipient in a dialogue of its own mail, which is never sent: the reply to RCPT. */
async function recipients(host: string, to: readonly string[]): Promise<readonly string[]> {
  const socket = connect({ host, port: 25, timeout: 20_000 })
  const replies = repliesOf(socket)
  const say = async (line: string): Promise<string> => {
    socket.write(`${line}\r\n`)
    return (await replies.next()).value ?? ''
  }
  const heard: string[] = []
  try {
    heard.push((await replies.next()).value ?? '')
    await say('EHLO mx.elsewhere.test')
    for (const one of to) {
      await say('MAIL FROM:<sender@elsewhere.test>')
      heard.push(await say(`RCPT TO:<${one}>`))
      await say('RSET')
    }
  } finally {
    socket.destroy()
  }
  return heard.slice(1)
}

async function* repliesOf(socket: Socket): AsyncGenerator<string, undefined> {
  socket.once('timeout', () => socket.destroy(new Error('no reply in 20 seconds')))
  for await (const line of createInterface({ input: socket })) if (/^\d{3}( |$)/.test(line)) yield line
  throw new Error('the server closed the connection')
}
