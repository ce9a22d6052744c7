// Random valid Firewalls on the real nft: what was loaded is read back as it was wanted, lists into itself, and has the fields that the ledger knows.
import { describe, expect, it } from 'vitest'
import { nftTablePrimitive } from '../../../controller/primitives/nftTable/index.ts'
import { namedFields, parseListing } from '../../../controller/primitives/nftTable/listing.ts'
import { renderTable, replacement } from '../../../controller/primitives/nftTable/render.ts'
import { type NftTableSpec, nftTableId } from '../../../controller/primitives/nftTable/spec.ts'
import { complaints, tableOf } from '../../kinds/firewall/fleet.ts'
import { createHost, type Host } from './host.ts'
import { createMaker } from './maker.ts'

const count = process.env['REEVE_TEST_LONG'] === '1' ? 1000 : 40
/** The first of as many seeds in a row, in the test's name; a failure names its own, and REEVE_TEST_SEED begins there. */
const first = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** Loads the table, prints its listing, loads that too, and asks as Reeve does what differs. */
function readBack(host: Host, spec: NftTableSpec): { readonly listing: string; readonly observed: string } {
  const list = 'nft -s -nn list table inet reeve'
  const load = `nft -f - <<'EOF'\n${replacement(renderTable(spec, 'prod'))}EOF\n${list} >/var/lib/one`
  const again = `nft delete table inet reeve; nft -f /var/lib/one; ${list} >/var/lib/two; diff /var/lib/one /var/lib/two >&2; cat /var/lib/one; echo =====`
  const probe = nftTablePrimitive.probe([{ id: nftTableId, spec }], 'prod').text
  const ran = host.run(`${load}\n${again}\n${probe}`)
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  const [listing = '', observed = ''] = ran.stdout.split('=====\n')
  return { listing, observed }
}

/** What differs in the kernel; nothing was written for the next boot here. */
function differs(spec: NftTableSpec, stdout: string): unknown {
  const observed = nftTablePrimitive.parse(stdout, [{ id: nftTableId, spec }]).items.get(nftTableId)
  if (observed?.status !== 'present') return observed
  const difference = nftTablePrimitive.diff(spec, observed, undefined)
  if (difference.status !== 'change') return difference
  return difference.change.fields.map(({ field }) => field).filter((field) => !field.startsWith('boot '))
}

describe(`random Firewalls, by the seeds ${first} to ${first + count - 1}`, () => {
  it(`${count} tables load, are read back as they were wanted, list into themselves, and have the fields of the ledger`, async () => {
    using host = await createHost()
    for (let seed = first; seed < first + count; seed++) {
      const text = createMaker(seed)()
      expect(complaints(text), `seed ${seed}`).toEqual([])
      const spec = tableOf(text)
      const { listing, observed } = readBack(host, spec)
      expect(differs(spec, observed), `seed ${seed}`).toEqual([])
      const listed = [...namedFields(parseListing(listing)).keys()].filter((name) => name !== 'mark')
      const known = Object.keys(nftTablePrimitive.fields(spec)).filter((name) => !['table', 'boot rules', 'boot unit'].includes(name))
      expect(listed.sort(), `seed ${seed}`).toEqual(known.sort())
    }
  }, 600_000)
})
