import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Retirement, Step, StepContext } from '../../model/primitive.ts'
import { withoutMark } from '../../shell/markedLine.ts'
import { sh } from '../../shell/sh.ts'
import type { DnsZoneState } from './probe.ts'
import { copyPath, zoneFolder, zonePath } from './spec.ts'

/** Its file is put aside with all that belongs to it (journal, keys stay), never deleted. named gives the zone up when its statement goes. */
export function retire(entry: LedgerEntry, _observed: Known<DnsZoneState>): Retirement {
  const zone = keyOf(entry.id)
  const [path, copy] = [zonePath(zone), copyPath(zone)]
  const aside = `/var/lib/reeve/retired/zones/${path.slice(zoneFolder.length + 1)}`
  return {
    impact: 'reload',
    steps: [
      {
        title: `put ${path} aside in ${aside}`,
        phase: 'change',
        // named.conf is somebody else's: that its statement goes is no change of what named's service loads, and the stamp would still be right.
        run: sh`rm -f -- /var/lib/reeve/stamps/named.service
(umask 077; mkdir -p /var/lib/reeve/retired/zones)
if [ -f ${path}.jnl ] && [ ! -f ${path}.signed ]; then rndc sync -clean ${zone.slice(0, -1)} >/dev/null 2>&1 </dev/null || :; fi
[ ! -f ${path} ] || mv -T -- ${path} ${aside}`,
        undo: sh`[ ! -f ${aside} ] || [ -e ${path} ] || mv -T -- ${aside} ${path}`,
      },
      {
        title: `remove what named made for ${zone}`,
        phase: 'settle',
        run: sh`rm -f -- ${[copy, ...['jnl', 'jbk', 'signed', 'signed.jnl'].flatMap((end) => [`${path}.${end}`, `${copy}.${end}`])]}`,
      },
    ],
  }
}

/** A comment more or less is nothing to named: it reads the file anew when somebody has it reloaded. */
export function release(entry: LedgerEntry, observed: Known<DnsZoneState>, { fleet }: StepContext): readonly Step[] {
  const path = zonePath(keyOf(entry.id))
  if (observed.status === 'absent' || observed.state.file === undefined) return []
  const marked = withoutMark(path, [`; Managed by Reeve, fleet ${fleet}, .*`])
  return [{ title: `leave ${path} as it is, without Reeve's line`, ...marked }]
}
