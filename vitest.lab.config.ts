import { defineConfig } from 'vitest/config'

/** Suites whose scenarios are many and slow on emulated machines: `npm run test:long` runs them, `npm test` the shorter ones of the same subjects. */
const longSuites = [
  'test/primitives/lxc-cgroup-v1.lab.test.ts',
  'test/primitives/lxc-container.lab.test.ts',
  'test/primitives/lxc-features.lab.test.ts',
  'test/primitives/volume-faults.lab.test.ts',
  'test/primitives/dnsZone/secondary.lab.test.ts',
  'test/conformance/machine.lab.test.ts',
  'test/system/container.lab.test.ts',
  'test/recipes/recipes.lab.test.ts',
  'test/cli/rebuilt.lab.test.ts',
  'test/example/fleet.lab.test.ts',
]

/** Tests on real hypervisors: one file at a time, since each machine takes a core. */
export default defineConfig({
  test: {
    include: ['test/**/*.lab.test.ts'],
    exclude: process.env['REEVE_TEST_LONG'] === '1' ? [] : longSuites,
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
