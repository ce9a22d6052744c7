import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Difference } from '../../../controller/model/change.ts'
import type { Observed } from '../../../controller/model/observation.ts'
import { noPeers, phases } from '../../../controller/model/primitive.ts'
import { dnsRecordsPrimitive } from '../../../controller/primitives/dnsRecords/index.ts'
import { type DnsRecordsSpec, dnsRecords, type RecordSet } from '../../../controller/primitives/dnsRecords/spec.ts'
import { apply as applyZone, type Ended, primary, runAll } from '../dnsZone/driver.ts'
import { type Named, startNamed } from '../dnsZone/named.ts'

// A real named with a zone that others update too, with a key of their own.
let named: Named
beforeAll(async () => {
  named = await startNamed()
}, 60_000)
afterAll(() => named?.[Symbol.asyncDispose]())

const zone = 'example.com.'
const done = { ok: true, stderr: '' }
const www = (address: string, ttl = 60): RecordSet => ({ name: `www.${zone}`, type: 'A', ttl, values: [address] })
const servers = (...values: readonly string[]): RecordSet => ({ name: zone, type: 'NS', ttl: 60, values })

function wanted(sets: readonly RecordSet[], more: Partial<DnsRecordsSpec> = {}): DnsRecordsSpec {
  return dnsRecords({
    zone,
    ask: { address: named.address, port: 53 },
    soa: { ttl: 60, names: [`ns.${zone}`, `root.${zone}`], times: [60, 60, 600, 60] },
    sets,
    safety: { maxDeletePercent: 30, maxUpdatePercent: 30, minExisting: 10 },
    ...more,
  })
}

async function observe(spec: DnsRecordsSpec): Promise<Observed<unknown>> {
  const subjects = [{ id: spec.id, spec }]
  const stdout = await named.run(`set -eu\n(${dnsRecordsPrimitive.probe(subjects, 'conform').text}\n) </dev/null`)
  return dnsRecordsPrimitive.parse(stdout, subjects).items.get(spec.id) as Observed<unknown>
}

async function differs(spec: DnsRecordsSpec): Promise<Difference> {
  const observed = await observe(spec)
  if (observed.status === 'unknown') throw new Error(observed.reason)
  return dnsRecordsPrimitive.diff(spec, observed, undefined, noPeers)
}

/** `meanwhile`: shell text between the look and the change. */
async function apply(spec: DnsRecordsSpec, meanwhile = ':'): Promise<Ended | 'same' | readonly string[]> {
  const observed = await observe(spec)
  if (observed.status === 'unknown') throw new Error(observed.reason)
  const difference = dnsRecordsPrimitive.diff(spec, observed, undefined, noPeers)
  if (difference.status === 'same') return 'same'
  if (difference.status === 'refused') return difference.reasons
  await named.run(meanwhile)
  const context = { fleet: 'conform', owners: ['Zone/test'], last: undefined, staged: [], observed: () => undefined, peers: noPeers }
  const steps = dnsRecordsPrimitive.steps(spec, difference.change, observed, context)
  return runAll(
    named,
    phases.flatMap((phase) => steps.filter((step) => (step.phase ?? 'change') === phase)),
  )
}

const other = (lines: string): string =>
  `printf 'server ${named.address}\\nzone ${zone}\\n${lines}\\nsend\\n' | nsupdate -v -y hmac-sha256:dhcp:Z29vZCBrZXkgb2YgdHJhbnNmZXJz`
const ask = async (question: string): Promise<string> => (await named.run(`dig +short +tcp @${named.address} ${question}`)).trim()
const serial = async (): Promise<number> => Number((await ask(`${zone} SOA`)).split(' ')[2])

const statement = `key "dhcp" { algorithm hmac-sha256; secret "Z29vZCBrZXkgb2YgdHJhbnNmZXJz"; };
zone "example.com" { type primary; file "/var/lib/bind/reeve/db.example.com"; update-policy { grant local-ddns zonesub ANY; grant dhcp zonesub ANY; }; allow-transfer { 127.0.0.0/8; }; };`

const ns = servers(`ns.${zone}`)
const address: RecordSet = { name: `ns.${zone}`, type: 'A', ttl: 60, values: ['192.0.2.1'] }
const base = [ns, address]

beforeEach(async () => {
  await named.run(': >/etc/bind/named.conf.local; rndc reconfig; rm -rf /var/lib/bind/reeve')
  await named.run(`cat >/etc/bind/named.conf.local <<'X'\n${statement}\nX`)
  expect(
    await applyZone(named, primary(named, [], { isDynamic: true }), { load: 'rndc reconfig; rndc reload example.com >/dev/null || :' }),
  ).toEqual(done)
  expect(await apply(wanted(base))).toEqual(done)
})

