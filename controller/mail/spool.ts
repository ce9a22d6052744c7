import { constants } from 'node:fs'
import { access, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../model/log.ts'
import type { Mail } from '../model/mail.ts'
import type { Letter } from './letter.ts'

/** A recipient that a server refused for good, and what it said. */
export interface Refusal {
  readonly recipient: string
  readonly reply: string
}

/** A mail that waits. */
export interface Spooled {
  readonly mail: Mail
  /** Of a message that came whole (`reeve sendmail`): its envelope. The message lies beside, and `mail` only names it. */
  readonly letter?: Letter
  readonly createdSeconds: number
  readonly attempts: number
  /** Not before then. Seconds since the epoch. */
  readonly nextAttemptSeconds: number
  /** Recipients that did not get it yet; absent: all. */
  readonly remaining?: readonly string[]
  /** Recipients that will never get it. */
  readonly refused?: readonly Refusal[]
  readonly lastError?: string
  /** A person has to put something right (password, certificate) before it can go. */
  readonly isMisconfigured?: boolean
}

/** Mails on disk: what is in `new/` will be sent, what is in `failed/` was refused for good. */
export interface Spool {
  readonly dir: string
  /** On disk, flushed, when this resolves; `known` where this id is there already; `full` where there is no room for it. */
  add(entry: Spooled, message?: Buffer): Promise<'added' | 'known' | 'full'>
  update(entry: Spooled): Promise<void>
  remove(id: string): Promise<void>
  /** Moves it to `failed/`. */
  fail(entry: Spooled): Promise<void>
  /** Oldest first. What is no mail is moved to `failed/` and told; what the disk does not let us read stays, and is told. */
  list(): Promise<readonly Spooled[]>
  /** The message of a letter; undefined where it is gone. */
  message(id: string): Promise<Buffer | undefined>
  /** Drops what failed before then, and messages that a kill left without their envelope. */
  forget(beforeSeconds: number): Promise<void>
}

export interface SpoolRules {
  readonly maxMessages: number
  readonly maxBytes: number
  /** Other processes add to it too: what is half written may be theirs. */
  readonly isShared?: boolean
}

export const usualRoom: SpoolRules = { maxMessages: 1000, maxBytes: 50 * 1024 * 1024 }

const idGrammar = /^[A-Za-z0-9.-]{1,100}$/
/** Nobody writes one file for that long. */
const abandonedMs = 3_600_000

interface Folders {
  readonly waiting: string
  readonly refused: string
  readonly half: string
}

/** Opens the spool below `dir` and makes its folders, readable by us only. */
export async function openSpool(dir: string, log: Log, rules: SpoolRules = usualRoom): Promise<Spool> {
  const folders: Folders = { waiting: join(dir, 'new'), refused: join(dir, 'failed'), half: join(dir, 'tmp') }
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true, mode: 0o700 })
  await clearHalf(folders, rules)

  async function add(entry: Spooled, message?: Buffer): Promise<'added' | 'known' | 'full'> {
    if (await exists(fileOf(folders.waiting, entry.mail.id))) return 'known'
    if (!(await hasRoom(folders.waiting, message?.length ?? 0, rules))) return 'full'
    // The message first: an entry that is there has all of it.
    if (message) await writeWhole(folders, `${checked(entry.mail.id)}.eml`, message, folders.waiting)
    await write(folders, entry, folders.waiting)
    return 'added'
  }
  async function remove(id: string): Promise<void> {
    await rm(fileOf(folders.waiting, id), { force: true })
    await rm(messageOf(folders.waiting, id), { force: true })
    await syncFolder(folders.waiting)
  }
  async function fail(entry: Spooled): Promise<void> {
    const { id } = entry.mail
    if (entry.letter && (await exists(messageOf(folders.waiting, id))))
      await rename(messageOf(folders.waiting, id), messageOf(folders.refused, id))
    await write(folders, entry, folders.refused)
    await remove(id)
  }
  // A kill in the middle of `fail` leaves the message there.
  const message = async (id: string): Promise<Buffer | undefined> =>
    (await readThere(messageOf(folders.waiting, id))) ?? (await readThere(messageOf(folders.refused, id)))
  return {
    dir,
    add,
    remove,
    fail,
    message,
    update: (entry) => write(folders, entry, folders.waiting),
    list: () => list(folders, log),
    async forget(beforeSeconds) {
      await forget(folders.refused, beforeSeconds)
      await clearAlone(folders)
    },
  }
}

