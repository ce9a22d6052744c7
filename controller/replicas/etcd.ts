import { reveal, type Secret } from '../shell/secret.ts'
import { decoded, encoded, leaseOf, pageOf, prefixEnd, type WatchNews, watchNewsOf } from './answers.ts'
import type { Entry, Page } from './entry.ts'
import { EtcdError, type Gateway, TooLongError } from './gateway.ts'

/** A condition of a transaction: that the key was created at this revision; 0: that it is not there. */
export interface Created {
  readonly key: string
  readonly createRevision: number
}

export interface Put {
  readonly put: string
  readonly value: string
  readonly lease?: string
}

export type Change = Put | { readonly delete: string }

/** What holds, or is left alone, as a whole. */
export interface Part {
  readonly when: readonly Created[]
  readonly changes: readonly Change[]
}

export interface Outcome {
  readonly isDone: boolean
  /** Of the store after it; the create revision of what was put. */
  readonly revision: number
}

/** The part of etcd that replicas need. All reads and writes are linearizable: a server that is cut off from the others does not answer. */
export interface Etcd {
  /** All keys that begin so, as one revision of the store has them. */
  read(prefix: string): Promise<Page>
  /** Each part for itself; together in one request. */
  transact(parts: readonly Part[]): Promise<readonly Outcome[]>
  /** Id of a new lease. */
  grant(seconds: number): Promise<string>
  /** False where the lease is over. */
  renew(lease: string): Promise<boolean>
  revoke(lease: string): Promise<void>
  /** News of all keys that begin so, from this revision on; resolves when it ends. */
  watch(prefix: string, fromRevision: number, onNews: (news: WatchNews) => void, signal: AbortSignal): Promise<void>
}

export interface EtcdUser {
  readonly name: string
  readonly password: Secret
}

/** A page is so many keys; fewer where they do not fit into one answer. */
const pageKeys = 2000
/** etcd takes 128 operations a transaction. */
const mostParts = 60
const unauthenticated = 16
const invalidArgument = 3

export function createEtcd(gateway: Gateway, user?: EtcdUser): Etcd {
  let token: string | undefined

  async function login(): Promise<string | undefined> {
    if (user === undefined) return undefined
    const answer = await gateway.post('/v3/auth/authenticate', { name: user.name, password: reveal(user.password) })
    const given = (answer as Record<string, unknown> | null)?.['token']
    if (typeof given !== 'string' || !/^[\x21-\x7e]{1,4000}$/.test(given)) throw new Error('etcd gave no token for user and password')
    return given
  }

  /** A token is good for minutes only. */
  async function withToken<T>(act: (token: string | undefined) => Promise<T>): Promise<T> {
    token ??= await login()
    try {
      return await act(token)
    } catch (error) {
      if (user === undefined || !isTokenFault(error)) throw error
      token = await login()
      return act(token)
    }
  }

  const call = (path: string, body: unknown): Promise<unknown> => withToken((current) => gateway.post(path, body, current))

  async function read(prefix: string): Promise<Page> {
    const entries: Entry[] = []
    let from = prefix
    let revision = 0
    let limit = pageKeys
    for (;;) {
      const page = await pageFrom(prefix, from, limit, revision)
      if (page === 'too long') {
        limit = Math.ceil(limit / 8)
        continue
      }
      entries.push(...page.entries)
      revision = revision === 0 ? page.revision : revision
      const last = page.entries.at(-1)
      if (!page.hasMore || last === undefined) return { entries, revision }
      from = `${last.key}\0`
    }
  }

  /** `too long`: with fewer keys it may not be. */
  async function pageFrom(prefix: string, from: string, limit: number, revision: number): Promise<ReturnType<typeof pageOf> | 'too long'> {
    const at = revision === 0 ? {} : { revision: String(revision) }
    const body = { key: encoded(from), range_end: encoded(prefixEnd(prefix)), limit: String(limit), ...at }
    try {
      return pageOf(await call('/v3/kv/range', body), prefix)
    } catch (error) {
      if (error instanceof TooLongError && limit > 1) return 'too long'
      throw error
    }
  }

  async function transact(parts: readonly Part[]): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = []
    for (let at = 0; at < parts.length; at += mostParts) {
      const some = parts.slice(at, at + mostParts)
      const answer = (await call('/v3/kv/txn', { success: some.map((part) => ({ request_txn: txnOf(part) })) })) as AnswerOfParts
      const revision = decoded(answer.header?.revision)
      for (const [index] of some.entries()) outcomes.push({ isDone: answer.responses?.[index]?.response_txn?.succeeded === true, revision })
    }
    return outcomes
  }

  return {
    read,
    transact,
    async grant(seconds) {
      return leaseOf(await call('/v3/lease/grant', { TTL: String(seconds) }))
    },
    async renew(lease) {
      const answer = (await call('/v3/lease/keepalive', { ID: lease })) as { readonly result?: { readonly TTL?: unknown } } | null
      return Number(answer?.result?.TTL ?? 0) > 0
    },
    async revoke(lease) {
      await call('/v3/lease/revoke', { ID: lease })
    },
    watch(prefix, fromRevision, onNews, signal) {
      const key = { key: encoded(prefix), range_end: encoded(prefixEnd(prefix)) }
      const body = { create_request: { ...key, start_revision: String(fromRevision) } }
      return withToken((current) => gateway.stream('/v3/watch', body, (line) => onNews(watchNewsOf(line, prefix)), signal, current))
    },
  }
}

interface AnswerOfParts {
  readonly header?: { readonly revision?: unknown }
  readonly responses?: readonly { readonly response_txn?: { readonly succeeded?: unknown } }[]
}

function txnOf({ when, changes }: Part): unknown {
  return {
    compare: when.map(({ key, createRevision }) => ({
      key: encoded(key),
      target: 'CREATE',
      result: 'EQUAL',
      create_revision: String(createRevision),
    })),
    success: changes.map((change) =>
      'put' in change
        ? {
            request_put: {
              key: encoded(change.put),
              value: encoded(change.value),
              ...(change.lease === undefined ? {} : { lease: change.lease }),
            },
          }
        : { request_delete_range: { key: encoded(change.delete) } },
    ),
  }
}

/** etcd 3.4 says so with InvalidArgument too, after a restart. */
function isTokenFault(error: unknown): boolean {
  return error instanceof EtcdError && (error.code === unauthenticated || (error.code === invalidArgument && /token/.test(error.message)))
}
