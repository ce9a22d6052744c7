import type { Assessment, Reading, Vital } from '../../model/kind.ts'
import type { Placement } from '../../model/target.ts'
import { sh } from '../../shell/sh.ts'
import type { Firewall } from './check.ts'
import type { FirewallSpec } from './spec.ts'

/** A base chain that is not ours and drops what nobody decides: its drop is final, whatever we accept (nft(8), CHAINS). */
export interface ForeignChain {
  readonly table: string
  readonly chain: string
  readonly hook: string
}

const probe = sh`
  forwarding=
  { read -r forwarding </proc/sys/net/ipv4/ip_forward; } 2>/dev/null || :
  printf 'forwarding %s\n' "$forwarding"
  for link in /etc/systemd/system/*.wants/nftables.service; do
    if [ -L "$link" ]; then echo 'nftables.service enabled'; break; fi
  done
  nft -nn list chains
`

/** What is beside our table and works against it, or is missing for it. One process. */
export function vitalsOf(manifest: Firewall, at: Placement): readonly Vital[] {
  return [{ id: 'surroundings', target: at.target, pace: 'trip', probe, assess: (reading) => assess(manifest.spec, reading) }]
}

/** Whether the target routes: for nat, or for a rule about what goes through. */
export function needsForwarding(spec: FirewallSpec): boolean {
  return (spec.nat ?? []).length > 0 || (spec.rules ?? []).some((rule) => rule.chain === 'forward')
}

function assess(spec: FirewallSpec, reading: Reading): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'Unknown', message: reading.reason, samples: [] }
  const foreign = foreignDrops(reading.stdout).filter((chain) => accepts(spec, chain.hook))
  const samples = [{ metric: 'firewall_foreign_drop_chains', value: foreign.length }]
  if (needsForwarding(spec) && /^forwarding 0$/m.test(reading.stdout))
    return unhealthy('ForwardingOff', 'net.ipv4.ip_forward=0: nothing is routed', samples)
  if (foreign.length > 0) {
    const names = foreign.map((chain) => `${chain.table} ${chain.chain} (${chain.hook})`).join(', ')
    return unhealthy('ForeignDrop', `other tables drop what this Firewall accepts: ${names}`, samples)
  }
  const isForeign = /^nftables\.service enabled$/m.test(reading.stdout)
  const message = isForeign ? '/etc/nftables.conf is also loaded at boot; Reeve leaves it alone' : 'nothing on the target works against it'
  return { healthy: true, reason: isForeign ? 'ForeignRuleset' : 'Clear', message, samples }
}

function unhealthy(reason: string, message: string, samples: Assessment['samples']): Assessment {
  return { healthy: false, reason, message, samples }
}

function accepts(spec: FirewallSpec, hook: string): boolean {
  if (hook === 'forward') return needsForwarding(spec)
  return (spec.rules ?? []).some((rule) => rule.chain === hook && rule.action === 'accept')
}

/** Reads `nft list chains`. */
export function foreignDrops(text: string): readonly ForeignChain[] {
  const found: ForeignChain[] = []
  let table = ''
  let chain = ''
  for (const line of text.split('\n')) {
    table = /^table (\S+ \S+) \{$/.exec(line)?.[1] ?? table
    chain = /^\tchain (\S+) \{$/.exec(line)?.[1] ?? chain
    const hook = /^\t\ttype filter hook (\w+) .*policy drop;$/.exec(line)?.[1]
    if (hook !== undefined && table !== 'inet reeve') found.push({ table, chain, hook })
  }
  return found
}
