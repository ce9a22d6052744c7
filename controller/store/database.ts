import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Log } from '../model/log.ts'
import { schemaVersion, upgrades } from './schema.ts'

export interface DatabaseDependencies {
  readonly path: string
  readonly log: Log
  nowSeconds(): number
}

/** An SQLite file that may be deleted or damaged at any time: then a new one takes its place. */
export interface Database extends Disposable {
  /** Runs `work` in one transaction on a whole database. Throws what `work` throws, except damage, which costs the history and not the call. */
  run<T>(work: (database: DatabaseSync) => T): T
}

/** Opens or makes the file. Throws where it was written by a newer Reeve, or where its directory cannot be written. */
export function openDatabase(dependencies: DatabaseDependencies): Database {
  let current: DatabaseSync | undefined = openSound(dependencies)
  let inode = inodeOf(dependencies.path)

  function close(): void {
    current?.close()
    current = undefined
  }
  function opened(): DatabaseSync {
    if (current && inodeOf(dependencies.path) === inode) return current
    dependencies.log.warn({ path: dependencies.path }, 'the history was deleted or replaced; continuing with what is there now')
    close()
    current = openSound(dependencies)
    inode = inodeOf(dependencies.path)
    return current
  }
  function run<T>(work: (database: DatabaseSync) => T): T {
    try {
      return inTransaction(opened(), work)
    } catch (error) {
      if (!isDamage(error)) throw error
      close()
      current = openSound(dependencies)
      inode = inodeOf(dependencies.path)
      return inTransaction(current, work)
    }
  }
  return { run, [Symbol.dispose]: close }
}

function openSound(dependencies: DatabaseDependencies): DatabaseSync {
  mkdirSync(dirname(dependencies.path), { recursive: true, mode: 0o700 })
  try {
    return openFile(dependencies.path)
  } catch (error) {
    if (!isDamage(error)) throw error
    moveAside(dependencies, error)
    return openFile(dependencies.path)
  }
}

function openFile(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000')
    prepare(database, path)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function prepare(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
  if (version > schemaVersion) {
    const todo = 'start that Reeve again, or move the file away: only history is lost'
    throw new Error(`${path} was written by a newer Reeve (layout ${version}, this one knows ${schemaVersion}); ${todo}`)
  }
  // Before anything is added to it: a file of somebody else is left as it is.
  if (version > 0) database.prepare('SELECT 1 FROM state, drift, approval, history LIMIT 0').all()
  for (let next = version + 1; next <= schemaVersion; next++) database.exec(`BEGIN; ${upgrades[next]} COMMIT`)
  database.prepare('SELECT 1 FROM state, drift, approval, history, silence, suspension LIMIT 0').all()
  const verdict = database.prepare('PRAGMA quick_check(1)').get()?.quick_check
  if (verdict !== 'ok') throw Object.assign(new Error(String(verdict)), { errcode: sqliteCorrupt })
}

function moveAside({ path, log, nowSeconds }: DatabaseDependencies, error: unknown): void {
  const aside = `${path}.damaged-${Math.floor(nowSeconds())}`
  if (existsSync(path)) renameSync(path, aside)
  for (const suffix of ['-journal', '-wal', '-shm']) rmSync(path + suffix, { force: true })
  log.warn({ path, aside, err: error }, 'the history was damaged; moved aside, a new one begins')
}

function inTransaction<T>(database: DatabaseSync, work: (database: DatabaseSync) => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work(database)
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** https://sqlite.org/rescode.html: primary result codes. */
const sqliteCorrupt = 11
const sqliteNotADatabase = 26

function isDamage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // A file of ours without our tables is damage too; the code for it is a plain SQLITE_ERROR.
  if (/^no such (table|column)/.test(error.message)) return true
  const code = 'errcode' in error ? Number(error.errcode) & 0xff : 0
  return code === sqliteCorrupt || code === sqliteNotADatabase
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}