describe('records of ours in a zone that others update', () => {
  it('are taken over where they are there already, and then nothing differs and no serial moves', async () => {
    const before = await serial()
    expect(await differs(wanted(base))).toEqual({ status: 'same' })
    expect(await serial()).toBe(before)
    expect(await observe(wanted(base))).toMatchObject({ status: 'present', mark: { fleet: 'conform', owner: 'Zone/test' } })
    expect(await applyZone(named, primary(named, [], { isDynamic: true }))).toBe('same')
  })

  it('come, change and go, and what others have put there stays', async () => {
    await named.run(other('update add pc.example.com 60 A 192.0.2.66\\nupdate add www.example.com 60 TXT "theirs"'))
    expect(await apply(wanted([...base, www('192.0.2.2')]))).toEqual(done)
    expect(await ask(`www.${zone} A`)).toBe('192.0.2.2')
    expect(await apply(wanted([...base, www('192.0.2.3', 90)]))).toEqual(done)
    expect(await ask(`www.${zone} A`)).toBe('192.0.2.3')
    expect(await apply(wanted([...base, www('192.0.2.3', 90)]))).toBe('same')
    expect(await apply(wanted(base))).toEqual(done)
    expect([await ask(`www.${zone} A`), await ask(`www.${zone} TXT`), await ask(`pc.${zone} A`)]).toEqual(['', '"theirs"', '192.0.2.66'])
    expect(await apply(wanted(base))).toBe('same')
  })

  it('of any type and spelling are the same when they are looked at again', async () => {
    const odd: readonly RecordSet[] = [
      { name: `t.${zone}`, type: 'TXT', ttl: 60, values: ['"a;b \\"c\\" \\\\" "x"', `"${'z'.repeat(255)}" "y"`] },
      { name: `t.${zone}`, type: 'AAAA', ttl: 60, values: ['2001:db8:0:0:0:0:0:1'] },
      { name: `_sip._tcp.${zone}`, type: 'SRV', ttl: 60, values: [`1 2 5060 ns.${zone}`] },
      { name: `*.apps.${zone}`, type: 'MX', ttl: 60, values: [`10 ns.${zone}`] },
      { name: `c.${zone}`, type: 'CNAME', ttl: 60, values: ['Mixed.Example.ORG.'] },
      { name: `l.${zone}`, type: 'LOC', ttl: 60, values: ['52 31 0 N 13 24 0 E 34m'] },
      { name: `h.${zone}`, type: 'HTTPS', ttl: 60, values: ['1 . alpn="h2,h3"'] },
      { name: zone, type: 'CAA', ttl: 60, values: ['0 issue "letsencrypt.org"'] },
      { name: `r.${zone}`, type: 'TYPE65280', ttl: 60, values: ['\\# 3 010203'] },
    ]
    expect(await apply(wanted([...base, ...odd]))).toEqual(done)
    expect(await apply(wanted([...base, ...odd]))).toBe('same')
  })

  it('are put back where others change them or take them away', async () => {
    expect(await apply(wanted([...base, www('192.0.2.2')]))).toEqual(done)
    await named.run(other('update delete www.example.com A\\nupdate add www.example.com 60 A 192.0.2.99'))
    expect(await differs(wanted([...base, www('192.0.2.2')]))).toMatchObject({
      change: { fields: [{ field: 'www.example.com. A', before: '60 192.0.2.99', after: '60 192.0.2.2' }] },
    })
    expect(await apply(wanted([...base, www('192.0.2.2')]))).toEqual(done)
    await named.run(other('update delete www.example.com A'))
    expect(await apply(wanted([...base, www('192.0.2.2')]))).toEqual(done)
    expect(await ask(`www.${zone} A`)).toBe('192.0.2.2')
  })

  it('are not written over what another does between the look and the change', async () => {
    expect(await apply(wanted([...base, www('192.0.2.2')]))).toEqual(done)
    const race = other('update add www.example.com 60 A 192.0.2.88')
    expect(await apply(wanted([...base, www('192.0.2.3')]), race)).toMatchObject({
      ok: false,
      stderr: expect.stringContaining('NXRRSET: others changed these records meanwhile'),
    })
    expect((await ask(`www.${zone} A`)).split('\n').sort()).toEqual(['192.0.2.2', '192.0.2.88'])
    expect(await apply(wanted([...base, www('192.0.2.3')]))).toEqual(done)
    expect(await ask(`www.${zone} A`)).toBe('192.0.2.3')
  })

  it('that others hold are theirs, unless they are equal or adopt: Replace says so', async () => {
    await named.run(other('update add www.example.com 60 A 192.0.2.66'))
    expect(await apply(wanted([...base, www('192.0.2.2')]))).toMatchObject({
      ok: false,
      stderr: expect.stringContaining('have put others there'),
    })
    expect(await ask(`www.${zone} A`)).toBe('192.0.2.66')
    expect(await apply(wanted([...base, www('192.0.2.66')], { adopt: 'Never' }))).toEqual([
      'www.example.com. A is there already, put by others (60 192.0.2.66); adopt: Replace takes it over',
    ])
    expect(await apply(wanted([...base, www('192.0.2.2')], { adopt: 'Replace' }))).toEqual(done)
    expect(await ask(`www.${zone} A`)).toBe('192.0.2.2')
  })

  it('a wildcard of others is no record of ours', async () => {
    await named.run(other('update add *.example.com 60 A 192.0.2.2'))
    expect(await apply(wanted([...base, www('192.0.2.2')]))).toEqual(done)
    await named.run(other('update delete *.example.com A'))
    expect(await ask(`www.${zone} A`)).toBe('192.0.2.2')
  })

  it('name servers of the zone change, though it never is without one', async () => {
    const two = servers('ns.example.org.', 'ns.example.net.')
    expect(await apply(wanted([two]))).toEqual(done)
    expect((await ask(`${zone} NS`)).split('\n').sort()).toEqual(['ns.example.net.', 'ns.example.org.'])
    expect(await apply(wanted([two]))).toBe('same')
  })

  it('times of the SOA change, and its serial goes on', async () => {
    const before = await serial()
    const soa = { ttl: 60, names: [`ns.${zone}`, `dns\\.admin.${zone}`], times: [120, 60, 600, 60] } as const
    expect(await apply(wanted(base, { soa }))).toEqual(done)
    expect(await ask(`${zone} SOA`)).toBe(`ns.${zone} dns\\.admin.${zone} ${before + 1} 120 60 600 60`)
    expect(await apply(wanted(base, { soa }))).toBe('same')
  })

  it('that the server takes without a word and does not keep are undone: an alias beside other data', async () => {
    await named.run(other('update add www.example.com 60 TXT "theirs"'))
    const alias = { name: `www.${zone}`, type: 'CNAME', ttl: 60, values: [`ns.${zone}`] }
    const moved = { ...address, values: ['192.0.2.9'] }
    expect(await apply(wanted([ns, moved, alias]))).toMatchObject({
      ok: false,
      stderr: expect.stringContaining('www.example.com. type 5 has 0 records'),
    })
    expect(await ask(`ns.${zone} A`)).toBe('192.0.2.1')
    expect(await apply(wanted(base))).toBe('same')
  })

  it('of a frozen zone stay, and it is said; nothing here freezes one', async () => {
    await named.run('rndc freeze example.com')
    expect(await apply(wanted([...base, www('192.0.2.2')]))).toMatchObject({
      ok: false,
      stderr: expect.stringContaining('the zone is frozen; rndc thaw example.com'),
    })
    await named.run('rndc thaw example.com')
    expect(await apply(wanted([...base, www('192.0.2.2')]))).toEqual(done)
    expect(await named.run('rndc zonestatus example.com')).toContain('frozen: no')
  })

  it('outlive a start of the server, whose key is then another', async () => {
    expect(await apply(wanted([...base, www('192.0.2.2')]))).toEqual(done)
    await named.stop()
    expect(await observe(wanted(base))).toMatchObject({ status: 'unknown' })
    await named.start()
    expect(await apply(wanted([...base, www('192.0.2.2')]))).toBe('same')
    expect(await apply(wanted([...base, www('192.0.2.3')]))).toEqual(done)
  })

  it('of which too many would go are held until exactly that is confirmed', async () => {
    const many = (count: number) => [
      ...base,
      ...Array.from({ length: count }, (_, index) => ({ ...www('192.0.2.2'), name: `h${index}.${zone}` })),
    ]
    expect(await apply(wanted(many(600)))).toEqual(done)
    const [held = ''] = (await apply(wanted(many(300)))) as readonly string[]
    expect(held).toMatch(/^300 of 602 records would be deleted \(50 % > 30 %\); annotate reeve\.dev\/confirm=[0-9a-f]{12}$/)
    expect(await apply(wanted(many(300), { confirmed: held.slice(-12) }))).toEqual(done)
    expect(await apply(wanted(many(300)))).toBe('same')
  })

  it('a static zone is not made of it while its journal holds what others put there', async () => {
    await named.run(other('update add pc.example.com 60 A 192.0.2.66'))
    expect(await applyZone(named, primary(named, []))).toMatchObject([expect.stringContaining('set mode: Dynamic, or, where that may go')])
  })
})
