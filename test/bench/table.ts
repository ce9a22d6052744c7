import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'

/** One figure. `floor`: by hand, in the same run · `peer`: another tool, where one was measured · `ratio`: value by floor. */
export interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly floor: number | null
  readonly peer: number | null
  readonly ratio: number | null
  /** What it must not exceed, of `ratio` where there is a floor and a ratio, else of `value`; null: for information. */
  readonly bar: number | null
  readonly ok: boolean
}

/** A figure that must stay under a bar of its own. */
export function figure(name: string, value: number, unit: string, bar: number | null, floor: number | null = null): Row {
  return {
    name,
    value: rounded(value),
    unit,
    floor: floor === null ? null : rounded(floor),
    peer: null,
    ratio: null,
    bar,
    ok: bar === null || value <= bar,
  }
}

/** A time that must stay under a multiple of the floor. */
export function timeByFloor(name: string, value: number, floor: number, bar: number | null): Row {
  const ratio = rounded(value / floor)
  return { name, value: rounded(value), unit: 'ms', floor: rounded(floor), peer: null, ratio, bar, ok: bar === null || ratio <= bar }
}

/** A time beside that of another tool. `ratio`: how many times longer the peer takes. */
export function peerRow(name: string, value: number, peer: number, bar: number | null): Row {
  const ok = bar === null || value <= bar
  return { name, value: rounded(value), unit: 'ms', floor: null, peer: rounded(peer), ratio: rounded(peer / value), bar, ok }
}

function rounded(value: number): number {
  return value < 10 ? Number(value.toFixed(2)) : Number(value.toFixed(0))
}

/** Processor, its count, kernel and Node of this machine. */
export function machineLine(): string {
  const [first] = cpus()
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown processor'}, Linux ${release()}, Node ${process.versions.node}`
}

export function markdown(rows: readonly Row[], loadBefore: number): string {
  const cell = (value: number | null) => (value === null ? '' : String(value))
  const lines = rows.map((row) => {
    const bar =
      row.bar === null ? '' : row.ratio === null || row.floor === null ? `≤ ${row.bar} ${row.unit}`.trim() : `≤ ${row.bar} × floor`
    return `| ${row.name} | ${row.value} ${row.unit} | ${cell(row.floor)} | ${cell(row.peer)} | ${cell(row.ratio)} | ${bar} | ${row.ok ? 'yes' : 'NO'} |`
  })
  return [
    `Measured by \`npm run bench\` on ${machineLine()} (load ${loadBefore.toFixed(1)} at the start). Times are medians; Reeve and the floor ran in turns. The floor is [one script by hand](test/bench/floor.sh) over a warm \`ssh\`.`,
    '',
    '| figure | Reeve | floor | peer | ratio | bar | met |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n')
}

const readme = join(import.meta.dirname, '../../README.md')

/** Writes the block between the markers of README.md. Throws where they are missing. */
export function writeReadme(text: string): void {
  const before = readFileSync(readme, 'utf8')
  const after = before.replace(/<!-- bench -->[\s\S]*?<!-- \/bench -->/, () => `<!-- bench -->\n${text}\n<!-- /bench -->`)
  if (!after.includes(text)) throw new Error('README.md has no markers <!-- bench --> and <!-- /bench -->: the numbers go between them')
  writeFileSync(readme, after)
}
