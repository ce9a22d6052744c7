import { createHash, timingSafeEqual } from 'node:crypto'
import { lstatSync, readFileSync } from 'node:fs'
import type { Log } from '../model/log.ts'
import type { Parsing } from '../model/quantity.ts'

/** Who may write over TCP: the name and the SHA-256 of a token, which has 256 random bits, so that a slow hash would add nothing. */
export interface TokenEntry {
  readonly name: string
  /** 64 hex digits. */
  readonly hash: string
  /** Seconds since the epoch; undefined: for ever. */
  readonly untilSeconds: number | undefined
  /** What it may do; undefined: all of it. */
  readonly scopes?: readonly Scope[]
}

/** `operate`: look now, silence, suspend, resume, which change nothing that Git does not say · `approve`: let a withheld change through. */
export const scopes = ['operate', 'approve'] as const
export type Scope = (typeof scopes)[number]

export function isScope(text: string): text is Scope {
  return (scopes as readonly string[]).includes(text)
}

export const tokenNamePattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const prefix = 'reeve_'
const mostBytes = 65_536

/** What a person keeps of 32 random bytes. The prefix lets scanners find it where it must not be. */
export function tokenText(random: Uint8Array): string {
  return `${prefix}${Buffer.from(random).toString('base64url')}`
}

export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** A line of the file: `ci sha256:… 2027-01-31T00:00:00Z`, or `never`; after it the scopes, where it has not all. */
export function tokenLine({ name, hash, untilSeconds, scopes: only }: TokenEntry): string {
  const until = untilSeconds === undefined ? 'never' : `${new Date(untilSeconds * 1000).toISOString().slice(0, 19)}Z`
  return `${name} sha256:${hash} ${until}${only === undefined ? '' : ` ${only.join(',')}`}`
}

/** Reads the file; every mistake at once, as `file:line: what`. `#` begins a comment line. */
export function parseTokens(file: string, content: string): Parsing<readonly TokenEntry[]> {
  const lines = content.split('\n').map((line, index) => ({ words: line.trim(), at: `${file}:${index + 1}` }))
  const parsed = lines
    .filter(({ words }) => words !== '' && !words.startsWith('#'))
    .map(({ words, at }) => ({ at, entry: parseLine(words) }))
  const faults = parsed.flatMap(({ at, entry }) => (entry.ok ? [] : [`${at}: ${entry.reason}`]))
  const entries = parsed.flatMap(({ entry }) => (entry.ok ? [entry.value] : []))
  const twice = entries.find(({ name }, index) => entries.findIndex((other) => other.name === name) !== index)
  if (twice) faults.push(`${file}: the name ${twice.name} is there twice`)
  return faults.length === 0 ? { ok: true, value: entries } : { ok: false, reason: faults.join('\n') }
}

function parseLine(line: string): Parsing<TokenEntry> {
  const [name = '', hash = '', until = '', only, ...more] = line.split(/\s+/)
  const seconds = until === 'never' ? undefined : Date.parse(until) / 1000
  // The line is not repeated: somebody may have written the token itself.
  const isWrong = !tokenNamePattern.test(name) || !/^sha256:[0-9a-f]{64}$/.test(hash) || more.length > 0 || Number.isNaN(seconds)
  if (isWrong) return { ok: false, reason: 'is not NAME sha256:HASH TIME (or never); reeve token create writes such lines' }
  const named = only?.split(',')
  if (named !== undefined && !named.every(isScope)) return { ok: false, reason: `its fourth word is not of ${scopes.join(', ')}` }
  const entry = { name, hash: hash.slice('sha256:'.length), untilSeconds: seconds }
  return { ok: true, value: named === undefined ? entry : { ...entry, scopes: named.filter(isScope) } }
}

/** Reads the tokens as they are in the file now. Throws, saying what to do, where it cannot be trusted. */
export function readTokens(file: string): readonly TokenEntry[] {
  const there = lstatSync(file, { throwIfNoEntry: false })
  if (!there) return []
  if (!there.isFile()) throw new Error(`${file} is not a file`)
  if ((there.mode & 0o022) !== 0) throw new Error(`${file} can be written by others, who could let themselves in: chmod go-w ${file}`)
  if (there.size > mostBytes) throw new Error(`${file} has more than ${mostBytes} bytes`)
  const parsed = parseTokens(file, readFileSync(file, 'utf8'))
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.value
}

export type Admission =
  | { readonly ok: true; readonly name: string; readonly scopes: readonly Scope[] }
  | { readonly ok: false; readonly because: string }

/** Judges `Authorization` headers by the file as it is at this moment: a token that was taken out is refused at once. */
export function createTokenJudge(file: string, nowSeconds: () => number, log: Log): (authorization: string | undefined) => Admission {
  return (authorization) => {
    const token = /^bearer +([\x21-\x7e]{1,200})$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) return { ok: false, because: 'this needs a token: Authorization: Bearer TOKEN (reeve token create NAME)' }
    try {
      return admit(readTokens(file), token, nowSeconds())
    } catch (error) {
      log.error({ component: 'http', err: error }, 'the file of tokens cannot be used; every token is refused')
      return { ok: false, because: 'tokens cannot be checked now; the log of the controller says why' }
    }
  }
}

/** All entries are compared, each in constant time: how long it takes says nothing of any. */
function admit(entries: readonly TokenEntry[], token: string, nowSeconds: number): Admission {
  const presented = Buffer.from(tokenHash(token), 'hex')
  const [found] = entries.filter(({ hash }) => timingSafeEqual(Buffer.from(hash, 'hex'), presented))
  if (found === undefined) return { ok: false, because: 'this token is not known' }
  if (found.untilSeconds !== undefined && found.untilSeconds <= nowSeconds)
    return { ok: false, because: `the token ${found.name} has expired` }
  return { ok: true, name: found.name, scopes: found.scopes ?? scopes }
}
