import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.lab.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Machines are noisy: a test that fails once and holds the second time is told as such by the runner, and does not stop the line.
    retry: 1,
    pool: 'forks',
    maxWorkers: 2,
    // Arguments may name files of the lab alone; that nothing at all ran is seen where all is counted (test/run.ts).
    passWithNoTests: true,
  },
})
