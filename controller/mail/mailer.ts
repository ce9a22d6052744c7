import type { Log } from '../model/log.ts'
import type { Mail } from '../model/mail.ts'
import { forgetTaken, noteLeftOut, type Overflow, renderDigest, takeLeftOut } from './overflow.ts'
import { createSmarthost, type Sent, type Smarthost, type SmarthostSettings } from './smarthost.ts'
import { openSpool, type Spool, type Spooled, type SpoolRules } from './spool.ts'

export interface MailerDependencies {
  /** The spool's folder: `<stateDir>/mail`. */
  readonly dir: string
  readonly smarthost: SmarthostSettings
  readonly retry: {
    /** Wait after the first failure; doubles with each. */
    readonly firstSeconds: number
    /** Also the wait where only a person can help: a password that is refused is not tried again and again. */
    readonly maxSeconds: number
    /** Older than this, a mail is put into failed/. */
    readonly giveUpSeconds: number
  }
  readonly log: Log
  nowSeconds(): number
  /** 0 to 1, for waits of ±10 %. Absent: no such. */
  random?(): number
  /** Called for each attempt, after the server answered and before the spool is touched. */
  onResult?(result: 'sent' | 'retried' | 'failed', mail: Mail): void
  /** Where several share what is to be sent. Absent: all of it is this one's. */
  readonly claims?: Claims
  /** How many mails may wait; what comes beyond is told in one digest. Absent: 1000, 50 MiB. */
  readonly room?: SpoolRules
  /** What is sent for those that found no room. Absent: a mail to the receivers of the smarthost's settings. */
  digest?(overflow: Overflow, rendered: { readonly subject: string; readonly text: string }): Addition
  /** What is sent back to its sender when some of its recipients will never get a mail. */
  bounce?(entry: Spooled, message: Buffer): Addition | undefined
}

/** Who sends what, where several could. */
export interface Claims {
  /** Before each attempt. `drop`: another one sends it, or has · `wait`: that cannot be told now. */
  take(mail: Mail): Promise<'send' | 'drop' | 'wait'>
  /** It was sent, or never will be: nobody is to try again. Must not reject. */
  settle(mail: Mail): Promise<void>
  /** It could not be sent now: whoever is in charge of it by then tries again. Must not reject. */
  release(mail: Mail): Promise<void>
}

/** A mail for the spool. */
export interface Addition {
  readonly mail: Mail
  readonly letter?: NonNullable<Spooled['letter']>
  readonly message?: Buffer
}

/** Takes mails, keeps them on disk, and brings them to the smarthost when that answers. */
export interface Mailer extends AsyncDisposable {
  /** Resolves when the mail is safe on disk. A mail whose id waits already is not taken twice. */
  submit(mail: Mail): Promise<void>
  /** Tries everything that is due now, or all of it; resolves with how many mails still wait, -1 where the spool cannot be read. */
  flush(which?: 'due' | 'all'): Promise<number>
  /** Sends what is spooled and what comes, with back-off, until disposed. */
  start(): void
}

/** Opens the spool; sends nothing before `start` or `flush`. Rejects where the folder cannot be made. */
export async function createMailer(dependencies: MailerDependencies): Promise<Mailer> {
  const spool = await openSpool(dependencies.dir, dependencies.log, dependencies.room)
  return new SpoolingMailer(dependencies, spool, createSmarthost(dependencies.smarthost))
}

const longestSleepSeconds = 3600
/** How long is waited where it cannot be told who sends a mail. */
const claimSeconds = 2
const keptFailedSeconds = 30 * 86_400

interface Attempted {
  /** The mail, where it still waits. */
  readonly entry?: Spooled
  readonly isServerDown: boolean
}

class SpoolingMailer implements Mailer {
  readonly #dependencies: MailerDependencies
  readonly #spool: Spool
  readonly #smarthost: Smarthost
  #serverFailures = 0
  #isStarted = false
  #isDisposed = false
  #timer: NodeJS.Timeout | undefined
  #intake: Promise<unknown> = Promise.resolve()
  #work: Promise<number> = Promise.resolve(0)
  /** What came of attempts that the disk did not keep yet; nothing is sent before it does, else a mail goes twice to who has it. */
  readonly #unkept = new Map<string, () => Promise<void>>()

  constructor(dependencies: MailerDependencies, spool: Spool, smarthost: Smarthost) {
    this.#dependencies = dependencies
    this.#spool = spool
    this.#smarthost = smarthost
  }

