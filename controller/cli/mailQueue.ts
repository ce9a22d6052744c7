import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { bounceOf } from '../mail/bounce.ts'
import { type DroppedFile, takeDropped } from '../mail/drop.ts'
import { encoded } from '../mail/encode.ts'
import { bytesOf, type LetterRules, makeLetter, rfc5322 } from '../mail/letter.ts'
import { type Addition, createMailer, type Mailer } from '../mail/mailer.ts'
import { readMessage } from '../mail/message.ts'
import type { Overflow } from '../mail/overflow.ts'
import { openSpool, type Spool, type Spooled, usualRoom } from '../mail/spool.ts'
import type { Log } from '../model/log.ts'
import { formatDiagnostics } from '../report/diagnostics.ts'
import { visible } from '../report/visible.ts'
import { readAccounts } from './passwd.ts'
import { loadSsmtp, type SsmtpSettings } from './ssmtpSettings.ts'
import { maxMessageBytes } from './stdin.ts'

const timeoutMs = 30_000
const nowSeconds = () => Date.now() / 1000
const room = { ...usualRoom, isShared: true }

/** One run of the queue, under the lock that bin/mail-queue holds: takes in what users dropped, and tries what is due. */
export async function runMailQueue(dir: string, which: 'due' | 'all', isVerbose: boolean, confFile: string): Promise<void> {
  const settings = loadSsmtp(confFile)
  const log = queueLog(isVerbose)
  if (settings.status !== 'valid') {
    const why =
      settings.status === 'closed' ? `${settings.file} may not be read\n` : formatDiagnostics(settings.diagnostics, { format: 'text' })
    log.error({ reason: why.trim() }, 'the queue is not run')
    return
  }
  const spool = await openSpool(dir, log, room)
  await takeIn(spool, settings.rules, log)
  await using mailer = await openMailer(dir, settings, log)
  await mailer.flush(which)
}

function openMailer(dir: string, { hubs, rules }: Extract<SsmtpSettings, { status: 'valid' }>, log: Log): Promise<Mailer> {
  const postmaster = `MAILER-DAEMON@${rules.domain}`
  return createMailer({
    dir,
    room,
    log,
    nowSeconds,
    random: Math.random,
    smarthost: { hubs, from: postmaster, to: [], timeoutMs, hostname: rules.hostname },
    retry: { firstSeconds: 60, maxSeconds: 3600, giveUpSeconds: 5 * 86_400 },
    bounce: (entry, message) => bounceOf(entry, message, rules, nowSeconds()),
    digest: (overflow, rendered) => digestOf(overflow, rendered, rules),
  })
}

/** To root, since what was lost may be anybody's. */
function digestOf({ id }: Overflow, { subject, text }: { readonly subject: string; readonly text: string }, rules: LetterRules): Addition {
  const root = rules.root ?? 'root'
  const to = root.includes('@') ? root : `${root}@${rules.domain}`
  const field = (name: string, value: string) => ({ name, value: ` ${value}` })
  const fields = [
    field('From', `Reeve <MAILER-DAEMON@${rules.domain}>`),
    field('To', to),
    field('Subject', `${rules.hostname}: ${subject}`),
    field('Date', rfc5322(nowSeconds())),
    field('Message-ID', `<${id}@${rules.hostname}>`),
    field('Auto-Submitted', 'auto-generated'),
  ]
  const message = bytesOf(encoded({ fields, body: text }))
  return { mail: { id, references: [], subject, text: '' }, letter: { from: '', to: [to] }, message }
}

async function takeIn(spool: Spool, rules: LetterRules, log: Log): Promise<void> {
  const accounts = readAccounts()
  await takeDropped(spool.dir, maxMessageBytes + 65_536, nowSeconds(), {
    refuse: (name, reason) => log.warn({ file: name, reason }, 'what lay in the drop folder was no message, and was thrown away'),
    async take(file) {
      const account = accounts.find(({ uid }) => uid === file.uid)
      try {
        return await takeOne(spool, rules, log, file, account?.name ?? `uid${file.uid}`, account?.fullName ?? '')
      } catch (error) {
        log.error({ file: file.name, err: error }, 'a message of a user cannot be taken in now; it is tried again')
        return false
      }
    },
  })
}

