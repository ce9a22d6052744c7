import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRounds, type Result } from '../../../controller/cli/rounds.ts'
import { compileFleet } from '../../../controller/engine/compile.ts'
import { reconcile } from '../../../controller/engine/reconcile.ts'
import { kinds } from '../../../controller/kinds/registry.ts'
import type { HostHandle } from '../../../controller/loop/ports.ts'
import type { Revision } from '../../../controller/loop/revision.ts'
import type { HypervisorName } from '../../../controller/model/ids.ts'
import { primitives } from '../../../controller/primitives/registry.ts'
import { depsOf } from '../../conformance/engine.ts'
import { type SshPlace, sshPlace } from '../../conformance/ssh-place.ts'
import { type NativeHost, startNativeHost } from '../../lab/nspawn.ts'
import { fleetOf } from '../fleet.ts'
import { hypervisors, routeOf } from './fleets.ts'
import { connectClient, rcpt } from './postfix.ts'

// Two hosts with a gateway each, under the rounds of `reeve apply`: whatever a change breaks, it never breaks both.
const names = ['he1', 'he2'] as HypervisorName[]
const addresses: Readonly<Record<string, string>> = { he1: '192.168.9.32', he2: '192.168.9.33' }
const gateways = `[${names.map((name) => `{target: {hypervisor: ${name}}, hostname: ${name}.example.net, addresses: [${addresses[name]}]}`).join(', ')}]`
const domain = (name: string) => `{name: ${name}, target: {host: 192.168.9.34}, recipients: {addresses: [alice, postmaster, abuse]}}`
const one = { gateways, domains: `[${domain('example.com')}]` }
const two = { gateways, domains: `[${domain('example.com')}, ${domain('example.org')}]` }

const hosts: NativeHost[] = []
const places = new Map<string, SshPlace>()
beforeAll(async () => {
  for (const name of names) {
    const host = await startNativeHost({ name })
    hosts.push(host)
    const place = sshPlace(host)
    places.set(name, place)
    await place.run(
      `systemctl stop postfix; ip addr add ${addresses[name]}/32 dev lo; postconf -e inet_protocols=ipv4 mydestination=localhost`,
    )
  }
})
afterAll(async () => {
  for (const place of places.values()) await place.host[Symbol.asyncDispose]()
  for (const host of hosts) await host[Symbol.asyncDispose]()
})

const placeOf = (name: string): SshPlace => places.get(name) as SshPlace

/** The connection itself outlives each apply. */
function handleOf(host: SshPlace['host']): HostHandle {
  const bound = {
    exchange: host.exchange.bind(host),
    freshExchange: host.freshExchange.bind(host),
    ask: host.ask.bind(host),
    sessionId: host.sessionId.bind(host),
  }
  return { ...bound, [Symbol.asyncDispose]: async () => {} } as unknown as HostHandle
}

/** One `reeve apply`; `hurries`: patience with what stays ill ends soon. */
async function apply(fields: Readonly<Record<string, string>>, hurries = 0): Promise<Readonly<Record<string, string>>> {
  let ahead = 0
  const revision = {
    compiled: compileFleet(fleetOf(hypervisors.replace(/, system: .*/, '}') + routeOf(fields)), kinds, primitives),
  } as unknown as Revision
  const rounds = createRounds({
    waits: true,
    nowSeconds: () => Date.now() / 1000 + ahead,
    async wait(ms) {
      ahead += hurries
      await new Promise((resolve) => setTimeout(resolve, hurries > 0 ? 0 : ms))
    },
    randomHex: () => randomBytes(16).toString('hex'),
  })
  const partyOf = (name: HypervisorName) => ({
    name,
    handle: handleOf(placeOf(name).host),
    async cycle() {
      const { peers, turnOf } = rounds.ground(revision)
      const deps = depsOf(placeOf(name))
      const state = revision.compiled.states.get(name)
      if (state === undefined) throw new Error(`nothing is wanted on ${name}`)
      return reconcile(state, { ...deps, peers, policy: { ...deps.policy, turnOf } })
    },
  })
  const results = await rounds.run(names.map(partyOf), revision)
  return Object.fromEntries([...results].map(([name, result]) => [name, said(result)]))
}

function said(result: Result): string {
  if ('error' in result) return String(result.error)
  const { status, message, applied } = result.cycle
  return [status, message, ...applied.flatMap(({ outcome }) => ('stderr' in outcome ? [outcome.stderr] : []))]
    .filter((part) => part !== '')
    .join(' ')
}

async function answers(name: string): Promise<readonly string[]> {
  using client = await connectClient(placeOf(name), addresses[name] ?? '')
  const all: string[] = []
  for (const to of ['alice@example.com', 'alice@example.org', 'x@outside.example']) all.push((await rcpt(client, to)).slice(0, 3))
  return all
}

test('both are converged, one after the other, and a second apply does nothing', async () => {
  expect(await apply(one)).toEqual({ he1: 'converged', he2: 'converged' })
  expect([await answers('he1'), await answers('he2')]).toEqual([
    ['250', '554', '554'],
    ['250', '554', '554'],
  ])
  expect(await apply(one)).toEqual({ he1: 'noop', he2: 'noop' })
})

test('what fails on the first one never reaches the second', async () => {
  await placeOf('he1').run('postconf -P smtp/inet/relay_recipient_maps=texthash:/nosuch; postfix check')
  const after = await apply(two, 50)
  expect(after['he1']).toMatch(/^failed .*451 4\.3\.0/s)
  expect(after['he2']).toMatch(/waits until he1 is Healthy with this commit/)
  expect(await answers('he2')).toEqual(['250', '554', '554'])
  await placeOf('he1').run('postconf -PX smtp/inet/relay_recipient_maps; postfix reload')
  expect(await answers('he1')).toEqual(['250', '554', '554'])
})

test('when the first one is mended the change reaches both', async () => {
  expect(await apply(two)).toEqual({ he1: 'converged', he2: 'converged' })
  expect([await answers('he1'), await answers('he2')]).toEqual([
    ['250', '250', '554'],
    ['250', '250', '554'],
  ])
})
