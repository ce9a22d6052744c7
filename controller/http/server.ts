import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { type FastifyInstance, fastify } from 'fastify'
import type { Log } from '../model/log.ts'
import { complain, createRefusals, type Door, turnAway } from './door.ts'
import { createNameJudge } from './names.ts'
import { describeRoutes } from './openapi.ts'
import { addRoutes } from './routes.ts'
import type { AsyncCommands, StatusSource } from './source.ts'
import type { Admission } from './tokens.ts'

export interface ServerDependencies {
  readonly source: StatusSource
  readonly commands: AsyncCommands
  /** Where everybody may read; absent: nowhere. Port 0: any. */
  readonly listen?: { readonly host: string; readonly port: number }
  /** Judges the header of who would write over TCP; absent: nobody may. */
  readonly admit?: (authorization: string | undefined) => Admission
  /** Names by which this machine is asked over TCP, beside its addresses and localhost. */
  readonly names?: readonly string[]
  /** Where those who may read this file (0600) may also write: `<stateDir>/reeve.sock`. */
  readonly socketPath: string
  readonly log: Log
}

export interface Server extends AsyncDisposable {
  /** The TCP port in use; undefined without one. */
  readonly port: number | undefined
}

const maxBodyBytes = 65_536

/** Serves metrics, health, status and commands. Rejects where the port is taken or another controller answers on the socket. */
export async function startServer(dependencies: ServerDependencies): Promise<Server> {
  const { listen, socketPath, log } = dependencies
  const local = await makeApp(dependencies, 'socket')
  await listenOnSocket(local, socketPath)
  const remote = listen && (await makeApp(dependencies, dependencies.admit ?? 'closed', createNameJudge(dependencies.names ?? [])))
  try {
    await remote?.listen(listen ?? {})
  } catch (error) {
    await local.close()
    throw new Error(`cannot listen on ${listen?.host} port ${listen?.port}: is another Reeve running? Change http.listen in reeve.yaml`, {
      cause: error,
    })
  }
  const port = (remote?.server.address() as AddressInfo | undefined)?.port
  log.info({ component: 'http', port, socketPath }, 'listening')
  return {
    port,
    async [Symbol.asyncDispose]() {
      await Promise.all([remote?.close(), local.close()])
    },
  }
}

/** The description of every route, as docs/openapi.json has it. */
export async function describeApi(dependencies: Omit<ServerDependencies, 'socketPath'>): Promise<object> {
  const app = await makeApp(dependencies, 'socket')
  await app.close()
  return app.swagger()
}

async function makeApp(
  { source, commands, log }: Omit<ServerDependencies, 'socketPath'>,
  writes: Door['writes'],
  judgeNames?: ReturnType<typeof createNameJudge>,
): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    forceCloseConnections: true,
    requestTimeout: 10_000,
    ajv: { customOptions: { removeAdditional: false } },
  })
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) log.error({ component: 'http', url: request.url, err: error }, 'a request failed')
    return complain(reply, status, status >= 500 ? 'Reeve failed to answer; its log says why' : error.message)
  })
  app.setNotFoundHandler((request, reply) => complain(reply, 404, `nothing is at ${request.method} ${request.url.slice(0, 200)}`))
  // An answer is sent as it is: a field that its schema forgot must be seen by the tests, not vanish.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  if (judgeNames !== undefined) app.addHook('onRequest', turnAway(judgeNames))
  await describeRoutes(app)
  addRoutes(app, source, { commands, writes, onRefused: createRefusals(log, () => performance.now()) })
  await app.ready()
  return app
}

async function listenOnSocket(app: FastifyInstance, path: string): Promise<void> {
  await removeDeadSocket(path)
  await new Promise<void>((resolve, reject) => {
    app.server.once('error', reject)
    // bind(2) happens inside listen(): the file is never there with wider rights.
    const umask = process.umask(0o177)
    app.server.listen({ path }, resolve)
    process.umask(umask)
  })
  chmodSync(path, 0o600)
}

/** A socket file whose controller was killed stays behind; one that answers is another controller's. */
async function removeDeadSocket(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (!there) return
  if (!there.isSocket()) throw new Error(`${path} is there and is no socket; remove it, or choose another stateDir`)
  if (await answers(path)) throw new Error(`another Reeve answers on ${path}; stop it first, or choose another stateDir`)
  unlinkSync(path)
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
