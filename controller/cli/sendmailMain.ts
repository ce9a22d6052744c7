import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { drop, makeDropFolder } from '../mail/drop.ts'
import { bytesOf, type LetterRules, makeLetter, type Submission } from '../mail/letter.ts'
import { type Message, readMessage } from '../mail/message.ts'
import { noteLeftOut } from '../mail/overflow.ts'
import { openSpool, usualRoom } from '../mail/spool.ts'
import { reasonOf } from '../model/reason.ts'
import { formatDiagnostics } from '../report/diagnostics.ts'
import { visible } from '../report/visible.ts'
import { readAccounts } from './passwd.ts'
import { readSendmailCall, type SendOptions } from './sendmailOptions.ts'
import { loadSsmtp } from './ssmtpSettings.ts'
import { maxMessageBytes, readStdin } from './stdin.ts'

/**
 * `reeve sendmail`: what /usr/sbin/sendmail is to programs. A process of its own, which loads no more than it needs to put a message safely on disk; a second
 * one, behind the caller's back, runs the queue. Exit statuses are those of sysexits(3): 0 is said after the message was flushed to disk, and never else.
 */
const status = { done: 0, usage: 64, data: 65, noUser: 67, cannotCreate: 73, temporary: 75, noPermission: 77, config: 78 } as const

const spoolDir = process.env['REEVE_MAIL_SPOOL'] ?? '/var/spool/reeve-mail'
const usualConf = '/etc/ssmtp/ssmtp.conf'
const silent = { debug() {}, info() {}, warn() {}, error() {} }

class End extends Error {
  readonly status: number
  constructor(exit: number, message: string) {
    super(message)
    this.status = exit
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`sendmail: ${visible(error instanceof Error ? error.message : String(error))}\n`)
  process.exitCode = error instanceof End ? error.status : status.temporary
}

async function main(args: readonly string[]): Promise<number> {
  const call = readSendmailCall(args)
  if (call.mode === 'wrong') throw new End(status.usage, call.reason)
  if (call.mode === 'send') return send(call.options)
  if (call.mode === 'check') return check(call.confFile ?? usualConf)
  requireOwner()
  if (call.mode === 'flush')
    return runQueue(['-q', call.which, call.isVerbose ? 'verbose' : 'quiet', call.confFile ?? usualConf], 'foreground')
  const { listQueue } = await import('./mailQueue.ts')
  process.stdout.write(await listQueue(spoolDir))
  return status.done
}

/** -bi: the spool is made, and all that is said of ssmtp.conf and revaliases shown. */
async function check(confFile: string): Promise<number> {
  const settings = loadSsmtp(confFile)
  if (settings.status === 'closed') throw new End(status.noPermission, `${settings.file}: this user may not read it`)
  process.stderr.write(formatDiagnostics(settings.diagnostics, { format: 'text' }))
  if (settings.status === 'invalid') return status.config
  await makeSpool()
  process.stdout.write(
    `${confFile} is right; mails go to ${settings.hubs.map(({ host, port, tls }) => `${host}:${port} (TLS: ${tls})`).join(', then ')}\n`,
  )
  return status.done
}

async function send(options: SendOptions): Promise<number> {
  const confFile = options.confFile ?? usualConf
  const settings = loadSsmtp(confFile)
  if (settings.status === 'invalid') {
    process.stderr.write(formatDiagnostics(settings.diagnostics, { format: 'text' }))
    throw new End(status.config, `the message was not taken: ${confFile} is not usable`)
  }
  if (options.recipients.length === 0 && !options.readsHeader)
    throw new End(status.usage, 'no recipients; name them, or use -t to take them from the header')
  const bytes = await readStdin(process.stdin, options.ignoresDots)
  if (bytes === undefined) throw new End(status.data, `the message was not taken: it is larger than ${maxMessageBytes} bytes`)
  const reading = readMessage(bytes)
  if (!reading.ok) throw new End(status.data, `the message was not taken: ${reading.reason}`)
  const submission = submissionOf(options, reading.message)
  if (settings.status === 'valid' && (await ownsSpool())) {
    await spool(submission, settings.rules)
    if (options.delivery === 'queue') return status.done
    await runQueue(['-q', 'due', options.isVerbose ? 'verbose' : 'quiet', confFile], options.delivery)
    return status.done
  }
  await leaveToRoot(submission, bytes)
  return status.done
}