async function takeOne(spool: Spool, rules: LetterRules, log: Log, file: DroppedFile, login: string, fullName: string): Promise<boolean> {
  const { name, dropped, message: bytes, uid, atSeconds } = file
  const read = readMessage(bytes)
  // The same for the same file: a crash after it was taken does not send it twice.
  const id = `drop.${uid}.${name}`
  const made = read.ok
    ? makeLetter({ ...dropped, message: read.message, login, uid, fullName }, rules, { nowSeconds: atSeconds, id })
    : ({ ok: false, reason: read.reason } as const)
  if (!made.ok) {
    log.error({ file: name, login, reason: made.reason }, 'a message of this user cannot be sent, and was thrown away')
    return true
  }
  const { letter, message, subject } = made
  const entry = { mail: { id, references: [], subject, text: '' }, letter, createdSeconds: atSeconds, attempts: 0, nextAttemptSeconds: 0 }
  return (await spool.add(entry, bytesOf(message))) !== 'full'
}

/** To the system's log by logger(1), as mail servers do, and to the terminal where somebody looks on. */
function queueLog(isVerbose: boolean): Log {
  const say = (priority: string) => (fields: object, message: string) => {
    const { component: _, err, ...rest } = fields as { readonly component?: string; readonly err?: unknown }
    const parts = Object.entries({ ...rest, ...(err === undefined ? {} : { error: String(err) }) })
    const line = [...parts.map(([key, value]) => `${key}=${typeof value === 'string' ? JSON.stringify(value) : String(value)}`)].join(' ')
    const whole = visible(`${message}${line === '' ? '' : `: ${line}`}`)
    if (isVerbose) process.stdout.write(`${whole}\n`)
    toSystemLog(priority, whole)
  }
  return { debug() {}, info: say('info'), warn: say('warning'), error: say('err') }
}

function toSystemLog(priority: string, line: string): void {
  if (!existsSync('/dev/log')) return
  try {
    execFileSync('logger', ['-t', 'reeve-sendmail', '-p', `mail.${priority}`, '--', line.slice(0, 1000)], {
      stdio: 'ignore',
      timeout: 5000,
    })
  } catch {
    // A log that is away stops no mail.
  }
}

/** What `mailq` prints, in sendmail's form. */
export async function listQueue(dir: string): Promise<string> {
  const silent = { debug() {}, info() {}, warn() {}, error() {} }
  if (!existsSync(join(dir, 'new'))) return 'Mail queue is empty\n'
  const spool = await openSpool(dir, silent, room)
  const entries = await spool.list()
  if (entries.length === 0) return 'Mail queue is empty\n'
  const sizes = await Promise.all(
    entries.map(({ mail }) =>
      stat(join(dir, 'new', `${mail.id}.eml`)).then(
        (file) => file.size,
        () => 0,
      ),
    ),
  )
  const total = Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1024)
  const head = '-Queue ID-                    --Size-- ----Arrival Time---- -Sender/Recipient-------'
  const count = `-- ${total} Kbytes in ${entries.length} ${entries.length === 1 ? 'Request' : 'Requests'}.`
  return visible(`${[head, ...entries.map((entry, index) => queued(entry, sizes[index] ?? 0)), count].join('\n')}\n`)
}

function queued({ mail, letter, createdSeconds, remaining, lastError }: Spooled, size: number): string {
  const at = new Date(createdSeconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
  const to = remaining ?? letter?.to ?? []
  const lines = [`${mail.id.padEnd(29)} ${String(size).padStart(8)} ${at}  ${letter?.from || 'MAILER-DAEMON'}`]
  if (lastError) lines.push(`    (${lastError.replaceAll(/[\0-\x1f\x7f]+/g, ' ')})`)
  return [...lines, ...to.map((one) => `${' '.repeat(61)}${one}`), ''].join('\n')
}
