import { globSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { readBeyond } from './test/mutateBeyond.ts'

/** Of a sample: folders all of whose tests are asked that are not random and need no lab. */
const sampled = process.env['REEVE_MUTATE']

/** A mutant is worth a second: of the tests, those that start no machine, no daemon and no process, and are not random. A shell is the one in memory. */
const isSlow = /startOpenvzHost|bootMachine|startNativeHost|node:child_process|REEVE_TEST_SEED|\.\/test-host|playStory/
const isRandom = /REEVE_TEST_SEED|playStory/
const folders = (sampled ?? 'engine,primitives,model,kinds,loop,shell,report').split(',')
const tests = folders.flatMap((folder) => globSync(`test/${folder}/**/*.test.ts`))
const beyond = readBeyond()

/** What Stryker runs (npm run mutate). */
export default defineConfig({
  test: {
    include: tests.filter(
      (path) =>
        !path.includes('.lab.') &&
        !beyond.files.includes(path) &&
        !(sampled === undefined ? isSlow : isRandom).test(readFileSync(path, 'utf8')),
    ),
    setupFiles: ['test/mutateSetup.ts'],
    testTimeout: 60_000,
    pool: 'threads',
    // One load of the program for all files: most of what a mutant costs.
    isolate: sampled !== undefined,
    maxWorkers: 1,
  },
})