function submissionOf(options: SendOptions, message: Message): Submission {
  const uid = process.getuid?.() ?? 0
  const account = readAccounts().find((one) => one.uid === uid)
  const { recipients, readsHeader, sender, senderName } = options
  return {
    message,
    uid,
    login: account?.name ?? `uid${uid}`,
    fullName: account?.fullName ?? '',
    recipients,
    readsHeader,
    ...(sender === undefined ? {} : { sender }),
    ...(senderName === undefined ? {} : { senderName }),
  }
}

/** Made into a letter, or the reason why not. */
function letterOf(submission: Submission, rules: LetterRules, id: string) {
  const made = makeLetter(submission, rules, { nowSeconds: Date.now() / 1000, id })
  if (made.ok) return made
  throw new End(made.status === 'noRecipient' ? status.usage : status.noUser, `the message was not taken: ${made.reason}`)
}

async function spool(submission: Submission, rules: LetterRules): Promise<void> {
  const nowSeconds = Date.now() / 1000
  const id = `${new Date().toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}.${randomBytes(6).toString('hex')}`
  const { letter, message, subject } = letterOf(submission, rules, id)
  const entry = {
    mail: { id, references: [], subject, text: '' },
    letter,
    createdSeconds: nowSeconds,
    attempts: 0,
    nextAttemptSeconds: nowSeconds,
  }
  const added = await writing(async () => {
    const opened = await openSpool(spoolDir, silent, { ...usualRoom, isShared: true })
    const result = await opened.add(entry, bytesOf(message))
    if (result === 'full') await noteLeftOut(spoolDir, { atSeconds: nowSeconds, from: letter.from, to: letter.to, subject })
    return result
  })
  if (added === 'full')
    throw new End(status.temporary, `the message was not taken: the spool ${spoolDir} is full; sendmail -bp shows why it does not empty`)
}

/** For a user who may not read the password: root's next run of the queue takes it in. */
async function leaveToRoot(submission: Submission, bytes: Buffer): Promise<void> {
  const anywhere = {
    domain: 'localhost',
    hostname: 'localhost',
    fromLineOverride: true,
    aliases: [],
    addedHeaders: [],
    isSystemUser: () => false,
  }
  letterOf(submission, anywhere, 'x')
  const { recipients, readsHeader, sender, senderName } = submission
  const dropped = {
    recipients,
    readsHeader,
    ...(sender === undefined ? {} : { sender }),
    ...(senderName === undefined ? {} : { senderName }),
  }
  if (!existsSync(join(spoolDir, 'drop')))
    throw new End(status.cannotCreate, `the message was not taken: there is no spool ${spoolDir} yet; root makes it by sendmail -bi`)
  if (readdirSync(join(spoolDir, 'drop')).length >= usualRoom.maxMessages)
    throw new End(
      status.temporary,
      `the message was not taken: as many messages as there is room for wait in ${spoolDir}/drop for root's run of the queue`,
    )
  await writing(() => drop(spoolDir, randomBytes(16).toString('hex'), dropped, bytes))
}

async function writing<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw new End(status.cannotCreate, `the message was not taken: the spool ${spoolDir} cannot be written: ${reasonOf(error)}`)
  }
}

async function makeSpool(): Promise<void> {
  await writing(async () => {
    await makeDropFolder(spoolDir)
    await openSpool(spoolDir, silent, { ...usualRoom, isShared: true })
  })
}

/** Root's spool is made when it is first needed; a spool that is named by the environment is its user's own. */
async function ownsSpool(): Promise<boolean> {
  const isOurs = process.getuid?.() === 0 || process.env['REEVE_MAIL_SPOOL'] !== undefined
  if (isOurs && !existsSync(join(spoolDir, 'drop'))) await makeSpool()
  return mayWrite(join(spoolDir, 'new'))
}

function requireOwner(): void {
  if (existsSync(join(spoolDir, 'new')) && !mayWrite(join(spoolDir, 'new')))
    throw new End(status.noPermission, `only root may look into the spool ${spoolDir}`)
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** By bin/mail-queue, which sees to it that one runs at a time. */
function runQueue(args: readonly string[], how: 'background' | 'foreground'): Promise<number> {
  if (!existsSync(join(spoolDir, 'new'))) return Promise.resolve(status.done)
  const script = join(import.meta.dirname, '../../bin/mail-queue')
  const isBehind = how === 'background'
  const child = spawn('sh', [script, spoolDir, ...args], {
    detached: isBehind,
    stdio: isBehind ? 'ignore' : ['ignore', 'inherit', 'inherit'],
    cwd: '/',
  })
  // The message is safe; who runs the queue next sends it.
  child.on('error', () => undefined)
  if (isBehind) {
    child.unref()
    return Promise.resolve(status.done)
  }
  return new Promise((resolve) => child.once('close', () => resolve(status.done)))
}
