import { generic, nameWire, type SetChange, serialOf, soaOf } from './changes.ts'
import type { DnsRecordsState } from './probe.ts'
import type { DnsRecordsSpec } from './spec.ts'

/** Text for nsupdate(1), and each message of it holds what fits well into 64 KiB. */
const longestMessage = 20_000

/**
 * Each set is changed only while it is as it was seen (RFC 2136 2.4): what another did meanwhile fails the message, and nothing of it is done.
 * Not the SOA for all: a zone that others update every second would never be changed.
 */
export function updateText(spec: DnsRecordsSpec, state: DnsRecordsState, changes: readonly SetChange[], server: string): string {
  const parts = [...soaPart(spec, state), ...changes.map((change) => partOf(spec.zone, change))]
  const messages: (readonly [prerequisites: string[], updates: string[]])[] = []
  let size = longestMessage
  for (const { prerequisites, updates } of parts) {
    const more = [...prerequisites, ...updates].join('\n').length
    if (size + more > longestMessage) {
      messages.push([[], []])
      size = 0
    }
    size += more
    const [before, after] = messages.at(-1) ?? [[], []]
    before.push(...prerequisites)
    after.push(...updates)
  }
  const texts = messages.map(([before, after]) => [...before, ...after, 'send'].map((line) => `${line}\n`).join(''))
  return `${server}\nzone ${spec.zone}\n${texts.join('')}`
}

interface Part {
  readonly prerequisites: readonly string[]
  readonly updates: readonly string[]
}

function partOf(zone: string, change: SetChange): Part {
  const { name, type, found, wanted, isForeign } = change
  const at = `${name} ${type}`
  const seen = (found?.data ?? []).map((data) => `prereq yxrrset ${at} ${generic(data)}`)
  const equal = (wanted?.values ?? []).map((value) => `prereq yxrrset ${at} ${value}`)
  const prerequisites = isForeign ? equal : found === undefined ? [`prereq nxrrset ${at}`] : seen
  const adds = (wanted?.values ?? []).map((value) => `update add ${name} ${wanted?.ttl} ${type} ${value}`)
  // A zone keeps one NS of its own whatever is asked (RFC 2136 3.4.2.4): new ones come before the old ones go.
  if (name === zone && type === 'NS') return { prerequisites, updates: [...adds, ...oldServers(change)] }
  return { prerequisites, updates: [...(found === undefined ? [] : [`update delete ${at}`]), ...adds] }
}

function oldServers({ name, found, wanted }: SetChange): readonly string[] {
  const kept = (wanted?.values ?? []).map(nameWire)
  return (found?.data ?? []).filter((data) => !kept.includes(data.toLowerCase())).map((data) => `update delete ${name} NS ${generic(data)}`)
}

function soaPart(spec: DnsRecordsSpec, state: DnsRecordsState): readonly Part[] {
  const now = soaOf(spec, state)
  if (now === undefined) return []
  const { ttl, names, times } = spec.soa
  const serial = (serialOf(now) + 1) % 2 ** 32 || 1
  return [
    {
      prerequisites: now.data.map((data) => `prereq yxrrset ${spec.zone} SOA ${generic(data)}`),
      updates: [`update add ${spec.zone} ${ttl} SOA ${names.join(' ')} ${serial} ${times.join(' ')}`],
    },
  ]
}

/**
 * What puts each set back as it was seen, where it still is as we made it. Each in a message of its own: what cannot be put back hinders no other.
 * The SOA stays: its serial would have to go on.
 */
export function undoText(zone: string, changes: readonly SetChange[], server: string): string {
  const messages = changes.map((change) => {
    const { name, type, found, wanted } = change
    const at = `${name} ${type}`
    const made = wanted === undefined ? [`prereq nxrrset ${at}`] : wanted.values.map((value) => `prereq yxrrset ${at} ${value}`)
    const adds = (found?.data ?? []).map((data) => `update add ${name} ${found?.ttl} ${type} ${generic(data)}`)
    const isApex = name === zone && type === 'NS'
    return [...made, ...(isApex ? [...adds, ...newServers(change)] : [`update delete ${at}`, ...adds]), 'send'].join('\n')
  })
  return `${server}\nzone ${zone}\n${messages.join('\n')}\n`
}

function newServers({ name, found, wanted }: SetChange): readonly string[] {
  const kept = (found?.data ?? []).map((data) => data.toLowerCase())
  return (wanted?.values ?? []).filter((value) => !kept.includes(nameWire(value))).map((value) => `update delete ${name} NS ${value}`)
}
