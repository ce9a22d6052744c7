import type { HistoryEntry, HistoryFilter, HistorySort } from '../model/history.ts'
import type { Log } from '../model/log.ts'
import type { Silence } from '../model/silence.ts'
import { type Suspension, type SuspensionOf, suspendedSubject } from '../model/suspension.ts'
import { type Database, openDatabase } from './database.ts'
import { historyWhere } from './filter.ts'

export interface Approval {
  readonly hash: string
  readonly givenBy: string
  readonly givenAtSeconds: number
}

/**
 * What Reeve remembers for comfort. All of it can be lost at any time without harm to a host, so a full or failing disk is logged and
 * answered with nothing; only what a person asked for throws (`approve`, `withdraw`, `silence`, `endSilence`, `suspend`, `resume`).
 */
export interface Store extends Disposable {
  /** A named piece of state as it was saved last; undefined where there is none. */
  loadState(name: string): unknown
  saveState(name: string, state: unknown): void
  /** Remembers which items of a hypervisor drift now; answers since when each does. Those not named any more are forgotten. */
  seeDrift(hypervisor: string, items: readonly string[]): ReadonlyMap<string, number>
  approve(hash: string, givenBy: string): void
  approvals(): readonly Approval[]
  /** Forgets an approval that was used up. */
  withdraw(hash: string): void
  silence(silence: Silence): void
  /** False where there is none of this id. */
  endSilence(id: string): boolean
  /** Those that are not over. */
  silences(): readonly Silence[]
  /** Takes the place of another one of the same. */
  suspend(suspension: Suspension): void
  /** False where there is none. */
  resume(of: SuspensionOf): boolean
  /** All that were not ended, also those whose time is over. */
  suspensions(): readonly Suspension[]
  /** `commit`: the one in force, where it is what was done by. */
  record(sort: HistorySort, subject: string, detail: unknown, commit?: string): void
  /** Newest first. */
  history(filter: HistoryFilter): readonly HistoryEntry[]
  /** Deletes history that is older than the retention, or beyond `maxEntries`. */
  sweep(): void
}

export interface StoreDependencies {
  readonly path: string
  readonly retentionSeconds: number
  readonly maxEntries: number
  readonly log: Log
  nowSeconds(): number
}

type Row = Record<string, string | number | bigint | null | Uint8Array>

/** Opens the store. Throws where the file was written by a newer Reeve, or where its directory cannot be written. */
export function createStore(dependencies: StoreDependencies): Store {
  return new SqliteStore(dependencies)
}

/** A commit that touches a thousand hosts is a thousand entries, and each write waits for the disk: these go together. Killed in between, so much is lost of the history. */
const ofManyHosts: ReadonlySet<HistorySort> = new Set(['reconcile', 'drift'])
const flushMs = 200

class SqliteStore implements Store {
  readonly #dependencies: StoreDependencies
  readonly #database: Database
  /** History that is not written yet. */
  readonly #pending: (readonly [at: number, sort: string, subject: string, json: string, commit: string])[] = []
  #flushing: NodeJS.Timeout | undefined

  constructor(dependencies: StoreDependencies) {
    this.#dependencies = dependencies
    this.#database = openDatabase(dependencies)
  }

  loadState(name: string): unknown {
    const json = this.#query('SELECT json FROM state WHERE name = ?', name)[0]?.json
    return typeof json === 'string' ? JSON.parse(json) : undefined
  }

  saveState(name: string, state: unknown): void {
    this.#query('INSERT OR REPLACE INTO state VALUES (?, ?)', name, JSON.stringify(state))
  }

  seeDrift(hypervisor: string, items: readonly string[]): ReadonlyMap<string, number> {
    const nowSeconds = this.#dependencies.nowSeconds()
    return this.#tolerate(() => this.#seen(hypervisor, items, nowSeconds), new Map(items.map((item) => [item, nowSeconds])))
  }

  approve(hash: string, givenBy: string): void {
    this.#must('INSERT OR REPLACE INTO approval VALUES (?, ?, ?)', hash, givenBy, this.#dependencies.nowSeconds())
  }

  approvals(): readonly Approval[] {
    const rows = this.#query('SELECT * FROM approval ORDER BY given_at')
    return rows.map((row) => ({ hash: String(row.hash), givenBy: String(row.given_by), givenAtSeconds: Number(row.given_at) }))
  }

  withdraw(hash: string): void {
    this.#must('DELETE FROM approval WHERE hash = ?', hash)
  }

