import type { CommitStatusConfig } from '../forge/config.ts'
import { judgeAnswer, type StatusRequest, statusRequest } from '../forge/statusRequest.ts'
import type { CommitStatus, CommitVerdict } from '../model/commitStatus.ts'
import type { Log } from '../model/log.ts'
import { reasonOf } from '../model/reason.ts'
import { reveal, type Secret } from '../shell/secret.ts'

export interface CommitStatusDependencies {
  readonly config: CommitStatusConfig
  /** Read anew for each request, so that it can be changed. Throws where it cannot be read. */
  token(): Secret
  readonly retry: { readonly firstMs: number; readonly maxMs: number; readonly giveUpMs: number }
  onResult(result: 'sent' | 'retried' | 'failed', verdict: CommitVerdict): void
  readonly log: Log
  nowMs(): number
  /** 0 ≤ number < 1. */
  random(): number
  after(delayMs: number, run: () => void): () => void
}

/** More commits than these wait only where the forge is gone for long; the oldest are left out then. */
const maxWaiting = 100
const deadlineMs = 10_000
const maxAnswerBytes = 65_536

interface Waiting {
  readonly verdict: CommitVerdict
  readonly sinceMs: number
}

interface Tried {
  readonly result: 'sent' | 'later' | 'never'
  readonly reason: string
  readonly retryAfterMs: number
}

/** Tells a forge, one request at a time; tries again while it cannot be reached. Of several words about one thing the last one is told. */
export function createCommitStatus(dependencies: CommitStatusDependencies): CommitStatus & AsyncDisposable {
  return new StatusTeller(dependencies)
}

class StatusTeller implements CommitStatus {
  readonly #dependencies: CommitStatusDependencies
  readonly #waiting = new Map<string, Waiting>()
  readonly #ending = new AbortController()
  #work: Promise<void> = Promise.resolve()
  #isAtWork = false
  #failures = 0
  #cancel: () => void = () => {}

  constructor(dependencies: CommitStatusDependencies) {
    this.#dependencies = dependencies
  }

  tell(verdict: CommitVerdict): void {
    const key = keyOf(verdict)
    this.#waiting.delete(key)
    this.#waiting.set(key, { verdict, sinceMs: this.#dependencies.nowMs() })
    for (const oldest of this.#waiting.keys()) if (this.#waiting.size > maxWaiting) this.#drop(oldest)
    // While it waits because the forge does not answer, another word does not make it answer.
    if (this.#failures === 0) this.#begin()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel()
    this.#ending.abort()
    await this.#work
  }

  #begin(): void {
    if (this.#isAtWork || this.#ending.signal.aborted) return
    this.#isAtWork = true
    this.#work = this.#sendAll().finally(() => {
      this.#isAtWork = false
      // What was told between the last look and now.
      if (this.#waiting.size > 0 && this.#failures === 0) this.#begin()
    })
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#first(); next !== undefined; next = this.#first()) {
      const tried = await this.#try(next.verdict)
      if (this.#ending.signal.aborted) return
      if (tried.result === 'later') return this.#later(next, tried)
      this.#failures = 0
      this.#end(next, tried)
    }
    this.#failures = 0
  }

  #first(): Waiting | undefined {
    return this.#waiting.values().next().value
  }

  #end(waiting: Waiting, { result, reason }: Tried): void {
    const { log, onResult } = this.#dependencies
    const { verdict } = waiting
    // A newer word may have come meanwhile, and stays.
    if (this.#waiting.get(keyOf(verdict)) === waiting) this.#waiting.delete(keyOf(verdict))
    onResult(result === 'sent' ? 'sent' : 'failed', verdict)
    const about = { component: 'http', commit: verdict.commit, status: verdict.about, state: verdict.state }
    if (result === 'sent') log.debug(about, `commit status ${verdict.about}: ${verdict.state}`)
    else log.error(about, `the forge refused a commit status, and it is not tried again: ${reason}`)
  }

  #later(waiting: Waiting, { reason, retryAfterMs }: Tried): void {
    const { retry, nowMs, random, log, onResult, after } = this.#dependencies
    onResult('retried', waiting.verdict)
    this.#failures += 1
    const backoffMs = Math.min(retry.maxMs, retry.firstMs * 2 ** Math.min(this.#failures - 1, 20)) * (0.5 + 0.5 * random())
    const waitMs = Math.max(retryAfterMs, backoffMs)
    if (this.#failures === 1) log.warn({ component: 'http' }, `a commit status could not be set; trying again: ${reason}`)
    if (nowMs() - waiting.sinceMs > retry.giveUpMs) this.#drop(keyOf(waiting.verdict))
    this.#cancel = after(waitMs, () => this.#begin())
  }

  #drop(key: string): void {
    const { log, onResult } = this.#dependencies
    const dropped = this.#waiting.get(key)
    if (dropped === undefined) return
    this.#waiting.delete(key)
    onResult('failed', dropped.verdict)
    log.error({ component: 'http', commit: dropped.verdict.commit }, 'a commit status waited too long for the forge, and is left out')
  }

  async #try(verdict: CommitVerdict): Promise<Tried> {
    const { config, token } = this.#dependencies
    try {
      const response = await this.#ask(statusRequest(config, verdict, reveal(token())))
      const text = await textOf(response)
      const retryAfter = response.headers.get('retry-after')
      const answer = judgeAnswer(config.provider, response.status, text, retryAfter !== null)
      const reason = `HTTP ${response.status} ${text.replaceAll(/\s+/g, ' ').slice(0, 300)}${advice[response.status] ?? ''}`
      return { result: answer === 'taken' ? 'sent' : answer, reason, retryAfterMs: millisecondsOf(retryAfter) }
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
      return { result: 'later', reason: `${reasonOf(error)}${cause}`, retryAfterMs: 0 }
    }
  }

  #ask({ url, headers, body }: StatusRequest): Promise<Response> {
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(deadlineMs)])
    // The token goes where reeve.yaml says, and nowhere else.
    return fetch(url, { method: 'POST', headers, body, redirect: 'error', signal })
  }
}

const advice: Readonly<Record<number, string>> = {
  401: ': is the token in commitStatus.tokenFile still valid?',
  403: ': may the token write commit statuses?',
  404: ': is commitStatus.repository right, and may the token see it?',
}

function keyOf({ commit, about }: CommitVerdict): string {
  return `${commit} ${about}`
}

/** Its beginning: what is longer is no answer of a forge. */
async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    length += chunk.length
    if (length > maxAnswerBytes) break
  }
  return Buffer.concat(chunks).toString('utf8', 0, maxAnswerBytes)
}

const longestRetryAfterSeconds = 3600

function millisecondsOf(retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? 0)
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, longestRetryAfterSeconds) * 1000 : 0
}
