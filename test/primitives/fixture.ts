import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a real host printed; the first line of each file says which host and tools. */
export function readFixture(name: string): string {
  const text = readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8')
  return text.slice(text.indexOf('\n') + 1)
}
