import type { Log } from '../model/log.ts'
import type { Mail } from '../model/mail.ts'
import { createSmarthost, type Sent, type Smarthost, type SmarthostSettings } from './smarthost.ts'
import { openSpool, type Spool, type Spooled } from './spool.ts'

export interface MailerDependencies {
  /** The spool's folder: `<stateDir>/mail`. */
  readonly dir: string
  readonly smarthost: SmarthostSettings
  readonly retry: {
    /** Wait after the first failure; doubles with each. */
    readonly firstSeconds: number
    readonly maxSeconds: number
    /** Older than this, a mail is put into failed/. */
    readonly giveUpSeconds: number
  }
  readonly log: Log
  nowSeconds(): number
  /** Called for each attempt, after the server answered and before the spool is touched. */
  onResult?(result: 'sent' | 'retried' | 'failed', mail: Mail): void
}

/** Takes mails, keeps them on disk, and brings them to the smarthost when that answers. */
export interface Mailer extends AsyncDisposable {
  /** Resolves when the mail is safe on disk. A mail whose id waits already is not taken twice. */
  submit(mail: Mail): Promise<void>
  /** Tries everything that is due now; resolves with how many mails still wait, -1 where the spool cannot be read. */
  flush(): Promise<number>
  /** Sends what is spooled and what comes, with back-off, until disposed. */
  start(): void
}

/** Opens the spool; sends nothing before `start` or `flush`. Rejects where the folder cannot be made. */
export async function createMailer(dependencies: MailerDependencies): Promise<Mailer> {
  const spool = await openSpool(dependencies.dir, dependencies.log)
  return new SpoolingMailer(dependencies, spool, createSmarthost(dependencies.smarthost))
}

const longestSleepSeconds = 3600

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

  constructor(dependencies: MailerDependencies, spool: Spool, smarthost: Smarthost) {
    this.#dependencies = dependencies
    this.#spool = spool
    this.#smarthost = smarthost
  }

  async submit(mail: Mail): Promise<void> {
    const now = this.#dependencies.nowSeconds()
    // One at a time, so that the same mail twice at once meets itself.
    const added = this.#intake.then(() => this.#spool.add({ mail, createdSeconds: now, attempts: 0, nextAttemptSeconds: now }))
    this.#intake = added.catch(() => undefined)
    await added
    if (this.#isStarted) void this.flush()
  }

  flush(): Promise<number> {
    this.#work = this.#work.then(() => this.#deliver()).catch((error: unknown) => this.#complain(error))
    return this.#work
  }

  start(): void {
    this.#isStarted = true
    void this.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    clearTimeout(this.#timer)
    this.#smarthost.close()
    await this.#work
  }

  async #deliver(): Promise<number> {
    const waiting: Spooled[] = []
    let isServerDown = false
    for (const entry of await this.#spool.list()) {
      const isTurn = entry.nextAttemptSeconds <= this.#dependencies.nowSeconds() && !isServerDown && !this.#isDisposed
      const after: Attempted = isTurn ? await this.#attempt(entry) : { entry, isServerDown }
      isServerDown = after.isServerDown
      if (isTurn) this.#serverFailures = isServerDown ? this.#serverFailures + 1 : 0
      if (after.entry) waiting.push(after.entry)
    }
    this.#sleepFor(waiting)
    return waiting.length
  }

  async #attempt(entry: Spooled): Promise<Attempted> {
    const sent = await this.#smarthost.send(entry)
    const verdict = this.#isTooOld(entry) && sent.status === 'later' ? { ...sent, status: 'never' as const } : sent
    const { onResult, log } = this.#dependencies
    onResult?.(verdict.status === 'sent' ? 'sent' : verdict.status === 'later' ? 'retried' : 'failed', entry.mail)
    const about = { component: 'mail', mail: entry.mail.id, subject: entry.mail.subject, attempts: entry.attempts + 1 }
    if (verdict.status === 'sent') {
      log.info(about, 'mail sent')
      await this.#spool.remove(entry.mail.id)
      return { isServerDown: false }
    }
    if (verdict.status === 'never') {
      log.error({ ...about, reason: verdict.reason }, `a mail was refused for good; it lies in ${this.#dependencies.dir}/failed`)
      await this.#spool.fail(this.#after(entry, verdict))
      return { isServerDown: false }
    }
    log.warn({ ...about, reason: verdict.reason }, 'a mail could not be sent; trying again later')
    const after = this.#after(entry, verdict)
    await this.#spool.update(after)
    return { entry: after, isServerDown: verdict.isServerDown }
  }

  #after(entry: Spooled, sent: Exclude<Sent, { readonly status: 'sent' }>): Spooled {
    const { nowSeconds } = this.#dependencies
    return {
      ...entry,
      attempts: entry.attempts + 1,
      nextAttemptSeconds: nowSeconds() + this.#waitSeconds(entry.attempts),
      remaining: sent.remaining,
      lastError: sent.reason,
    }
  }

  #isTooOld(entry: Spooled): boolean {
    return this.#dependencies.nowSeconds() - entry.createdSeconds > this.#dependencies.retry.giveUpSeconds
  }

  #waitSeconds(failures: number): number {
    const { firstSeconds, maxSeconds } = this.#dependencies.retry
    return Math.min(maxSeconds, firstSeconds * 2 ** Math.min(failures, 20))
  }

  #sleepFor(waiting: readonly Spooled[]): void {
    clearTimeout(this.#timer)
    if (waiting.length === 0) return
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
