import { expect, test } from 'vitest'
import type { Assessment } from '../../../controller/model/kind.ts'
import { targetKey } from '../../../controller/model/target.ts'
import { fleetOf, kindOf } from '../fleet.ts'

const host = (name: string, address: string) => `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: ${name}}
spec: {address: ${address}, hostKeys: [ssh-ed25519 AAAA]}
---
apiVersion: reeve.dev/v1
kind: NameServer
metadata: {name: ns-${name}}
spec: {target: {hypervisor: ${name}}, address: ${address}}
---
`
const yaml = `${host('he1', '192.0.2.1')}${host('he2', '192.0.2.2')}apiVersion: reeve.dev/v1
kind: Zone
metadata: {name: example-com}
spec: {name: example.com, primary: ns-he1, secondaries: [ns-he2], records: [{name: www, type: A, values: [192.0.2.9]}]}
`

/** What the vital of this server makes of answers, written `ADDRESS RCODE SERIAL`. */
function assessed(at: 'he1' | 'he2', answers: readonly string[], silent: readonly string[] = []): Assessment {
  const fleet = fleetOf(yaml)
  const [zone] = fleet.all('Zone')
  const kind = kindOf('Zone')
  const placement = zone && kind.place(zone, fleet).find(({ target }) => targetKey(target) === at)
  const [vital] = (zone && placement && kind.vitals?.(zone, placement, fleet)) ?? []
  if (vital === undefined) throw new Error('no vital')
  const lines = answers.map((one) => {
    const [address, rcode, serial] = one.split(' ')
    return `answer ${address} 53 6 example.com. ${rcode} ${rcode === '0' ? 1 : 0} ${serial} 0 - 1`
  })
  const quiet = silent.map((address) => `silent ${address} 53 no answer in time`)
  return vital.assess({ status: 'read', stdout: `${[...lines, ...quiet, 'end'].join('\n')}\n`, reason: '' })
}

test.each([
  ['as old as its primary', ['127.0.0.1 0 7', '192.0.2.1 0 7'], [], undefined],
  ['behind it', ['127.0.0.1 0 6', '192.0.2.1 0 7'], ['he2 answers for example.com. with serial 6, its primary with serial 7'], undefined],
  ['ahead of it', ['127.0.0.1 0 8', '192.0.2.1 0 7'], ['he2 answers for example.com. with serial 8, its primary with serial 7'], undefined],
  [
    'without the zone',
    ['127.0.0.1 2 -', '192.0.2.1 0 7'],
    ['he2 answers for example.com. with SERVFAIL, its primary with serial 7'],
    undefined,
  ],
  ['refusing it', ['127.0.0.1 5 -', '192.0.2.1 0 7'], ['he2 answers for example.com. with REFUSED, its primary with serial 7'], undefined],
  ['behind a primary that does not have it either', ['127.0.0.1 0 6', '192.0.2.1 2 -'], [], ['example.com. on he2']],
])('a secondary %s', (_what, answers, alarms, unread) => {
  const found = assessed('he2', answers)
  expect([found.alarms?.map(({ summary }) => summary), found.unread]).toEqual([alarms, unread])
})

test('a secondary whose primary is silent is not told, and what was told is not over', () => {
  expect(assessed('he2', ['127.0.0.1 0 6'], ['192.0.2.1'])).toMatchObject({ alarms: [], unread: ['example.com. on he2'] })
})

test('a name server that does not answer at all says nothing about what it holds', () => {
  expect(assessed('he2', ['192.0.2.1 0 7'], ['127.0.0.1'])).toMatchObject({ reason: 'NotServed', unread: ['example.com. on he2'] })
})

test('a primary stays behind nobody', () => {
  expect(assessed('he1', ['127.0.0.1 0 6'])).toMatchObject({ healthy: true, alarms: [] })
})
