// Random valid Firewalls on the real nft: what was applied lists into itself, and its fields have the names that the ledger knows.
import { describe, expect, it } from 'vitest'
import { nftTablePrimitive } from '../../../controller/primitives/nftTable/index.ts'
import { namedFields, parseListing } from '../../../controller/primitives/nftTable/listing.ts'
import { renderTable, replacement } from '../../../controller/primitives/nftTable/render.ts'
import type { NftTableSpec } from '../../../controller/primitives/nftTable/spec.ts'
import { complaints, tableOf } from '../../kinds/firewall/fleet.ts'
import { createHost } from './host.ts'

const count = 60

/** A small generator of numbers that are the same each time (mulberry32). */
function createDice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides
  }
}

function createMaker(seed: number) {
  const dice = createDice(seed)
  const pick = <T>(all: readonly T[]): T => all[dice(all.length)] as T
  const some = <T>(make: () => T, most: number): T[] => Array.from({ length: dice(most) + 1 }, make)
  const ip4 = () => `${pick([10, 172, 192])}.${dice(256)}.${dice(4)}.${dice(256)}${pick(['', '/32', '/24', '/25', '/23', '/8'])}`
  const ip6 = () => `2001:db8:${dice(4)}:${dice(4)}::${dice(300).toString(16)}${pick(['', '/128', '/64', '/63', '/48'])}`
  const port = () => pick([dice(65_535) + 1, dice(30) + 1, 'ssh', 'https', `${dice(50) + 1}-${dice(50) + 60}`])
  const address = () => pick([ip4, ip6])()
  const maybe = (name: string, value: () => unknown) => (dice(2) ? { [name]: value() } : {})
  const services = () =>
    pick([
      () => ({}),
      () => ({ protocol: pick(['tcp', 'udp', 'sctp', 'dccp']), ports: some(port, 6) }),
      () => ({ protocol: ['tcp', 'udp'], ports: some(port, 3) }),
      () => ({ protocol: some(() => pick(['esp', 'ah', 'gre', 'udp']), 3) }),
      () => ({ protocol: 'tcp', tcpFlags: { mask: ['syn', 'ack', 'rst'], set: pick([[], ['syn'], ['syn', 'ack']]) } }),
    ])()
  const rule = (name: string) => {
    const chain = pick(['input', 'forward', 'output'])
    return {
      ...{ name, chain, action: pick(['accept', 'drop', 'reject']), ...services() },
      ...maybe('source', () => some(address, 5)),
      ...(chain === 'output' ? {} : maybe('interface', () => some(() => pick(['eth0', 'eth*', 'br-lan', 'tun0', '0a.1']), 3))),
      ...(chain === 'input' ? {} : maybe('outInterface', () => pick(['eth1', 'ppp*']))),
      ...maybe('limit', () => ({ rate: `${dice(99) + 1}/${pick(['second', 'minute', 'hour', 'day'])}`, burst: dice(9) + 1 })),
    }
  }
  const dnat = (name: string) => ({
    name,
    type: 'dnat',
    port: dice(60_000) + 1,
    to: `10.0.${dice(9)}.${dice(250) + 1}${pick(['', ':80'])}`,
    localOutput: dice(2) === 1,
  })
  const manifest = (name: string, isBase: boolean) => {
    const rules = Array.from({ length: dice(7) }, (_, index) => rule(`${name}-${index}`))
    const nat = [dnat(`${name}-d`), { name: `${name}-m`, type: 'masquerade', source: some(address, 3) }].slice(dice(3))
    const policy = isBase ? { policy: { input: pick(['accept', 'drop']), forward: 'drop', ...maybe('output', () => 'drop') } } : {}
    const extras = isBase ? { ...maybe('deny', () => ({ action: 'reject' })), ...maybe('log', () => ({ prefix: `[${name}] :` })) } : {}
    const sets = { s1: { type: 'ipv4', autoMerge: true, elements: Array.from({ length: dice(30) }, ip4) } }
    const spec = { target: { hypervisor: 'he1' }, order: dice(5), unsafeAllowLockout: true, ...policy, ...extras, sets, rules, nat }
    return JSON.stringify({ apiVersion: 'reeve.dev/v1', kind: 'Firewall', metadata: { name }, spec })
  }
  return () => Array.from({ length: dice(3) + 1 }, (_, index) => manifest(`fw${index}`, index === 0)).join('\n---\n')
}

describe('random Firewalls', () => {
  it(`${count} tables load, list into themselves, and have the fields of the ledger`, async () => {
    using host = await createHost()
    for (let seed = 1; seed <= count; seed++) {
      const text = createMaker(seed)()
      expect(complaints(text), `seed ${seed}`).toEqual([])
      const spec: NftTableSpec = tableOf(text)
      const file = replacement(renderTable(spec, 'prod'))
      const list = 'nft -s -nn list table inet reeve'
      const ran = host.run(
        `nft -f - <<'EOF'\n${file}EOF\n${list} >/var/lib/one; nft delete table inet reeve; nft -f /var/lib/one; ${list} >/var/lib/two; diff /var/lib/one /var/lib/two; cat /var/lib/one`,
      )
      expect(ran, `seed ${seed}: ${ran.stdout.slice(0, 600)}`).toMatchObject({ code: 0, stderr: '' })
      const listed = [...namedFields(parseListing(ran.stdout)).keys()].filter((name) => name !== 'mark')
      const known = Object.keys(nftTablePrimitive.fields(spec)).filter((name) => !['table', 'boot rules', 'boot unit'].includes(name))
      expect(listed.sort(), `seed ${seed}`).toEqual(known.sort())
    }
  }, 120_000)
})
