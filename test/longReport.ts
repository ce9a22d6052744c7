/** How one file of tests ended. */
export interface LongSuite {
  readonly file: string
  /** What repeats its random choices, as REEVE_TEST_SEED. */
  readonly seed: string
  /** Exit status of the runner. */
  readonly status: number
  readonly seconds: number
  /** The end of what the runner said. */
  readonly said: string
  /** The runner's own report; absent where it did not come to one. */
  readonly json: string | undefined
}

interface Test {
  readonly fullName: string
  readonly status: string
  readonly duration?: number | null
}

/** The suite's line, then one for each test that took a second or did not pass: the names say how many of what were tried. */
export function reportOf(suite: LongSuite, commit: string, now: Date): string {
  const tests = testsOf(suite.json)
  const count = (status: string): number => tests.filter((test) => test.status === status).length
  const [passed, failed] = [count('passed'), count('failed')]
  const isGood = suite.status === 0 && passed > 0 && passed === tests.length
  const numbers = `${passed} passed, ${failed} failed, ${tests.length - passed - failed} skipped`
  const head = `${now.toISOString()} ${commit} ${isGood ? 'passed' : 'FAILED'} ${suite.file}: ${numbers}, ${suite.seconds} s, REEVE_TEST_SEED=${suite.seed}`
  return [head, ...tests.filter(isTold).map(lineOf), ...(isGood ? [] : failures(suite.said)), ''].join('\n')
}

function isTold({ status, duration }: Test): boolean {
  return status !== 'passed' || (duration ?? 0) >= 1000
}

function testsOf(json: string | undefined): readonly Test[] {
  if (json === undefined) return []
  const { testResults } = JSON.parse(json) as { readonly testResults: readonly { readonly assertionResults: readonly Test[] }[] }
  return testResults.flatMap(({ assertionResults }) => assertionResults)
}

function lineOf({ fullName, status, duration }: Test): string {
  return `${((duration ?? 0) / 1000).toFixed(1).padStart(8)} s ${status} ${fullName.replaceAll('\n', ' ')}`
}

/** The runner's account of what failed, with what differed; all of the end where it did not come to one. */
function failures(said: string): readonly string[] {
  const at = said.search(/^.*(Failed Tests|Failed Suites|Unhandled Errors)/m)
  return said
    .slice(Math.max(0, at))
    .split('\n')
    .slice(0, 400)
    .map((line) => `             | ${line}`)
}

const headLine = /^\d\S+Z (\S+) (passed|FAILED) (\S+): .*, (\d+) s, REEVE_TEST_SEED=/gm

/** Files that passed on this commit. */
export function finishedAt(report: string, commit: string): ReadonlySet<string> {
  return commit.endsWith('+') ? new Set() : new Set(of(report, commit, 'passed'))
}

/** Files whose last run on this commit failed. */
export function failedIn(report: string, commit: string): readonly string[] {
  const last = new Map([...report.matchAll(headLine)].filter(([, at]) => at === commit).map(([, , how, file = '']) => [file, how]))
  return [...last].flatMap(([file, how]) => (how === 'FAILED' ? [file] : []))
}

/** How long each file took when it was last run, on whatever commit. */
export function lastSeconds(report: string): ReadonlyMap<string, number> {
  return new Map([...report.matchAll(headLine)].map(([, , , file = '', seconds]) => [file, Number(seconds)]))
}

function of(report: string, commit: string, how: string): readonly string[] {
  return [...report.matchAll(headLine)].flatMap(([, at, ended, file = '']) => (at === commit && ended === how ? [file] : []))
}
