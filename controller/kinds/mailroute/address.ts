import { domainToASCII } from 'node:url'
import type { Parsing } from '../../model/quantity.ts'

/** A mail address in the one form in which maps hold it: small letters, the domain as the DNS knows it (RFC 5890). */
export interface Address {
  readonly local: string
  readonly domain: string
  /** `local@domain`; a whole domain is `@domain`. */
  readonly text: string
}

const longestLocal = 64
/** RFC 5321 4.1.2 Atext without `%` and `!`, by which old mail software is sent elsewhere, and without what begins a comment or a command in a map. */
const localGrammar = /^[a-z0-9_&'*+=?^{}~$`/.-]+$/

/** `alice@example.com`. Quoted and international local parts are refused: SMTPUTF8 is off, and a map would need them in another form. */
export function parseAddress(text: string): Parsing<Address> {
  const at = text.lastIndexOf('@')
  const odd = oddCharacter(text)
  if (odd !== undefined) return { ok: false, reason: `not a mail address (${odd})` }
  if (at === -1) return { ok: false, reason: 'not a mail address (it has no @)' }
  const local = parseLocal(text.slice(0, at))
  if (!local.ok) return local
  const domain = parseDomain(text.slice(at + 1))
  if (!domain.ok) return { ok: false, reason: `not a mail address (${domain.reason})` }
  return { ok: true, value: { local: local.value, domain: domain.value, text: `${local.value}@${domain.value}` } }
}

/** `@example.com`. */
export function parseWholeDomain(text: string): Parsing<Address> {
  const domain = parseDomain(text.slice(1))
  return domain.ok
    ? { ok: true, value: { local: '', domain: domain.value, text: `@${domain.value}` } }
    : { ok: false, reason: `not a whole domain (${domain.reason})` }
}

/** The part before the @, folded: Postfix folds the keys of its maps too (postmap(1)). */
export function parseLocal(text: string): Parsing<string> {
  const problem = oddCharacter(text) ?? localProblem(text.toLowerCase())
  return problem === undefined ? { ok: true, value: text.toLowerCase() } : { ok: false, reason: `not a mail address (${problem})` }
}

function localProblem(local: string): string | undefined {
  if (local === '') return 'nothing stands before the @'
  if (local.length > longestLocal) return `the part before the @ is ${local.length} octets, limit ${longestLocal}`
  if ([...local].some((character) => character > '\x7f')) return 'the part before the @ is not ASCII, and SMTPUTF8 is off'
  const wrong = [...local].find((character) => !localGrammar.test(character))
  if (wrong !== undefined) return `character ${JSON.stringify(wrong)} before the @`
  if (/^[-/]/.test(local)) return `the part before the @ begins with ${JSON.stringify(local[0])}`
  return /^\.|\.\.|\.$/.test(local) ? 'a dot at an end, or two together, before the @' : undefined
}

/** What would end, continue or begin a line of a map. Positions count from 0. */
function oddCharacter(text: string): string | undefined {
  const all = [...text]
  const at = all.findIndex((character) => /[\0-\x20\x7f-\xa0\u2028\u2029]/.test(character))
  if (at !== -1) return all[at] === ' ' ? `space at ${at}` : `control character ${JSON.stringify(all[at])} at ${at}`
  return text.startsWith('#') ? 'it begins with #, which makes it a comment' : undefined
}

/** A domain as the DNS knows it. */
export function parseDomain(text: string): Parsing<string> {
  const problem = domainProblem(text)
  if (problem !== undefined) return { ok: false, reason: problem }
  const ascii = /^[\x21-\x7e]+$/.test(text) ? text.toLowerCase() : domainToASCII(text)
  if (ascii === '') return { ok: false, reason: `${JSON.stringify(text)} has no form in the DNS` }
  const long = ascii.split('.').find((label) => label.length > 63)
  if (long !== undefined) return { ok: false, reason: `label "${long.slice(0, 3)}…" is ${long.length} octets, limit 63` }
  if (ascii.length > 253) return { ok: false, reason: `the domain is ${ascii.length} octets, limit 253` }
  return /(^|\.)\d+$/.test(ascii) ? { ok: false, reason: `${ascii} ends in a number` } : { ok: true, value: ascii }
}

function domainProblem(text: string): string | undefined {
  if (text === '') return 'it has no domain'
  const all = [...text]
  const at = all.findIndex((character) => /[\0-\x2c\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]/.test(character))
  if (at !== -1) return `character ${JSON.stringify(all[at])} in the domain`
  const label = text.split('.').find((one) => one === '' || one.startsWith('-') || one.endsWith('-'))
  if (label === undefined) return undefined
  return label === '' ? 'two dots, or a dot at an end, in the domain' : `label ${JSON.stringify(label)} begins or ends with a hyphen`
}
