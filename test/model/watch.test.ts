import { expect, it, test } from 'vitest'
import { createFleet } from '../../controller/manifests/fleet.ts'
import type { Secrets } from '../../controller/manifests/secrets.ts'
import type { Fleet } from '../../controller/model/fleet.ts'
import { manifestsBy, oncePer } from '../../controller/model/fleetIndex.ts'
import { createFleetMemo } from '../../controller/model/fleetMemo.ts'
import type { Manifest } from '../../controller/model/manifest.ts'
import { atOnce } from '../../controller/model/steps.ts'
import { closedSecret, Secret } from '../../controller/shell/secret.ts'

type Ask = (fleet: Fleet) => unknown

const manifest = (kind: string, name: string, hypervisor = 'he1'): Manifest =>
  ({ kind, name, id: `${kind}/${name}`, spec: { hypervisor } }) as unknown as Manifest
const own = manifest('Proxy', 'edge')
const web = manifest('Container', 'web')
const zone = manifest('Zone', 'a')
const secret = (value: string): Secrets => new Map([['key', { status: 'opened', secret: new Secret(value) }]])
const closed: Secrets = new Map([['key', { status: 'opened', secret: closedSecret('one') }]])
const fleetOf = (manifests: readonly Manifest[], secrets: Secrets = secret('one'), commit = 'c1') =>
  createFleet('f', commit, manifests, secrets)
const first = fleetOf([own, web, zone])
const again = fleetOf([own, web, zone], secret('one'), 'c2')

const on = ({ spec }: Manifest) => [(spec as { readonly hypervisor: string }).hypervisor]
const namesOfZones = (fleet: Fleet) => fleet.all('Zone').map(({ name }) => name)

const asks: Readonly<Record<string, Ask>> = {
  'nothing of the fleet': () => 0,
  'its name': (fleet) => fleet.name,
  'one manifest': (fleet) => fleet.get('Container', 'web'),
  'one that is not there': (fleet) => fleet.get('Container', 'shop'),
  'all of a kind': (fleet) => fleet.all('Zone').length,
  'those under a key': (fleet) => manifestsBy(fleet, 'Container', on as never, 'he1').length,
  'what all say together': (fleet) => oncePer(fleet, namesOfZones),
  'a secret': (fleet) => fleet.secret('key'),
  'its commit': (fleet) => fleet.commit,
  'every manifest': (fleet) => fleet.manifests.length,
}

/** Goes through the fleets with one memo; answers how often the work was done for `own`. */
function timesDone(ask: Ask, ...fleets: readonly Fleet[]): number {
  const memo = createFleetMemo<unknown>()
  let times = 0
  for (const fleet of fleets) {
    const work = (_manifest: Manifest, within: Fleet): unknown => {
      times++
      return ask(within)
    }
    atOnce(memo.through(fleet, [own], [], work))
  }
  return times
}

const otherWeb = fleetOf([own, manifest('Container', 'web'), zone])
const withShop = fleetOf([own, web, manifest('Container', 'shop'), zone])
const elsewhere = fleetOf([own, web, manifest('Container', 'db', 'he2'), zone])
const otherZone = fleetOf([own, web, zone, manifest('Zone', 'b')])
const otherSecret = fleetOf([own, web, zone], secret('two'))
const closedOne = fleetOf([own, web, zone], closed)

test.each([
  ['nothing of the fleet', [otherWeb, withShop, elsewhere, otherZone, otherSecret], []],
  ['its name', [otherWeb, withShop, otherZone, otherSecret], []],
  ['one manifest', [withShop, elsewhere, otherZone, otherSecret], [otherWeb]],
  ['one that is not there', [otherWeb, elsewhere, otherZone, otherSecret], [withShop]],
  ['all of a kind', [otherWeb, withShop, otherSecret], [otherZone]],
  ['those under a key', [elsewhere, otherZone, otherSecret], [withShop, otherWeb]],
  ['what all say together', [otherWeb, withShop, otherSecret], [otherZone]],
  ['a secret', [otherWeb, withShop, otherZone], [otherSecret, closedOne]],
  ['its commit', [], [again, otherWeb]],
  ['every manifest', [], [again, withShop]],
] as const)('whoever asks %s is asked again only where the answer is another one', (what, same, other) => {
  const ask = asks[what] as Ask
  for (const next of same) expect(timesDone(ask, first, next, first), 'same').toBe(1)
  for (const next of other) expect(timesDone(ask, first, next)).toBe(2)
})

it('remembers the last fleet alone, and what it went by', () => {
  expect(timesDone(asks['one manifest'] as Ask, first, again, otherWeb, first)).toBe(3)
})

it('forgets all where what the work goes by is another', () => {
  const memo = createFleetMemo<number>()
  const through = (basis: unknown, work: () => number) => atOnce(memo.through(first, [own], [basis], work))[0]
  expect([through('a', () => 1), through('a', () => 2), through('b', () => 3), through('b', () => 4)]).toEqual([1, 1, 3, 3])
})

it('does a changed manifest anew, whatever it asked', () => {
  const memo = createFleetMemo<unknown>()
  const done = (each: Manifest): unknown => atOnce(memo.through(first, [each], [], (one) => one))[0]
  const changed = manifest('Proxy', 'edge')
  expect(done(own)).toBe(own)
  expect(done(changed)).toBe(changed)
})

it('refuses what asks a fleet later, when nobody notes it', () => {
  const memo = createFleetMemo<() => unknown>()
  const [later] = atOnce(memo.through(first, [own], [], (_manifest, fleet) => () => fleet.get('Container', 'web')))
  expect(later).toThrow('outlived its turn')
})
