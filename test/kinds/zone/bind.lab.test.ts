import { Resolver } from 'node:dns/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { compileFleet } from '../../../controller/engine/compile.ts'
import type { Cycle } from '../../../controller/engine/cycle.ts'
import { reconcile } from '../../../controller/engine/reconcile.ts'
import { kinds } from '../../../controller/kinds/registry.ts'
import type { HypervisorName } from '../../../controller/model/ids.ts'
import type { DesiredState } from '../../../controller/model/plan.ts'
import { primitives } from '../../../controller/primitives/registry.ts'
import { Secret } from '../../../controller/shell/secret.ts'
import { depsOf } from '../../conformance/engine.ts'
import { type SshPlace, sshPlace } from '../../conformance/ssh-place.ts'
import { type NativeHost, startNativeHost } from '../../lab/nspawn.ts'
import { complaints, fleetOf } from '../fleet.ts'

// Debian's own BIND under systemd, the real engine, and a resolver that asks from outside.
let host: NativeHost
let place: SshPlace

beforeAll(async () => {
  host = await startNativeHost()
  place = sshPlace(host)
}, 600_000)
afterAll(async () => {
  await place?.host[Symbol.asyncDispose]()
  await host?.[Symbol.asyncDispose]()
})

const head = `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: he1}
spec: {address: 192.0.2.1, hostKeys: [ssh-ed25519 AAAA]}
`

function server(more = ''): string {
  return `---
apiVersion: reeve.dev/v1
kind: NameServer
metadata: {name: ns1}
spec:
  target: {hypervisor: he1}
  address: ${host.address}
  transferKeys: [{secretRef: xfer}]
  recursion: {enabled: true, allowFrom: [10.0.0.0/8], forwarders: [192.0.2.53]}
${more}`
}

function zone(name: string, records: string, more = ''): string {
  return `---
apiVersion: reeve.dev/v1
kind: Zone
metadata: {name: ${name.replaceAll('.', '-')}}
spec: {name: ${name}, primary: ns1, ${more}records: ${records}}
`
}

function stateOf(yaml: string): DesiredState {
  const fleet = { ...fleetOf(head + yaml), secret: () => new Secret('Z29vZCBrZXkgb2YgdHJhbnNmZXJz') }
  const found = ['NameServer', 'Zone'].flatMap((kind) => complaints(fleet, kind))
  if (found.length > 0) throw new Error(found.join('\n'))
  const state = compileFleet(fleet, kinds, primitives).states.get('he1' as HypervisorName)
  if (state === undefined) throw new Error('nothing was compiled')
  return { ...state, vitals: [] }
}

async function apply(yaml: string): Promise<Cycle> {
  return reconcile(stateOf(yaml), depsOf(place))
}

async function converges(yaml: string): Promise<void> {
  const cycle = await apply(yaml)
  expect(`${cycle.status} ${trouble(cycle)}`.trim()).toMatch(/^(converged|noop)$/)
}

function trouble(cycle: Cycle): string {
  const failed = cycle.applied.flatMap(({ outcome }) =>
    'stderr' in outcome ? [outcome.stderr] : 'because' in outcome ? [outcome.because] : [],
  )
  return [
    cycle.message,
    ...failed,
    ...cycle.plan.refused.flatMap(({ reasons }) => reasons),
    ...cycle.plan.withheld.map(({ because }) => because),
  ].join('\n')
}

async function ask(name: string, type = 'A'): Promise<unknown> {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  resolver.setServers([host.address])
  return resolver.resolve(name, type).catch((error: NodeJS.ErrnoException) => error.code)
}

const good = '[{name: www, type: A, values: [192.0.2.2]}]'
const invocation = (): Promise<string> => place.run('systemctl show -p InvocationID named')

beforeEach(async () => {
  await converges(server() + zone('example.com', good) + zone('example.org', good))
})

test('a bare BIND serves the zones, is asked from outside, and then nothing is done', async () => {
  expect(await ask('www.example.com')).toEqual(['192.0.2.2'])
  expect(await ask('ns1.example.com')).toEqual([host.address])
  expect(await apply(server() + zone('example.com', good) + zone('example.org', good))).toMatchObject({
    status: 'noop',
    drift: [],
    applied: [],
  })
  expect(await place.run("stat -c '%a %U:%G' /etc/bind/reeve/keys.conf; named-checkconf -z >/dev/null && echo good")).toBe(
    '640 root:bind\ngood\n',
  )
})

