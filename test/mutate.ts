import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `npm run mutate [-- FILES]`: changes the program in small ways, one at a time, and sees whether a test notices. Without files all of controller/engine and controller/primitives, which takes hours.
 * What was found is kept in .stryker: a run that was ended goes on where it was, and files that did not change are not asked again. Its last words count by folder.
 */
const root = join(import.meta.dirname, '..')
const report = join(root, '.stryker/mutation.json')

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>
}

const files = process.argv.slice(2)
const words = ['node_modules/@stryker-mutator/core/bin/stryker.js', 'run', ...(files.length > 0 ? ['--mutate', files.join(',')] : [])]
const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit' })
if (existsSync(report)) process.stdout.write(table(JSON.parse(readFileSync(report, 'utf8')) as Report))
process.exitCode = status ?? 1

function table({ files: found }: Report): string {
  const folders = Map.groupBy(Object.entries(found), ([path]) => path.slice(0, path.lastIndexOf('/')))
  const lines = [...folders].map(([folder, all]) =>
    lineOf(
      folder,
      all.flatMap(([, { mutants }]) => mutants.map((one) => one.status)),
    ),
  )
  return `\n| folder | mutants | killed | survived | not covered | score |\n|---|---|---|---|---|---|\n${lines.join('')}`
}

/** One that makes a test hang is noticed, as is one that a test fails for. What cannot be compiled, or is evaluated once for all tests, is no mutant. */
function lineOf(folder: string, statuses: readonly string[]): string {
  const count = (...names: readonly string[]): number => statuses.filter((one) => names.includes(one)).length
  const [killed, survived, uncovered] = [count('Killed', 'Timeout'), count('Survived'), count('NoCoverage')]
  const all = killed + survived + uncovered
  return `| ${folder} | ${all} | ${killed} | ${survived} | ${uncovered} | ${all === 0 ? '' : `${Math.round((100 * killed) / all)} %`} |\n`
}
