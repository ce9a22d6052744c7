import { afterAll, beforeAll, expect, it } from 'vitest'
import { kinds } from '../../../controller/kinds/registry.ts'
import type { Manifest } from '../../../controller/model/manifest.ts'
import type { PeerFacts, Spec } from '../../../controller/model/primitive.ts'
import type { BlockSpec } from '../../../controller/primitives/block/spec.ts'
import type { DnsZoneSpec } from '../../../controller/primitives/dnsZone/spec.ts'
import { reveal, Secret } from '../../../controller/shell/secret.ts'
import { apply, observe } from '../../primitives/dnsZone/driver.ts'
import { type Named, startNamed } from '../../primitives/dnsZone/named.ts'
import { fleetOf } from '../fleet.ts'

// Two real name servers with the statements that the kinds write for them: one has zones, the other copies them.
let one: Named
let two: Named
beforeAll(async () => {
  ;[one, two] = [await startNamed(), await startNamed()]
}, 60_000)
afterAll(async () => {
  await one?.[Symbol.asyncDispose]()
  await two?.[Symbol.asyncDispose]()
})

const isLong = process.env['REEVE_TEST_LONG'] === '1'
const done = { ok: true, stderr: '' }
const catalog = 'ns2.ns1.catalog.invalid.'

interface Pair {
  readonly zones: readonly string[]
  readonly via?: 'Statements' | 'Catalog'
  readonly keys?: readonly string[]
  readonly address?: string
}

const secretOf = (name: string): string => Buffer.from(`a good secret, ${name}`.padEnd(30)).toString('base64')

function fleet({ zones, via = 'Statements', keys = ['xfer'], address = '192.0.2.7' }: Pair) {
  const yaml = `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: he1}
spec: {address: 192.0.2.1, hostKeys: [ssh-ed25519 AAAA]}
---
apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: he2}
spec: {address: 192.0.2.2, hostKeys: [ssh-ed25519 AAAA]}
---
apiVersion: reeve.dev/v1
kind: NameServer
metadata: {name: ns1}
spec: {target: {hypervisor: he1}, address: ${one.address}, transferKeys: [${keys.map((name) => `{secretRef: ${name}}`).join(', ')}], secondaryVia: ${via}}
---
apiVersion: reeve.dev/v1
kind: NameServer
metadata: {name: ns2}
spec: {target: {hypervisor: he2}, address: ${two.address}}
${zones.map((name) => `---\napiVersion: reeve.dev/v1\nkind: Zone\nmetadata: {name: ${name.replaceAll('.', '-')}}\nspec: {name: ${name}, primary: ns1, secondaries: [ns2], deletionPolicy: Delete, records: [{name: www, type: A, values: [${address}]}]}\n`).join('')}`
  return { ...fleetOf(yaml), secret: (name: string) => new Secret(secretOf(name)) }
}

type Fleet = ReturnType<typeof fleet>

function specsOf(at: Fleet, hypervisor: string): readonly Spec[] {
  return (at.manifests as readonly Manifest[]).flatMap((manifest) => {
    const kind = kinds.find((each) => each.kind === manifest.kind)
    if (kind === undefined || !['NameServer', 'Zone'].includes(manifest.kind)) return []
    const places = kind.place(manifest, at as never).filter(({ target }) => target.hypervisor === hypervisor)
    return places.flatMap((place) => kind.compile(manifest, place, at as never))
  })
}

interface TreeLike {
  readonly files: Readonly<Record<string, { readonly content: string | Secret }>>
}

/** Writes what the server's files would hold, and has it read. Of the options only what concerns catalogs: the test's own named has the rest. */
async function configure(named: Named, specs: readonly Spec[]): Promise<readonly DnsZoneSpec[]> {
  const text = (content: string | Secret | undefined) => (content instanceof Secret ? reveal(content) : (content ?? ''))
  const tree = specs.find(({ type }) => type === 'tree') as unknown as TreeLike
  const options = text(tree.files['options.conf']?.content)
    .split('\n')
    .filter((line) => line.startsWith('catalog-zones'))
  const blocks = specs.filter(({ type }) => type === 'block').map((spec) => (spec as BlockSpec).content)
  const statements = [
    text(tree.files['keys.conf']?.content),
    text(tree.files['server.conf']?.content),
    ...blocks.map((block) => text(block as string)),
  ]
  const all = statements.join('\n').replaceAll(/include "[^"]*";/g, '')
  await named.run(`cat >/etc/bind/catalogs <<'X'\n${options.join('\n')}\nX
grep -q catalogs /etc/bind/named.conf || sed -i 's|^options {|options { include "/etc/bind/catalogs";|' /etc/bind/named.conf`)
  await named.configure(all)
  return specs
    .filter(({ type }) => type === 'dnsZone')
    .map((spec) => ({ ...(spec as DnsZoneSpec), ask: { address: named.address, port: 53 } }))
}

