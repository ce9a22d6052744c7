import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { shortName } from './names.ts'
import { nameOfZone, type ZoneManifest } from './places.ts'
import { type Rr, recordsOf } from './records.ts'
import { spfProblems, type TextProblem } from './spf.ts'

/** A text record as it is written. */
interface Text {
  readonly owner: string
  readonly at: string
  readonly text: string
}

/** What is good DNS and bad mail: receivers ignore such a record or take it for another than was meant. Warnings, for nothing breaks here. */
export function checkMail(zone: ZoneManifest, fleet: Fleet): readonly Diagnostic[] {
  const apex = nameOfZone(zone)
  const texts = recordsOf(zone, fleet).flatMap((rr) => textOf(zone, rr))
  const say = (at: string, summary: string, hint?: string): Diagnostic => ({ ...complain(zone, at, summary, hint), severity: 'warning' })
  const spf = texts.filter(({ text }) => /^v=spf1( |$)/i.test(text))
  const dmarc = texts.filter(({ owner, text }) => isDmarcOwner(owner) || /^v=DMARC1/i.test(text))
  return [
    ...seconds(spf).map(({ owner, at }) =>
      say(at, `${shortName(owner, apex)} has two SPF records: receivers use neither (RFC 7208 4.5)`, 'make them one'),
    ),
    ...texts.flatMap(({ at, text }) => spfProblems(text).map(({ summary, hint }) => say(at, summary, hint))),
    ...seconds(dmarc.filter(({ owner, text }) => isDmarcOwner(owner) && /^v=DMARC1/i.test(text))).map(({ owner, at }) =>
      say(at, `${shortName(owner, apex)} has two DMARC records: receivers use neither (RFC 7489 6.6.3)`, 'make them one'),
    ),
    ...dmarc.flatMap((one) => dmarcProblems(one).map(({ summary, hint }) => say(one.at, summary, hint))),
    ...texts.flatMap(({ owner, at, text }) => dkimProblems(owner, text).map(({ summary, hint }) => say(at, summary, hint))),
  ]
}

function textOf(zone: ZoneManifest, { owner, type, index, value }: Rr): readonly Text[] {
  if (type !== 'TXT' || index === undefined || value === undefined) return []
  const text = zone.spec.records?.[index]?.values[value]
  return typeof text === 'string' ? [{ owner, at: `spec.records[${index}].values[${value}]`, text }] : []
}

function seconds(texts: readonly Text[]): readonly Text[] {
  return [...Map.groupBy(texts, ({ owner }) => owner).values()].flatMap(([, second]) => second ?? [])
}

function isDmarcOwner(owner: string): boolean {
  return owner.startsWith('_dmarc.')
}

const policies = ['none', 'quarantine', 'reject']

/** RFC 7489 6.3. */
function dmarcProblems({ owner, text }: Text): readonly TextProblem[] {
  if (!isDmarcOwner(owner)) return [{ summary: 'a DMARC record is looked for at _dmarc only', hint: 'set name: _dmarc' }]
  if (!/^v=DMARC1\s*(;|$)/.test(text))
    return [{ summary: 'not a DMARC record: it must begin with "v=DMARC1;"', hint: 'write v=DMARC1; p=none' }]
  const tags = text
    .split(';')
    .slice(1)
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
  const [first = ''] = tags
  const policy = /^p\s*=\s*(.*)$/i.exec(first)?.[1]
  if (policy === undefined)
    return [{ summary: 'DMARC has no p= after v=DMARC1: receivers ignore it', hint: `write v=DMARC1; p=${policies.join(' or ')}` }]
  if (!policies.includes(policy.toLowerCase()))
    return [{ summary: `DMARC policy ${JSON.stringify(policy)} is none of ${policies.join(', ')}` }]
  const report = tags.find((tag) => /^(rua|ruf)\s*=/i.test(tag) && !/=\s*mailto:[^@,\s]+@/i.test(tag))
  return report === undefined
    ? []
    : [{ summary: `DMARC reports cannot be sent to ${JSON.stringify(report)}`, hint: 'write rua=mailto:NAME@DOMAIN' }]
}

/** RFC 6376 3.6.1. Without a key it is a key that was taken back, which is what `p=` with nothing behind it says. */
function dkimProblems(owner: string, text: string): readonly TextProblem[] {
  if (!/^[^.]+\._domainkey\./.test(owner)) return []
  const key = /(?:^|;)\s*p\s*=([^;]*)/.exec(text)?.[1]?.replaceAll(/\s/g, '')
  if (key === undefined) return [{ summary: 'DKIM has no p=: it holds no key' }]
  return /^[A-Za-z0-9+/]*={0,2}$/.test(key) ? [] : [{ summary: 'DKIM key after p= is not base64' }]
}
