import type { Assessment, Reading, Vital } from '../../model/kind.ts'
import type { Placement } from '../../model/target.ts'
import { joinScripts, sh } from '../../shell/sh.ts'
import type { Firewall } from './check.ts'
import { bridgesOf } from './coexist.ts'
import { countedRules, counterSamples } from './counters.ts'
import { cutOff, neighboursOf, readSurroundings, type Surroundings } from './neighbours.ts'
import type { FirewallSpec } from './spec.ts'

const probe = sh`
  forwarding=
  { read -r forwarding </proc/sys/net/ipv4/ip_forward; } 2>/dev/null || :
  printf 'forwarding %s\n' "$forwarding"
  for link in /etc/systemd/system/*.wants/nftables.service; do
    if [ -L "$link" ]; then echo 'nftables.service enabled'; break; fi
  done
  for link in /sys/class/net/*; do
    if [ -e "$link" ]; then printf 'interface %s\n' "\${link##*/}"; fi
  done
  nft -nn list chains
`
/** Only where a rule is counted: one process more, and a text that grows with the rules. Contents of sets are left out. */
const listing = sh`nft -nn -t list table inet reeve 2>/dev/null || :`

/** What is beside our table and works against it, or is missing for it. One process, or two with counters. */
export function vitalsOf(manifest: Firewall, at: Placement): readonly Vital[] {
  const script = countedRules(manifest.spec).length === 0 ? probe : joinScripts([listing, probe])
  return [{ id: 'surroundings', target: at.target, pace: 'trip', probe: script, assess: (reading) => assess(manifest.spec, reading) }]
}

/** Whether the target routes: for nat, or for a rule about what goes through. */
export function needsForwarding(spec: FirewallSpec): boolean {
  return (spec.nat ?? []).length > 0 || (spec.rules ?? []).some((rule) => rule.chain === 'forward')
}

function assess(spec: FirewallSpec, reading: Reading): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'Unknown', message: reading.reason, samples: [] }
  const around = readSurroundings(reading.stdout)
  const foreign = around.drops.filter((chain) => accepts(spec, chain.hook))
  const samples = [
    { metric: 'firewall_foreign_drop_chains', value: foreign.length },
    { metric: 'firewall_foreign_tables', value: around.tables.length },
    ...counterSamples(spec, reading.stdout),
  ]
  if (needsForwarding(spec) && /^forwarding 0$/m.test(reading.stdout))
    return unhealthy('ForwardingOff', 'net.ipv4.ip_forward=0: nothing is routed', samples)
  if (foreign.length > 0) {
    const names = foreign.map((chain) => `${chain.table} ${chain.chain} (${chain.hook})`).join(', ')
    return unhealthy('ForeignDrop', `other tables drop what this Firewall accepts: ${names}`, samples)
  }
  return { healthy: true, ...remark(spec, around, /^nftables\.service enabled$/m.test(reading.stdout)), samples }
}

/** What a person should know of, though nothing is wrong. */
function remark(spec: FirewallSpec, around: Surroundings, isForeign: boolean): Pick<Assessment, 'reason' | 'message'> {
  const neighbours = neighboursOf(around)
  const without = cutOff(spec, neighbours)
  const beside = neighbours.length === 0 ? '' : `; beside it: ${neighbours.join(', ')}`
  if (without.length > 0) {
    const names = without.join(', ')
    const bridges = without.flatMap((name) => bridgesOf[name]).join(', ')
    const message = `policy.forward drops what ${names} would let through: add coexist: [${names}], or rules for ${bridges}${beside}`
    return { reason: 'NeighbourCutOff', message }
  }
  if (isForeign) return { reason: 'ForeignRuleset', message: `/etc/nftables.conf is also loaded at boot; Reeve leaves it alone${beside}` }
  return { reason: 'Clear', message: `nothing on the target works against it${beside}` }
}

function unhealthy(reason: string, message: string, samples: Assessment['samples']): Assessment {
  return { healthy: false, reason, message, samples }
}

function accepts(spec: FirewallSpec, hook: string): boolean {
  if (hook === 'forward') return needsForwarding(spec)
  return (spec.rules ?? []).some((rule) => rule.chain === hook && rule.action === 'accept')
}
