import { constants } from 'node:fs'
import { access, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../model/log.ts'
import type { Mail } from '../model/mail.ts'

/** A mail that waits. */
export interface Spooled {
  readonly mail: Mail
  readonly createdSeconds: number
  readonly attempts: number
  /** Not before then. Seconds since the epoch. */
  readonly nextAttemptSeconds: number
  /** Recipients that did not get it yet; absent: all. */
  readonly remaining?: readonly string[]
  readonly lastError?: string
}

/** Mails on disk: what is in `new/` will be sent, what is in `failed/` was refused for good. */
export interface Spool {
  /** On disk, flushed, when this resolves. False where this id is there already. */
  add(entry: Spooled): Promise<boolean>
  update(entry: Spooled): Promise<void>
  remove(id: string): Promise<void>
  /** Moves it to `failed/`. */
  fail(entry: Spooled): Promise<void>
  /** Oldest first. What cannot be read is moved to `failed/` and told. */
  list(): Promise<readonly Spooled[]>
}

const idGrammar = /^[A-Za-z0-9.-]{1,100}$/

interface Folders {
  readonly waiting: string
  readonly refused: string
  readonly half: string
}

/** Opens the spool below `dir` and makes its folders, readable by us only. */
export async function openSpool(dir: string, log: Log): Promise<Spool> {
  const folders: Folders = { waiting: join(dir, 'new'), refused: join(dir, 'failed'), half: join(dir, 'tmp') }
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const name of await readdir(folders.half)) await rm(join(folders.half, name), { force: true })

  async function add(entry: Spooled): Promise<boolean> {
    if (await exists(fileOf(folders.waiting, entry.mail.id))) return false
    await write(folders, entry, folders.waiting)
    return true
  }
  async function remove(id: string): Promise<void> {
    await rm(fileOf(folders.waiting, id), { force: true })
    await syncFolder(folders.waiting)
  }
  async function fail(entry: Spooled): Promise<void> {
    await write(folders, entry, folders.refused)
    await remove(entry.mail.id)
  }
  const update = (entry: Spooled) => write(folders, entry, folders.waiting)
  return { add, update, remove, fail, list: () => list(folders, log) }
}

/** Flushed beside, then renamed into place: the file is there whole or not at all, also after a power loss. */
async function write(folders: Folders, entry: Spooled, folder: string): Promise<void> {
  const half = fileOf(folders.half, entry.mail.id)
  const file = await open(half, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify(entry))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(half, fileOf(folder, entry.mail.id))
  await syncFolder(folder)
}

async function list(folders: Folders, log: Log): Promise<readonly Spooled[]> {
  const entries: Spooled[] = []
  for (const name of await readdir(folders.waiting)) {
    const entry = await read(folders, name, log)
    if (entry) entries.push(entry)
  }
  return entries.sort((one, other) => one.createdSeconds - other.createdSeconds || one.mail.id.localeCompare(other.mail.id))
}

async function read(folders: Folders, name: string, log: Log): Promise<Spooled | undefined> {
  try {
    return checkedEntry(JSON.parse(await readFile(join(folders.waiting, name), 'utf8')), name)
  } catch (error) {
    log.error({ component: 'mail', file: join(folders.refused, name), err: error }, 'a spooled mail cannot be read; it was put aside')
    await rename(join(folders.waiting, name), join(folders.refused, name))
    return undefined
  }
}

function fileOf(folder: string, id: string): string {
  return join(folder, `${checked(id)}.json`)
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

async function syncFolder(folder: string): Promise<void> {
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
