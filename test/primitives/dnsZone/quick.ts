import type { Difference } from '../../../controller/model/change.ts'
import { noPeers, phases } from '../../../controller/model/primitive.ts'
import { dnsZonePrimitive } from '../../../controller/primitives/dnsZone/index.ts'
import type { DnsZoneSpec } from '../../../controller/primitives/dnsZone/spec.ts'
import type { Named } from './named.ts'

/** Many steps on one named, with as few processes as it takes. */
export interface Driver {
  /** `done`, `same`, or why not. */
  apply(spec: DnsZoneSpec): Promise<string>
  /** The whole zone by a transfer, in the form of RFC 3597, and what still differs. */
  readBack(spec: DnsZoneSpec): Promise<{ readonly transfer: string; readonly again: Difference }>
}

export function createDriver(named: Named): Driver {
  async function differ(spec: DnsZoneSpec, more = ''): Promise<readonly [ReturnType<typeof parse>, string]> {
    const [text = '', rest = ''] = (await named.run(`(\n${probeOf(spec)}\n) </dev/null\necho SPLIT\n${more}`)).split('SPLIT\n')
    return [parse(spec, text), rest]
  }
  return {
    async apply(spec) {
      const [{ known, difference }] = await differ(spec)
      if (difference.status === 'same') return 'same'
      if (difference.status === 'refused') return difference.reasons.join()
      const context = { fleet: 'conform', owners: ['Zone/test'], last: undefined, staged: [], observed: () => undefined, peers: noPeers }
      const steps = dnsZonePrimitive.steps(spec, difference.change, known, context)
      const sorted = phases.flatMap((phase) => steps.filter((step) => (step.phase ?? 'change') === phase))
      const scripts = sorted.flatMap(({ guard, run }) => [guard?.text ?? ':', run.text])
      const { code, stdout } = await named.host.run(
        `REEVE_BEFORE=$(mktemp -d); export REEVE_BEFORE\n${scripts.map((text) => `(\nset -eu\n${text}\n) </dev/null 2>&1 || exit 1`).join('\n')}`,
      )
      return code === 0 ? 'done' : stdout.trim()
    },
    async readBack(spec) {
      const [{ difference }, transfer] = await differ(spec, `dig +unknownformat +noall +answer +nocmd @${named.address} ${spec.zone} AXFR`)
      return { transfer, again: difference }
    },
  }
}

function probeOf(spec: DnsZoneSpec): string {
  return dnsZonePrimitive.probe([{ id: spec.id, spec }], 'conform').text
}

function parse(spec: DnsZoneSpec, text: string) {
  const known = dnsZonePrimitive.parse(text, [{ id: spec.id, spec }]).items.get(spec.id)
  if (known === undefined || known.status === 'unknown') throw new Error(`unknown: ${known?.reason}`)
  return { known, difference: dnsZonePrimitive.diff(spec, known, undefined, noPeers) }
}
