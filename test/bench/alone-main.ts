import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { hurry } from '../../controller/cli/heap.ts'
import { readRules } from '../../controller/cli/rules.ts'
import { moved } from '../../controller/loop/moved.ts'
import { makeRevision } from '../../controller/loop/revision.ts'
import type { Tree, TreeFile } from '../../controller/model/tree.ts'
import { asTreeFile, changedFirewall, manyManifests } from './manifests.ts'

/** In a process of its own, `alone-main.ts COUNT`: reads so many manifests as the controller does, then ten commits of one file each; prints JSON. Times are milliseconds of the processor, all threads together (they hold on a busy machine too), but for the one of a clock. */
export interface Alone {
  readonly coldMs: number
  /** By a clock. */
  readonly coldTookMs: number
  /** Median. */
  readonly oneFileMs: number
  /** How late the event loop was at most while all were read, and while one file was. */
  readonly coldLateMs: number
  readonly oneFileLateMs: number
  readonly residentMiB: number
}

const rules = { ...readRules('bench'), hurry }
const history = { readFile: () => Promise.resolve(undefined), history: () => Promise.resolve([]) }
const count = Number(process.argv[2])
const all = manyManifests(count).map(asTreeFile)

function treeOf(files: readonly TreeFile[], commit: number): Tree {
  return { commit: commit.toString(16).padStart(40, '0'), files, refused: [] }
}

/** Late by more than the time between two looks. */
const lag = monitorEventLoopDelay({ resolution: 1 })

function mostLateMs(): number {
  const most = Math.max(0, lag.max / 1e6 - 1)
  lag.reset()
  return most
}

async function processorMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const first = treeOf(all, 1)
let current = await makeRevision(treeOf([], 0), rules, history, [])
lag.enable()
const began = performance.now()
const coldMs = await processorMs(async () => {
  current = await makeRevision(first, rules, history, [])
})
const coldTookMs = performance.now() - began
await sleep(10)
const coldLateMs = mostLateMs()
if (current.diagnostics.length > 0) throw new Error(JSON.stringify(current.diagnostics.slice(0, 3)))
const times: number[] = []
for (let commit = 2; commit < 12; commit++) {
  const changed = asTreeFile(changedFirewall(5, 9000 + commit))
  const tree = treeOf(
    all.map((file) => (file.path === changed.path ? changed : file)),
    commit,
  )
  times.push(
    await processorMs(async () => {
      const next = await makeRevision(tree, rules, history, [])
      const hosts = moved(current, next)
      if (hosts.join() !== 'h5') throw new Error(`one file moved ${hosts.join()}`)
      current = next
    }),
  )
}
await sleep(10)
const oneFileLateMs = mostLateMs()
const oneFileMs = times.toSorted((one, other) => one - other)[5] ?? Number.NaN
console.log(
  JSON.stringify({
    coldMs,
    coldTookMs,
    oneFileMs,
    coldLateMs,
    oneFileLateMs,
    residentMiB: process.memoryUsage().rss / 2 ** 20,
  } satisfies Alone),
)
