/** What one fault did. */
export interface FaultRecord {
  /** Of the tree that was tested; with + where it had changes. */
  readonly commit: string
  /** ISO 8601. */
  readonly at: string
  /** What repeats the random choices, as REEVE_TEST_SEED. */
  readonly seed: string
  readonly class: string
  /** What kind of machine it was done to. */
  readonly host: 'native' | 'emulated' | 'loopback' | 'simulated'
  /** What was done, where exactly. */
  readonly what: string
  readonly isConverged: boolean
  readonly dataLost: number
  readonly wrongDeletes: number
  readonly mailsLost: number
  readonly mailsDoubled: number
  /** What differs from a host that nothing disturbed; empty where all is well. */
  readonly troubles: readonly string[]
}

export interface FaultRow {
  readonly class: string
  readonly hosts: string
  readonly injected: number
  readonly converged: number
  readonly dataLost: number
  readonly wrongDeletes: number
  readonly mailsLost: number
  readonly mailsDoubled: number
  /** Of the last fault of the class. */
  readonly day: string
  readonly commits: readonly string[]
  readonly seeds: readonly string[]
}

const numbers = ['dataLost', 'wrongDeletes', 'mailsLost', 'mailsDoubled'] as const

/** One record a line; a line that was cut, as by a run that was killed, is passed over. */
export function parseRecords(text: string): readonly FaultRecord[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as FaultRecord]
    } catch {
      return []
    }
  })
}

/** All faults, by class, in the order of their first one. Nothing is taken for an earlier try of something else: what went wrong once is counted. */
export function rowsOf(records: readonly FaultRecord[]): readonly FaultRow[] {
  return [...Map.groupBy(records, (record) => record.class)].map(([name, all]) => ({
    class: name,
    hosts: [...new Set(all.map(({ host }) => host))].join(', '),
    injected: all.length,
    converged: all.filter(({ isConverged }) => isConverged).length,
    ...sums(all),
    day: (
      all
        .map(({ at }) => at)
        .toSorted()
        .at(-1) ?? ''
    ).slice(0, 10),
    commits: [...new Set(all.map(({ commit }) => commit))],
    seeds: [...new Set(all.map(({ seed }) => seed))],
  }))
}

function sums(all: readonly FaultRecord[]): Pick<FaultRow, (typeof numbers)[number]> {
  const sum = (key: (typeof numbers)[number]): number => all.reduce((total, record) => total + record[key], 0)
  return { dataLost: sum('dataLost'), wrongDeletes: sum('wrongDeletes'), mailsLost: sum('mailsLost'), mailsDoubled: sum('mailsDoubled') }
}

const head = ['class', 'on', 'injected', 'converged', 'data lost', 'wrong deletes', 'mails lost', 'mails doubled', 'day', 'commit', 'seed']

function cellsOf(row: FaultRow): readonly string[] {
  const { injected, converged, dataLost, wrongDeletes, mailsLost, mailsDoubled } = row
  const counts = [injected, converged, dataLost, wrongDeletes, mailsLost, mailsDoubled].map(String)
  return [row.class, row.hosts, ...counts, row.day, some(row.commits), some(row.seeds)]
}

/** The last ones say enough: each record has its own. */
function some(all: readonly string[]): string {
  return all.length > 2 ? `${all.slice(-2).join(' ')} …` : all.join(' ')
}

function total(rows: readonly FaultRow[]): readonly string[] {
  const sum = (pick: (row: FaultRow) => number): string => String(rows.reduce((all, row) => all + pick(row), 0))
  const counts = [sum((row) => row.injected), sum((row) => row.converged), ...numbers.map((key) => sum((row) => row[key]))]
  return ['all', '', ...counts, '', '', '']
}

/** For the docs. */
export function markdownOf(records: readonly FaultRecord[]): string {
  const rows = rowsOf(records)
  const lines = [head, head.map(() => '---'), ...rows.map(cellsOf), total(rows)]
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

/** For people at a terminal: the table, then each fault that did not end as it should, with what differed. */
export function textOf(records: readonly FaultRecord[]): string {
  const rows = rowsOf(records)
  const table = [head, ...rows.map(cellsOf), total(rows)]
  const widths = head.map((_, column) => Math.max(...table.map((cells) => (cells[column] ?? '').length)))
  const lines = table.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [...lines, '', ...records.filter(isBad).flatMap(toldOf)].join('\n')
}

function isBad(record: FaultRecord): boolean {
  return !record.isConverged || record.troubles.length > 0 || numbers.some((key) => record[key] > 0)
}

function toldOf({ at, commit, seed, class: name, what, troubles }: FaultRecord): readonly string[] {
  return [`${at} ${commit} REEVE_TEST_SEED=${seed} ${name}: ${what}`, ...troubles.map((trouble) => `    ${trouble}`)]
}
