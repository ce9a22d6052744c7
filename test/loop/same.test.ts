import { expect, test } from 'vitest'
import { isSame } from '../../controller/loop/same.ts'
import { Secret } from '../../controller/shell/secret.ts'

const bytes = (...all: readonly number[]) => Uint8Array.from(all)
const secret = new Secret('s')

const cases: readonly (readonly [one: unknown, other: unknown, isEqual: boolean])[] = [
  [1, 1, true],
  ['a', 'b', false],
  [Number.NaN, Number.NaN, true],
  [null, undefined, false],
  [[1, [2]], [1, [2]], true],
  [[1, 2], [1, 2, 3], false],
  [[], {}, false],
  [{ a: 1, b: undefined }, { a: 1 }, true],
  [{ a: 1 }, { a: 1, b: undefined }, true],
  [{ a: 1 }, { a: 1, b: null }, false],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
  [{ a: { b: 'x' } }, { a: { b: 'y' } }, false],
  [bytes(1, 2), bytes(1, 2), true],
  [bytes(1, 2), bytes(1, 3), false],
  [bytes(1), [1], false],
  [{ run: () => 1 }, { run: () => 2 }, true],
  [{ password: new Secret('a') }, { password: new Secret('b') }, true],
  [{ password: secret }, { password: 'text' }, false],
  [undefined, [], false],
]

test.each(cases)('%o and %o say the same: %o', (one, other, isEqual) => {
  expect(isSame(one, other, false)).toBe(isEqual)
  expect(isSame(other, one, false)).toBe(isEqual)
})

test('once any secret has moved, what holds one counts as moved: which one it was cannot be seen', () => {
  expect(isSame({ password: secret }, { password: secret }, true)).toBe(false)
  expect(isSame({ text: 'a' }, { text: 'a' }, true)).toBe(true)
})
