import { globSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

/** A mutant is worth a second: of the tests, those that start no host, no daemon and no process, and are not random. */
const isSlow = /startShellHost|startOpenvzHost|bootMachine|startNativeHost|node:child_process|REEVE_TEST_SEED|\.\/test-host|playStory/
const tests = globSync('test/{engine,primitives,model,kinds,loop,shell,report}/**/*.test.ts')

/** What Stryker runs (npm run mutate). */
export default defineConfig({
  test: {
    include: tests.filter((path) => !path.includes('.lab.') && !isSlow.test(readFileSync(path, 'utf8'))),
    testTimeout: 60_000,
    pool: 'threads',
    maxWorkers: 1,
  },
})
