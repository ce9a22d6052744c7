import { type IncomingMessage, request } from 'node:http'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import type { NetworkProbe } from '../model/primitive.ts'
import type { Jump } from './connect.ts'
import { messageOf } from './failure.ts'

export interface ProbeAnswer {
  readonly ok: boolean
  readonly message: string
}

type HttpProbe = Extract<NetworkProbe, { readonly type: 'http' }>

/** What an answer may cost; a lying server cannot fill our memory. */
const maxBodyBytes = 262_144

/** Opens the port as seen from the hypervisor. Rejects with what went wrong. */
export async function probeTcp(through: Jump, host: string, port: number, deadlineMs: number): Promise<ProbeAnswer> {
  const channel = await through.forward(host, port, deadlineMs)
  channel.destroy()
  return { ok: true, message: `${host}:${port} accepts connections` }
}

/** Asks one HTTP question over a forwarded channel, which is destroyed when the deadline passes. Rejects with what went wrong. */
export async function probeHttp(through: Jump, probe: HttpProbe, deadlineMs: number): Promise<ProbeAnswer> {
  const started = performance.now()
  const channel = await through.forward(probe.host, probe.port, deadlineMs)
  const leftMs = Math.max(1, deadlineMs - (performance.now() - started))
  const late = Promise.withResolvers<ProbeAnswer>()
  const timer = setTimeout(() => late.resolve(refusal(new Error(`no answer within ${deadlineMs} ms`))), leftMs)
  try {
    return await Promise.race([ask(channel, probe), late.promise])
  } finally {
    clearTimeout(timer)
    channel.destroy()
  }
}

function ask(channel: Duplex, probe: HttpProbe): Promise<ProbeAnswer> {
  return new Promise((resolve, reject) => {
    const question = request({
      // With it no agent is used. The write side stays open until the answer came: nginx takes a half-close for a client that went away.
      createConnection: () => (probe.tls ? overTls(channel, probe.hostHeader) : asSocket(channel)),
      method: 'GET',
      path: probe.path,
      setHost: false,
      headers: { Host: probe.hostHeader, 'User-Agent': 'reeve', Connection: 'close' },
    })
    question.once('error', reject)
    channel.once('close', () => reject(new Error('the connection was closed before an answer came')))
    channel.once('error', reject)
    question.once('response', (response) =>
      readBody(response).then((body) => resolve(judge(probe, response.statusCode ?? 0, body)), reject),
    )
    question.end()
  })
}

function readBody(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const finish = () => resolve(Buffer.concat(chunks).toString())
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > maxBodyBytes) finish()
    })
    response.once('end', finish)
    response.once('error', reject)
    response.once('aborted', () => reject(new Error('the answer was cut')))
  })
}

function judge(probe: HttpProbe, status: number, body: string): ProbeAnswer {
  const where = `${probe.tls ? 'https' : 'http'}://${probe.hostHeader}${probe.path} at ${probe.host}:${probe.port}`
  if (!probe.expectStatus.includes(status))
    return { ok: false, message: `${where} answers ${status}, wanted ${probe.expectStatus.join(' or ')}` }
  if (probe.expectBody === undefined || body.includes(probe.expectBody)) return { ok: true, message: `${where} answers ${status}` }
  return {
    ok: false,
    message: `${where} answers ${status} without ${JSON.stringify(probe.expectBody)}: ${JSON.stringify(body.slice(0, 80))}`,
  }
}

/** No address is sent as a name (RFC 6066 3), and any certificate will do: what is asked is whether this server answers. */
function overTls(channel: Duplex, name: string): Duplex {
  return connectTls({ socket: channel, rejectUnauthorized: false, ...(isIP(name) === 0 ? { servername: name } : {}) })
}

/** node:http calls these on what it takes for a socket. */
function asSocket(channel: Duplex): Duplex {
  const ignore = () => channel
  return Object.assign(channel, {
    setKeepAlive: ignore,
    setNoDelay: ignore,
    setTimeout: ignore,
    ref: ignore,
    unref: ignore,
    destroySoon: () => channel.destroy(),
  })
}

/** Turns whatever a probe rejected with into an answer. */
export function refusal(error: unknown): ProbeAnswer {
  return { ok: false, message: messageOf(error) }
}
