import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { StatusProvider } from '../../controller/forge/provider.ts'

/** A status as the forge would show it. */
export interface ShownStatus {
  readonly commit: string
  readonly name: string
  readonly state: string
  readonly description: string
  readonly targetUrl: string | undefined
}

/** What the forge does instead of what it documents: one for each request, first come first served. */
export type Mischief = { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string } | 'reset'

/** A local server that checks requests as the forges' pages say they must be. */
export interface TestForge extends AsyncDisposable {
  readonly api: string
  readonly shown: readonly ShownStatus[]
  /** Every request, also those refused. */
  readonly requests: readonly { readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: string }[]
  readonly mischief: Mischief[]
}

export const repository = 'ops/the-fleet'

export async function startForge(provider: StatusProvider, token: string): Promise<TestForge> {
  const shown: ShownStatus[] = []
  const requests: { url: string; headers: IncomingMessage['headers']; body: string }[] = []
  const mischief: Mischief[] = []
  const server = createServer(async (request, response) => {
    const body = await textOf(request)
    requests.push({ url: request.url ?? '', headers: request.headers, body })
    const trick = mischief.shift()
    if (trick === 'reset') return void request.socket.destroy()
    if (trick !== undefined) return void response.writeHead(trick.status, trick.headers).end(trick.body ?? '')
    answer(response, judge(provider, token, request, body, shown))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  return {
    api: `http://127.0.0.1:${port}${bases[provider]}`,
    shown,
    requests,
    mischief,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const bases: Readonly<Record<StatusProvider, string>> = { github: '', gitlab: '/api/v4', gitea: '/api/v1', forgejo: '/api/v1' }

interface Answer {
  readonly status: number
  readonly body: object
}

function answer(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function judge(provider: StatusProvider, token: string, request: IncomingMessage, body: string, shown: ShownStatus[]): Answer {
  if (!isAllowed(provider, token, request.headers)) return { status: 401, body: { message: 'Bad credentials' } }
  const place = provider === 'gitlab' ? `/api/v4/projects/ops%2Fthe-fleet/statuses/` : `${bases[provider]}/repos/${repository}/statuses/`
  const commit = request.url?.startsWith(place) ? request.url.slice(place.length) : ''
  if (request.method !== 'POST' || !/^[0-9a-f]{40}$/.test(commit)) return { status: 404, body: { message: 'Not Found' } }
  if (!request.headers['content-type']?.startsWith('application/json')) return { status: 415, body: { message: 'no JSON' } }
  const status = JSON.parse(body) as Readonly<Record<string, unknown>>
  const fault = faultOf(provider, status)
  if (fault !== undefined) return { status: 422, body: { message: fault } }
  const one = {
    commit,
    name: String(status['context'] ?? status['name']),
    state: String(status['state']),
    description: String(status['description']),
    targetUrl: status['target_url'] as string | undefined,
  }
  const last = shown.findLast(({ commit: of, name }) => of === commit && name === one.name)
  if (provider === 'gitlab' && last?.state === one.state)
    return { status: 400, body: { message: `Cannot transition status via :${one.state} from :${one.state}` } }
  shown.push(one)
  return { status: 201, body: { id: shown.length } }
}

/** GitHub refuses requests without a User-Agent; its version header is what its page asks for. */
function isAllowed(provider: StatusProvider, token: string, headers: IncomingMessage['headers']): boolean {
  if (provider === 'gitlab') return headers['private-token'] === token
  if (provider !== 'github') return headers.authorization === `token ${token}`
  const isNamed = (headers['user-agent'] ?? '') !== '' && headers['x-github-api-version'] === '2022-11-28'
  return isNamed && headers.authorization === `Bearer ${token}` && headers.accept === 'application/vnd.github+json'
}

const states: Readonly<Record<StatusProvider, readonly string[]>> = {
  github: ['error', 'failure', 'pending', 'success'],
  gitlab: ['pending', 'running', 'success', 'failed', 'canceled', 'skipped'],
  gitea: ['pending', 'success', 'error', 'failure', 'warning'],
  forgejo: ['pending', 'success', 'error', 'failure', 'warning'],
}

function faultOf(provider: StatusProvider, status: Readonly<Record<string, unknown>>): string | undefined {
  const known = ['state', 'description', 'target_url', provider === 'gitlab' ? 'name' : 'context']
  const odd = Object.keys(status).find((name) => !known.includes(name))
  if (odd !== undefined) return `${odd} is no field`
  if (!states[provider].includes(String(status['state']))) return 'state is not included in the list'
  const longest = provider === 'github' ? 140 : 255
  if (String(status['description']).length > longest) return `description is too long (maximum is ${longest} characters)`
  return undefined
}
