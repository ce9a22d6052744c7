import { constants } from 'node:fs'
import { chmod, lstat, mkdir, open, readdir, rename, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from './spool.ts'

/** A message as a user who may not read the spool handed it in. */
export interface Dropped {
  readonly recipients: readonly string[]
  readonly readsHeader: boolean
  readonly sender?: string
  readonly senderName?: string
}

export interface DroppedFile {
  readonly name: string
  readonly dropped: Dropped
  readonly message: Buffer
  /** Who owns the file: nobody can write that for another one. */
  readonly uid: number
  readonly atSeconds: number
}

const nameGrammar = /^[a-f0-9]{32}$/
const abandonedSeconds = 3600

/** Folder that everybody may write into and, as in /tmp, only its owner takes files out of. Its sort of mode: 1777. */
export function dropFolder(spool: string): string {
  return join(spool, 'drop')
}

/** Root makes it; nothing else of the spool is for others. */
export async function makeDropFolder(spool: string): Promise<void> {
  await mkdir(spool, { recursive: true, mode: 0o711 })
  await mkdir(dropFolder(spool), { recursive: true })
  // mkdir(2) takes the umask away from the mode.
  await chmod(spool, 0o711)
  await chmod(dropFolder(spool), 0o1777)
}

/** On disk, flushed, when this resolves. One line of JSON, then the message. */
export async function drop(spool: string, name: string, dropped: Dropped, message: Buffer): Promise<void> {
  const folder = dropFolder(spool)
  const half = join(folder, `.${name}`)
  const file = await open(half, 'wx', 0o600)
  try {
    await file.writeFile(Buffer.concat([Buffer.from(`${JSON.stringify(dropped)}\n`), message]))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(half, join(folder, name))
  await syncFolder(folder)
}

export interface DropPort {
  /** Puts it into the spool; false where there is no room now. */
  take(file: DroppedFile): Promise<boolean>
  /** It is nothing that this command wrote. */
  refuse(name: string, reason: string): void
}

/**
 * Takes in what was dropped, oldest name first. Each file is somebody else's: a link, a device or nonsense is thrown away. A folder is, where it is empty: who owns one could put
 * a link into the place of what is in it while root goes through that, and have anything removed.
 */
export async function takeDropped(spool: string, maxBytes: number, nowSeconds: number, port: DropPort): Promise<void> {
  const folder = dropFolder(spool)
  const names = await readdir(folder).catch(() => [])
  for (const name of names.sort()) {
    const path = join(folder, name)
    if (await isFolder(path)) {
      await rmdir(path).catch(() => {})
      continue
    }
    const read = await readDropped(path, name, maxBytes).catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
    // Still being written, unless nobody writes for that long.
    const isHalf = name.startsWith('.')
    if (isHalf && (typeof read === 'string' || nowSeconds - read.atSeconds < abandonedSeconds)) continue
    if (typeof read === 'string') port.refuse(name, read)
    const isTaken = typeof read === 'string' || isHalf || (await port.take(read))
    if (isTaken) await unlink(path).catch(() => {})
  }
}

function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (stat) => stat.isDirectory(),
    () => false,
  )
}

async function readDropped(path: string, name: string, maxBytes: number): Promise<DroppedFile> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const { uid, size, nlink, mtimeMs, ...kind } = await file.stat().then((stat) => Object.assign(stat, { isPlain: stat.isFile() }))
    if (!kind.isPlain || nlink !== 1) throw new Error('no plain file of its own')
    if (!nameGrammar.test(name.replace(/^\./, ''))) throw new Error('a name that this command does not give')
    if (size > maxBytes) throw new Error(`${size} bytes; at most ${maxBytes} are taken`)
    const bytes = await file.readFile()
    const end = bytes.indexOf(10)
    const dropped = name.startsWith('.')
      ? { recipients: [], readsHeader: false }
      : checked(JSON.parse(bytes.subarray(0, end).toString('utf8')))
    return { name, dropped, message: bytes.subarray(end + 1), uid, atSeconds: mtimeMs / 1000 }
  } finally {
    await file.close()
  }
}

function checked(value: Dropped): Dropped {
  const { recipients, readsHeader, sender, senderName } = value
  const isText = (one: unknown): boolean => one === undefined || typeof one === 'string'
  if (!Array.isArray(recipients) || !recipients.every((one) => typeof one === 'string') || typeof readsHeader !== 'boolean')
    throw new Error('not what this command writes')
  if (!isText(sender) || !isText(senderName)) throw new Error('not what this command writes')
  return value
}
