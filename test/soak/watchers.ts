import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../../controller/http/client.ts'
import type { HistoryEntry } from '../../controller/model/history.ts'
import { residentMiB } from '../bench/commit.ts'
import type { Journal } from './journal.ts'
import type { SoakWorld } from './world.ts'

/** What goes on beside the acts. */
export interface Watchers extends AsyncDisposable {
  /** All of the history so far, oldest first. */
  readonly history: readonly HistoryEntry[]
  /** Before a kill and after the start that follows: meanwhile there is no process to look at. */
  pid: number | undefined
}

const sampleMs = 5000
const historyMs = 1000

/** Writes down the controller's memory and history until it is disposed. */
export function startWatchers(world: SoakWorld, journal: Journal): Watchers {
  const history = createHistory(world, journal)
  const state: { pid: number | undefined; isOver: boolean } = { pid: undefined, isOver: false }
  const loop = async (everyMs: number, act: () => Promise<void>): Promise<void> => {
    while (!state.isOver) {
      await act()
      await sleep(everyMs)
    }
  }
  const sample = async (): Promise<void> => {
    const { pid } = state
    if (pid === undefined) return
    const rssMiB = await residentMiB(pid).catch(() => Number.NaN)
    if (state.pid !== pid) return
    if (Number.isNaN(rssMiB)) {
      // Told once: who asks next starts another one.
      state.pid = undefined
      journal.note({ type: 'trouble', text: `the controller, process ${pid}, ended by itself` })
      return
    }
    // A file that is just being written is whole the next time.
    const heapMiB = await heapMiBOf(world.heapFile).catch(() => undefined)
    if (heapMiB === undefined) return
    journal.note({ type: 'memory', pid, rssMiB, heapMiB })
  }
  const loops = [loop(sampleMs, sample), loop(historyMs, history.read)]
  return {
    history: history.entries,
    get pid() {
      return state.pid
    },
    set pid(pid: number | undefined) {
      state.pid = pid
    },
    async [Symbol.asyncDispose]() {
      state.isOver = true
      await Promise.all(loops)
      await history.read()
    },
  }
}

async function heapMiBOf(file: string): Promise<number> {
  const { heap } = JSON.parse(await readFile(file, 'utf8')) as { readonly heap: { readonly heapUsed: number } }
  return heap.heapUsed / 2 ** 20
}

/** Entries have no number: those of the last seconds are read again, and known ones passed over. */
function createHistory({ stateDir }: SoakWorld, journal: Journal) {
  const client = createClient(join(stateDir, 'reeve.sock'))
  const entries: HistoryEntry[] = []
  const known = new Set<string>()
  const againSeconds = 20
  const read = async (): Promise<void> => {
    const sinceSeconds = Math.max(0, (entries.at(-1)?.atSeconds ?? 0) - againSeconds)
    const found = await client.history({ sinceSeconds, limit: 1000 }).catch(() => [])
    for (const entry of found.toReversed()) {
      const text = JSON.stringify(entry)
      if (known.has(text)) continue
      known.add(text)
      entries.push(entry)
      // What a change looked like is long, and of no use here.
      journal.note({ type: 'history', entry: { ...entry, detail: shortened(entry.detail) } })
    }
  }
  return { entries, read }
}

function shortened(detail: unknown): unknown {
  if (typeof detail !== 'object' || detail === null || !('fields' in detail)) return detail
  const { fields: _, ...rest } = detail
  return rest
}
