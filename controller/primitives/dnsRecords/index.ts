import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import { definePrimitive, type FieldValue, type Step } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { sha256 } from '../../shell/inspect.ts'
import { sh } from '../../shell/sh.ts'
import { diff } from './diff.ts'
import { type DnsRecordsState, parse, probe } from './probe.ts'
import { type DnsRecordsSpec, oursPath } from './spec.ts'
import { steps } from './steps.ts'

/** Records of ours in a zone that others update too, by RFC 2136: only what we put there is compared, changed and taken away. */
export const dnsRecordsPrimitive = definePrimitive<DnsRecordsSpec, DnsRecordsState>({
  type: 'dnsRecords',
  ownership: 'exclusive',
  fields,
  watched: ({ zone }) => paths(oursPath(zone)),
  probe,
  parse,
  diff: (spec, observed) => diff(spec, observed),
  steps,
  retire: (entry) => ({ impact: 'none', steps: forget(entry) }),
  release: (entry) => forget(entry),
})

function fields({ soa, sets }: DnsRecordsSpec): Readonly<Record<string, FieldValue>> {
  return { soa: JSON.stringify(soa), records: `sha256:${sha256(JSON.stringify(sets))}` }
}

/** The records stay in the zone, as anybody's: they go with it, or are a static zone's from then on. */
function forget(entry: LedgerEntry): readonly Step[] {
  const path = oursPath(keyOf(entry.id))
  const image = sh`"$REEVE_BEFORE"/${`forget-${sha256(path).slice(0, 16)}`}`
  return [
    {
      title: `forget which records of ${keyOf(entry.id)} are ours`,
      phase: 'change',
      run: sh`[ ! -f ${path} ] || { cp -a -- ${path} ${image}; rm -f -- ${path}; }`,
      undo: sh`[ ! -f ${image} ] || { cp -a -- ${image} ${path}.reeve-back; mv -T -- ${path}.reeve-back ${path}; }`,
    },
  ]
}
