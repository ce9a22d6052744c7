import type { Entry, Page } from './entry.ts'

/** What a line of a watch says. */
export interface WatchNews {
  /** Of the store: all before it is known now. */
  readonly revision: number
  readonly events: readonly WatchEvent[]
}

export type WatchEvent =
  | { readonly type: 'put'; readonly entry: Entry }
  | { readonly type: 'delete'; readonly key: string; readonly modRevision: number }

/** The watch fell behind what etcd still knows, or was ended by it: everything must be read anew. */
export class WatchLostError extends Error {
  constructor(because: string) {
    super(`etcd ended the watch: ${because}`)
    this.name = 'WatchLostError'
  }
}

type Fields = Readonly<Record<string, unknown>>

/** etcd's JSON has bytes as base64. */
export function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

/** A 64-bit number, which etcd's JSON has as text, and leaves out where it is 0. */
export function decoded(value: unknown): number {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value === undefined ? 0 : Number.NaN
  if (!Number.isSafeInteger(number)) throw new Error(`etcd answered with ${JSON.stringify(value)?.slice(0, 40)} where a revision belongs`)
  return number
}

/** The first key after all that begin with a prefix. */
export function prefixEnd(prefix: string): string {
  return `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`
}

/** Reads the answer to a range; what is not below the prefix is not ours, and is an error. */
export function pageOf(answer: unknown, prefix: string): Page & { readonly hasMore: boolean } {
  const { header, kvs, more } = fieldsOf(answer, 'an answer')
  const revision = decoded(fieldsOf(header, 'a header')['revision'])
  if (revision === 0) throw new Error('etcd answered without its revision')
  if (kvs !== undefined && !Array.isArray(kvs)) throw new Error('etcd answered with something else than keys')
  return { revision, entries: (kvs ?? []).map((each) => entryOf(each, prefix)), hasMore: more === true }
}

export function leaseOf(answer: unknown): string {
  const id = fieldsOf(answer, 'an answer')['ID']
  if (typeof id !== 'string' || !/^-?\d{1,20}$/.test(id) || id === '0') throw new Error('etcd gave no lease')
  return id
}

export function watchNewsOf(line: unknown, prefix: string): WatchNews {
  const {
    header,
    events,
    canceled,
    cancel_reason: because,
    compact_revision: compacted,
  } = fieldsOf(fieldsOf(line, 'a line')['result'], 'a line of a watch')
  if (canceled === true)
    throw new WatchLostError(
      typeof because === 'string' ? because.slice(0, 200) : compacted === undefined ? 'no reason given' : 'it was compacted away',
    )
  if (events !== undefined && !Array.isArray(events)) throw new Error('etcd told something else than events')
  return {
    revision: decoded(fieldsOf(header, 'a header')['revision']),
    events: (events ?? []).map((event) => eventOf(event, prefix)),
  }
}

function eventOf(event: unknown, prefix: string): WatchEvent {
  const { type, kv } = fieldsOf(event, 'an event')
  const entry = entryOf(kv, prefix)
  if (type === 'DELETE') return { type: 'delete', key: entry.key, modRevision: entry.modRevision }
  if (type !== undefined && type !== 'PUT') throw new Error('etcd told an event of no known type')
  return { type: 'put', entry }
}

function entryOf(kv: unknown, prefix: string): Entry {
  const { key, value, create_revision: created, mod_revision: modified } = fieldsOf(kv, 'a key')
  const name = textOf(key)
  if (!name.startsWith(prefix)) throw new Error(`etcd answered with a key that was not asked for: ${JSON.stringify(name.slice(0, 60))}`)
  return { key: name, value: textOf(value), createRevision: decoded(created), modRevision: decoded(modified) }
}

function textOf(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value !== 'string') throw new Error('etcd answered with something else than text')
  return Buffer.from(value, 'base64').toString('utf8')
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`etcd answered with no fields where ${what} belongs`)
  return value as Fields
}
