import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PeerFacts } from '../../../controller/model/primitive.ts'
import { type DnsZoneSpec, dnsZone } from '../../../controller/primitives/dnsZone/spec.ts'
import { apply, differs, observe, primary, zone } from './driver.ts'
import { type Named, startNamed } from './named.ts'

// Two real name servers: each test begins with the zone on both, and each case of "says success" is asked of BIND itself first.
let one: Named
let two: Named
beforeAll(async () => {
  ;[one, two] = [await startNamed(), await startNamed()]
  await two.configure(
    `zone "example.com" { type secondary; file "/var/cache/bind/reeve-example.com"; primaries { ${one.address}; }; notify no; };`,
  )
}, 60_000)
afterAll(async () => {
  await one?.[Symbol.asyncDispose]()
  await two?.[Symbol.asyncDispose]()
})

const file = '/var/lib/bind/reeve/db.example.com'
const first = ['www.example.com. 60 IN A 192.0.2.2']
const second = ['www.example.com. 60 IN A 192.0.2.3']
const done = { ok: true, stderr: '' }
const peer = { target: { hypervisor: 'he2' }, id: 'dnsZone:example.com.' } as unknown as NonNullable<DnsZoneSpec['peers']>[number]

function statement(more = ''): string {
  return `zone "example.com" { type primary; file "${file}"; notify explicit; also-notify { ${two.address}; }; allow-transfer { ${two.address}; 127.0.0.0/8; }; ${more} };`
}

/** Shell text that waits until a server has come to a serial: it says yes to a reload before it has done anything. */
const until = (named: Named, serial: number): string =>
  `for i in $(seq 100); do [ "$(dig +short +tcp @${named.address} example.com SOA | cut -d' ' -f3)" = ${serial} ] && break; sleep 0.1; done`

const fileSerial = async (): Promise<number> => Number((await one.run(`sed -n 4p ${file}`)).trim())
const ask = async (named: Named, question: string): Promise<string> =>
  (await named.run(`dig +short +tcp @${named.address} ${question}`)).trim()
const served = async (named: Named): Promise<number> => Number((await ask(named, `${zone} SOA`)).split(' ')[2])

function wanted(records: readonly string[], more = {}): DnsZoneSpec {
  return { ...primary(one, records, more), peers: [peer] }
}

/** What the other server said last, as the loop hands it in. */
async function peers(): Promise<PeerFacts> {
  const observed = await observe(two, secondarySpec())
  return { of: () => observed }
}

function secondarySpec(): DnsZoneSpec {
  return dnsZone({ zone, ask: { address: two.address, port: 53 }, role: { type: 'secondary', primary: peer } })
}

async function follow(): Promise<unknown> {
  const observed = await observe(one, wanted(first))
  return apply(two, secondarySpec(), { peers: { of: () => observed }, load: ':' })
}

beforeEach(async () => {
  await one.run(`printf '%s\\n' '${statement()}' >/etc/bind/named.conf.local; rm -rf /var/lib/bind/reeve; rndc reconfig`)
  const result = await apply(one, wanted(first), { peers: await peers(), load: 'rndc reconfig; rndc reload example.com >/dev/null || :' })
  expect(result).toEqual(done)
  const caughtUp = await follow()
  expect(caughtUp === 'same' || JSON.stringify(caughtUp) === JSON.stringify(done), JSON.stringify(caughtUp)).toBe(true)
})

describe('a zone on its primary', () => {
  it('is made, served on both, and then nothing differs', async () => {
    expect(await differs(one, wanted(first), await peers())).toEqual({ status: 'same' })
    expect(await observe(one, wanted(first))).toMatchObject({ status: 'present', mark: { fleet: 'conform', owner: 'Zone/test' } })
    expect([await ask(one, `www.${zone} A`), await ask(two, `www.${zone} A`)]).toEqual(['192.0.2.2', '192.0.2.2'])
    expect(await one.run(`stat -c '%a %U:%G' /var/lib/bind/reeve ${file}`)).toBe('2775 root:bind\n644 root:bind\n')
  })

  it('keeps its serial while its records are the same, and gets a later one when they change', async () => {
    const before = await fileSerial()
    expect(await apply(one, wanted(first), { peers: await peers() })).toBe('same')
    expect(await apply(one, wanted(second), { peers: await peers() })).toEqual(done)
    expect(await fileSerial()).toBe(before + 1)
    expect(await apply(one, wanted(second), { peers: await peers() })).toBe('same')
    expect(await follow()).toSatisfy((result) => result === 'same' || result.ok)
    expect(await ask(two, `www.${zone} A`)).toBe('192.0.2.3')
  })

  it('is put right where a person changed a record and not its serial', async () => {
    const before = await fileSerial()
    const seen = `for i in $(seq 100); do [ "$(dig +short +tcp @${one.address} www.${zone} A)" = 192.0.2.66 ] && break; sleep 0.1; done`
    expect(await one.run(`sed -i s/192.0.2.2/192.0.2.66/ ${file}; rndc reload example.com; ${seen}`)).toContain('queued')
    expect([await ask(one, `www.${zone} A`), await ask(two, `www.${zone} A`)]).toEqual(['192.0.2.66', '192.0.2.2'])
    expect(await differs(one, wanted(first), await peers())).toMatchObject({ change: { fields: [{ field: 'records' }] } })
    expect(await apply(one, wanted(first), { peers: await peers() })).toEqual(done)
    expect(await fileSerial()).toBe(before + 1)
    expect(await ask(one, `www.${zone} A`)).toBe('192.0.2.2')
  })
})

