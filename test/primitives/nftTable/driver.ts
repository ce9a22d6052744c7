import { afterEach, beforeEach, expect } from 'vitest'
import type { Difference } from '../../../controller/model/change.ts'
import type { Known } from '../../../controller/model/observation.ts'
import { noPeers, type Primitive, type Step } from '../../../controller/model/primitive.ts'
import { nftTablePrimitive } from '../../../controller/primitives/nftTable/index.ts'
import type { NftState } from '../../../controller/primitives/nftTable/probe.ts'
import { type NftTableSpec, nftTableId } from '../../../controller/primitives/nftTable/spec.ts'
import { mainWith, tableOf } from '../../kinds/firewall/fleet.ts'
import { type Applied, createHost, type Host, type Ran } from './host.ts'

let host: Host | undefined

/** Gives each test of a file a host of its own, which the functions below act on. */
export function useHost(): void {
  beforeEach(async () => {
    host = await createHost()
  })
  afterEach(() => host?.[Symbol.dispose]())
}

export function run(script: string): Ran {
  return theHost().run(script)
}

export function apply(steps: readonly Step[]): Applied {
  return theHost().apply(steps)
}

function theHost(): Host {
  if (host === undefined) throw new Error('useHost() was not called in this file')
  return host
}

export const primitive = nftTablePrimitive as unknown as Primitive<NftTableSpec, NftState>
export const main = tableOf(
  mainWith(`policy: {input: drop}
sets: {admins: {type: ipv4, elements: [198.51.100.7, 203.0.113.0/24]}}
rules:
  - {name: ssh, chain: input, protocol: tcp, ports: [22], source: '@admins', action: accept}
  - {name: web, chain: input, protocol: tcp, ports: [80, 443], action: accept}
  - {name: dns, chain: input, protocol: [udp, tcp], ports: [53], action: accept}`),
)
export const context = { fleet: 'prod', owners: ['Firewall/main'], last: undefined, staged: [], observed: () => undefined, peers: noPeers }

export function observe(spec: NftTableSpec, fleet = 'prod'): Known<NftState> {
  const subjects = [{ id: nftTableId, spec }]
  const ran = run(primitive.probe(subjects, fleet).text)
  expect(ran.code, ran.stderr).toBe(0)
  const observed = primitive.parse(ran.stdout, subjects).items.get(nftTableId)
  if (observed === undefined || observed.status === 'unknown') throw new Error(`unknown: ${observed?.reason} ${ran.stdout}`)
  return observed
}

export function differs(spec: NftTableSpec): Difference {
  return primitive.diff(spec, observe(spec), undefined)
}

export function change(spec: NftTableSpec): Applied {
  const observed = observe(spec)
  const difference = primitive.diff(spec, observed, undefined)
  if (difference.status !== 'change') throw new Error(`nothing to change: ${JSON.stringify(difference)}`)
  return apply(primitive.steps(spec, difference.change, observed, context))
}

export function converge(spec: NftTableSpec): void {
  expect(change(spec).failed).toBeUndefined()
}

export function listing(): string {
  return run('nft -s -nn list table inet reeve').stdout
}
