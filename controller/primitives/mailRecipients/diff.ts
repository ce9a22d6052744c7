import { type Difference, type FieldDifference, same } from '../../model/change.ts'
import type { Known, Observed } from '../../model/observation.ts'
import { noPeers, type PeerFacts } from '../../model/primitive.ts'
import { targetKey } from '../../model/target.ts'
import { sha256 } from '../../shell/inspect.ts'
import type { CopyState, MailRecipientsState, SourceState } from './probe.ts'
import type { Copy, MailRecipientsSpec } from './spec.ts'

export const access = '644 root:root'
/** As many of a domain may go without a person's word (DESIGN 1.6). */
const mostGonePercent = 30
const mostGone = 5

export function diff({ role }: MailRecipientsSpec, observed: Known<MailRecipientsState>, peers: PeerFacts = noPeers): Difference {
  if (role.type === 'source') return same
  if (observed.status === 'present' && observed.state.type !== 'copy')
    return { status: 'refused', reasons: [`${role.path} is no regular file; it is neither followed nor replaced`] }
  const seen = seenCopy(observed)
  const domains = role.domains.map((one) => standing(one, seen, peers))
  const reasons = [...domains.flatMap(({ missing }) => missing ?? []), ...brakes(role, domains)]
  if (reasons.length > 0) return { status: 'refused', reasons }
  const fields = differences(role, seen, textOf(role, domains))
  return fields.length === 0
    ? same
    : { status: 'change', change: { action: seen === undefined ? 'create' : 'update', impact: 'none', fields } }
}

export function seenCopy(observed: Known<MailRecipientsState>): CopyState | undefined {
  return observed.status === 'present' && observed.state.type === 'copy' ? observed.state : undefined
}

/** What the map shall hold: of a server that cannot be read, what it said last. */
export function wantedText(role: Copy, observed: Known<MailRecipientsState>, peers: PeerFacts): string {
  const seen = seenCopy(observed)
  return textOf(
    role,
    role.domains.map((one) => standing(one, seen, peers)),
  )
}

interface Standing {
  readonly domain: string
  readonly addresses: readonly string[]
  /** Those who were known and are not any more. */
  readonly gone: readonly string[]
  readonly before: number
  /** Why nothing can be written for it. */
  readonly missing?: string
}

function standing({ domain, source }: Copy['domains'][number], seen: CopyState | undefined, peers: PeerFacts): Standing {
  const before = heldIn(seen?.content ?? '', domain)
  const there = targetKey(source.target)
  const told = addressesOf(peers.of(source))
  if (!told.ok) {
    const missing = `who is in ${domain} is not known: ${there}: ${told.reason}`
    return { domain, addresses: before, gone: [], before: before.length, ...(before.length === 0 ? { missing } : {}) }
  }
  const now = new Set(told.addresses)
  const gone = before.filter((one) => !now.has(one))
  const missing = `nobody is in ${domain} on ${there}: all its mail would be refused; if that is so, take the domain out`
  return { domain, addresses: told.addresses, gone, before: before.length, ...(now.size === 0 ? { missing } : {}) }
}

function addressesOf(
  fact: Observed<unknown>,
): { readonly ok: true; readonly addresses: readonly string[] } | { readonly ok: false; readonly reason: string } {
  if (fact.status === 'unknown') return { ok: false, reason: fact.reason }
  const state = fact.status === 'present' ? (fact.state as Partial<SourceState>) : undefined
  return state?.addresses === undefined ? { ok: false, reason: 'it said nothing' } : { ok: true, addresses: state.addresses }
}

function heldIn(content: string, domain: string): readonly string[] {
  return content.split('\n').flatMap((line) => {
    const address = line.endsWith(' known') ? line.slice(0, -' known'.length) : ''
    return address.endsWith(`@${domain}`) ? [address] : []
  })
}

function textOf({ head }: Copy, domains: readonly Standing[]): string {
  const lines = domains.flatMap(({ addresses }) => addresses).map((address) => `${address} known\n`)
  return `${head}${summed([...new Set(lines)].sort().join(''))}`
}

/** A line that says what follows it, by which an edit can be told from a list that is only old. */
function summed(lines: string): string {
  return `# as their servers said (${sha256(lines).slice(0, 12)})\n${lines}`
}

/** Nobody edited it since it was written. */
function isAsWritten({ head }: Copy, { content }: CopyState): boolean {
  const second = content.indexOf('\n', head.length) + 1
  return content.startsWith(head) && second > 0 && content.slice(head.length) === summed(content.slice(second))
}

/** A users' server that was made anew, or whose map was emptied, would have all its mail refused for good. The hash moves with who goes. */
function brakes({ confirmed }: Copy, domains: readonly Standing[]): readonly string[] {
  const over = domains.filter(({ gone, before }) => gone.length > mostGone && gone.length * 100 > before * mostGonePercent)
  if (over.length === 0) return []
  const hash = sha256(JSON.stringify(over.map(({ domain, gone }) => [domain, gone]))).slice(0, 12)
  if (confirmed === hash) return []
  const words = over.map(({ domain, gone, before }) => `${gone.length} of ${before} recipients of ${domain}`).join(' and ')
  return [`${words} would be refused from now on (more than ${mostGonePercent} %); annotate reeve.dev/confirm=${hash}`]
}

function differences(role: Copy, seen: CopyState | undefined, text: string): readonly FieldDifference[] {
  const byPeer = seen !== undefined && isAsWritten(role, seen) ? ({ byPeer: true } as const) : {}
  const recipients = seen?.content === text ? [] : [{ field: 'recipients', before: seen?.content, after: text, ...byPeer }]
  const mode = seen === undefined || seen.access === access ? [] : [{ field: 'access', before: seen.access, after: access }]
  return [...recipients, ...mode]
}
