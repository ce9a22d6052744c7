import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FaultRecord } from './faultReport.ts'
import { isLong, seed } from './instants.ts'

const root = join(import.meta.dirname, '../..')

/** One line for each fault of the long run, beside the report of its suites. */
export const recordsFile = join(root, 'faults.ndjson')

let known: string | undefined

function commitOfTree(): string {
  const git = (...words: readonly string[]): string => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim()
  known ??= `${git('rev-parse', '--short=12', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+'}`
  return known
}

export type Said = Omit<FaultRecord, 'commit' | 'at' | 'seed'>

/** Says what became of a fault; the long run keeps it for the report. */
export function record(said: Said): void {
  const { class: name, what, isConverged, troubles } = said
  console.log(
    `${name}: ${what}: ${isConverged ? 'converged' : 'NOT CONVERGED'}${troubles.map((trouble) => `\n    ${trouble}`).join('')} (REEVE_TEST_SEED=${seed})`,
  )
  if (!isLong) return
  const line: FaultRecord = { commit: commitOfTree(), at: new Date().toISOString(), seed: String(seed), ...said }
  appendFileSync(recordsFile, `${JSON.stringify(line)}\n`)
}
