import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Fleet, Way, Written } from './fleet.ts'
import type { Faults } from './wire.ts'

/** What can be asked of a fleet in a process of its own; several may ask at once. */
export interface Questions {
  ways(): readonly Way[]
  /** Default: on all hosts. */
  strike(asked: { readonly names?: readonly string[]; readonly faults: Faults }): void
  reset(asked: { readonly names?: readonly string[] }): void
  written(asked: { readonly since: number }): readonly Written[]
  connections(asked: { readonly name: string }): number
  complaints(): readonly string[]
  /** Runs a command on a host, as a person at its console would. */
  run(asked: {
    readonly name: string
    readonly command: string
  }): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>
  powerCycle(asked: { readonly name: string }): void
  /** Of the process that simulates: seconds of processor time, and bytes of resident memory. */
  usage(): { readonly cpuSeconds: number; readonly residentBytes: number }
}

export function questionsTo(fleet: Fleet): Questions {
  const all = fleet.ways.map(({ name }) => name)
  return {
    ways: () => fleet.ways,
    strike: ({ names = all, faults }) => fleet.strike(names, faults),
    reset: ({ names = all }) => fleet.reset(names),
    written: ({ since }) => fleet.written(since),
    connections: ({ name }) => fleet.connections(name),
    complaints: () => fleet.complaints,
    run: ({ name, command }) => fleet.host(name).run(command),
    powerCycle: ({ name }) => fleet.host(name).powerCycle(),
    usage() {
      const { userCPUTime, systemCPUTime } = process.resourceUsage()
      return { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, residentBytes: process.memoryUsage().rss }
    },
  }
}

/** Answers questions on a free port of the loopback: `POST /QUESTION` with JSON. */
export async function serveControl(questions: Questions): Promise<number> {
  const server = createServer((request, response) => {
    answer(questions, request).then(
      (value) => response.end(JSON.stringify(value ?? null)),
      (error: unknown) => {
        response.statusCode = 500
        response.end(error instanceof Error ? error.message : String(error))
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function answer(questions: Questions, request: IncomingMessage): Promise<unknown> {
  const name = (request.url ?? '').slice(1)
  if (!Object.hasOwn(questions, name)) throw new Error(`no such question: ${name}`)
  let text = ''
  for await (const chunk of request) text += String(chunk)
  const ask = questions[name as keyof Questions] as (asked: unknown) => unknown
  return ask(text === '' ? {} : JSON.parse(text))
}
