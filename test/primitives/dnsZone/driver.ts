import type { Difference } from '../../../controller/model/change.ts'
import type { Known, Observed } from '../../../controller/model/observation.ts'
import { noPeers, type PeerFacts, phases, type Step } from '../../../controller/model/primitive.ts'
import { dnsZonePrimitive } from '../../../controller/primitives/dnsZone/index.ts'
import type { DnsZoneState } from '../../../controller/primitives/dnsZone/probe.ts'
import { type DnsZoneSpec, dnsZone, type Primary, zoneMark } from '../../../controller/primitives/dnsZone/spec.ts'
import type { Named } from './named.ts'

export const zone = 'example.com.'

/** A primary's zone with these records, by the name server at this address. */
export function primary(named: Named, records: readonly string[], more: Partial<Primary> = {}, name = zone): DnsZoneSpec {
  return dnsZone({
    zone: name,
    ask: { address: named.address, port: 53 },
    role: {
      type: 'primary',
      before: `${zoneMark('conform', 'Zone/test')}$TTL 60\n${name} 60 IN SOA ns.${name} root.${name} (\n`,
      after: `60 60 600 60 )\n${name} 60 IN NS ns.${name}\nns.${name} 60 IN A 192.0.2.1\n${records.map((line) => `${line}\n`).join('')}`,
      policy: 'counter',
      signing: 'none',
      safety: { maxDeletePercent: 30, maxUpdatePercent: 30, minExisting: 10 },
      ...more,
    },
  })
}

export async function observe(named: Named, spec: DnsZoneSpec): Promise<Observed<DnsZoneState>> {
  const subjects = [{ id: spec.id, spec }]
  const stdout = await named.run(`set -eu\n(${dnsZonePrimitive.probe(subjects, 'conform').text}\n) </dev/null`)
  return dnsZonePrimitive.parse(stdout, subjects).items.get(spec.id) as Observed<DnsZoneState>
}

export async function differs(named: Named, spec: DnsZoneSpec, peers: PeerFacts = noPeers): Promise<Difference> {
  const observed = await observe(named, spec)
  if (observed.status === 'unknown') throw new Error(observed.reason)
  return dnsZonePrimitive.diff(spec, observed, undefined, peers)
}

export interface Ended {
  readonly ok: boolean
  readonly stderr: string
}

/** All that the steps would do, in the order of their phases; what fails is undone. `load` stands for the service's own reload. */
export async function apply(
  named: Named,
  spec: DnsZoneSpec,
  { peers = noPeers, load = 'rndc reload >/dev/null' }: { readonly peers?: PeerFacts; readonly load?: string } = {},
): Promise<Ended | 'same' | readonly string[]> {
  const observed = await observe(named, spec)
  if (observed.status === 'unknown') throw new Error(observed.reason)
  const difference = dnsZonePrimitive.diff(spec, observed, undefined, peers)
  if (difference.status === 'same') return 'same'
  if (difference.status === 'refused') return difference.reasons
  const known: Known<DnsZoneState> = observed
  const context = { fleet: 'conform', owners: ['Zone/test'], last: undefined, staged: [], observed: () => undefined, peers }
  const steps = dnsZonePrimitive.steps(spec, difference.change, known, context)
  const sorted = phases.flatMap((phase) => steps.filter((step) => (step.phase ?? 'change') === phase))
  return runAll(named, withLoad(sorted, load))
}

function withLoad(steps: readonly Step[], load: string): readonly Step[] {
  const at = steps.findIndex(({ phase }) => phase === 'load' || phase === 'settle')
  return [...steps.slice(0, at), { title: 'reload', run: { text: load }, undo: { text: ':' } }, ...steps.slice(at)]
}

export async function runAll(named: Named, steps: readonly Step[]): Promise<Ended> {
  const before = (await named.run('mktemp -d')).trim()
  const one = (text: string) => named.host.run(`export REEVE_BEFORE=${before}\n(\nset -eu\n${text}\n) </dev/null 2>&1`)
  for (const [index, step] of steps.entries()) {
    for (const part of [step.guard, step.run, step.check]) {
      const { code, stdout } = await one(part?.text ?? ':')
      if (code === 0) continue
      for (const undone of steps.slice(0, index + 1).toReversed()) await one(undone.undo?.text ?? ':')
      return { ok: false, stderr: stdout.trim() }
    }
  }
  return { ok: true, stderr: '' }
}
