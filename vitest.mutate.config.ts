import { globSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

/** Of a sample: folders all of whose tests are asked that are not random and need no lab. */
const sampled = process.env['REEVE_MUTATE']

/** A mutant is worth a second: of the tests, those that start no host, no daemon and no process, and are not random. */
const isSlow = /startShellHost|startOpenvzHost|bootMachine|startNativeHost|node:child_process|REEVE_TEST_SEED|\.\/test-host|playStory/
const isRandom = /REEVE_TEST_SEED|playStory/
const folders = (sampled ?? 'engine,primitives,model,kinds,loop,shell,report').split(',')
const tests = folders.flatMap((folder) => globSync(`test/${folder}/**/*.test.ts`))

/** What Stryker runs (npm run mutate). */
export default defineConfig({
  test: {
    include: tests.filter(
      (path) => !path.includes('.lab.') && !(sampled === undefined ? isSlow : isRandom).test(readFileSync(path, 'utf8')),
    ),
    testTimeout: 60_000,
    pool: 'threads',
    maxWorkers: 1,
  },
})