async function clearHalf({ half }: Folders, { isShared }: SpoolRules): Promise<void> {
  for (const name of await readdir(half)) {
    const file = await stat(join(half, name)).catch(() => undefined)
    if (!isShared || (file && Date.now() - file.mtimeMs > abandonedMs)) await rm(join(half, name), { force: true })
  }
}

/** A message without its envelope is nobody's, and would take room for ever. */
async function clearAlone({ waiting }: Folders): Promise<void> {
  const names = new Set(await readdir(waiting))
  for (const name of names) {
    if (!name.endsWith('.eml') || names.has(name.replace(/\.eml$/, '.json'))) continue
    const file = await stat(join(waiting, name)).catch(() => undefined)
    if (file && Date.now() - file.mtimeMs > abandonedMs) await rm(join(waiting, name), { force: true })
  }
}

async function readThere(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

async function hasRoom(folder: string, bytes: number, { maxMessages, maxBytes }: SpoolRules): Promise<boolean> {
  const names = await readdir(folder)
  if (names.filter((name) => name.endsWith('.json')).length >= maxMessages) return false
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, bytes) <= maxBytes
}

function write(folders: Folders, entry: Spooled, folder: string): Promise<void> {
  return writeWhole(folders, `${checked(entry.mail.id)}.json`, JSON.stringify(entry), folder)
}

/** Flushed beside, then renamed into place: the file is there whole or not at all, also after a power loss. */
async function writeWhole({ half }: Folders, name: string, data: string | Buffer, folder: string): Promise<void> {
  const file = await open(join(half, name), 'w', 0o600)
  try {
    await file.writeFile(data)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(join(half, name), join(folder, name))
  await syncFolder(folder)
}

async function list(folders: Folders, log: Log): Promise<readonly Spooled[]> {
  const entries: Spooled[] = []
  for (const name of await readdir(folders.waiting)) {
    const entry = name.endsWith('.eml') ? undefined : await read(folders, name, log)
    if (entry) entries.push(entry)
  }
  return entries.sort((one, other) => one.createdSeconds - other.createdSeconds || one.mail.id.localeCompare(other.mail.id))
}

async function read(folders: Folders, name: string, log: Log): Promise<Spooled | undefined> {
  try {
    return checkedEntry(JSON.parse(await readFile(join(folders.waiting, name), 'utf8')), name)
  } catch (error) {
    // Another process sent it between our two looks.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    if (error instanceof Error && 'code' in error) {
      log.error(
        { component: 'mail', file: join(folders.waiting, name), err: error },
        'a spooled mail cannot be read now; it is tried again',
      )
      return undefined
    }
    log.error({ component: 'mail', file: join(folders.refused, name), err: error }, 'a spooled mail cannot be read; it was put aside')
    await rename(join(folders.waiting, name), join(folders.refused, name))
    return undefined
  }
}

async function forget(folder: string, beforeSeconds: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = await stat(join(folder, name)).catch(() => undefined)
    if (file && file.mtimeMs < beforeSeconds * 1000) await rm(join(folder, name), { force: true })
  }
}

function fileOf(folder: string, id: string): string {
  return join(folder, `${checked(id)}.json`)
}

function messageOf(folder: string, id: string): string {
  return join(folder, `${checked(id)}.eml`)
}

function checked(id: string): string {
  if (!idGrammar.test(id)) throw new Error(`not the id of a mail: ${JSON.stringify(id)}`)
  return id
}

function checkedEntry(entry: Spooled, name: string): Spooled {
  if (`${entry.mail.id}.json` !== name || typeof entry.mail.text !== 'string' || !(entry.nextAttemptSeconds >= 0))
    throw new Error('not a spooled mail')
  return entry
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
