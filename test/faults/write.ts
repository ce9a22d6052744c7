import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FaultRecord, markdownOf, parseRecords, textOf } from './faultReport.ts'

const root = join(import.meta.dirname, '../..')
const page = join(root, 'docs/faults.md')
const [begin, end] = ['<!-- figures: test/faults/write.ts -->\n', '<!-- end of figures -->\n']

/** For people, beside the report of the suites: each fault of one commit. */
export function writeFaultReport(records: readonly FaultRecord[], file: string): void {
  writeFileSync(file, `${textOf(records)}\n`)
}

/** The page with these figures in it. */
export function withFigures(text: string, records: readonly FaultRecord[]): string {
  const [before, rest] = [text.slice(0, text.indexOf(begin)), text.slice(text.indexOf(end))]
  if (!text.includes(begin) || !text.includes(end)) throw new Error(`there is no place for the figures: ${begin.trim()} … ${end.trim()}`)
  return `${before}${begin}\n${markdownOf(records)}\n${rest}`
}

/** `sh bin/node test/faults/write.ts FILE…`: puts the figures of these records into docs/faults.md. */
if (import.meta.main) {
  const files = process.argv.slice(2)
  const records = files.flatMap((file) => parseRecords(readFileSync(file, 'utf8')))
  if (files.length === 0 || !existsSync(page)) throw new Error('name the files of records, such as faults.ndjson')
  writeFileSync(page, withFigures(readFileSync(page, 'utf8'), records))
  console.log(textOf(records))
}
