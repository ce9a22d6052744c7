import type { FastifyInstance, FastifyReply, FastifySchema } from 'fastify'
import type { HistoryFilter } from '../model/history.ts'
import { apiVersion } from '../model/status.ts'
import type { SuspensionOf } from '../model/suspension.ts'
import { callerOf, type Door, guard } from './door.ts'
import { addEvents } from './events.ts'
import { addPage } from './page.ts'
import { bodies, history, historyQuery, result, type Schema, status } from './schemas.ts'
import type { CommandResult, SilenceRequest, StatusSource, SuspendRequest } from './source.ts'
import type { Scope } from './tokens.ts'

/** All addresses of the server. */
export function addRoutes(app: FastifyInstance, source: StatusSource, door: Door): void {
  addProbes(app, source)
  addReading(app, source)
  addCommands(app, door)
  addEvents(app, source.subscribe)
  addPage(app)
}

const plain = (description: string): Schema => ({ description, content: { 'text/plain': { schema: { type: 'string' } } } })
const json = (description: string, schema: Schema): Schema => ({ description, content: { 'application/json': { schema } } })
const wrong = { '4xx': json('What is wrong with the request', result), '5xx': json('Reeve failed to answer; its log says why', result) }

function addProbes(app: FastifyInstance, source: StatusSource): void {
  app.get(
    '/healthz',
    { schema: { summary: 'Whether the process answers', tags: ['health'], response: { 200: plain('It does') } } },
    (_request, reply) => reply.type('text/plain').send('ok\n'),
  )
  const ready = { 200: plain('Every hypervisor was tried'), 503: plain('What is missing') }
  app.get(
    '/readyz',
    { schema: { summary: 'Whether a commit was loaded and every hypervisor tried', tags: ['health'], response: ready } },
    (_request, reply) => {
      const { isReady, reason } = source.readiness()
      return reply
        .code(isReady ? 200 : 503)
        .type('text/plain')
        .send(`${reason}\n`)
    },
  )
  app.get(
    '/metrics',
    { schema: { summary: 'Metrics for Prometheus', tags: ['health'], response: { 200: plain('Text exposition format') } } },
    async (_request, reply) => {
      const { contentType, text } = await source.metrics()
      return reply.header('content-type', contentType).send(text)
    },
  )
}

function addReading(app: FastifyInstance, source: StatusSource): void {
  app.get(
    '/api/v1/status',
    { schema: { summary: 'What the controller knows now', tags: ['read'], response: { 200: json('Status', status), ...wrong } } },
    (_request, reply) => reply.header('cache-control', 'no-store').send({ version: apiVersion, ...source.status() }),
  )
  app.get<{ Querystring: HistoryFilter }>(
    '/api/v1/history',
    {
      schema: {
        summary: 'What happened, newest first',
        tags: ['read'],
        querystring: historyQuery,
        response: { 200: json('Entries', history), ...wrong },
      },
    },
    (request, reply) => reply.header('cache-control', 'no-store').send({ version: apiVersion, entries: source.history(request.query) }),
  )
  app.get(
    '/api/v1/openapi.json',
    { schema: { summary: 'This description', tags: ['read'], response: { 200: json('OpenAPI 3.1', { type: 'object' }) } } },
    (_request, reply) => reply.send(app.swagger()),
  )
}

function addCommands(app: FastifyInstance, door: Door): void {
  const { commands } = door
  const route = (summary: string, body: Schema, scope: Scope = 'operate') => ({
    schema: commandSchema(summary, body, scope),
    onRequest: guard(door, scope),
  })
  app.post<{ Body: { readonly hypervisor?: string; readonly by?: string } }>(
    '/api/v1/reconcile',
    { ...route('Looks at a hypervisor now, or at all', bodies.reconcile), preValidation: emptyBody },
    (request, reply) => answer(reply, commands.reconcile(request.body.hypervisor, callerOf(request, request.body.by))),
  )
  app.post<{ Body: { readonly hash: string; readonly by?: string } }>(
    '/api/v1/approve',
    route('Lets exactly this withheld change through', bodies.approve, 'approve'),
    (request, reply) => answer(reply, commands.approve(request.body.hash, callerOf(request, request.body.by))),
  )
  app.post<{ Body: Unsigned<SilenceRequest> }>(
    '/api/v1/silence',
    route('Sends no mails about something for a time', bodies.silence),
    (request, reply) => answer(reply, commands.silence({ ...request.body, by: callerOf(request, request.body.by) })),
  )
  app.post<{ Body: { readonly id: string; readonly by?: string } }>(
    '/api/v1/silence/end',
    route('Ends a silence before its time', bodies.endSilence),
    (request, reply) => answer(reply, commands.endSilence(request.body.id, callerOf(request, request.body.by))),
  )
  app.post<{ Body: Unsigned<SuspendRequest> }>(
    '/api/v1/suspend',
    route('Changes nothing on a hypervisor, by a manifest, or anywhere, for a time; all is looked at as ever', bodies.suspend),
    (request, reply) => answer(reply, commands.suspend({ ...request.body, by: callerOf(request, request.body.by) })),
  )
  app.post<{ Body: SuspensionOf & { readonly by?: string } }>(
    '/api/v1/resume',
    { ...route('Ends a suspension before its time', bodies.resume), preValidation: emptyBody },
    (request, reply) => {
      const { by, ...of } = request.body
      return answer(reply, commands.resume(of, callerOf(request, by)))
    },
  )
}

type Unsigned<Request extends { readonly by: string }> = Omit<Request, 'by'> & { readonly by?: string }

/** The scope stands as a role of the token does in OpenAPI 3.1. */
function commandSchema(summary: string, body: Schema, scope: Scope): FastifySchema {
  const response = { 202: json('Taken', result), 409: json('Not taken, and why', result), ...wrong }
  return { summary, tags: ['write'], body, response, security: [{ token: [scope] }] }
}

/** A POST without a body asks for everything. */
async function emptyBody(request: { body: unknown }): Promise<void> {
  request.body ??= {}
}

async function answer(reply: FastifyReply, command: CommandResult | Promise<CommandResult>): Promise<FastifyReply> {
  const given = await command
  return reply.code(given.ok ? 202 : 409).send(given)
}