describe('what was changed is taken back', () => {
  const failing = 'while [ "$(dig +short +tcp @ADDRESS example.com SOA | cut -d" " -f3)" != SERIAL ]; do sleep 0.1; done'

  it('under its old serial where nobody has seen the new one', async () => {
    const before = await fileSerial()
    expect(await apply(one, wanted(second), { load: 'false' })).toMatchObject({ ok: false })
    expect(await fileSerial()).toBe(before)
    expect(await ask(one, `www.${zone} A`)).toBe('192.0.2.2')
  })

  it('under a later serial where secondaries may have seen the new one', async () => {
    const before = await fileSerial()
    const seen = failing.replace('ADDRESS', two.address).replace('SERIAL', String(before + 1))
    expect(await apply(one, wanted(second), { load: `rndc reload >/dev/null; ${seen}; false` })).toMatchObject({ ok: false })
    expect(await fileSerial()).toBe(before + 2)
    await follow()
    expect([await ask(one, `www.${zone} A`), await ask(two, `www.${zone} A`)]).toEqual(['192.0.2.2', '192.0.2.2'])
    expect(await differs(one, wanted(first), await peers())).toEqual({ status: 'same' })
  })
})

describe('safety', () => {
  const many = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `h${index}.example.com. 60 IN A 192.0.2.${index}`)

  it('holds a change that deletes too much, until exactly that is confirmed', async () => {
    expect(await apply(one, wanted(many(28)))).toEqual(done)
    const [held = ''] = (await apply(one, wanted(many(16)))) as readonly string[]
    expect(held).toMatch(/^12 of 30 records would be deleted \(40 % > 30 %\); annotate reeve\.dev\/confirm=[0-9a-f]{12}$/)
    const confirmed = held.slice(-12)
    expect(await apply(one, wanted(many(15), { confirmed }))).toMatchObject([expect.stringContaining('13 of 30')])
    expect(await apply(one, wanted(many(16), { confirmed }))).toEqual(done)
    expect(await differs(one, wanted(many(16), { confirmed }))).toEqual({ status: 'same' })
  })

  it('holds a change that alters too much, and nothing of a small zone', async () => {
    expect(await apply(one, wanted(many(5)))).toEqual(done)
    expect(await apply(one, wanted([]))).toEqual(done)
    expect(await apply(one, wanted(many(28)))).toEqual(done)
    const moved = many(28).map((line) => line.replace('192.0.2.', '198.51.100.'))
    expect(await apply(one, wanted(moved))).toMatchObject([
      expect.stringMatching(/^28 of 30 records would be changed \(93 % > 30 %\); annotate /),
    ])
  })
})

