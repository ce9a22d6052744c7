import { execFileSync, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseRecords } from './faults/faultReport.ts'
import { writeFaultReport } from './faults/write.ts'
import { failedIn, finishedAt, type LongSuite, lastSeconds, reportOf } from './longReport.ts'

const root = join(import.meta.dirname, '..')
const runner = join(root, 'node_modules/vitest/vitest.mjs')

/** What grows while it runs, and what is read when it is taken up again: for people, one block for each suite. */
export const reportFile = join(root, 'long-report.txt')

/** What every fault did that was injected, one a line, and the table made of it. */
const faultRecords = join(root, 'faults.ndjson')
export const faultReportFile = join(root, 'fault-report.txt')

/** Hosts on this machine are quick and small, those of the lab take a core each. */
const configs = [
  { config: 'vitest.config.ts', atOnce: 2 },
  { config: 'vitest.lab.config.ts', atOnce: 1 },
]

/** Of what the runner says: enough for its account of the failures, which comes last. */
const keptCharacters = 100_000

const environment = { ...process.env, REEVE_TEST_LONG: '1' }

/** Every suite by itself, the shortest first as the report knows them; those that passed on this commit are not run again. True: all of them passed. */
export async function runLong(filters: readonly string[]): Promise<boolean> {
  const commit = commitOfTree()
  const before = existsSync(reportFile) ? readFileSync(reportFile, 'utf8') : ''
  const seconds = lastSeconds(before)
  const plans = configs.map(({ config, atOnce }) => {
    const files = filesOf(config, filters).toSorted((one, other) => (seconds.get(one) ?? 0) - (seconds.get(other) ?? 0))
    return { config, atOnce, files: files.filter((file) => !finishedAt(before, commit).has(file)), all: files.length }
  })
  const left = plans.flatMap(({ files }) => files)
  const known = left.reduce((sum, file) => sum + (seconds.get(file) ?? 0), 0)
  const isNew = left.filter((file) => !seconds.has(file)).length
  console.log(
    `${left.length} of ${plans.reduce((sum, { all }) => sum + all, 0)} suites to run on ${commit}: about ${Math.ceil(known / 60)} minutes, and ${isNew} that the report does not know; it grows in ${relative(process.cwd(), reportFile)}`,
  )
  for (const { config, atOnce, files } of plans) {
    const queue = [...files]
    await Promise.all(Array.from({ length: atOnce }, (_, worker) => work(queue, config, commit, worker)))
  }
  tellFaults(commit)
  const failed = failedIn(readFileSync(reportFile, 'utf8'), commit)
  console.log(failed.length === 0 ? `all suites passed on ${commit}` : `failed on ${commit}: ${failed.join(', ')}`)
  return failed.length === 0
}

function tellFaults(commit: string): void {
  if (!existsSync(faultRecords)) return
  const records = parseRecords(readFileSync(faultRecords, 'utf8')).filter((one) => one.commit === commit)
  writeFaultReport(records, faultReportFile)
  console.log(`${records.length} faults were injected on ${commit}: ${relative(process.cwd(), faultReportFile)}`)
}

async function work(queue: string[], config: string, commit: string, worker: number): Promise<void> {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const suite = await runSuite(file, config, worker)
    const told = reportOf(suite, commit, new Date())
    appendFileSync(reportFile, told)
    console.log(told.trimEnd())
  }
}

/** Without a second try: what failed once is in the report, with the seed that repeats it. */
async function runSuite(file: string, config: string, worker: number): Promise<LongSuite> {
  const seed = process.env['REEVE_TEST_SEED'] ?? String(randomInt(2 ** 31))
  const output = join(root, `node_modules/.long-${process.pid}-${worker}.json`)
  const words = ['run', '--config', config, '--retry=0', '--reporter=default', '--reporter=json', `--outputFile.json=${output}`, file]
  const started = performance.now()
  let said = ''
  const status = await new Promise<number>((resolve) => {
    const env = { ...environment, REEVE_TEST_SEED: seed, NO_COLOR: '1' }
    const child = spawn(process.execPath, [runner, ...words], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env })
    const keep = (text: string): void => {
      said = (said + text).slice(-keptCharacters)
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.once('close', (code) => resolve(code ?? 1))
  })
  const json = existsSync(output) ? readFileSync(output, 'utf8') : undefined
  rmSync(output, { force: true })
  return { file, seed, status, said, seconds: Math.round((performance.now() - started) / 1000), json }
}

function filesOf(config: string, filters: readonly string[]): readonly string[] {
  const words = ['list', '--filesOnly', '--json', '--config', config, ...filters]
  const found = JSON.parse(execFileSync(process.execPath, [runner, ...words], { cwd: root, env: environment, encoding: 'utf8' }))
  return (found as readonly { readonly file: string }[]).map(({ file }) => relative(root, file)).sort()
}

/** What is tested: a commit, or one with changes that have no name, after which nothing counts as run. */
function commitOfTree(): string {
  const git = (...words: readonly string[]): string => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim()
  const commit = git('rev-parse', '--short=12', 'HEAD')
  return git('status', '--porcelain') === '' ? commit : `${commit}+`
}
