import type { FastifyInstance, FastifyReply } from 'fastify'
import { alertConditions } from '../model/alarm.ts'
import { type HistoryFilter, historySorts } from '../model/history.ts'
import { longestSilenceSeconds } from '../model/silence.ts'
import { apiVersion } from '../model/status.ts'
import type { CommandResult, Commands, SilenceRequest, StatusSource } from './source.ts'

const reconcileBody = {
  type: 'object',
  additionalProperties: false,
  properties: { hypervisor: { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' } },
}
const approveBody = {
  type: 'object',
  additionalProperties: false,
  required: ['hash'],
  properties: { hash: { type: 'string', pattern: '^[0-9a-f]{6,64}$' } },
}

const silenceBody = {
  type: 'object',
  additionalProperties: false,
  required: ['seconds', 'reason', 'by'],
  anyOf: [{ required: ['condition'] }, { required: ['hypervisor'] }, { required: ['manifest'] }],
  properties: {
    condition: { type: 'string', enum: alertConditions },
    hypervisor: reconcileBody.properties.hypervisor,
    manifest: { type: 'string', pattern: '^[A-Z][A-Za-z]{1,40}/[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$' },
    seconds: { type: 'integer', minimum: 60, maximum: longestSilenceSeconds },
    reason: { type: 'string', minLength: 1, maxLength: 300 },
    by: { type: 'string', minLength: 1, maxLength: 100 },
  },
}
const endSilenceBody = {
  type: 'object',
  additionalProperties: false,
  required: ['id'],
  properties: { id: { type: 'string', pattern: '^[0-9a-f]{8}$' } },
}
const historyQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    sort: { type: 'string', enum: historySorts },
    subject: { type: 'string', maxLength: 300 },
    limit: { type: 'integer', minimum: 1, maximum: 1000, default: 50 },
  },
}

/** All addresses of the server. Without `commands`, what would change something is refused. */
export function addRoutes(app: FastifyInstance, source: StatusSource, commands: Commands | undefined): void {
  app.get('/healthz', (_request, reply) => reply.type('text/plain').send('ok\n'))
  app.get('/readyz', (_request, reply) => {
    const { isReady, reason } = source.readiness()
    return reply
      .code(isReady ? 200 : 503)
      .type('text/plain')
      .send(`${reason}\n`)
  })
  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await source.metrics()
    return reply.header('content-type', contentType).send(text)
  })
  app.get('/api/v1/status', (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ version: apiVersion, ...source.status() }),
  )
  app.get<{ Querystring: HistoryFilter }>('/api/v1/history', { schema: { querystring: historyQuery } }, (request, reply) =>
    reply.header('cache-control', 'no-store').send({ version: apiVersion, entries: source.history(request.query) }),
  )
  app.post<{ Body: { readonly hypervisor?: string } | undefined }>(
    '/api/v1/reconcile',
    { schema: { body: reconcileBody }, onRequest: guard(commands), preValidation: emptyBody },
    (request, reply) => command(reply, commands?.reconcile(request.body?.hypervisor)),
  )
  app.post<{ Body: { readonly hash: string } }>(
    '/api/v1/approve',
    { schema: { body: approveBody }, onRequest: guard(commands) },
    (request, reply) => command(reply, commands?.approve(request.body.hash)),
  )
  app.post<{ Body: SilenceRequest }>('/api/v1/silence', { schema: { body: silenceBody }, onRequest: guard(commands) }, (request, reply) =>
    command(reply, commands?.silence(request.body)),
  )
  app.post<{ Body: { readonly id: string } }>(
    '/api/v1/silence/end',
    { schema: { body: endSilenceBody }, onRequest: guard(commands) },
    (request, reply) => command(reply, commands?.endSilence(request.body.id)),
  )
}

/** Answers with an error in the API's form. */
export function complain(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ ok: false, message })
}

/** Before the body is even read: who came over TCP may only look. */
function guard(commands: Commands | undefined) {
  return async (_request: unknown, reply: FastifyReply) => {
    if (!commands)
      return complain(reply, 403, 'commands are taken on the unix socket only; run reeve on the machine of the controller, as its user')
  }
}

/** A POST without a body asks for everything. */
async function emptyBody(request: { body: unknown }): Promise<void> {
  request.body ??= {}
}

function command(reply: FastifyReply, result: CommandResult | undefined): FastifyReply {
  return reply.code(result?.ok ? 202 : 409).send(result ?? { ok: false, message: 'not taken' })
}
