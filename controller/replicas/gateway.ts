import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { reveal, type Secret } from '../shell/secret.ts'

export interface GatewaySettings {
  /** `https://host:2379`, in the order in which they are tried. */
  readonly endpoints: readonly string[]
  /** PEM of the authorities that the servers' certificates are held against; absent: those of this system. */
  readonly authorities?: string
  /** PEM of our own certificate and its key, where the servers ask for one. */
  readonly certificate?: string
  readonly key?: Secret
  /** How long one request may take. */
  readonly timeoutMs: number
}

/** Requests to etcd's JSON gateway, over whichever server answers. */
export interface Gateway extends Disposable {
  /** Answer of a call. Rejects with an EtcdError, or where no server answers in time. */
  post(path: string, body: unknown, token?: string): Promise<unknown>
  /** Lines of an answer that goes on, each as JSON; resolves when it ends. A line that is too long, or no JSON, rejects. */
  stream(path: string, body: unknown, onLine: (line: unknown) => void, signal: AbortSignal, token?: string): Promise<void>
}

/** What etcd itself answered with: a server was there. */
export class EtcdError extends Error {
  /** Of google.rpc.Code. */
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.name = 'EtcdError'
    this.code = code
  }
}

/** An answer, or a line of a stream, that is longer than is taken. */
export class TooLongError extends Error {
  constructor(what: string) {
    super(`${what} of more than ${mostBytes} bytes`)
    this.name = 'TooLongError'
  }
}

/** What one answer, or one line of a stream, may have: the hypervisors of a fleet in one page, many times over. */
const mostBytes = 32 << 20
/** A stream that cannot be opened in this time is tried elsewhere. */
const connectMs = 3000

export function createGateway(settings: GatewaySettings): Gateway {
  const { authorities, certificate, key, endpoints, timeoutMs } = settings
  const plain = new PlainAgent({ keepAlive: true, maxSockets: 32 })
  const tls = new TlsAgent({
    keepAlive: true,
    maxSockets: 32,
    minVersion: 'TLSv1.2',
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key: reveal(key) }),
  })
  let current = 0

  function send(path: string, body: unknown, token: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    const url = new URL(path, endpoints[current % endpoints.length])
    const text = JSON.stringify(body)
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...(token === undefined ? {} : { authorization: token }),
    }
    return new Promise((resolve, reject) => {
      const isTls = url.protocol === 'https:'
      const options = { method: 'POST', headers, signal }
      const sent = isTls ? tlsRequest(url, { ...options, agent: tls }, resolve) : plainRequest(url, { ...options, agent: plain }, resolve)
      sent.once('error', reject)
      sent.end(text)
    })
  }

  /** The next time another server is asked; one that answers stays. */
  async function elsewhereAfterFailure<T>(act: () => Promise<T>, ended?: AbortSignal): Promise<T> {
    const asked = current
    try {
      return await act()
    } catch (failure) {
      if (ended?.aborted) throw failure
      const error = isAbort(failure) ? new Error(`etcd gave no answer within ${timeoutMs} ms`, { cause: failure }) : failure
      if (!(error instanceof EtcdError) || error.code === unavailable) current = current === asked ? current + 1 : current
      throw error
    }
  }

  async function post(path: string, body: unknown, token?: string): Promise<unknown> {
    return elsewhereAfterFailure(async () => {
      const signal = AbortSignal.timeout(timeoutMs)
      const answer = await send(path, body, token, signal)
      return checked(answer.statusCode ?? 0, parsed(answer, await textOf(answer)))
    })
  }

  async function stream(path: string, body: unknown, onLine: (line: unknown) => void, signal: AbortSignal, token?: string): Promise<void> {
    return elsewhereAfterFailure(async () => {
      const late = new AbortController()
      const timer = AbortSignal.timeout(connectMs)
      const giveUp = () => late.abort(new Error(`no answer within ${connectMs} ms`))
      timer.addEventListener('abort', giveUp)
      const answer = await send(path, body, token, AbortSignal.any([signal, late.signal]))
      timer.removeEventListener('abort', giveUp)
      if (answer.statusCode !== 200) checked(answer.statusCode ?? 0, parsed(answer, await textOf(answer)))
      await readLines(answer, (line) => onLine(checked(200, JSON.parse(line))))
    }, signal)
  }

  return {
    post,
    stream,
    [Symbol.dispose]() {
      plain.destroy()
      tls.destroy()
    },
  }
}

const unavailable = 14

async function textOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > mostBytes) throw new TooLongError('an answer')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

async function readLines(answer: IncomingMessage, onLine: (line: string) => void): Promise<void> {
  let rest = ''
  answer.setEncoding('utf8')
  for await (const part of answer as AsyncIterable<string>) {
    rest += part
    if (rest.length > mostBytes) throw new TooLongError('a line')
    if (!part.includes('\n')) continue
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') onLine(line)
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')
}

/** What refuses before etcd's own code is reached says so in plain text. */
function parsed({ statusCode }: IncomingMessage, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (statusCode === 200) throw error
    return { message: text.trim() || undefined }
  }
}

/** An error of etcd stands in the status, in the answer, or (of a stream) in a line of its own. */
function checked(status: number, answer: unknown): unknown {
  const { error, message, code } = (answer ?? {}) as Record<string, unknown>
  if (status === 200 && error === undefined) return answer
  const inner = typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : { message: message ?? error, code }
  const words = typeof inner['message'] === 'string' ? inner['message'] : `HTTP status ${status}`
  const number = inner['code'] ?? inner['grpc_code']
  throw new EtcdError(typeof number === 'number' ? number : -1, `etcd: ${words.slice(0, 300)}`)
}
