import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../model/log.ts'
import type { Claims, Wrong } from './names.ts'
import type { AsyncCommands } from './source.ts'
import type { Admission, Scope } from './tokens.ts'

/** Where requests come in, and what they may do there. */
export interface Door {
  readonly commands: AsyncCommands
  /** `socket`: whoever can open it is trusted. `closed`: nobody may write. Else a token is asked for. */
  readonly writes: 'socket' | 'closed' | ((authorization: string | undefined) => Admission)
  /** Told of each command that was refused. */
  onRefused(request: FastifyRequest, because: string): void
}

const quietMs = 60_000

/** One line a minute for each reason, with how many were left out: who can reach the listener does not fill the log. */
export function createRefusals(log: Log, nowMs: () => number): Door['onRefused'] {
  const told = new Map<string, { readonly untilMs: number; readonly count: number }>()
  return ({ routeOptions: { url }, ip }, because) => {
    const key = `${url} ${because}`
    const { untilMs, count } = told.get(key) ?? { untilMs: 0, count: 0 }
    if (nowMs() < untilMs) return void told.set(key, { untilMs, count: count + 1 })
    for (const [other, one] of told) if (one.untilMs + quietMs < nowMs()) told.delete(other)
    told.set(key, { untilMs: nowMs() + quietMs, count: 0 })
    const more = count > 0 ? ` (and ${count} more since the last such line)` : ''
    log.warn({ component: 'http', url, from: ip, unsaid: count }, `a command was refused: ${because}${more}`)
  }
}

const callers = new WeakMap<FastifyRequest, string>()

/** Before all else: a page of a stranger's site gets no answer. */
export function turnAway(judge: (claims: Claims) => Wrong | undefined) {
  return async ({ method, headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const site = headers['sec-fetch-site']
    const wrong = judge({ method, host: headers.host, origin: headers.origin, site: typeof site === 'string' ? site : undefined })
    return wrong && complain(reply, wrong.status, wrong.message)
  }
}

/** Before the body is even read: who came over TCP may only look, or shows a token that is good for this. */
export function guard({ writes, onRefused }: Door, scope: Scope) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (writes === 'socket') return undefined
    if (writes === 'closed')
      return complain(
        reply,
        403,
        'commands are taken on the unix socket only; run reeve on the machine of the controller, as its user, or set api.tokensFile in reeve.yaml',
      )
    const admission = writes(request.headers.authorization)
    if (admission.ok && admission.scopes.includes(scope)) return void callers.set(request, admission.name)
    const because = admission.ok
      ? `the token ${admission.name} may ${admission.scopes.join(', ')} alone; reeve token create NAME --scope ${scope} makes one for this`
      : admission.because
    onRefused(request, because)
    if (admission.ok) return complain(reply, 403, because)
    return complain(reply.header('www-authenticate', 'Bearer'), 401, because)
  }
}

/** Who asks, for the history: what a token's holder calls himself stands beside the token's name, never in its place. */
export function callerOf(request: FastifyRequest, by: string | undefined): string {
  const token = callers.get(request)
  if (token === undefined) return by ?? 'unix socket'
  return by === undefined ? `token ${token}` : `${by}, token ${token}`
}

/** Answers with an error in the API's form. */
export function complain(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ ok: false, message })
}
