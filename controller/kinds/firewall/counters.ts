import { type Sample, sample } from '../../model/kind.ts'
import type { FirewallSpec } from './spec.ts'

/** Packets and bytes of one rule of nft, as `nft list table` prints it. A rule of a manifest may be several of them. */
const counted = /^\t\t.*\bcounter packets (\d{1,20}) bytes (\d{1,20}) .*comment "reeve:([A-Za-z0-9_.-]+)"$/

/** The rules that are counted, by name. */
export function countedRules(spec: FirewallSpec): readonly string[] {
  return (spec.rules ?? []).filter((rule) => rule.counter).map((rule) => rule.name)
}

/** Two numbers for each rule that is counted and was found. */
export function counterSamples(spec: FirewallSpec, listing: string): readonly Sample[] {
  const sums = new Map<string, { packets: number; bytes: number }>()
  for (const line of listing.split('\n')) {
    const [, packets, bytes, rule] = counted.exec(line) ?? []
    if (rule === undefined) continue
    const sum = sums.get(rule) ?? { packets: 0, bytes: 0 }
    sums.set(rule, { packets: sum.packets + Number(packets), bytes: sum.bytes + Number(bytes) })
  }
  return countedRules(spec).flatMap((rule) => {
    const sum = sums.get(rule)
    if (sum === undefined) return []
    const labels = { rule }
    return [sample('firewall_rule_packets_total', sum.packets, labels), sample('firewall_rule_bytes_total', sum.bytes, labels)]
  })
}
