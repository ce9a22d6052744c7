import type { WebhookConfig } from '../forge/config.ts'
import { createJudge } from '../forge/judge.ts'
import type { GitSource } from '../git/source.ts'
import { type HookServer, startHookServer } from '../http/hooks.ts'
import type { HookResult, HookSeen } from '../model/hook.ts'
import type { Log } from '../model/log.ts'
import type { Metrics } from '../report/metrics.ts'
import type { Store } from '../store/store.ts'
import { CommandEnd } from './exit.ts'
import type { SecretsReading } from './hookSecrets.ts'
import type { Reporter } from './reporter.ts'

export interface HookDependencies {
  readonly git: Pick<GitSource, 'refresh'>
  readonly branch: string
  readonly metrics: Pick<Metrics, 'webhookRequestsTotal'>
  readonly store: Pick<Store, 'record'>
  readonly reporter: Pick<Reporter, 'onWebhook'>
  readonly log: Log
  secrets(): SecretsReading
  nowSeconds(): number
  after(delayMs: number, run: () => void): () => void
}

/** Listens for webhooks; a right one has the repository asked at once. Ends the command where there is no usable secret. */
export function startHooks(config: WebhookConfig, dependencies: HookDependencies): Promise<HookServer> {
  const { branch, log, nowSeconds, secrets: read } = dependencies
  const first = read()
  if (!first.ok) throw new CommandEnd(`webhooks: ${first.reason}`)
  const judge = createJudge({
    provider: config.provider,
    branch,
    nowSeconds,
    secrets() {
      const reading = read()
      return reading.ok ? reading.secrets : undefined
    },
  })
  const say = createSayer(log, nowSeconds, () => {
    const reading = read()
    return reading.ok ? '' : reading.reason
  })
  const listener = createListener(dependencies)
  return startHookServer({
    listen: { host: config.listen.address, port: config.listen.port },
    provider: config.provider,
    proxies: config.proxies,
    limits: config.limits,
    judge,
    onSeen(seen) {
      dependencies.metrics.webhookRequestsTotal.inc({ result: seen.result })
      say(seen)
      listener(seen)
    },
    log,
  })
}

/** So many wrong signatures in a row are no slip any more. */
const failuresWorthAMail = 3
const leastSecondsBetweenNews = 60

/** What is done about a request that was signed: with the right secret, or with another one. */
function createListener({ git, store, reporter, nowSeconds, after }: HookDependencies): (seen: HookSeen) => void {
  const fetch = createFetcher(git, after)
  let failures = 0
  let toldSeconds = Number.NEGATIVE_INFINITY
  return ({ result, source, delivery, push }) => {
    if (result === 'wrongSignature') {
      failures += 1
      if (failures < failuresWorthAMail || nowSeconds() - toldSeconds < leastSecondsBetweenNews) return
      toldSeconds = nowSeconds()
      reporter.onWebhook({ status: 'failing', failures, message: source })
      return
    }
    if (push === undefined) return
    if (failures > 0) reporter.onWebhook({ status: 'accepted', failures: 0, message: source })
    failures = 0
    store.record('webhook', delivery ?? 'without an id', { source, ...push })
    fetch(push.commit)
  }
}

/** A forge may tell of a push before each of its servers has it; mostly they have it a moment later. */
const laterMs = [250, 1000, 4000]

/** Asks the repository, and a few times more where it does not have the commit yet. Bursts end in the same questions. */
function createFetcher(git: Pick<GitSource, 'refresh'>, after: HookDependencies['after']): (commit: string | undefined) => void {
  let cancel = () => {}
  async function ask(commit: string | undefined, waits: readonly number[]): Promise<void> {
    const state = await git.refresh('pushed')
    const [wait, ...rest] = waits
    if (commit === undefined || state.commit === commit || wait === undefined) return
    cancel()
    cancel = after(wait, () => void ask(commit, rest))
  }
  return (commit) => {
    cancel()
    void ask(commit, laterMs)
  }
}

const quietSeconds = 60

/** One line for what was signed rightly; of the rest one a minute for each result, with how many were left out: who can reach the listener does not fill the log. */
function createSayer(log: Log, nowSeconds: () => number, whyNoSecret: () => string): (seen: HookSeen) => void {
  const quiet = new Map<HookResult, { readonly untilSeconds: number; readonly count: number }>()
  return ({ result, source, message, delivery, push }) => {
    const about = { component: 'http', webhook: result, source, ...(delivery === undefined ? {} : { delivery }) }
    if (['accepted', 'ignored', 'replayed'].includes(result)) return log.info({ ...about, ...push }, `webhook ${result}: ${message}`)
    const { untilSeconds, count } = quiet.get(result) ?? { untilSeconds: 0, count: 0 }
    if (nowSeconds() < untilSeconds) return void quiet.set(result, { untilSeconds, count: count + 1 })
    quiet.set(result, { untilSeconds: nowSeconds() + quietSeconds, count: 0 })
    const why = result === 'noSecret' ? whyNoSecret() : message
    log.warn({ ...about, unsaid: count }, `webhook ${result}: ${why}${count > 0 ? ` (and ${count} more since the last such line)` : ''}`)
  }
}
