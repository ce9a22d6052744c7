import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { heldAgainst, type Row } from './rows.ts'

/** Processor, its count, kernel and Node of this machine. */
export function machineLine(): string {
  const [first] = cpus()
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown processor'}, Linux ${release()}, Node ${process.versions.node}`
}

/** What else ran on the machine: mean number of processes that ran or wanted to, over a minute (getloadavg(3)). */
export interface Load {
  readonly before: number
  readonly after: number
}

/** `parts`: those of the bench that were measured; empty for all. */
export function markdown(rows: readonly Row[], load: Load, parts: readonly string[], machine = machineLine()): string {
  return [
    `Measured by \`npm run bench\`${parts.length === 0 ? '' : `, the parts ${parts.join(', ')}`}, on ${machine}, load ${load.before.toFixed(1)} before and ${load.after.toFixed(1)} after. Times are medians where nothing else is said; Reeve and the floor ran in turns. The floor is [one script by hand](test/bench/floor.sh) over a warm \`ssh\`, of commits the daemon's own checker and reload. What each figure means: [docs/speed.md](docs/speed.md).`,
    '',
    '| figure | Reeve | floor | peer | ratio | bar | met |',
    '|---|---|---|---|---|---|---|',
    ...rows.map(line),
  ].join('\n')
}

function line(row: Row): string {
  const cells = [row.name, withUnit(row.value, row.unit), cell(row.floor), cell(row.peer), cell(row.ratio), barOf(row), metBy(row)]
  return `| ${cells.join(' | ')} |`
}

function cell(value: number | null): string {
  return value === null ? '' : String(value)
}

function withUnit(value: number, unit: string): string {
  return `${value} ${unit}`.trim()
}

function barOf(row: Row): string {
  if (row.bar === null) return ''
  return row.floor === null || row.ratio === null ? `≤ ${withUnit(row.bar, row.unit)}` : `≤ ${row.bar} × floor`
}

/** Whether it meets its bar; where not, by how much it is above. */
function metBy(row: Row): string {
  if (row.ok) return row.bar === null ? '' : 'yes'
  if (!Number.isFinite(row.value) || row.bar === null) return 'NO: not measured'
  const above = Number((heldAgainst(row) - row.bar).toFixed(2))
  const part = row.bar === 0 ? '' : ` (${Math.round((100 * above) / row.bar)} %)`
  return `NO: ${row.floor === null || row.ratio === null ? withUnit(above, row.unit) : `${above} × floor`} above${part}`
}

const readme = join(import.meta.dirname, '../../README.md')

/** Writes the block between the markers of README.md. Throws where they are missing. */
export function writeReadme(text: string): void {
  const before = readFileSync(readme, 'utf8')
  const after = before.replace(/<!-- bench -->[\s\S]*?<!-- \/bench -->/, () => `<!-- bench -->\n${text}\n<!-- /bench -->`)
  if (!after.includes(text)) throw new Error('README.md has no markers <!-- bench --> and <!-- /bench -->: the numbers go between them')
  writeFileSync(readme, after)
}
