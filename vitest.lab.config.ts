import { defineConfig } from 'vitest/config'

/** Suites whose scenarios are many and slow on emulated machines: `npm run test:long` runs them, `npm test` the shorter ones of the same subjects. */
const longSuites = [
  'test/primitives/lxc-cgroup-v1.lab.test.ts',
  'test/primitives/lxc-container.lab.test.ts',
  'test/primitives/lxc-features.lab.test.ts',
  'test/primitives/volume-faults.lab.test.ts',
  'test/primitives/dnsZone/secondary.lab.test.ts',
  'test/kinds/nameserver/validation.lab.test.ts',
  'test/conformance/machine.lab.test.ts',
  'test/system/container.lab.test.ts',
  'test/recipes/recipe.lab.test.ts',
  'test/recipes/recipes.lab.test.ts',
  'test/cli/rebuilt.lab.test.ts',
  'test/example/fleet.lab.test.ts',
  'test/packaging/image.lab.test.ts',
  'test/guide/hardware.lab.test.ts',
  'test/faults/native/steps.lab.test.ts',
  'test/faults/native/instants.lab.test.ts',
  'test/faults/native/line.lab.test.ts',
  'test/faults/native/trouble.lab.test.ts',
]

/** Suites on machines in QEMU. */
export const emulated = [
  'test/cli/life.lab.test.ts',
  'test/cli/rebuilt.lab.test.ts',
  'test/conformance/machine.lab.test.ts',
  'test/example/fleet.lab.test.ts',
  'test/faults/faults.lab.test.ts',
  'test/guide/hardware.lab.test.ts',
  'test/kinds/container/container.lab.test.ts',
  'test/kinds/smartcheck/smartcheck.lab.test.ts',
  'test/lab/demo.lab.test.ts',
  'test/lab/lab.lab.test.ts',
  'test/primitives/lxc-*.lab.test.ts',
  'test/primitives/volume*.lab.test.ts',
  'test/recipes/*.lab.test.ts',
  'test/system/container.lab.test.ts',
  'test/system/machine.lab.test.ts',
]

/** Which of them: those on emulated machines, those on hosts at native speed, or (not said) all. `npm test` runs the two side by side. */
const hosts = process.env['REEVE_TEST_HOSTS']

const left = [...(process.env['REEVE_TEST_LONG'] === '1' ? [] : longSuites), ...(hosts === 'native' ? emulated : [])]

/** Tests on real hypervisors: one file at a time, since each machine takes a core. */
export default defineConfig({
  test: {
    include: hosts === 'emulated' ? emulated : ['test/**/*.lab.test.ts'],
    exclude: left,
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
