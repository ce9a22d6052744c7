import type { AddressInfo } from 'node:net'
import rateLimit from '@fastify/rate-limit'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import ipaddr from 'ipaddr.js'
import type { HookProvider } from '../forge/provider.ts'
import { isSigned, refusal } from '../forge/signature.ts'
import type { HookResult, HookSeen } from '../model/hook.ts'
import type { Log } from '../model/log.ts'

export interface HookServerDependencies {
  readonly listen: { readonly host: string; readonly port: number }
  readonly provider: HookProvider
  /** Addresses and prefixes of proxies whose X-Forwarded-For is believed. */
  readonly proxies: readonly string[]
  /** Requests a minute. */
  readonly limits: { readonly perSource: number; readonly inAll: number }
  /** Judges a whole request. Must not throw. */
  judge(headers: FastifyRequest['headers'], body: Buffer): Omit<HookSeen, 'source'>
  /** Told of every request, also of those that were refused before their body was read. Must not throw. */
  onSeen(seen: HookSeen): void
  readonly log: Log
}

export interface HookServer extends AsyncDisposable {
  readonly port: number
}

/** A push of GitHub with 2048 commits has less. */
const maxBodyBytes = 1_048_576
const maxConnections = 64
const minuteMs = 60_000

const statuses: Readonly<Record<HookResult, number>> = {
  accepted: 202,
  ignored: 200,
  replayed: 200,
  unsigned: 401,
  wrongSignature: 401,
  stale: 401,
  malformed: 400,
  tooLarge: 413,
  rateLimited: 429,
  notFound: 404,
  noSecret: 503,
}

/** Takes webhooks at `POST /hooks/<provider>`, on a listener of its own: it may be shown to the internet, which the API may not. Rejects where the port is taken. */
export async function startHookServer(dependencies: HookServerDependencies): Promise<HookServer> {
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    trustProxy: dependencies.proxies.length === 0 ? false : [...dependencies.proxies],
    forceCloseConnections: true,
    requestTimeout: 10_000,
    keepAliveTimeout: 5000,
    http: { headersTimeout: 5000, connectionsCheckingInterval: 1000, maxHeaderSize: 16_384 },
    clientErrorHandler(_error, socket) {
      dependencies.onSeen({ result: 'malformed', source: sourceOf(socket.remoteAddress), message: 'no HTTP request' })
      if (socket.writable) socket.write('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      socket.destroy()
    },
  })
  app.server.maxConnections = maxConnections
  await addHooks(app, dependencies)
  const { host, port } = dependencies.listen
  try {
    await app.listen({ host, port })
  } catch (error) {
    throw new Error(`cannot listen for webhooks on ${host} port ${port}: choose another webhooks.listen in reeve.yaml`, { cause: error })
  }
  const used = (app.server.address() as AddressInfo).port
  dependencies.log.info({ component: 'http', port: used, path: `/hooks/${dependencies.provider}` }, 'listening for webhooks')
  return { port: used, [Symbol.asyncDispose]: () => app.close() }
}

async function addHooks(app: FastifyInstance, dependencies: HookServerDependencies): Promise<void> {
  const { provider, onSeen, log } = dependencies
  const answer = (request: FastifyRequest, reply: FastifyReply, seen: Omit<HookSeen, 'source'>): FastifyReply => {
    onSeen({ ...seen, source: sourceOf(request.ip) })
    // What was not read of the body is not waited for.
    if (statuses[seen.result] >= 400) reply.header('connection', 'close')
    return reply.code(statuses[seen.result]).send({ result: seen.result, message: seen.message })
  }
  const isTooMany = await createLimits(app, dependencies)
  app.addHook('onRequest', async (request, reply) => {
    if (await isTooMany(request))
      return answer(request, reply, { result: 'rateLimited', message: 'too many requests; try again in a minute' })
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setNotFoundHandler((request, reply) => answer(request, reply, { result: 'notFound', message: 'nothing is here' }))
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500
    if (status === 413) return answer(request, reply, { result: 'tooLarge', message: `the body is larger than ${maxBodyBytes} bytes` })
    if (status >= 500) log.error({ component: 'http', err: error }, 'a webhook failed')
    return answer(request, reply, { result: 'malformed', message: 'this request cannot be read' })
  })
  app.post(`/hooks/${provider}`, {
    async onRequest(request, reply) {
      if (!isSigned(provider, request.headers)) return answer(request, reply, { result: 'unsigned', message: refusal })
    },
    handler: (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      return answer(request, reply, dependencies.judge(request.headers, body))
    },
  })
}

/** Whether a request is one too many, of its source or of all that their sources let through. Both memories are bounded. */
async function createLimits(
  app: FastifyInstance,
  { limits }: Pick<HookServerDependencies, 'limits'>,
): Promise<(request: FastifyRequest) => Promise<boolean>> {
  await app.register(rateLimit, { global: false })
  const ofSource = app.createRateLimit({ max: limits.perSource, timeWindow: minuteMs, keyGenerator: ({ ip }) => networkOf(ip) })
  const ofAll = app.createRateLimit({ max: limits.inAll, timeWindow: minuteMs, keyGenerator: () => 'all' })
  return async (request) => {
    const one = await ofSource(request)
    if (!one.isAllowed && one.isExceeded) return true
    const all = await ofAll(request)
    return !all.isAllowed && all.isExceeded
  }
}

/** Behind a proxy an address is what a header says: anything at all. */
function sourceOf(ip: string | undefined): string {
  return ip !== undefined && ipaddr.isValid(ip) ? ipaddr.process(ip).toString() : 'unknown'
}

/** Who has one address of IPv6 has a /64 of them. */
function networkOf(ip: string): string {
  const source = sourceOf(ip)
  if (!source.includes(':')) return source
  return ipaddr.IPv6.networkAddressFromCIDR(`${source}/64`).toString()
}
