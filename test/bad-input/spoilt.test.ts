import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeRevision, type Revision } from '../../controller/loop/revision.ts'
import type { FileHistory } from '../../controller/manifests/lastGood.ts'
import { formatDiagnostics } from '../../controller/report/diagnostics.ts'
import { randomFrom } from '../random.ts'
import { rules } from './repository.ts'
import { pick, type Random, spoilt } from './spoil.ts'

const isLong = process.env['REEVE_TEST_LONG'] === '1'
const rounds = Number(process.env['REEVE_ROUNDS'] ?? (isLong ? 100_000 : 300))
const seed = Number(process.env['REEVE_TEST_SEED'] ?? (isLong ? Date.now() % 1_000_000 : 7))
const root = join(import.meta.dirname, '../..')

type Files = Readonly<Record<string, Uint8Array>>

/** The example fleet and the recipes, one manifest a file. */
const fleets: readonly Files[] = [
  join(root, 'manifests-example'),
  ...readdirSync(join(root, 'test/recipes'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(root, 'test/recipes', entry.name)),
].map(filesOf)

function filesOf(folder: string): Files {
  const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split(/^---\n/m))
  return Object.fromEntries(texts.filter((text) => /^kind:/m.test(text)).map((text, index) => [`${index}.yaml`, Buffer.from(text)]))
}

/** Reads a fleet as the commit after the good one. */
function revisionOf(files: Files, before: Files): Promise<Revision> {
  const history: FileHistory = {
    history: (path) => Promise.resolve(path === '.' || files[path] !== before[path] ? ['head', 'before'] : ['before']),
    readFile: (commit, path) => Promise.resolve(((commit === 'head' ? files : before)[path] as Buffer | undefined) ?? undefined),
  }
  const list = Object.entries(files).map(([path, bytes]) => ({ path, bytes }))
  return makeRevision({ commit: 'head', files: list, refused: [] }, rules, history, [])
}

const generations = ({ fleet }: Revision): ReadonlyMap<string, string> =>
  new Map(fleet.manifests.map(({ id, generation }) => [id, generation]))
const goods = await Promise.all(fleets.map(async (files) => generations(await revisionOf(files, files))))

let refused = 0

/** What is wrong with how a spoilt fleet was read; undefined where nothing is. */
async function fault(index: number, random: Random): Promise<string | undefined> {
  const [files, good] = [fleets[index] ?? {}, goods[index] ?? new Map<string, string>()]
  const name = pick(Object.keys(files), random)
  const bytes = spoilt(Buffer.from(files[name] ?? []).toString(), random)
  const told = (what: string): string => `${what}\n${name} of fleet ${index}:\n${JSON.stringify(Buffer.from(bytes).toString())}`
  try {
    const revision = await revisionOf({ ...files, [name]: bytes }, files)
    if (revision.head.diagnostics.length > 0) refused++
    const lines = Buffer.from(bytes)
      .toString()
      .split(/\r\n|[\n\r\u0085\u2028]/).length
    const lost = revision.diagnostics.find(({ at }) => at.line < 1 || at.column < 1 || (at.file === name && at.line > lines))
    if (lost !== undefined) return told(`no place: ${JSON.stringify(lost)}`)
    const text = formatDiagnostics(revision.diagnostics, { format: 'text', textOf: revision.head.textOf })
    if (/[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/.test(text)) return told(`not for a terminal: ${JSON.stringify(text)}`)
    const own = [...good.keys()].find((id) =>
      new RegExp(`^kind: ${id.replace('/', '\\n[\\s\\S]*name: ')}\\b`, 'm').test(Buffer.from(files[name] ?? []).toString()),
    )
    const now = generations(revision)
    // Frozen: what it needs was taken out of Git by another name; it stays as it is.
    const frozen = new Set<string>(revision.frozen)
    const changed = [...good].find(([id, generation]) => id !== own && now.get(id) !== generation && !frozen.has(id))
    return changed === undefined ? undefined : told(`${changed[0]} is ${now.has(changed[0]) ? 'changed' : 'gone'}: ${text}`)
  } catch (error) {
    return told(`thrown: ${error instanceof Error ? error.stack : String(error)}`)
  }
}

it(`spoilt manifests are told with their place, and change no other (seed ${seed}, ${rounds} rounds)`, { timeout: 3_600_000 }, async () => {
  const random = randomFrom(seed)
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    const found = await fault(Math.floor(random() * fleets.length), random)
    expect(found, `seed ${seed}, round ${round}`).toBeUndefined()
    expect(performance.now() - started).toBeLessThan(120_000)
  }
  expect(refused).toBeGreaterThan(rounds / 2)
})
