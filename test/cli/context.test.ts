import { expect, it } from 'vitest'
import { becomeOf } from '../../controller/cli/context.ts'

it.each([
  { way: {}, becomes: 'none' },
  { way: { user: 'root' }, becomes: 'none' },
  { way: { user: 'root', become: 'Sudo' }, becomes: 'sudo' },
  { way: { user: 'reeve' }, becomes: 'sudo' },
  { way: { user: 'reeve', become: 'Sudo' }, becomes: 'sudo' },
  { way: { user: 'reeve', become: 'None' }, becomes: 'none' },
] as const)('a login $way becomes root by $becomes', ({ way, becomes }) => {
  expect(becomeOf(way)).toBe(becomes)
})