  async submit(mail: Mail): Promise<void> {
    await this.#add({ mail })
    if (this.#isStarted) void this.flush()
  }

  flush(which: 'due' | 'all' = 'due'): Promise<number> {
    this.#work = this.#work.then(() => this.#deliver(which)).catch((error: unknown) => this.#complain(error))
    return this.#work
  }

  start(): void {
    this.#isStarted = true
    // Whoever put a password right starts us anew.
    this.#work = this.#work.then(() => this.#deliver('misconfigured')).catch((error: unknown) => this.#complain(error))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    clearTimeout(this.#timer)
    this.#smarthost.close()
    await this.#work
  }

  /** One at a time, so that the same mail twice at once meets itself. */
  async #add({ message, ...what }: Addition): Promise<void> {
    const now = this.#dependencies.nowSeconds()
    const entry = { ...what, createdSeconds: now, attempts: 0, nextAttemptSeconds: now }
    const added = this.#intake.then(() => this.#spool.add(entry, message))
    this.#intake = added.catch(() => undefined)
    if ((await added) !== 'full') return
    const { mail, letter } = what
    const { log, smarthost } = this.#dependencies
    log.error({ component: 'mail', mail: mail.id, subject: mail.subject }, 'the mail spool is full; this mail will be told in a digest')
    const [from, to] = [letter?.from ?? smarthost.from, letter?.to ?? mail.to ?? smarthost.to]
    await noteLeftOut(this.#spool.dir, { atSeconds: now, from, to, subject: mail.subject })
  }

  async #deliver(which: 'due' | 'all' | 'misconfigured'): Promise<number> {
    const waiting: Spooled[] = []
    let isServerDown = false
    this.#smarthost.rest()
    for (const [id, write] of this.#unkept) await this.#keep(id, write)
    await this.#spool.forget(this.#dependencies.nowSeconds() - keptFailedSeconds)
    for (const entry of await this.#spool.list()) {
      const isTurn = this.#isDue(entry, which) && !isServerDown && !this.#isDisposed
      const after: Attempted = isTurn ? await this.#attempt(entry) : { entry, isServerDown }
      isServerDown = after.isServerDown
      if (isTurn) this.#serverFailures = isServerDown ? this.#serverFailures + 1 : 0
      if (after.entry) waiting.push(after.entry)
    }
    // Only when others could go: else the digest finds no room either.
    if (!isServerDown && (await this.#addDigest())) return this.#deliver('due')
    this.#sleepFor(waiting)
    return waiting.length
  }

  #isDue({ nextAttemptSeconds, isMisconfigured }: Spooled, which: 'due' | 'all' | 'misconfigured'): boolean {
    if (which === 'all' || (which === 'misconfigured' && isMisconfigured)) return true
    const now = this.#dependencies.nowSeconds()
    // Nothing waits for so long: the clock went back.
    return nextAttemptSeconds <= now || nextAttemptSeconds > now + 2 * this.#dependencies.retry.maxSeconds
  }

  async #addDigest(): Promise<boolean> {
    const { dir } = this.#spool
    const overflow = this.#isDisposed ? undefined : await takeLeftOut(dir)
    if (overflow === undefined) return false
    const rendered = renderDigest(overflow, dir)
    const mail = { id: overflow.id, references: [], subject: `[reeve] ${rendered.subject}`, text: rendered.text }
    const { message, ...what } = this.#dependencies.digest?.(overflow, rendered) ?? { mail }
    const now = this.#dependencies.nowSeconds()
    const added = await this.#spool.add({ ...what, createdSeconds: now, attempts: 0, nextAttemptSeconds: now }, message)
    if (added !== 'full') await forgetTaken(dir)
    return added === 'added'
  }

  async #attempt(entry: Spooled): Promise<Attempted> {
    const claims = entry.mail.isShared ? this.#dependencies.claims : undefined
    const claim = (await claims?.take(entry.mail)) ?? 'send'
    if (claim === 'drop') await this.#spool.remove(entry.mail.id)
    if (claim === 'drop') return { isServerDown: false }
    if (claim === 'wait')
      return { entry: { ...entry, nextAttemptSeconds: this.#dependencies.nowSeconds() + claimSeconds }, isServerDown: false }
    const message = entry.letter && (await this.#spool.message(entry.mail.id))
    if (entry.letter && message === undefined) {
      await this.#finish({ ...entry, remaining: entry.remaining ?? entry.letter.to, lastError: 'its message is gone' }, undefined)
      return { isServerDown: false }
    }
    if (entry.letter && !(await this.#canKeep(entry)))
      return {
        entry: { ...entry, nextAttemptSeconds: this.#dependencies.nowSeconds() + this.#dependencies.retry.maxSeconds },
        isServerDown: false,
      }
    const sent = await this.#smarthost.send(entry, message)
    const verdict = this.#isTooOld(entry) && sent.status === 'later' ? { ...sent, status: 'never' as const } : sent
    const { onResult, log } = this.#dependencies
    onResult?.(verdict.status === 'sent' ? 'sent' : verdict.status === 'later' ? 'retried' : 'failed', entry.mail)
    const about = { component: 'mail', mail: entry.mail.id, subject: entry.mail.subject, attempts: entry.attempts + 1 }
    await (verdict.status === 'later' ? claims?.release(entry.mail) : claims?.settle(entry.mail))
    if (verdict.status === 'sent') {
      log.info({ ...about, reply: verdict.reply }, 'mail sent')
      await this.#finish({ ...entry, refused: [...(entry.refused ?? []), ...verdict.refused], remaining: [] }, message)
      return { isServerDown: false }
    }
    if (verdict.status === 'never') {
      await this.#finish(this.#after(entry, verdict), message)
      return { isServerDown: false }
    }
    log.warn({ ...about, reason: verdict.reason }, 'a mail could not be sent; trying again later')
    const after = this.#after(entry, verdict)
    await this.#keep(entry.mail.id, () => this.#spool.update(after))
    return { entry: after, isServerDown: verdict.isServerDown }
  }

  /** Asked before: the queue of letters is run by one process after the other, and none knows what another could not write. */
  async #canKeep(entry: Spooled): Promise<boolean> {
    const { letter, remaining = letter?.to ?? [], mail } = entry
    if (remaining.length < 2) return true
    try {
      await this.#spool.update(entry)
      return true
    } catch (error) {
      this.#dependencies.log.error({ component: 'mail', mail: mail.id, err: error }, 'who got this mail could not be noted; it waits')
      return false
    }
  }

  async #keep(id: string, write: () => Promise<void>): Promise<void> {
    this.#unkept.set(id, write)
    await write()
    this.#unkept.delete(id)
  }

  #finish(entry: Spooled, message: Buffer | undefined): Promise<void> {
    return this.#keep(entry.mail.id, () => this.#end(entry, message))
  }

  /** It is over for this mail: gone, or kept for people where somebody did not get it. */
  async #end(entry: Spooled, message: Buffer | undefined): Promise<void> {
    const { refused = [], remaining = [] } = entry
    if (refused.length === 0 && remaining.length === 0) return this.#spool.remove(entry.mail.id)
    const reason = refused.length > 0 ? refused.map(({ recipient, reply }) => `${recipient}: ${reply}`).join('; ') : entry.lastError
    const about = { component: 'mail', mail: entry.mail.id, subject: entry.mail.subject, reason }
    this.#dependencies.log.error(about, `a mail was refused for good; it lies in ${this.#dependencies.dir}/failed`)
    const bounce = message && this.#dependencies.bounce?.(entry, message)
    if (bounce) await this.#add(bounce)
    await this.#spool.fail({ ...entry, ...(reason === undefined ? {} : { lastError: reason }) })
  }

  #after(entry: Spooled, sent: Exclude<Sent, { readonly status: 'sent' }>): Spooled {
    const refused = [...(entry.refused ?? []), ...(sent.status === 'later' ? sent.refused : [])]
    const isMisconfigured = sent.status === 'later' && sent.isMisconfigured
    const waitSeconds = isMisconfigured ? this.#dependencies.retry.maxSeconds : this.#waitSeconds(entry.attempts)
    const { isMisconfigured: _, ...rest } = entry
    return {
      ...rest,
      attempts: entry.attempts + 1,
      nextAttemptSeconds: this.#dependencies.nowSeconds() + waitSeconds,
      remaining: sent.remaining,
      ...(refused.length === 0 ? {} : { refused }),
      ...(isMisconfigured ? { isMisconfigured } : {}),
      lastError: sent.reason,
    }
  }

  #isTooOld(entry: Spooled): boolean {
    return this.#dependencies.nowSeconds() - entry.createdSeconds > this.#dependencies.retry.giveUpSeconds
  }

