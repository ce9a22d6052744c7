/** What `prove.ts` found. */
export interface Proof {
  /** Rows that say something else than their table does. */
  readonly wrongRows: readonly string[]
  /** How many places of the code say something of what people write, and which of them no row would miss. */
  readonly sites: number
  readonly unproven: readonly string[]
  /** How many constraints the schemas have, and what is said of values made to break those that no row breaks. */
  readonly constraints: number
  readonly made: readonly { readonly name: string; readonly keyword: string; readonly says: readonly string[] }[]
  readonly rows: readonly ProvenRow[]
  /** Of the long run: constraints without which schemas say the same. */
  readonly compiledSurvivors: readonly string[]
}

export interface ProvenRow {
  readonly table: string
  readonly name: string
  readonly says: readonly string[]
  /** The sites that it came by, and the constraints that it breaks. */
  readonly path: string
}

export const schemaGoldenFile = 'test/bad-input/golden/schema.txt'

/** Each constraint that only a made value breaks, and what is then said; without the place, which moves with the examples. Of another type always the same is said. */
export function schemaGolden({ made }: Pick<Proof, 'made'>): string {
  const lines = made
    .filter(({ keyword }) => keyword !== 'type')
    .map(({ name, says }) => [name, ...says.map((line) => `  ${line.replace(/^\S+?: error: /, '')}`)])
  return `${lines.map((each) => each.join('\n')).join('\n')}\n`
}

/** Where a row for a place in the code, or for a constraint, belongs. */
export function tableOf(name: string): string {
  const kind = /^controller\/kinds\/([^/]+)/.exec(name)?.[1]
  if (name.startsWith('controller/kinds/container/openvz/')) return 'test/bad-input/openvz.cases.ts'
  if (kind !== undefined) return `test/bad-input/${kind}.cases.ts`
  if (name.startsWith('controller/system/')) return 'test/bad-input/system.cases.ts'
  if (name.startsWith('controller/manifests/')) return 'test/manifests/syntax.cases.ts'
  if (/^controller\/(config|git)/.test(name)) return 'test/config.cases.ts'
  return 'the table in test/bad-input/ of a kind that uses it'
}

/** Rows that say the same for the same reason, as `one and other`. */
export function alikeRows(rows: readonly ProvenRow[]): readonly string[] {
  const groups = Map.groupBy(rows, ({ says, path }) => `${says.map(sentence).join('\n')}\n${path}`)
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => group.map(({ table, name }) => `${table} "${name}"`).join(' and '))
}

/** A finding without its place, and without the values that the row chose. */
function sentence(finding: string): string {
  return finding
    .replace(/^\S+:\d+:\d+: /, '')
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
    .replaceAll(/\d+/g, '#')
}