describe('what named calls a success is not believed', () => {
  it('a reload of a file that it cannot read: the old zone is served on, and the new one taken back', async () => {
    const before = await fileSerial()
    const result = await apply(one, wanted(second), { load: `chmod 0 ${file}; rndc reload example.com` })
    expect(result).toMatchObject({ ok: false, stderr: expect.stringContaining(`is not served as it was written (serial ${before + 1})`) })
    expect(await fileSerial()).toBe(before)
    expect(await ask(one, `www.${zone} A`)).toBe('192.0.2.2')
  })

  it('a reload with a serial that went backwards: the secondary would keep its data for ever', async () => {
    const before = await fileSerial()
    await apply(one, wanted(second), { peers: await peers() })
    await follow()
    expect(await one.run(`sed -i 4s/.*/${before - 1 || 1}/ ${file}; rndc reload example.com; ${until(one, before - 1 || 1)}`)).toContain(
      'queued',
    )
    expect(await served(one)).toBeLessThan(await served(two))
    expect(await differs(one, wanted(second))).toEqual({ status: 'same' })
    expect(await differs(one, wanted(second), await peers())).toMatchObject({ change: { fields: [{ field: 'serial' }] } })
    expect(await apply(one, wanted(second), { peers: await peers() })).toEqual(done)
    expect(await served(one)).toBe(before + 2)
  })

  it('a policy of serials that would go backwards', async () => {
    await one.run(`sed -i 4s/.*/2026112100/ ${file}; rndc reload example.com; ${until(one, 2026112100)}`)
    await follow()
    expect(await apply(one, wanted(second, { policy: 'unixtime' }), { peers: await peers() })).toEqual(done)
    expect(await fileSerial()).toBe(2026112101)
    await one.run(`sed -i 4s/.*/4294967295/ ${file}; rndc reload example.com; ${until(one, 4294967295)}`)
    await two.run(`rndc retransfer example.com; ${until(two, 4294967295)}`)
    expect(await apply(one, wanted(first), { peers: await peers() })).toEqual(done)
    expect(await fileSerial()).toBe(1)
  })

  it('a primary that was made anew with a serial below that of its secondary', async () => {
    await one.run(`sed -i 4s/.*/900/ ${file}; rndc reload example.com; ${until(one, 900)}`)
    await two.run(`rndc retransfer example.com; ${until(two, 900)}`)
    await one.run(`sed -i 4s/.*/50/ ${file}; rndc reload example.com; ${until(one, 50)}`)
    expect([await served(one), await served(two)]).toEqual([50, 900])
    expect(await apply(one, wanted(first), { peers: await peers() })).toEqual(done)
    expect(await served(one)).toBe(901)
    expect(await follow()).toSatisfy((result) => result === 'same' || result.ok)
    expect(await served(two)).toBe(901)
  })

  it('a serial of another year: it comes back by half the circle, each step when the secondary has made the one before', async () => {
    const wrong = 2_126_112_200
    await one.run(`sed -i 4s/.*/${wrong}/ ${file}; rndc reload example.com; ${until(one, wrong)}`)
    await two.run(`rndc retransfer example.com; ${until(two, wrong)}`)
    const spec = wanted(first, { policy: 'dateserial', isReset: true })
    expect(await differs(one, spec)).toEqual({ status: 'same' })
    expect(await apply(one, spec, { peers: await peers() })).toEqual(done)
    const half = wrong + 2 ** 31 - 1000
    expect(await served(one)).toBe(half)
    // Until the secondary was seen there, nothing moves; a record that changes meanwhile goes one on.
    expect(await differs(one, spec)).toEqual({ status: 'same' })
    const changed = wanted(second, { policy: 'dateserial', isReset: true })
    expect(await apply(one, changed)).toEqual(done)
    expect(await served(one)).toBe(half + 1)
    expect(await follow()).toSatisfy((result) => result === 'same' || result.ok)
    expect(await apply(one, changed, { peers: await peers() })).toEqual(done)
    expect(String(await served(one))).toMatch(/^20\d{6}00$/)
    expect(await follow()).toSatisfy((result) => result === 'same' || result.ok)
    expect(await served(two)).toBe(await served(one))
    expect(await differs(one, changed, await peers())).toEqual({ status: 'same' })
  })

  it('a host name with an underscore: named-checkzone takes it, named would refuse the whole zone', async () => {
    const bad = wanted([...first, 'a_b.example.com. 60 IN A 192.0.2.9'])
    expect(
      await one.run(`sed '$a a_b.example.com. 60 IN A 192.0.2.9' ${file} >/tmp/bad; named-checkzone -q example.com /tmp/bad; echo $?`),
    ).toBe('0\n')
    expect(await apply(one, bad)).toMatchObject({ ok: false, stderr: expect.stringContaining('a_b.example.com') })
    expect(await ask(one, `www.${zone} A`)).toBe('192.0.2.2')
    expect(await one.run('ls /var/lib/bind/reeve')).toBe('db.example.com\n')
  })

  it('a zone that shall be signed, in a folder that named cannot write', async () => {
    await one.run(`chown root:root /var/lib/bind/reeve; chmod 755 /var/lib/bind/reeve
printf '%s\\n' '${statement('dnssec-policy default; inline-signing yes; key-directory "/var/lib/bind/reeve";')}' >/etc/bind/named.conf.local; named-checkconf /etc/bind/named.conf; rndc reconfig; sleep 1`)
    expect(await ask(one, `www.${zone} A`)).toBe('192.0.2.2')
    const spec = wanted(first, { signing: 'signed' })
    expect(await differs(one, spec)).toMatchObject({ change: { fields: [{ field: 'folder' }, { field: 'signed', before: 'unsigned' }] } })
    expect(await apply(one, spec)).toEqual(done)
    expect(await one.run('rndc zonestatus example.com')).toContain('secure: yes')
    expect(await differs(one, spec)).toEqual({ status: 'same' })
    const more = wanted(second, { signing: 'signed' })
    expect(await apply(one, more)).toEqual(done)
    expect(await ask(one, `www.${zone} A`)).toBe('192.0.2.3')
    expect(await differs(one, more)).toEqual({ status: 'same' })
  })
})