  #waitSeconds(failures: number): number {
    const { retry, random } = this.#dependencies
    const wait = Math.min(retry.maxSeconds, retry.firstSeconds * 2 ** Math.min(failures, 20))
    return random === undefined ? wait : wait * (0.9 + 0.2 * random())
  }

  #sleepFor(waiting: readonly Spooled[]): void {
    clearTimeout(this.#timer)
    // Also where nothing is known to wait: the disk may not have let us read it.
    const nextSeconds = Math.min(...waiting.map((entry) => entry.nextAttemptSeconds)) - this.#dependencies.nowSeconds()
    const leastSeconds = this.#serverFailures === 0 ? 0 : this.#waitSeconds(this.#serverFailures - 1)
    this.#sleep(Math.min(longestSleepSeconds, Math.max(leastSeconds, nextSeconds)))
  }

  #sleep(seconds: number): void {
    clearTimeout(this.#timer)
    if (!this.#isStarted || this.#isDisposed) return
    this.#timer = setTimeout(() => void this.flush(), seconds * 1000)
    this.#timer.unref()
  }

  #complain(error: unknown): number {
    this.#dependencies.log.error({ component: 'mail', dir: this.#dependencies.dir, err: error }, 'the mail spool cannot be used')
    this.#sleep(this.#dependencies.retry.maxSeconds)
    return -1
  }
}
