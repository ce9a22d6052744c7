import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type MutationReport, type Picked, pickOf, rangesOf, sampleText, tableOf } from './mutationReport.ts'
import { randomFrom } from './random.ts'

/**
 * `npm run mutate [-- FILES]`: changes the program in small ways, one at a time, and sees whether a test notices. Without files all of controller/engine and controller/primitives, which takes hours.
 * What was found is kept in .stryker: a run that was ended goes on where it was, and files that did not change are not asked again. Its last words count by folder.
 *
 * `npm run mutate -- --sample N [--seed S]`: of the mutants that the last run left alive, asks so many at random of the tests on a real shell too. Prints the seed.
 */
const root = join(import.meta.dirname, '..')
const report = join(root, '.stryker/mutation.json')
const sampled = { report: join(root, '.stryker/sample.json'), config: join(root, '.stryker/sample.config.json') }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: 'string' }, seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) } },
})
process.exitCode = values.sample === undefined ? runAll(positionals) : runSample(Number(values.sample), Number(values.seed))

function runAll(files: readonly string[]): number {
  const status = stryker(files.length > 0 ? ['--mutate', files.join(',')] : [])
  if (existsSync(report)) process.stdout.write(tableOf(read(report)))
  return status
}

function runSample(count: number, seed: number): number {
  if (!existsSync(report)) throw new Error('nothing to sample from: run npm run mutate first')
  const all = read(report)
  const picks = pickOf(all, count, randomFrom(seed))
  rmSync(sampled.report, { force: true })
  writeFileSync(sampled.config, JSON.stringify(sampleConfig(picks)))
  const status = stryker([sampled.config], { REEVE_MUTATE: foldersOf(picks).join() })
  if (existsSync(sampled.report)) process.stdout.write(sampleText(all, picks, read(sampled.report), seed))
  return status
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
