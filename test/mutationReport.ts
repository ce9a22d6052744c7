/** What Stryker writes (mutation-testing-report-schema 2). */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>
}

export interface Mutant {
  readonly mutatorName: string
  readonly replacement?: string
  readonly status: string
  readonly location: { readonly start: Place; readonly end: Place }
}

/** Both from 1. */
interface Place {
  readonly line: number
  readonly column: number
}

export interface Picked {
  readonly file: string
  readonly mutant: Mutant
}

const killed = ['Killed', 'Timeout']
const alive = ['Survived', 'NoCoverage']
/** One that spans more is never picked: Stryker would change all that is in it too. */
const mostLines = 4

/** Mutants by folder, and what became of them. */
export function tableOf({ files }: MutationReport): string {
  const folders = Map.groupBy(Object.entries(files), ([path]) => path.slice(0, path.lastIndexOf('/')))
  const lines = [...folders].map(([folder, all]) =>
    lineOf(
      folder,
      all.flatMap(([, { mutants }]) => mutants),
    ),
  )
  return `\n| folder | mutants | killed | survived | not covered | score |\n|---|---|---|---|---|---|\n${lines.join('')}`
}

/** One that makes a test hang is noticed, as is one that a test fails for. What cannot be compiled, or is evaluated once for all tests, is no mutant. */
function lineOf(folder: string, mutants: readonly Mutant[]): string {
  const [dead, survived, uncovered] = [countOf(mutants, killed), countOf(mutants, ['Survived']), countOf(mutants, ['NoCoverage'])]
  const all = dead + survived + uncovered
  return `| ${folder} | ${all} | ${dead} | ${survived} | ${uncovered} | ${all === 0 ? '' : `${Math.round((100 * dead) / all)} %`} |\n`
}

function countOf(mutants: readonly Mutant[], statuses: readonly string[]): number {
  return mutants.filter(({ status }) => statuses.includes(status)).length
}

/** So many of those that are alive, each as likely as any other. */
export function pickOf(report: MutationReport, count: number, random: () => number): readonly Picked[] {
  const left = allOf(report).filter(
    ({ mutant: { status, location } }) => alive.includes(status) && location.end.line - location.start.line < mostLines,
  )
  const picks: Picked[] = []
  while (picks.length < count && left.length > 0) picks.push(...left.splice(Math.floor(random() * left.length), 1))
  return picks
}

function allOf({ files }: MutationReport): Picked[] {
  return Object.entries(files).flatMap(([file, { mutants }]) => mutants.map((mutant) => ({ file, mutant })))
}

/** As Stryker's option `mutate` has them: lines from 1, columns from 0. */
export function rangesOf(picks: readonly Picked[]): readonly string[] {
  const at = ({ line, column }: Place): string => `${line}:${column - 1}`
  return [...new Set(picks.map(({ file, mutant: { location } }) => `${file}:${at(location.start)}-${at(location.end)}`))]
}

/** Those that no result says to be noticed. */
export function unnoticed(picks: readonly Picked[], results: readonly MutationReport[]): readonly Picked[] {
  const found = statusesOf(results)
  return picks.filter((one) => !killed.includes(found.get(nameOf(one)) ?? ''))
}

/** What became of each; who was asked later says more. */
function statusesOf(results: readonly MutationReport[]): ReadonlyMap<string, string> {
  return new Map(results.flatMap((result) => allOf(result).map((one) => [nameOf(one), one.mutant.status] as const)))
}

/** What became of those that were picked, asked of one set of tests after the other, and what that says of all. */
export function sampleText(all: MutationReport, picks: readonly Picked[], results: readonly MutationReport[], seed: number): string {
  const found = statusesOf(results)
  const told = picks.map((one) => ({ ...one, status: found.get(nameOf(one)) ?? 'not tried' }))
  const tried = told.filter(({ status }) => [...killed, ...alive].includes(status))
  const noticed = tried.filter(({ status }) => killed.includes(status)).length
  const mutants = allOf(all).map(({ mutant }) => mutant)
  const [dead, left] = [countOf(mutants, killed), countOf(mutants, alive)]
  const share = tried.length === 0 ? 0 : noticed / tried.length
  const score = (dead + left * share) / (dead + left)
  const margin = tried.length === 0 ? 1 : (1.96 * Math.sqrt((share * (1 - share)) / tried.length) * left) / (dead + left)
  const percent = (part: number): string => `${Math.round(100 * part)} %`
  const survivors = told.filter(({ status }) => !killed.includes(status)).map((one) => `${nameOf(one)}: ${one.status}\n`)
  return `${survivors.join('')}
${dead} of ${dead + left} mutants were noticed by the last run; of ${tried.length} of the ${left} others (seed ${seed}) the tests on a shell, in memory and then a real one, notice ${noticed}.
So about ${percent(score)} of all, give or take ${percent(margin)} (95 %).
`
}

function nameOf({ file, mutant: { location, mutatorName, replacement = '' } }: Picked): string {
  return `${file}:${location.start.line}:${location.start.column} ${mutatorName} → ${replacement.replace(/\s+/g, ' ').slice(0, 60)}`
}
