import { expect, test } from 'vitest'
import { beyondOf, nameOf } from './mutateBeyond.ts'

const passed = (fullName: string, duration?: number) => ({ fullName, status: 'passed', ...(duration === undefined ? {} : { duration }) })

test('a test that fails in memory, or takes long there, is asked about no mutant; a file none of whose tests can is not even read', () => {
  const report = {
    testResults: [
      {
        name: '/root/test/a.test.ts',
        assertionResults: [passed('fast', 12), passed('untimed'), passed('slow', 1001), { fullName: 'no', status: 'failed' }],
      },
      { name: '/root/test/b.test.ts', assertionResults: [{ fullName: 'one', status: 'failed', duration: 3 }] },
      { name: '/root/test/c.test.ts', assertionResults: [] },
      { name: '/root/test/d.test.ts', assertionResults: [passed('good', 1000)] },
    ],
  }
  expect(beyondOf(report, '/root')).toEqual({
    files: ['test/b.test.ts', 'test/c.test.ts'],
    tests: [nameOf('test/a.test.ts', 'slow'), nameOf('test/a.test.ts', 'no')],
  })
})
