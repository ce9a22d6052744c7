import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { isLong } from './instants.ts'

const file = join(import.meta.dirname, '../../node_modules/.faults-report.txt')

/** Says what became of a fault; the long run keeps it in a file, with its time. */
export function report(what: string): void {
  const line = `${expect.getState().currentTestName ?? ''}: ${what}`
  console.log(line)
  if (isLong) appendFileSync(file, `${new Date().toISOString()} ${line}\n`)
}
