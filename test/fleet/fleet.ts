import { readFile } from 'node:fs/promises'
import { textOf } from './disk.ts'
import { createHost, type SimulatedHost } from './host.ts'
import { createDoors, type Door } from './server.ts'
import type { Faults } from './wire.ts'

/** How a simulated host is reached. */
export interface Way {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly hostKey: string
}

/** Something that controllers wrote on a host: a new generation of its ledger, or the turn of an apply. */
export interface Written {
  readonly number: number
  readonly host: string
  readonly atMs: number
  readonly what: 'ledger' | 'turn'
  /** Of the ledger. */
  readonly generation?: number
  readonly epoch?: number
  readonly commit?: string
  /** Who applies, in its own words. */
  readonly by?: string
  /** `PLAN run begun` */
  readonly turn?: string
}

/** Many simulated hosts in this process, each behind an SSH server of its own port. */
export interface Fleet extends AsyncDisposable {
  readonly ways: readonly Way[]
  host(name: string): SimulatedHost
  /** Lets a fault come, or all go, on these hosts. */
  strike(names: readonly string[], faults: Faults): void
  reset(names: readonly string[]): void
  /** What was written since the one with this number. */
  written(since: number): readonly Written[]
  /** TCP connections made to a host so far. */
  connections(name: string): number
  /** Where the simulation could not do what was asked of it. */
  readonly complaints: readonly string[]
}

export interface FleetOptions {
  readonly count: number
  /** Default `sim`: hosts are `sim1`, `sim2`, … */
  readonly prefix?: string
  readonly hostKeyFile: string
  readonly authorizedKeys: readonly string[]
}

const mostKept = 100_000

export async function startFleet({ count, prefix = 'sim', hostKeyFile, authorizedKeys }: FleetOptions): Promise<Fleet> {
  const hostKey = await readFile(hostKeyFile, 'utf8')
  const publicKey = (await readFile(`${hostKeyFile}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ').trim()
  const doors = createDoors({ hostKey, authorized: authorizedKeys })
  const [hosts, opened, faults] = [new Map<string, SimulatedHost>(), new Map<string, Door>(), new Map<string, Faults>()]
  const [events, complaints]: [Written[], string[]] = [[], []]
  let number = 0

  const generations = new Map<string, number>()

  function note(event: Omit<Written, 'number' | 'atMs'>): void {
    if (event.generation !== undefined && generations.get(event.host) === event.generation) return
    if (event.generation !== undefined) generations.set(event.host, event.generation)
    events.push({ number: ++number, atMs: Date.now(), ...event })
    if (events.length > mostKept) events.splice(0, mostKept / 2)
  }

  function add(name: string): SimulatedHost {
    const host: SimulatedHost = createHost({
      name,
      wrote: (path) => {
        const event = eventOf(host, path)
        if (event) note({ host: name, ...event })
      },
      complain: (message) => complaints.push(`${name}: ${message}`),
    })
    hosts.set(name, host)
    return host
  }

  for (let index = 1; index <= count; index++) {
    const name = `${prefix}${index}`
    const host = add(name)
    opened.set(name, await doors.open({ host, faults: () => faults.get(name) ?? noFaults }))
  }
  const known = (name: string): SimulatedHost => {
    const host = hosts.get(name)
    if (host === undefined) throw new Error(`there is no simulated host ${name}`)
    return host
  }
  return {
    ways: [...opened].map(([name, { port }]) => ({ name, address: '127.0.0.1', port, hostKey: publicKey })),
    host: known,
    strike(names, next) {
      for (const name of names) {
        known(name).machine.freeze(next.isFrozen === true)
        faults.set(name, next)
      }
    },
    reset(names) {
      for (const name of names) opened.get(name)?.reset()
    },
    written: (since) => events.filter((event) => event.number > since),
    connections: (name) => opened.get(name)?.connections() ?? 0,
    complaints,
    async [Symbol.asyncDispose]() {
      await Promise.all([...opened.values()].map((door) => door[Symbol.asyncDispose]()))
      for (const host of hosts.values()) host.powerCycle()
    },
  }
}

const noFaults: Faults = {}

function eventOf(host: SimulatedHost, path: string): Omit<Written, 'number' | 'atMs' | 'host'> | undefined {
  const text = (at: string): string => {
    const node = host.disk.at(at)
    return node?.type === 'file' ? textOf(node) : ''
  }
  if (path === '/run/reeve/turn') return { what: 'turn', turn: text(path).trim() }
  if (path !== '/var/lib/reeve/ledger') return undefined
  const header = text(path)
    .match(/^\{"reeve":.*$/gm)
    ?.at(-1)
  if (header === undefined) return undefined
  const { generation, epoch, commit } = JSON.parse(header) as { generation: number; epoch: number; commit: string }
  return { what: 'ledger', generation, epoch, commit, ...authorOf(host) }
}

/** Of the journal that is in hand. */
function authorOf(host: SimulatedHost): { readonly by?: string } {
  const folder = host.disk.at('/var/lib/reeve/journal')
  if (folder?.type !== 'directory') return {}
  for (const journal of folder.entries.values()) {
    const started = journal.type === 'directory' ? journal.entries.get('started') : undefined
    const by = started?.type === 'file' ? /^\d+ \d+ \d+ (.*)$/m.exec(started.content)?.[1] : undefined
    if (by !== undefined) return { by }
  }
  return {}
}
