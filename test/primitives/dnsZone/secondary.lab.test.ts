import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Observed } from '../../../controller/model/observation.ts'
import type { PeerFacts } from '../../../controller/model/primitive.ts'
import type { DnsZoneState } from '../../../controller/primitives/dnsZone/probe.ts'
import { type DnsZoneSpec, dnsZone } from '../../../controller/primitives/dnsZone/spec.ts'
import { apply, differs, observe, primary, zone } from './driver.ts'
import { type Named, startNamed } from './named.ts'

// A primary and a secondary with a key for transfers.
let one: Named
let two: Named
beforeAll(async () => {
  ;[one, two] = [await startNamed(), await startNamed()]
}, 60_000)
afterAll(async () => {
  await one?.[Symbol.asyncDispose]()
  await two?.[Symbol.asyncDispose]()
})

const keys = {
  good: 'key "xfer" { algorithm hmac-sha256; secret "Z29vZCBrZXkgb2YgdHJhbnNmZXJz"; };',
  other: 'key "xfer" { algorithm hmac-sha256; secret "b3RoZXIga2V5IG9mIHRyYW5zZmVycw=="; };',
} as const
const peer = { target: { hypervisor: 'he1' }, id: 'dnsZone:example.com.' } as unknown as NonNullable<DnsZoneSpec['peers']>[number]
const done = { ok: true, stderr: '' }

function secondary(): DnsZoneSpec {
  return dnsZone({ zone, ask: { address: two.address, port: 53 }, role: { type: 'secondary', primary: peer }, peers: [peer] })
}

function facts(observed: Observed<DnsZoneState>): PeerFacts {
  return { of: () => observed }
}

const address = async (named: Named): Promise<string> => (await named.run(`dig +short +tcp @${named.address} www.${zone} A`)).trim()
const first = ['www.example.com. 60 IN A 192.0.2.2']
const second = ['www.example.com. 60 IN A 192.0.2.3']

/** `notify no`: nobody tells the secondary, as where the notify is lost on the way. */
async function configure(key: keyof typeof keys, notify = 'no'): Promise<void> {
  const opened = 'allow-transfer { key "xfer"; };'
  await one.configure(
    `${keys.good}\nzone "example.com" { type primary; file "/var/lib/bind/reeve/db.example.com"; notify ${notify}; ${opened} };`,
  )
  await two.configure(
    `${keys[key]}\nzone "example.com" { type secondary; file "/var/cache/bind/reeve-example.com"; primaries { ${one.address} key "xfer"; }; notify no; };`,
  )
}

beforeEach(async () => {
  await one.run('rm -rf /var/lib/bind/reeve')
  await configure('good')
  await apply(one, primary(one, first))
  await two.run(
    `rndc retransfer example.com; while [ "$(dig +short +tcp @${two.address} www.${zone} A)" != 192.0.2.2 ]; do sleep 0.1; done`,
  )
  expect(await address(two)).toBe('192.0.2.2')
})

describe('a zone on its secondary', () => {
  it('is fetched where nobody told it of a change, and then nothing differs', async () => {
    expect(await apply(one, primary(one, second))).toEqual(done)
    const now = facts(await observe(one, primary(one, second)))
    expect(await differs(two, secondary(), now)).toMatchObject({ change: { fields: [{ field: 'served' }] } })
    expect(await apply(two, secondary(), { peers: now, load: ':' })).toEqual(done)
    expect(await address(two)).toBe('192.0.2.3')
    expect(await differs(two, secondary(), now)).toEqual({ status: 'same' })
  })

  it('asks for nothing while its primary is not known, nor where it is ahead of it', async () => {
    expect(await differs(two, secondary(), facts({ status: 'unknown', reason: 'not read yet' }))).toEqual({ status: 'same' })
    const older = await observe(one, primary(one, first))
    if (older.status !== 'present' || older.state.served === undefined) throw new Error('the primary does not answer')
    const state = { ...older.state, served: { ...older.state.served, serial: 4294967290 } }
    expect(await differs(two, secondary(), facts({ status: 'present', state }))).toEqual({ status: 'same' })
  })

  it('with another key is stale and says nothing of it: Reeve does', async () => {
    await configure('other')
    expect(await apply(one, primary(one, second))).toEqual(done)
    const now = facts(await observe(one, primary(one, second)))
    expect(await two.run('rndc refresh example.com; rndc retransfer example.com; echo $?')).toMatch(/0\n$/)
    const result = await apply(two, secondary(), { peers: now, load: ':' })
    expect(result).toMatchObject({ ok: false, stderr: expect.stringContaining('SecondaryStale: example.com does not come to serial') })
    expect(await address(two)).toBe('192.0.2.2')
    await configure('good')
    expect(await apply(two, secondary(), { peers: now, load: ':' })).toEqual(done)
    expect(await address(two)).toBe('192.0.2.3')
  })

  it('becomes the primary where it shall be that, with a serial after the one that it served', async () => {
    const before = Number((await two.run(`dig +short +tcp @${two.address} ${zone} SOA`)).split(' ')[2])
    const statement = 'zone "example.com" { type primary; file "/var/lib/bind/reeve/db.example.com"; notify no; };'
    const load = `printf '%s\\n' '${statement}' >/etc/bind/named.conf.local; rndc reconfig`
    expect(await apply(two, primary(two, second), { load })).toEqual(done)
    expect((await two.run(`dig +short +tcp @${two.address} ${zone} SOA`)).split(' ')[2]).toBe(String(before + 1))
    expect(await address(two)).toBe('192.0.2.3')
    await two.run('rm -rf /var/lib/bind/reeve')
  })

  it('gives the zone away to nobody without the key', async () => {
    expect(await one.run(`dig +tcp @${one.address} ${zone} AXFR`)).toContain('Transfer failed')
    expect(await one.run(`dig +tcp -y hmac-sha256:xfer:Z29vZCBrZXkgb2YgdHJhbnNmZXJz @${one.address} ${zone} AXFR`)).toContain('192.0.2.2')
  })
})