async function lead(at: Fleet): Promise<readonly DnsZoneSpec[]> {
  const primaries = await configure(one, specsOf(at, 'he1'))
  for (const spec of primaries)
    expect(await apply(one, spec, { load: 'rndc reconfig' })).toSatisfy((result) => result === 'same' || result.ok)
  return primaries
}

async function converge(pair: Pair): Promise<void> {
  const at = fleet(pair)
  const primaries = await lead(at)
  const secondaries = await configure(two, specsOf(at, 'he2'))
  expect(secondaries.map(({ zone }) => zone).sort()).toEqual(primaries.map(({ zone }) => zone).sort())
  for (const spec of secondaries) {
    const primary = primaries.find(({ zone }) => zone === spec.zone) as DnsZoneSpec
    const observed = await observe(one, primary)
    const peers: PeerFacts = { of: () => observed }
    const result = await apply(two, spec, { peers, load: ':' })
    expect(result === 'same' || JSON.stringify(result) === JSON.stringify(done), `${spec.zone}: ${JSON.stringify(result)}`).toBe(true)
  }
}

const www = async (zone: string): Promise<string> =>
  (
    await two.run(`dig +tcp @${two.address} www.${zone} A | sed -n 's/.*status: \\([A-Z]*\\).*/\\1/p;s/^www.*\\tA\\t//p' | tr '\\n' ' '`)
  ).trim()

it('a secondary takes zones from the catalog as they come and go, and none of it is anybody else to read', async () => {
  await converge({ zones: ['a.example', 'b.example'], via: 'Catalog' })
  expect(await two.run('cat /etc/bind/named.conf.local')).not.toContain('a.example')
  expect([await www('a.example'), await www('b.example')]).toEqual(['NOERROR 192.0.2.7', 'NOERROR 192.0.2.7'])
  await converge({ zones: ['b.example', 'c.example'], via: 'Catalog' })
  await expect.poll(() => www('a.example'), { timeout: 20_000 }).toBe('REFUSED')
  expect([await www('b.example'), await www('c.example')]).toEqual(['NOERROR 192.0.2.7', 'NOERROR 192.0.2.7'])
  const stranger = `dig +tcp -b 127.0.0.9 @${one.address} ${catalog}`
  expect(await one.run(`${stranger} SOA | grep -c REFUSED; ${stranger} AXFR | grep -c 'Transfer failed'`)).toBe('1\n1\n')
})

it('a secondary goes from statements to a catalog and back, and answers all the time', async () => {
  for (const via of ['Statements', 'Catalog', 'Statements'] as const) {
    await converge({ zones: ['b.example', 'c.example'], via })
    expect([await www('b.example'), await www('c.example')]).toEqual(['NOERROR 192.0.2.7', 'NOERROR 192.0.2.7'])
    expect((await two.run('cat /etc/bind/named.conf.local')).includes('b.example')).toBe(via === 'Statements')
  }
})

it.each(isLong ? (['Statements', 'Catalog'] as const) : (['Statements'] as const))(
  'a key is changed without a gap, and the old one then opens nothing: %s',
  async (via) => {
    const zones = ['k.example']
    await converge({ zones, via, keys: ['old'], address: '192.0.2.10' })
    for (const [index, keys] of [['old', 'new'], ['new', 'old'], ['new']].entries()) {
      const pair = { zones, via, keys, address: `192.0.2.${20 + index}` }
      // The primary is there first: its secondary still has what the commit before said.
      await lead(fleet(pair))
      await expect.poll(() => www('k.example'), { timeout: 30_000 }).toBe(`NOERROR ${pair.address}`)
      await converge(pair)
    }
    const transfer = async (key: string) =>
      (await one.host.run(`dig +tcp -y hmac-sha256:${key}:${secretOf(key)} @${one.address} k.example AXFR | grep -c SOA`)).stdout.trim()
    expect([await transfer('new'), await transfer('old')]).toEqual(['2', '0'])
  },
)
