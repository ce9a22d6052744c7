import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { check } from '../../../controller/kinds/zone/check.ts'
import { nameOfZone, type ZoneManifest } from '../../../controller/kinds/zone/places.ts'
import type { Value, ZoneRecord } from '../../../controller/kinds/zone/rdata.ts'
import { zoneText } from '../../../controller/kinds/zone/render.ts'
import type { Fleet } from '../../../controller/model/fleet.ts'
import { manifestId } from '../../../controller/model/ids.ts'
import { type DnsZoneSpec, dnsZone, zoneMark, zonePath } from '../../../controller/primitives/dnsZone/spec.ts'
import { type Named, startNamed } from '../../primitives/dnsZone/named.ts'
import { createDriver, type Driver } from '../../primitives/dnsZone/quick.ts'
import { absolute, canonical, decode } from './wire.ts'

// One real named with a zone for each group. Each step: apply, read the whole zone back by a transfer, and see that a second apply finds nothing to do.
interface Step {
  readonly records: readonly ZoneRecord[]
  /** Octets in hexadecimal, for a type that the reader of this test does not know. */
  readonly wire?: Readonly<Record<string, readonly string[]>>
  /** It is the step before in another order. */
  readonly same?: true
}

interface Group {
  readonly group: string
  readonly zone: string
  readonly steps: readonly Step[]
}

/** All of them take half a minute: every second group in the usual run. */
const isLong = process.env['REEVE_TEST_LONG'] === '1'
const all = JSON.parse(readFileSync(join(import.meta.dirname, 'golden/steps.json'), 'utf8')) as readonly Group[]
/** Groups of their own zone each: those of one name are told apart by a label. */
const groups = all.map((one, index) => (one.zone === 'example.com' ? inZone(one, `g${index}.example.com`) : one))

function inZone({ group, steps }: Group, zone: string): Group {
  return { group, zone, steps: JSON.parse(JSON.stringify(steps).replaceAll(/example\.com\./gi, `${zone}.`)) as readonly Step[] }
}

let named: Named
let driver: Driver

beforeAll(async () => {
  named = await startNamed()
  driver = createDriver(named)
  const statements = groups.map(({ zone }) => {
    const name = nameOfZone(manifestOf(zone, []))
    return `zone "${name.slice(0, -1)}" { type primary; file "${zonePath(name)}"; notify no; allow-transfer { any; }; };`
  })
  await named.configure(statements.join('\n'))
}, 60_000)
afterAll(() => named?.[Symbol.asyncDispose]())

function manifestOf(zone: string, records: readonly ZoneRecord[]): ZoneManifest {
  const at = () => ({ file: 'zone.yaml', line: 1, column: 1 })
  const spec = { name: zone, primary: 'ns1', nameservers: ['ns.example.org.'], records: [...records] } as unknown as ZoneManifest['spec']
  return {
    id: manifestId('Zone', 'zone'),
    kind: 'Zone',
    name: 'zone',
    labels: {},
    annotations: {},
    spec,
    source: at(),
    at,
    generation: 'g',
  }
}

const fleet = { name: 'conform', commit: 'c', manifests: [], get: () => undefined, all: () => [] } as unknown as Fleet

function specOf(zone: ZoneManifest): DnsZoneSpec {
  const { before, after } = zoneText(zone, fleet)
  const safety = { maxDeletePercent: 100, maxUpdatePercent: 100, minExisting: 0 }
  const text = { before: `${zoneMark('conform', zone.id)}${before}`, after }
  const role = { type: 'primary', ...text, policy: 'counter', signing: 'none', safety } as const
  return dnsZone({ zone: nameOfZone(zone), ask: { address: named.address, port: 53 }, role })
}

/** `owner ttl type value` of each record, as the manifest says it. */
function wanted({ records, wire = {} }: Step, zone: string): readonly string[] {
  const lines = records.flatMap(({ name, type, ttl = 3600, values }) => {
    const written = wire[type] ?? values.map((value: Value) => canonical(type, value, zone))
    return written.map((value) => JSON.stringify([absolute(name, zone), ttl, type, value]))
  })
  return [...lines, JSON.stringify([zone, 3600, 'NS', 'ns.example.org.'])].sort()
}

const numbers: Readonly<Record<string, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  12: 'PTR',
  13: 'HINFO',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  29: 'LOC',
  33: 'SRV',
  35: 'NAPTR',
  39: 'DNAME',
  43: 'DS',
  44: 'SSHFP',
  52: 'TLSA',
  53: 'SMIMEA',
  61: 'OPENPGPKEY',
  64: 'SVCB',
  65: 'HTTPS',
  256: 'URI',
  257: 'CAA',
}

function found(transfer: string): readonly string[] {
  const lines = transfer.split('\n').filter((line) => line !== '' && !line.startsWith(';') && !/\sTYPE6\s/.test(line))
  const read = lines.map((line) => {
    const [, owner = '', ttl, number = '', hex = ''] =
      /^(\S+)\s+(\d+)\s+CLASS1\s+TYPE(\d+)\s+\\# \d+ ?(.*)$/.exec(line.replaceAll('\t', ' ')) ?? []
    const type = numbers[number] ?? `TYPE${number}`
    return JSON.stringify([owner.toLowerCase(), Number(ttl), type, decode(type, Buffer.from(hex.replaceAll(' ', ''), 'hex'))])
  })
  return read.sort()
}

it('the steps are many and their groups are named once', () => {
  expect(all.flatMap(({ steps }) => steps).length).toBeGreaterThanOrEqual(200)
  expect(new Set(all.map(({ group }) => group)).size).toBe(all.length)
})

it.concurrent.each(isLong ? groups : groups.filter((_, index) => index % 2 === 0))(
  'is read back as it was written, and then nothing differs: $group',
  { timeout: 60_000 },
  async ({ zone, steps }) => {
    for (const [index, step] of steps.entries()) {
      const manifest = manifestOf(zone, step.records)
      const errors = check(manifest, fleet).filter(({ severity }) => severity === 'error')
      expect(
        errors.map(({ path, summary }) => `${path}: ${summary}`),
        `step ${index}`,
      ).toEqual([])
      const spec = specOf(manifest)
      const result = await driver.apply(spec)
      expect(result, `step ${index}`).toBe(step.same ? 'same' : 'done')
      const { transfer, again } = await driver.readBack(spec)
      expect(found(transfer), `step ${index}`).toEqual(wanted(step, nameOfZone(manifest)))
      expect(again, `step ${index}`).toEqual({ status: 'same' })
    }
  },
)
