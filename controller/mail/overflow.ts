import { createHash } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A mail that found no room in the spool. */
export interface LeftOut {
  readonly atSeconds: number
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
}

export interface Overflow {
  /** The same for the same mails: a digest that was spooled before a crash is recognised. */
  readonly id: string
  /** The first of them. */
  readonly leftOut: readonly LeftOut[]
  readonly count: number
}

/** Of more only their number is kept. */
const maxBytes = 65_536

const fileIn = (dir: string) => join(dir, 'overflow')
const takenIn = (dir: string) => join(dir, 'overflow.taken')

/** Notes, flushed to disk, that a mail was left out: one line of JSON, or an empty one where there are too many. */
export async function noteLeftOut(dir: string, one: LeftOut): Promise<void> {
  const size = await stat(fileIn(dir)).then(
    (file) => file.size,
    () => 0,
  )
  const line = JSON.stringify({ ...one, to: one.to.slice(0, 3), subject: one.subject.slice(0, 120) })
  const file = await open(fileIn(dir), 'a', 0o600)
  try {
    await file.appendFile(size < maxBytes ? `${line}\n` : '\n')
    await file.sync()
  } finally {
    await file.close()
  }
}

/** What was left out since the last time; it stays on disk until `forgetTaken`. */
export async function takeLeftOut(dir: string): Promise<Overflow | undefined> {
  const text = (await textOf(takenIn(dir))) ?? (await take(dir))
  if (text === undefined) return undefined
  const lines = text.split('\n').slice(0, -1)
  // A full disk took the file, and nothing into it.
  if (lines.length === 0) await forgetTaken(dir)
  if (lines.length === 0) return undefined
  const id = `digest.${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
  return { id, leftOut: lines.flatMap(parsed), count: lines.length }
}

export async function forgetTaken(dir: string): Promise<void> {
  await rm(takenIn(dir), { force: true })
}

async function take(dir: string): Promise<string | undefined> {
  const isThere = await rename(fileIn(dir), takenIn(dir)).then(
    () => true,
    () => false,
  )
  return isThere ? textOf(takenIn(dir)) : undefined
}

function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

function parsed(line: string): LeftOut | readonly LeftOut[] {
  try {
    const one = JSON.parse(line) as LeftOut
    return Array.isArray(one.to) && typeof one.subject === 'string' && typeof one.from === 'string' && one.atSeconds >= 0 ? one : []
  } catch {
    return []
  }
}

/** Subject and text of the one mail that stands for them. */
export function renderDigest({ leftOut, count }: Overflow, dir: string): { readonly subject: string; readonly text: string } {
  const lines = leftOut.map(({ atSeconds, from, to, subject }) => {
    const at = new Date(atSeconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
    return `${at}  ${plain(subject).slice(0, 57) || '(no subject)'}\n    from ${plain(from)} to ${to.map(plain).join(', ')}`.slice(0, 400)
  })
  const more = count > leftOut.length ? [`[${count - leftOut.length} more]`] : []
  return {
    subject: `${count} ${count === 1 ? 'mail was' : 'mails were'} left out: the mail spool was full`,
    text: [
      `So many mails waited in ${dir} that there was no room for`,
      `${count === 1 ? 'one more' : `${count} more`}. What they said is lost; this is what they were about (times in UTC):`,
      '',
      ...lines,
      ...more,
      '',
      'What to do: look why the mail server did not take them (reeve sendmail -bp),',
      'and what sends so many.',
      '',
    ].join('\n'),
  }
}

function plain(text: string): string {
  return text.replaceAll(/[\0-\x1f\x7f-\x9f]+/g, ' ')
}
