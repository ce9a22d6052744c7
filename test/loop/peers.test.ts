import { expect, test } from 'vitest'
import type { Compiled } from '../../controller/engine/compile.ts'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { peerKey, watchedPeers } from '../../controller/engine/peers.ts'
import { createPeerBook } from '../../controller/loop/peers.ts'
import type { HypervisorName } from '../../controller/model/ids.ts'
import type { Peer } from '../../controller/model/primitive.ts'
import { dnsZonePrimitive } from '../../controller/primitives/dnsZone/index.ts'
import { dnsZone } from '../../controller/primitives/dnsZone/spec.ts'

const [he1, he2] = ['he1' as HypervisorName, 'he2' as HypervisorName]
const zone = 'example.com.'
const secondary: Peer = { target: { hypervisor: he2 }, id: `dnsZone:${zone}` as never }
const primary = { type: 'primary', before: 'a\nb\n(\n', after: ')\n', policy: 'dateserial', signing: 'none' } as const
const safety = { maxDeletePercent: 30, maxUpdatePercent: 50, minExisting: 10 }
const wanted = dnsZone({ zone, role: { ...primary, safety }, peers: [secondary] })
const items = [{ target: { hypervisor: he1 }, spec: wanted, owners: [] }]
const peers = watchedPeers(items, new Map([['dnsZone', dnsZonePrimitive]]))
const compiled = { peers, states: new Map([he1, he2].map((name) => [name, undefined])) } as unknown as Compiled

/** What he2 says of its copy: `moves` stands for all that is another at every look. */
function said(serial: number, moves: number): Cycle {
  const answer = { address: '127.0.0.1', port: 53, type: 6, name: zone, rcode: 0, isAuthoritative: true, isSigned: false, count: 1 }
  const state = {
    file: undefined,
    folderAccess: '',
    served: { ...answer, serial, expiresSeconds: 3600 - moves },
    clockSeconds: 1e9 + moves,
  }
  return { hypervisor: he2, items: new Map([[peerKey(secondary), { status: 'present', state }]]) } as unknown as Cycle
}

test('a name server wakes those that look at it by another serial, and not by the time that passed', () => {
  const book = createPeerBook()
  const woken = [said(1, 0), said(1, 5), said(2, 10), said(2, 15)].map((cycle) => [...book.learn(cycle, compiled)])
  expect(woken).toEqual([[he1], [], [he1], []])
  expect(book.view(compiled).of(secondary)).toMatchObject({ status: 'present', state: { served: { serial: 2 } } })
})
