import { join } from 'node:path'
import { expect, it } from 'vitest'
import { architectureFaults } from './architecture.ts'

it('keeps the rules of who may import whom, and where the outside world may be touched', () => {
  expect(architectureFaults(join(import.meta.dirname, '..'))).toEqual([])
})
