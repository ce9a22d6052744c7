import { test } from 'vitest'

export const isLong = process.env['REEVE_TEST_LONG'] === '1'

/** A test of the long run alone (`npm run test:long`): it takes half a minute and more, and the usual run holds a shorter relative of it. */
export const longTest: (name: string, body: () => Promise<void>) => void = isLong ? test : () => {}
