import { type Difference, type FieldDifference, same } from '../../model/change.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import { noPeers, type PeerFacts } from '../../model/primitive.ts'
import { targetKey } from '../../model/target.ts'
import type { MailHoldingsState } from './probe.ts'
import { listKeys, type MailHoldingsSpec } from './spec.ts'

/** What each machine has for itself. */
const personal =
  /^(myhostname|mydomain|myorigin|mydestination|mynetworks|inet_interfaces|inet_protocols|smtp_bind_address6?|proxy_interfaces|alias_maps|alias_database|compatibility_level|virtual_maps)$/
const confidential = /pass|secret|sasl|_key_?file/i
const mostFields = 20

/** A gateway that is new is no drift: it is compared from the second look on. */
export function diff(
  spec: MailHoldingsSpec,
  observed: Known<MailHoldingsState>,
  last: LedgerEntry | undefined,
  peers: PeerFacts = noPeers,
): Difference {
  const { like } = spec
  const other = like && peers.of(like)
  if (last === undefined || observed.status === 'absent' || like === undefined || other?.status !== 'present') return same
  const there = targetKey(like.target)
  const fields = [
    ...ofSettings(spec, observed.state, other.state as MailHoldingsState, there),
    ...ofMaps(observed.state, other.state as MailHoldingsState, there),
  ]
  if (fields.length === 0) return same
  const more =
    fields.length > mostFields ? [{ field: 'and more', before: undefined, after: `${fields.length - mostFields} differences` }] : []
  return { status: 'change', change: { action: 'update', impact: 'none', fields: [...fields.slice(0, mostFields), ...more] } }
}

function ofSettings(spec: MailHoldingsSpec, here: MailHoldingsState, first: MailHoldingsState, there: string): readonly FieldDifference[] {
  const keys = [...new Set([...here.settings.keys(), ...first.settings.keys()])].sort()
  return keys.flatMap((key) => {
    if (personal.test(key) || spec.ownKeys.includes(key)) return []
    const [before, after] = [ofOthers(spec, key, here), ofOthers(spec, key, first)]
    if (before === after) return []
    const shown = (value: string | undefined) => (value === undefined || !confidential.test(key) ? value : '(not shown)')
    return [{ field: `main.cf ${key}`, before: shown(before), after: asThere(shown(after), there) }]
  })
}

/** Of a list without the words of ours. */
function ofOthers({ ownMaps }: MailHoldingsSpec, key: string, { settings }: MailHoldingsState): string | undefined {
  const value = settings.get(key)
  if (value === undefined || !listKeys.some((one) => one === key)) return value
  const words = value.split(/[\s,]+/).filter((word) => word !== '' && !word.includes(`:${ownMaps}`))
  // What Postfix takes where nothing is written; beside ours it must be written.
  return words.length === 0 || /^\$virtual_(maps|alias_maps)$/.test(words.join(' ')) ? undefined : words.join(' ')
}

function ofMaps(here: MailHoldingsState, first: MailHoldingsState, there: string): readonly FieldDifference[] {
  return [...here.maps].flatMap(([word, held]) => {
    const other = first.maps.get(word)
    // Where only one has the map, its setting says so.
    if (other === undefined) return []
    if ('entries' in held && 'entries' in other) return ofEntries(word, held.entries, other.entries, there)
    if ('large' in held && 'large' in other && held.large === other.large) return []
    return [{ field: word, before: 'many entries', after: asThere('others', there) }]
  })
}

type Entries = ReadonlyMap<string, string>

function ofEntries(word: string, held: Entries, other: Entries, there: string): readonly FieldDifference[] {
  const keys = [...new Set([...held.keys(), ...other.keys()])].sort()
  return keys.flatMap((key) => {
    const [before, after] = [held.get(key), other.get(key)]
    return before === after ? [] : [{ field: `${word} ${key}`, before, after: asThere(after, there) }]
  })
}

function asThere(value: string | undefined, there: string): string {
  return `${value ?? 'nothing'}, as on ${there}`
}