  silence(silence: Silence): void {
    this.#must('INSERT OR REPLACE INTO silence VALUES (?, ?, ?)', silence.id, silence.untilSeconds, JSON.stringify(silence))
  }

  endSilence(id: string): boolean {
    return this.#must('DELETE FROM silence WHERE id = ? RETURNING id', id).length > 0
  }

  silences(): readonly Silence[] {
    const rows = this.#query('SELECT json FROM silence WHERE until > ? ORDER BY until', this.#dependencies.nowSeconds())
    return rows.map((row) => JSON.parse(String(row.json)) as Silence)
  }

  suspend(suspension: Suspension): void {
    const { untilSeconds } = suspension
    this.#must('INSERT OR REPLACE INTO suspension VALUES (?, ?, ?)', suspendedSubject(suspension), untilSeconds, JSON.stringify(suspension))
  }

  resume(of: SuspensionOf): boolean {
    return this.#must('DELETE FROM suspension WHERE subject = ? RETURNING subject', suspendedSubject(of)).length > 0
  }

  suspensions(): readonly Suspension[] {
    return this.#query('SELECT json FROM suspension ORDER BY until').map((row) => JSON.parse(String(row.json)) as Suspension)
  }

  record(sort: HistorySort, subject: string, detail: unknown, commit = ''): void {
    this.#pending.push([this.#dependencies.nowSeconds(), sort, subject, JSON.stringify(detail ?? null), commit])
    if (!ofManyHosts.has(sort)) this.#flush()
    else this.#flushing ??= setTimeout(() => this.#flush(), flushMs).unref()
  }

  history(filter: HistoryFilter): readonly HistoryEntry[] {
    this.#flush()
    const { where, values } = historyWhere(filter)
    return this.#query(`SELECT * FROM history ${where} ORDER BY id DESC LIMIT ?`, ...values, filter.limit).map(historyEntry)
  }

  sweep(): void {
    this.#flush()
    const { nowSeconds, retentionSeconds, maxEntries } = this.#dependencies
    this.#query('DELETE FROM history WHERE at < ?', nowSeconds() - retentionSeconds)
    this.#query('DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - ?', maxEntries)
    this.#query('DELETE FROM silence WHERE until <= ?', nowSeconds())
  }

  [Symbol.dispose](): void {
    this.#flush()
    this.#database[Symbol.dispose]()
  }

  #flush(): void {
    clearTimeout(this.#flushing)
    this.#flushing = undefined
    const rows = this.#pending.splice(0)
    if (rows.length === 0) return
    const sql = 'INSERT INTO history (at, sort, subject, json, git_commit) VALUES (?, ?, ?, ?, ?)'
    const write = (): void =>
      this.#database.run((open) => {
        const insert = open.prepare(sql)
        for (const row of rows) insert.run(...row)
      })
    this.#tolerate(write, undefined)
  }

  #seen(hypervisor: string, items: readonly string[], nowSeconds: number): ReadonlyMap<string, number> {
    const rows = this.#database.run((open) => {
      const gone = 'DELETE FROM drift WHERE hypervisor = ? AND item NOT IN (SELECT value FROM json_each(?))'
      open.prepare(gone).run(hypervisor, JSON.stringify(items))
      const insert = open.prepare('INSERT OR IGNORE INTO drift VALUES (?, ?, ?)')
      for (const item of items) insert.run(hypervisor, item, nowSeconds)
      return open.prepare('SELECT item, first_seen FROM drift WHERE hypervisor = ?').all(hypervisor)
    })
    return new Map(rows.map((row) => [String(row.item), Number(row.first_seen)]))
  }

  #must(sql: string, ...values: readonly (string | number)[]): readonly Row[] {
    return this.#database.run((open) => open.prepare(sql).all(...values))
  }

  #query(sql: string, ...values: readonly (string | number)[]): readonly Row[] {
    return this.#tolerate(() => this.#must(sql, ...values), [])
  }

  #tolerate<T>(work: () => T, instead: T): T {
    try {
      return work()
    } catch (error) {
      const { log, path } = this.#dependencies
      log.error({ path, err: error }, 'the history cannot be read or written; going on without it')
      return instead
    }
  }
}

function historyEntry(row: Row): HistoryEntry {
  return {
    atSeconds: Number(row.at),
    sort: String(row.sort) as HistorySort,
    subject: String(row.subject),
    ...(row.git_commit === '' ? {} : { commit: String(row.git_commit) }),
    detail: JSON.parse(String(row.json)),
  }
}
