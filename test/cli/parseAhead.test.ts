import { expect, it, vi } from 'vitest'
import { parseAhead } from '../../controller/cli/parseAhead.ts'
import { readRules } from '../../controller/cli/rules.ts'
import { makeRevision, type RevisionRules } from '../../controller/loop/revision.ts'
import { type ParsedFile, parseFile } from '../../controller/manifests/parse.ts'
import type { TreeFile } from '../../controller/model/tree.ts'
import { asTreeFile, manyManifests } from '../bench/manifests.ts'
import { printOf } from '../loop/incremental/print.ts'
import { badFiles, sameMistakes } from '../manifests/bad-input.cases.ts'
import { syntaxFiles } from '../manifests/syntax.cases.ts'

const history = { readFile: () => Promise.resolve(undefined), history: () => Promise.resolve([]) }

// Thousands of files, each looked at three times over, on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

/** Good ones and all that is known to be bad. */
function mixed(count = 2000): readonly TreeFile[] {
  const bad = [...badFiles, ...syntaxFiles, ...sameMistakes].map(({ file }, index) => ({
    path: `bad/${index}.yaml`,
    bytes: typeof file === 'string' ? Buffer.from(file) : file,
  }))
  return [...bad, ...manyManifests(count).map(asTreeFile)]
}

async function parsedAhead(files: readonly TreeFile[], threads: number): Promise<ReadonlyMap<string, ParsedFile>> {
  const parsed = new Map<string, ParsedFile>()
  await parseAhead(files, (file) => void parsed.set(file.path, file), threads)
  return parsed
}

it('threads parse what this thread would have parsed, the bad ones too', async () => {
  const files = mixed()
  const parsed = await parsedAhead(files, 1)
  expect(parsed.size).toBe(files.length)
  for (const file of files) expect(parsed.get(file.path)).toEqual(parseFile(file))
})

it('reads what is a part of something large', async () => {
  const whole = Buffer.concat(mixed().map(({ bytes }) => bytes))
  let at = 0
  const parts = mixed().map(({ path, bytes }) => {
    at += bytes.length
    return { path, bytes: whole.subarray(at - bytes.length, at) }
  })
  const parsed = await parsedAhead(parts, 1)
  for (const file of mixed()) expect(parsed.get(file.path)?.text).toBe(parseFile(file).text)
})

it('hands out each file once, large ones too', async () => {
  const large = asTreeFile({ path: 'large.yaml', text: `a: ${'x'.repeat(200_000)}\n` })
  const files = [large, ...manyManifests(2000).map(asTreeFile), { ...large, path: 'other.yaml' }]
  const paths: string[] = []
  await parseAhead(files, ({ path }) => void paths.push(path), 1)
  expect(paths.toSorted()).toEqual(files.map(({ path }) => path).toSorted())
})

it('starts no thread for a few files, nor on one processor', async () => {
  expect(await parsedAhead(mixed().slice(-1999), 2)).toEqual(new Map())
  expect(await parsedAhead(mixed(), 0)).toEqual(new Map())
})

it('what was not handed out, as when a thread ends, is parsed here, and all comes to the same', async () => {
  const files = mixed(600)
  const half: RevisionRules['parseAhead'] = async (all, onParsed) => {
    for (const file of [...(await parsedAhead(all, 1)).values()].slice(0, all.length / 2)) onParsed(file)
  }
  const tree = { commit: 'one', files, refused: [] }
  const printed = async (rules: RevisionRules): Promise<string> => printOf(await makeRevision(tree, rules, history, []))
  const { parseAhead: _, ...alone } = readRules('fleet')
  const here = await printed(alone)
  expect(await printed({ ...readRules('fleet'), parseAhead: half })).toBe(here)
  expect(await printed(readRules('fleet'))).toBe(here)
})

it('a commit parses only what it changed', async () => {
  const asked: number[] = []
  const rules: RevisionRules = {
    ...readRules('fleet'),
    parseAhead: (files) => {
      asked.push(files.length)
      return Promise.resolve()
    },
  }
  const files = manyManifests(30).map(asTreeFile)
  await makeRevision(
    { commit: 'one', files: [...files, asTreeFile({ path: 'README.md', text: '# no manifest' })], refused: [] },
    rules,
    history,
    [],
  )
  const other = asTreeFile({ path: 'new.yaml', text: 'a: 1' })
  await makeRevision({ commit: 'two', files: [...files.slice(1), other], refused: [] }, rules, history, [])
  expect(asked).toEqual([30, 1])
})