test('a changed record is one reload, no restart, and no other zone is written', async () => {
  const before = [await invocation(), await place.run('sha256sum /var/lib/bind/reeve/db.example.org')]
  const cycle = await apply(server() + zone('example.com', '[{name: www, type: A, values: [192.0.2.9]}]') + zone('example.org', good))
  expect(cycle.status).toBe('converged')
  expect(await ask('www.example.com')).toEqual(['192.0.2.9'])
  expect([await invocation(), await place.run('sha256sum /var/lib/bind/reeve/db.example.org')]).toEqual(before)
})

test('a zone that a person defined too is told by its file, and nothing is changed', async () => {
  await place.run(
    `echo 'zone "taken.example" { type primary; file "/etc/bind/db.empty"; };' >>/etc/bind/named.conf.default-zones; rndc reconfig`,
  )
  const cycle = await apply(server() + zone('example.com', good) + zone('example.org', good) + zone('taken.example', good))
  expect(trouble(cycle)).toContain('taken.example is already defined in /etc/bind/named.conf.default-zones')
  expect(await ask('www.example.com')).toEqual(['192.0.2.2'])
  expect(await place.run('cat /etc/bind/named.conf.local')).not.toContain('taken')
  await place.run("sed -i '/taken.example/d' /etc/bind/named.conf.default-zones; rndc reconfig")
})

test('what a person set in the options is not set twice: BIND says where', async () => {
  await place.run("sed -i 's/^options {/options {\\n\\trecursion no;/' /etc/bind/named.conf.options")
  const cycle = await apply(server('  listen: [127.0.0.2]\n') + zone('example.com', good) + zone('example.org', good))
  expect(trouble(cycle)).toContain("'recursion' redefined near 'recursion'")
  expect(await ask('www.example.com')).toEqual(['192.0.2.2'])
  await place.run("sed -i '/^\\trecursion no/d' /etc/bind/named.conf.options; rndc reconfig")
})

test('a zone that others update keeps what they put there, and the manifest its own; it is signed, too', async () => {
  const dynamic = (records: string, more = '') =>
    server() +
    zone('example.com', good) +
    zone('example.org', good) +
    zone('dyn.example', records, `mode: Dynamic, updaters: [{secretRef: dhcp}], ${more}`)
  await converges(dynamic(good))
  expect(await apply(dynamic(good))).toMatchObject({ status: 'noop', drift: [], applied: [] })
  await place.run(
    "printf 'server 127.0.0.1\\nzone dyn.example\\nupdate add pc.dyn.example 60 A 192.0.2.66\\nsend\\n' | nsupdate -y hmac-sha256:dhcp:Z29vZCBrZXkgb2YgdHJhbnNmZXJz",
  )
  expect(await apply(dynamic(good))).toMatchObject({ status: 'noop', drift: [] })
  const moved = '[{name: www, type: A, values: [192.0.2.9]}]'
  await converges(dynamic(moved, 'dnssec: {policy: default}, '))
  expect([await ask('www.dyn.example'), await ask('pc.dyn.example')]).toEqual([['192.0.2.9'], ['192.0.2.66']])
  expect(await apply(dynamic(moved, 'dnssec: {policy: default}, '))).toMatchObject({ status: 'noop' })
})

test('a zone is signed, and a folder that named cannot write is put right', async () => {
  const signed = server() + zone('example.com', good, 'dnssec: {policy: default}, ') + zone('example.org', good)
  await converges(signed)
  expect(await place.run('rndc zonestatus example.com')).toContain('secure: yes')
  expect(await apply(signed)).toMatchObject({ status: 'noop' })
  await place.run('chmod 755 /var/lib/bind/reeve')
  expect(await apply(signed)).toMatchObject({ status: 'converged' })
  expect(await place.run("stat -c '%a' /var/lib/bind/reeve")).toBe('2775\n')
})

test('a zone whose manifest goes is left served, and its file put aside where it shall be deleted', async () => {
  const more = (policy: string) => zone('gone.example', good, `deletionPolicy: ${policy}, `)
  const rest = server() + zone('example.com', good) + zone('example.org', good)
  await converges(rest + more('Retain'))
  expect(await ask('www.gone.example')).toEqual(['192.0.2.2'])
  expect((await apply(rest)).plan.orphans.map(({ id }) => id)).toContain('dnsZone:gone.example.')
  expect(await ask('www.gone.example')).toEqual(['192.0.2.2'])
  await converges(rest + more('Delete'))
  await converges(rest)
  expect(await ask('www.gone.example')).not.toEqual(['192.0.2.2'])
  expect(await place.run('ls /var/lib/reeve/retired/zones')).toBe('db.gone.example\n')
})
