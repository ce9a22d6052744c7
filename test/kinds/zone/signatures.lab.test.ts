import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signatureVital } from '../../../controller/kinds/zone/signatures.ts'
import type { Assessment } from '../../../controller/model/kind.ts'
import { parseSigned } from '../../../controller/shell/dnsSigned.ts'
import { apply, primary } from '../../primitives/dnsZone/driver.ts'
import { type Named, startNamed } from '../../primitives/dnsZone/named.ts'

// A real named that signs: one zone by its default policy, one by a policy whose signatures end tomorrow, one not at all.
let named: Named
const zones = ['good.example.', 'brief.example.', 'plain.example.']
const policies = ['default', 'brief', 'none']

beforeAll(async () => {
  named = await startNamed()
  const statements = zones.map((zone, index) => {
    const signs = `dnssec-policy ${policies[index]}; inline-signing yes; key-directory "/var/lib/bind/reeve";`
    return `zone "${zone.slice(0, -1)}" { type primary; file "/var/lib/bind/reeve/db.${zone.slice(0, -1)}"; ${index === 2 ? '' : signs} };`
  })
  const brief =
    'dnssec-policy "brief" { keys { csk lifetime unlimited algorithm 13; }; dnskey-ttl 0; publish-safety 0; zone-propagation-delay 0; max-zone-ttl 0; parent-ds-ttl 0; parent-propagation-delay 0; retire-safety 0; signatures-validity 2d; signatures-validity-dnskey 2d; signatures-refresh 1d; };'
  await named.run(`install -d -m 2775 -o root -g bind /var/lib/bind/reeve
cat >/etc/bind/named.conf.local <<'X'\n${brief}\n${statements.join('\n')}\nX`)
  for (const [index, zone] of zones.entries()) {
    const spec = primary(named, [], { signing: index === 2 ? 'none' : 'signed' }, zone)
    expect(await apply(named, spec, { load: 'rndc reconfig' })).toEqual({ ok: true, stderr: '' })
  }
}, 60_000)
afterAll(() => named?.[Symbol.asyncDispose]())

const vitalOf = (zone: string) => signatureVital({ hypervisor: 'he1' } as never, 'primary', zone)

/** The vital asks on the loopback, where this named does not listen. */
async function looked(zone: string): Promise<string> {
  const { probe } = vitalOf(zone)
  return named.run(`(\n${('text' in probe ? probe.text : '').replaceAll('127.0.0.1', named.address)}\n) </dev/null`)
}

async function look(zone: string): Promise<Assessment> {
  return vitalOf(zone).assess({ status: 'read', stdout: await looked(zone), reason: '' })
}

describe('signatures of a zone', () => {
  it('hold for two weeks, and the DS is that of dnssec-dsfromkey', async () => {
    const seen = await look('good.example.')
    const said = await named.run('dnssec-dsfromkey -a SHA-256 /var/lib/bind/reeve/Kgood.example.*.key')
    const [, , , tag, algorithm, digest, hash] = said.trim().split(/\s+/)
    expect(seen).toMatchObject({ healthy: true, reason: 'Signed' })
    expect(seen.message).toContain(`its parent shall hold DS ${tag} ${algorithm} ${digest} ${hash} once BIND says so`)
    const [{ value } = { value: 0 }] = seen.samples
    const days = (value - Number(await named.run('date +%s'))) / 86_400
    expect(days).toBeGreaterThan(12)
    expect(days).toBeLessThan(15)
  })

  it('that end soon are told before they do', async () => {
    const seen = await look('brief.example.')
    expect(seen).toMatchObject({ healthy: false, reason: 'SignaturesEnd' })
    expect(seen.message).toMatch(/^signatures of brief\.example\. end at 20\d\d-\d\d-\d\d \d\d:\d\d UTC, and were not renewed$/)
  })

  it('have a DS that is due once BIND publishes it for the parent', async () => {
    const [key = '', cds = ''] = (
      await named.run(
        'cd /tmp; name=$(dnssec-keygen -q -a 13 -f KSK plain.example); grep -h DNSKEY $name.key | grep -v "^;"; dnssec-dsfromkey -C -2 $name.key',
      )
    ).split('\n')
    const spec = (...records: readonly string[]) =>
      primary(
        named,
        records.map((line) => line.replace(' IN ', ' 60 IN ')),
        {},
        'plain.example.',
      )
    expect(await apply(named, spec(key, cds))).toEqual({ ok: true, stderr: '' })
    const due = parseSigned(await looked('plain.example.'), 'plain.example.')
    expect([due.isDsDue, due.ds]).toEqual([true, [cds.split(' CDS ')[1]]])
    expect(await apply(named, spec(key, 'plain.example. IN CDS 0 0 0 00', 'plain.example. IN CDNSKEY 0 3 0 AA=='))).toEqual({
      ok: true,
      stderr: '',
    })
    expect(parseSigned(await looked('plain.example.'), 'plain.example.').isDsDue).toBe(false)
    expect(parseSigned(await looked('good.example.'), 'good.example.')).toMatchObject({ isDsDue: false, ds: [expect.any(String)] })
  })

  it('that are not there are missed', async () => {
    expect(await look('plain.example.')).toMatchObject({ healthy: false, reason: 'Unsigned', samples: [] })
  })

  it('of a server that does not answer are not known', async () => {
    await named.stop()
    expect(await look('good.example.')).toMatchObject({ healthy: 'unknown' })
    await named.start()
  })
})
