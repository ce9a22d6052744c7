import { expect, test } from 'vitest'
import type { ZoneManifest } from '../../../controller/kinds/zone/places.ts'
import { recordsOf } from '../../../controller/kinds/zone/records.ts'
import { complaints, fleetOf } from '../fleet.ts'
import { machines, routeOf } from '../mailroute/fleets.ts'
import { zoneOf } from './fleets.ts'

const gateways = '[{target: {container: plpa}, hostname: plpa.example.com}, {target: {container: plpb}, hostname: MX2.example.org}]'
const server =
  '---\napiVersion: reeve.dev/v1\nkind: NameServer\nmetadata: {name: ns1}\nspec: {target: {hypervisor: he1}, address: 192.0.2.10}\n'
const second = server.replace('ns1', 'ns2').replace('he1', 'he2').replace('.10', '.11')
const host = '{name: plpa, type: A, values: [192.0.2.20]}'
const fleet = (records: string, more = '') => fleetOf(`${machines}${routeOf({ gateways })}${server}${second}${zoneOf(records, more)}`)
const from = '  mailFrom: {route: main}\n'

function exchanges(records: string, more?: string): readonly string[] {
  const all = fleet(records, more)
  const zone = all.get('Zone', 'zone') as ZoneManifest
  return recordsOf(zone, all).flatMap(({ owner, type, rdata }) => (type === 'MX' ? [`${owner} ${rdata.text}`] : []))
}

test('a zone takes its MX from the gateways of a MailRoute, in their order, and neither has anything against the other', () => {
  expect(exchanges(`[${host}]`, from)).toEqual(['example.com. 10 plpa.example.com.', 'example.com. 20 mx2.example.org.'])
  expect([...complaints(fleet(`[${host}]`, from), 'Zone'), ...complaints(fleet(`[${host}]`, from), 'MailRoute')]).toEqual([])
})

test('MX that are written win, and those of other names stand beside', () => {
  const written = `[${host}, {name: "@", type: MX, values: [{preference: 5, exchange: plpa}]}, {name: lists, type: MX, values: [{preference: 5, exchange: plpa}]}]`
  expect(exchanges(written, from)).toEqual(['example.com. 5 plpa.example.com.', 'lists.example.com. 5 plpa.example.com.'])
})

test('a gateway whose name has no address in the zone is told there', () => {
  expect(complaints(fleet('[{name: www, type: A, values: [192.0.2.20]}]', from), 'Zone')).toEqual([
    'spec: MX target plpa.example.com. has no address in this zone',
  ])
})

test.each([
  [
    'names another host',
    `[${host}, {name: other, type: A, values: [192.0.2.21]}, {name: "@", type: MX, values: [{preference: 10, exchange: other}]}]`,
    'MX points to other.example.com',
  ],
  [
    'names another host by its whole name',
    `[${host}, {name: "@", type: MX, values: [{preference: 10, exchange: mx.example.net.}]}]`,
    'MX points to mx.example.net',
  ],
  ['has none', `[${host}]`, 'has no MX'],
])('a route is told of a zone whose MX %s', (_name, records, says) => {
  expect(complaints(fleet(records), 'MailRoute')).toEqual([
    `spec.domains[0].name: Zone/zone ${says}, not to these gateways: mail for example.com does not come here`,
  ])
})

test('one gateway among its MX is enough', () => {
  expect(complaints(fleet(`[${host}, {name: "@", type: MX, values: [{preference: 10, exchange: plpa}]}]`), 'MailRoute')).toEqual([])
})
