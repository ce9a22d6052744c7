import type { Fleet } from '../../model/fleet.ts'
import { type Assessment, type Reading, sample, type Vital } from '../../model/kind.ts'
import type { Placement } from '../../model/target.ts'
import type { NftPart } from '../../primitives/nftTable/spec.ts'
import { joinScripts, sh } from '../../shell/sh.ts'
import type { Firewall } from './check.ts'
import { bridgesOf } from './coexist.ts'
import { partOf } from './compile.ts'
import { withAddresses } from './containers.ts'
import { countedRules, counterSamples } from './counters.ts'
import { readForeignChains } from './foreign.ts'
import { type ForeignDrop, foreignDrops, namesOfDrops } from './foreign-drop.ts'
import { cutOff, keeperOf, neighboursOf, readSurroundings, type Surroundings } from './neighbours.ts'
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
  nft_rules=$(nft -s -nn -t list ruleset)
  if [ "\${#nft_rules}" -gt 524288 ]; then echo 'cut'; fi
  printf '%.524288s\n' "$nft_rules"
`
/** Only where a rule is counted: one process more, and a text that grows with the rules. Contents of sets are left out. */
const listing = sh`nft -nn -t list table inet reeve 2>/dev/null || :`

/** What is beside our table and works against it, or is missing for it. One process, or two with counters. */
export function vitalsOf({ name, spec }: Firewall, at: Placement, fleet: Fleet): readonly Vital[] {
  const script = countedRules(spec).length === 0 ? probe : joinScripts([listing, probe])
  const part = partOf(name, withAddresses(spec, fleet))
  return [{ id: 'surroundings', target: at.target, pace: 'trip', probe: script, assess: (reading) => assess(spec, part, reading) }]
}

/** Whether the target routes: for nat, or for a rule about what goes through. */
export function needsForwarding(spec: FirewallSpec): boolean {
  return (spec.nat ?? []).length > 0 || (spec.rules ?? []).some((rule) => rule.chain === 'forward')
}

function assess(spec: FirewallSpec, part: NftPart, reading: Reading): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'Unknown', message: reading.reason, samples: [] }
  const around = readSurroundings(reading.stdout)
  const drops = dropsBeside(spec, part, reading.stdout)
  const foreign = drops.filter(({ isPartial }) => !isPartial)
  const samples = [
    sample('firewall_foreign_drop_chains', new Set(foreign.map(({ from }) => `${from.table} ${from.chain}`)).size),
    sample('firewall_foreign_tables', around.tables.length),
    ...counterSamples(spec, reading.stdout),
  ]
  if (needsForwarding(spec) && /^forwarding 0$/m.test(reading.stdout))
    return unhealthy('ForwardingOff', 'net.ipv4.ip_forward=0: nothing is routed', samples)
  if (foreign.length > 0) return unhealthy('ForeignDrop', `other tables drop what this Firewall accepts: ${namesOfDrops(foreign)}`, samples)
  const remarks = { isForeign: /^nftables\.service enabled$/m.test(reading.stdout), drops, isCut: /^cut$/m.test(reading.stdout) }
  return { healthy: true, ...remark(spec, around, remarks), samples }
}

/** Where nothing of ours says what is let through, a forward policy of drop still cuts what is translated. */
function dropsBeside(spec: FirewallSpec, part: NftPart, stdout: string): readonly ForeignDrop[] {
  const chains = readForeignChains(stdout)
  const drops = foreignDrops(part, chains)
  const isSaid = part.rules.some(({ chain, action }) => chain === 'forward' && action.do === 'accept')
  if (isSaid || !needsForwarding(spec)) return drops
  const closed = chains.filter(({ hook, isClosed }) => hook === 'forward' && isClosed)
  return [...drops, ...closed.map((chain) => ({ chain, from: chain, cuts: '', isPartial: false }))]
}

interface Remarks {
  readonly isForeign: boolean
  readonly drops: readonly ForeignDrop[]
  readonly isCut: boolean
}

/** What a person should know of, though nothing is wrong. */
function remark(spec: FirewallSpec, around: Surroundings, { isForeign, drops, isCut }: Remarks): Pick<Assessment, 'reason' | 'message'> {
  const neighbours = neighboursOf(around)
  const without = cutOff(spec, neighbours)
  const unread = isCut ? '; of the rules of others only the first 512 KiB were read' : ''
  const beside = `${neighbours.length === 0 ? '' : `; beside it: ${neighbours.join(', ')}`}${unread}`
  if (without.length > 0) {
    const names = without.join(', ')
    const bridges = without.flatMap((name) => bridgesOf[name]).join(', ')
    const message = `policy.forward drops what ${names} would let through: add coexist: [${names}], or rules for ${bridges}${beside}`
    return { reason: 'NeighbourCutOff', message }
  }
  const some = drops.filter(({ chain }) => [undefined, 'iptables'].includes(keeperOf(chain.table, around.chains)))
  if (some.length > 0)
    return { reason: 'ForeignRule', message: `other tables drop for some what this Firewall accepts: ${namesOfDrops(some)}${beside}` }
  if (isForeign) return { reason: 'ForeignRuleset', message: `/etc/nftables.conf is also loaded at boot; Reeve leaves it alone${beside}` }
  return { reason: 'Clear', message: `nothing on the target works against it${beside}` }
}

function unhealthy(reason: string, message: string, samples: Assessment['samples']): Assessment {
  return { healthy: false, reason, message, samples }
}
