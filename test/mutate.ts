import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { beyondOf, type VitestReport, writeBeyond } from './mutateBeyond.ts'
import { type MutationReport, type Picked, pickOf, rangesOf, sampleText, tableOf, unnoticed } from './mutationReport.ts'
import { randomFrom } from './random.ts'

/**
 * `npm run mutate [-- FILES]`: changes the program in small ways, one at a time, and sees whether a test notices. Without files all of controller/engine and controller/primitives, which takes hours.
 * What was found is kept in .stryker: a run that was ended goes on where it was, and files that did not change are not asked again. Its last words count by folder.
 *
 * `npm run mutate -- --sample N [--seed S]`: of the mutants that the last run left alive, asks so many at random of the tests on a shell: in memory, and those that live through that of a real one. Prints the seed.
 */
const root = join(import.meta.dirname, '..')
const report = join(root, '.stryker/mutation.json')
const sampled = { report: join(root, '.stryker/sample.json'), config: join(root, '.stryker/sample.config.json') }

const beyond = { report: join(root, '.stryker/memory.json'), file: join(root, '.stryker/beyond.json') }
const inMemory = { REEVE_TEST_SHELL: 'memory', REEVE_MUTATE_BEYOND: beyond.file }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: 'string' }, seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) } },
})
process.exitCode = values.sample === undefined ? runAll(positionals) : runSample(Number(values.sample), Number(values.seed))

function runAll(files: readonly string[]): number {
  findBeyond()
  const status = stryker(files.length > 0 ? ['--mutate', files.join(',')] : [], inMemory)
  if (existsSync(report)) process.stdout.write(tableOf(read(report)))
  return status
}

/** Each test as the shell in memory plays it, once: those that hold there, and soon, are asked about each mutant. */
function findBeyond(): void {
  const argv = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.mutate.config.ts', '--retry', '0', '--testTimeout', '1500']
  const report = ['--reporter', 'json', '--outputFile', beyond.report]
  mkdirSync(dirname(beyond.report), { recursive: true })
  rmSync(beyond.report, { force: true })
  writeBeyond(beyond.file, { files: [], tests: [] })
  spawnSync(process.execPath, [...argv, ...report], { cwd: root, stdio: 'ignore', env: { ...process.env, ...inMemory } })
  const found = beyondOf(JSON.parse(readFileSync(beyond.report, 'utf8')) as VitestReport, root)
  writeBeyond(beyond.file, found)
  process.stdout.write(`mutate: ${found.files.length} files and ${found.tests.length} other tests need a real shell, and are not asked\n`)
}

function runSample(count: number, seed: number): number {
  if (!existsSync(report)) throw new Error('nothing to sample from: run npm run mutate first')
  findBeyond()
  const all = read(report)
  const picks = pickOf(all, count, randomFrom(seed))
  const results: MutationReport[] = []
  let status = 0
  for (const asked of [inMemory, { REEVE_MUTATE: foldersOf(picks).join() }]) {
    const left = unnoticed(picks, results)
    if (left.length === 0) break
    status = askAbout(left, asked)
    if (existsSync(sampled.report)) results.push(read(sampled.report))
  }
  process.stdout.write(sampleText(all, picks, results, seed))
  return status
}

function askAbout(picks: readonly Picked[], asked: Readonly<Record<string, string>>): number {
  rmSync(sampled.report, { force: true })
  writeFileSync(sampled.config, JSON.stringify(sampleConfig(picks)))
  return stryker([sampled.config], asked)
}

/** `engine`: test/engine is what asks controller/engine. */
function foldersOf(picks: readonly Picked[]): readonly string[] {
  return [...new Set(picks.map(({ file }) => file.split('/')[1] ?? ''))]
}

/** The same, but for what is changed, who is asked, and where it is told. */
function sampleConfig(picks: readonly Picked[]): object {
  const usual = JSON.parse(readFileSync(join(root, 'stryker.config.json'), 'utf8')) as object
  return {
    ...usual,
    mutate: rangesOf(picks),
    incremental: false,
    dryRunTimeoutMinutes: 60,
    jsonReporter: { fileName: sampled.report },
    reporters: ['progress-append-only', 'json'],
  }
}

function stryker(words: readonly string[], environment: Readonly<Record<string, string>> = {}): number {
  const argv = ['node_modules/@stryker-mutator/core/bin/stryker.js', 'run', ...words]
  return spawnSync(process.execPath, argv, { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } }).status ?? 1
}

function read(path: string): MutationReport {
  return JSON.parse(readFileSync(path, 'utf8')) as MutationReport
}
