import { createHash } from 'node:crypto'
import { readRules } from '../../controller/cli/rules.ts'
import { moved } from '../../controller/loop/moved.ts'
import { makeRevision } from '../../controller/loop/revision.ts'
import type { Tree } from '../../controller/model/tree.ts'
import { changedFirewall, type ManifestFile, manyManifests } from './manifests.ts'

/** In a process of its own, `alone-main.ts COUNT`: reads so many manifests as the controller does, then ten commits of one file each; prints JSON. Times are of the processor, in milliseconds: they hold on a busy machine too. */
export interface Alone {
  readonly coldMs: number
  /** Median. */
  readonly oneFileMs: number
  readonly residentMiB: number
}

const rules = readRules('bench')
const history = { readFile: () => Promise.resolve(undefined), history: () => Promise.resolve([]) }
const count = Number(process.argv[2])
const all = manyManifests(count)

function treeOf(files: readonly ManifestFile[], commit: number): Tree {
  const named = files.map(({ path, text }) => ({ path, bytes: Buffer.from(text), object: createHash('sha1').update(text).digest('hex') }))
  return { commit: commit.toString(16).padStart(40, '0'), files: named, refused: [] }
}

async function processorMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const first = treeOf(all, 1)
let current = await makeRevision(treeOf([], 0), rules, history, [])
const coldMs = await processorMs(async () => {
  current = await makeRevision(first, rules, history, [])
})
if (current.diagnostics.length > 0) throw new Error(JSON.stringify(current.diagnostics.slice(0, 3)))
const times: number[] = []
for (let commit = 2; commit < 12; commit++) {
  const changed = changedFirewall(5, 9000 + commit)
  const tree = treeOf([...all.filter(({ path }) => path !== changed.path), changed], commit)
  times.push(
    await processorMs(async () => {
      const next = await makeRevision(tree, rules, history, [])
      const hosts = moved(current, next)
      if (hosts.join() !== 'h5') throw new Error(`one file moved ${hosts.join()}`)
      current = next
    }),
  )
}
const oneFileMs = times.toSorted((one, other) => one - other)[5] ?? Number.NaN
console.log(JSON.stringify({ coldMs, oneFileMs, residentMiB: process.memoryUsage().rss / 2 ** 20 } satisfies Alone))
