import type { Duplex } from 'node:stream'
import type { NetworkProbe, SmtpAsk } from '../model/primitive.ts'
import type { Jump } from './connect.ts'
import type { ProbeAnswer } from './probe.ts'

type SmtpProbe = Extract<NetworkProbe, { readonly type: 'smtp' }>

/** What all replies together may cost; a lying server cannot fill our memory. */
const maxBytes = 65_536
/** RFC 5321 4.5.3.1.5, with room: a reply has few lines. */
const maxLines = 100

/**
 * Speaks SMTP over a forwarded channel as far as RCPT, and holds each reply against what is right. The channel is destroyed at the end and when the deadline passes: a
 * mail server whose processes die at their start takes the connection and never says a word. Rejects with what went wrong.
 */
export async function probeSmtp(through: Jump, probe: SmtpProbe, deadlineMs: number): Promise<ProbeAnswer> {
  const where = `${probe.host}:${probe.port}`
  const started = performance.now()
  const channel = await through.forward(probe.host, probe.port, deadlineMs)
  const replies = readReplies(channel)
  const late = Promise.withResolvers<never>()
  // A little before the caller's own deadline, so that the reason is heard.
  const leftMs = Math.max(1, deadlineMs * 0.95 - (performance.now() - started))
  const timer = setTimeout(
    () =>
      late.reject(
        new Error(`${where} ${replies.isGreeted() ? 'fell silent' : 'takes connections and does not greet'} within ${deadlineMs} ms`),
      ),
    leftMs,
  )
  try {
    return await Promise.race([converse(channel, replies, probe, where), late.promise])
  } finally {
    clearTimeout(timer)
    late.promise.catch(() => undefined)
    channel.destroy()
  }
}

async function converse(channel: Duplex, replies: Replies, { asks }: SmtpProbe, where: string): Promise<ProbeAnswer> {
  const say = async (line: string): Promise<string> => {
    channel.write(`${checked(line)}\r\n`)
    return replies.next()
  }
  const banner = await replies.next()
  if (!banner.startsWith('220')) return { ok: false, message: `${where} greets with ${shown(banner)}` }
  // An address literal is nobody's name: restrictions on names do not refuse it.
  const hello = await say('EHLO [127.0.0.1]')
  if (!hello.startsWith('250')) return { ok: false, message: `${where} answers EHLO with ${shown(hello)}` }
  const wrong: string[] = []
  for (const ask of asks) {
    const reply = await askFor(ask, say)
    if (!ask.expect.some((one) => reply.startsWith(one))) wrong.push(`${ask.recipient}: ${shown(reply)}, wanted ${ask.expect.join(' or ')}`)
  }
  channel.write('QUIT\r\n')
  if (wrong.length > 0) return { ok: false, message: `${where} answers ${wrong.join('; ')}` }
  return { ok: true, message: asks.length === 0 ? `${where} greets` : `${where} answers as it shall for ${asks.length} recipients` }
}

/** From the null sender (RFC 5321 4.5.5), which nobody may refuse. */
async function askFor({ recipient }: SmtpAsk, say: (line: string) => Promise<string>): Promise<string> {
  const from = await say('MAIL FROM:<>')
  if (!from.startsWith('250')) return from
  const reply = await say(`RCPT TO:<${recipient}>`)
  await say('RSET')
  return reply
}

/** A line feed would be a command of its own. Throws: kinds check that first. */
function checked(line: string): string {
  if (!/^[ -~]{1,900}$/.test(line)) throw new Error(`not a line of SMTP: ${JSON.stringify(line.slice(0, 200))}`)
  return line
}

function shown(reply: string): string {
  return JSON.stringify(reply.replaceAll(/[^ -~]/g, '?').slice(0, 200))
}

interface Replies {
  /** The next reply, of several lines the last one; rejects where the server ends or breaks the rules. */
  next(): Promise<string>
  isGreeted(): boolean
}

/** Replies in their order, as they come. */
function readReplies(channel: Duplex): Replies {
  const ready: string[] = []
  const state = { rest: '', bytes: 0, lines: 0, greeted: false, ended: undefined as Error | undefined }
  let waiting: PromiseWithResolvers<string> | undefined
  const wake = () => {
    const first = ready[0]
    if (waiting === undefined || (first === undefined && state.ended === undefined)) return
    const { resolve, reject } = waiting
    waiting = undefined
    ready.shift()
    if (first === undefined) reject(state.ended)
    else resolve(first)
  }
  const end = (error: Error) => {
    state.ended ??= error
    wake()
  }
  channel.on('data', (chunk: Buffer) => {
    state.bytes += chunk.length
    if (state.bytes > maxBytes) {
      end(new Error('the mail server says more than a mail server has to say'))
      return
    }
    const lines = (state.rest + chunk.toString('latin1')).split('\n')
    state.rest = lines.pop() ?? ''
    for (const line of lines) takeLine(line.replace(/\r$/, ''), state, ready, end)
    wake()
  })
  channel.once('error', end)
  channel.once('close', () => end(new Error('the mail server closed the connection')))
  channel.once('end', () => end(new Error('the mail server closed the connection')))
  return {
    next: () => {
      waiting = Promise.withResolvers<string>()
      const { promise } = waiting
      wake()
      return promise
    },
    isGreeted: () => state.greeted,
  }
}

function takeLine(line: string, state: { lines: number; greeted: boolean }, ready: string[], end: (error: Error) => void): void {
  state.lines += 1
  if (!/^\d{3}([ -]|$)/.test(line)) end(new Error(`what it says is not SMTP: ${shown(line)}`))
  else if (state.lines > maxLines) end(new Error('a reply of the mail server does not end'))
  else if (line[3] !== '-') {
    state.lines = 0
    state.greeted = true
    ready.push(line)
  }
}
