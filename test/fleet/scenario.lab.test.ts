import { expect, test } from 'vitest'
import { ensureKey } from '../lab/keys.ts'
import { startNativeHost } from '../lab/nspawn.ts'
import { startFleet } from './fleet.ts'
import { play } from './scenario.ts'

test('a simulated host does in a scenario what a real one does: states, outcomes, round trips and ledger are equal', async () => {
  const [controller, key] = [await ensureKey('controller'), await ensureKey('simulated')]
  await using fleet = await startFleet({
    count: 1,
    prefix: 'native',
    hostKeyFile: key.privateFile,
    authorizedKeys: [controller.publicLine],
  })
  const [way] = fleet.ways
  if (way === undefined) throw new Error('no host')
  const simulated = await play({
    target: { ...way, identityFile: controller.privateFile, knownHostsFile: '/dev/null', user: 'root' } as never,
    run: async (command) => (await fleet.host(way.name).run(command)).stdout.trim(),
  })
  await using host = await startNativeHost({ name: 'native1' })
  const real = await play({ target: host, run: async (command) => (await host.must(command)).trim() })
  expect(simulated).toEqual(real)
  expect(fleet.complaints).toEqual([])
})
