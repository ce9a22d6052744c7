import { defineConfig } from 'vitest/config'

/** Tests on real hypervisors: one file at a time, since each machine takes a core. */
export default defineConfig({
  test: {
    include: ['test/**/*.lab.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 900_000,
    // Machines are noisy: a test that fails once and holds the second time is told as such by the runner, and does not stop the line.
    retry: 1,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    passWithNoTests: true,
  },
})
