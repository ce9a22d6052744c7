import type { CircuitState } from '../loop/backoff.ts'
import type { Observer, SeenCycle } from '../loop/ports.ts'
import { reportOf } from '../loop/report.ts'
import type { Revision } from '../loop/revision.ts'
import type { Mailer } from '../mail/mailer.ts'
import type { CommitInfo, ControllerEvent, Noticed, UncleanStop } from '../model/event.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { PlannedChange } from '../model/plan.ts'
import { type RefusedCommits, refusals } from '../model/refusedCommits.ts'
import type { Silence } from '../model/silence.ts'
import { type Alert, type AlertSettings, standingAlerts } from '../report/alerts.ts'
import type { Logger } from '../report/log.ts'
import { itemOf, printable } from '../report/mails.ts'
import type { Metrics } from '../report/metrics.ts'
import { driftLeft } from '../report/placements.ts'
import { summaryLine } from '../report/plan.ts'
import { driftLines, type ProgressLine, progressLines } from '../report/progress.ts'
import { recordAlerts, recordApplied, recordConditions, recordEvent, recordOpenDrift } from '../report/record.ts'
import type { Store } from '../store/store.ts'
import { type Alerting, createAlerting } from './alerting.ts'
import type { Board } from './board.ts'
import { createRecorder } from './recorder.ts'
import { describeTrouble } from './trouble.ts'
import { createWatching, recordDetection } from './watching.ts'

export interface ReporterDeps {
  readonly log: Logger
  readonly store: Store
  readonly metrics: Metrics
  readonly board: Board
  readonly mailer: Pick<Mailer, 'submit'> | undefined
  readonly alerts: AlertSettings
  /** Where several controllers share the fleet: `own` keeps only what is of this one alone. */
  alerting?(own: Alerting): Alerting
  /** Told what is being done on a hypervisor; undefined: nothing any more. */
  inHand?(hypervisor: HypervisorName, doing: string | undefined): void
  /** Those that are in force. */
  silences(): readonly Silence[]
  nowSeconds(): number
  commitInfo(commit: string): Promise<CommitInfo>
}

/** What the Git adapter's state says of trouble, as far as reports need it. */
export interface GitNews {
  readonly commit: string | undefined
  readonly trouble: { readonly status: string } | undefined
  readonly refused: RefusedCommits | undefined
}

const circuitValues: Readonly<Record<CircuitState, number>> = { closed: 0, halfOpen: 1, open: 2 }

/** What the loop tells, and what only time brings. */
export interface Reporter extends Observer<GitNews> {
  onUncleanStop(stop: UncleanStop): void
  /** Why etcd cannot be reached; undefined: it can. */
  onEtcd(trouble: string | undefined): void
  /** To be called every few seconds: mails wait for others that belong to them. */
  tick(): void
  /** A delivery that was signed rightly, or the last of so many in a row that were not. */
  onWebhook(news: Pick<Extract<ControllerEvent, { type: 'webhook' }>, 'status' | 'failures' | 'message'>): void
  /** What people were told of, and is not over. */
  alerts(): readonly Alert[]
  /** When all that was told is told on. */
  settled(): Promise<void>
}

/** Commits that are remembered; of an older one Git is asked again. */
const mostCommits = 100

function remember<T>(commits: Map<string, T>, commit: string, value: T): void {
  commits.set(commit, value)
  const [oldest] = commits.keys()
  if (commits.size > mostCommits && oldest !== undefined) commits.delete(oldest)
}

/** Turns what the loop tells into metrics, mails, history, status and log. Keeps the order of events; never throws into the loop. */
export function createReporter(deps: ReporterDeps): Reporter {
  const { log, store, metrics, board } = deps
  const recorder = createRecorder(store)
  const watching = createWatching({ log, metrics })
  const revisionSeen = new Map<string, number>()
  const appliedRevision = new Map<HypervisorName, string>()
  const commits = new Map<string, CommitInfo>()
  const openDriftTold = new Map<HypervisorName, ReadonlySet<string>>()
  let refused: RefusedCommits | undefined
  for (const reason of refusals) metrics.gitVerifyFailuresTotal.inc({ reason }, 0)
  const stateName = deps.alerting === undefined ? 'alerts' : 'alerts.own'
  const own = createAlerting({ log, store, mailer: deps.mailer, settings: deps.alerts, silences: deps.silences, stateName })
  const alerting = deps.alerting?.(own) ?? own
  let chain: Promise<void> = Promise.resolve()

  function inOrder(work: () => Promise<void>): void {
    chain = chain.then(work).catch((error: unknown) => log.error({ component: 'report', err: error }, 'a report failed'))
  }

  async function handle(event: ControllerEvent): Promise<void> {
    await recordEvent(metrics, event)
    await alerting.handle(event)
    recordAlerts(metrics, alerting.state)
  }

  function say(lines: readonly ProgressLine[]): void {
    for (const { level, fields, message } of lines) log[level](fields, message)
  }

  /** Drift that is repaired was told when it was found; drift that stays is told once. */
  function sayNewDrift(hypervisor: HypervisorName, open: readonly PlannedChange[], noticed: readonly Noticed[] | undefined): void {
    const told = openDriftTold.get(hypervisor) ?? new Set()
    say(
      driftLines(
        hypervisor,
        open.filter((change) => !told.has(itemOf(change))),
        noticed,
      ),
    )
    openDriftTold.set(hypervisor, new Set(open.map(itemOf)))
  }

  async function infoOf(commit: string): Promise<CommitInfo> {
    const known =
      commits.get(commit) ?? (await deps.commitInfo(commit).catch(() => ({ hash: commit, author: 'unknown', subject: '', atSeconds: 0 })))
    remember(commits, commit, known)
    return known
  }

  async function onRevision(revision: Revision): Promise<void> {
    const commit = await infoOf(revision.commit)
    if (!revisionSeen.has(revision.commit)) {
      remember(revisionSeen, revision.commit, deps.nowSeconds())
      metrics.gitRevisionSeen.set(deps.nowSeconds())
      const errors = revision.diagnostics.filter(({ severity }) => severity === 'error').length
      store.record('commit', revision.commit, { author: commit.author, subject: commit.subject, errors }, revision.commit)
      log.info({ component: 'git', commit: revision.commit }, `commit ${revision.commit.slice(0, 12)}: ${commit.subject}`)
    }
    board.onRevision(revision, commit)
    await handle({ type: 'committed', commit, diagnostics: revision.diagnostics, atSeconds: deps.nowSeconds() })
  }

  async function onCycle(seen: SeenCycle): Promise<void> {
    const { cycle, revision } = seen
    const report = reportOf(seen, deps.nowSeconds())
    const open = driftLeft(report)
    // Drift that was open stays so, as far as anybody can tell.
    const since = report.isUnsettled ? new Map<string, number>() : store.seeDrift(cycle.hypervisor, open.map(itemOf))
    if (!report.isUnsettled) {
      const told = openDriftTold.get(cycle.hypervisor)
      recordDetection(
        metrics,
        report.drift.filter((change) => !told?.has(itemOf(change))),
        seen.finding,
      )
      sayNewDrift(cycle.hypervisor, open, report.noticed)
    }
    const standings = board.onCycle(seen, report, since)
    await handle({ type: 'reconciled', report, commit: await infoOf(cycle.commit) })
    const adrift = open.map((change) => ({ change, sinceSeconds: since.get(itemOf(change)) ?? report.endedSeconds }))
    if (!report.isUnsettled) await recordOpenDrift(metrics, cycle.hypervisor, standings.keys(), adrift, report.endedSeconds)
    for (const [id, standing] of standings) await recordConditions(metrics, id, cycle.hypervisor, standing)
    metrics.hypervisorCircuitState.set({ hypervisor: cycle.hypervisor }, 0)
    metrics.workqueueAddsTotal.inc()
    metrics.workqueueQueueDuration.observe(seen.queuedSeconds)
    metrics.workqueueWorkDuration.observe(report.endedSeconds - report.startedSeconds)
    await noteApplied(cycle.hypervisor, revision.commit, cycle.status === 'converged' || cycle.status === 'noop')
    logCycle(seen)
    recorder.onCycle(seen, report, since)
  }

  async function noteApplied(name: HypervisorName, commit: string, isGood: boolean): Promise<void> {
    if (!isGood || appliedRevision.get(name) === commit) return
    const seen = revisionSeen.get(commit)
    const tookSeconds = seen === undefined ? undefined : deps.nowSeconds() - seen
    await recordApplied(metrics, name, commit, appliedRevision.has(name) ? tookSeconds : undefined)
    appliedRevision.set(name, commit)
  }

  function logCycle({ cycle }: SeenCycle): void {
    const fields = {
      component: 'loop',
      hypervisor: cycle.hypervisor,
      commit: cycle.commit,
      plan: cycle.plan.id,
      status: cycle.status,
      roundTrips: cycle.roundTrips,
      passes: cycle.passes,
      durationMs: Math.round(cycle.phasesMs.observe + cycle.phasesMs.plan + cycle.phasesMs.apply),
    }
    const changed = cycle.applied.map(
      ({ transaction, outcome }) => `${outcome.status} ${transaction.changes.map((change) => change.id).join(', ')}`,
    )
    if (cycle.status === 'noop') log.debug(fields, `${cycle.hypervisor}: as wanted`)
    else
      log.info(
        fields,
        `${cycle.hypervisor}: ${cycle.status}${cycle.message === '' ? '' : `: ${cycle.message}`}${changed.length === 0 ? '' : ` [${changed.join('; ')}]`}`,
      )
  }

  /** Refused commits are told each time that Git is asked: counted, logged and kept they are once. */
  function noteRefused(next: RefusedCommits | undefined): void {
    const isNews = next !== undefined && (next.head !== refused?.head || next.because !== refused.because)
    refused = next
    board.onRefused(next)
    if (!isNews) return
    metrics.gitVerifyFailuresTotal.inc({ reason: next.reason })
    store.record('commit', next.head, { refused: next.because, inForce: next.inForce ?? null })
    log.warn(
      { component: 'git', commit: next.head },
      printable(`commits up to ${next.head.slice(0, 12)} are not applied: ${next.because}. ${next.todo}`),
    )
  }

  return {
    onGit: (state) =>
      inOrder(async () => {
        noteRefused(state.refused)
        await handle({
          type: 'git',
          status: state.trouble === undefined ? 'ok' : 'trouble',
          message: state.trouble === undefined ? '' : describeTrouble(state.trouble),
          atSeconds: deps.nowSeconds(),
          ...(refused === undefined ? {} : { refused }),
        })
      }),
    onRevision: (revision) => inOrder(() => onRevision(revision)),
    onUnreadable: (commit, reason) =>
      inOrder(() =>
        handle({
          type: 'git',
          status: 'trouble',
          message: `commit ${commit} cannot be read: ${reason}`,
          atSeconds: deps.nowSeconds(),
          ...(refused === undefined ? {} : { refused }),
        }),
      ),
    onUncleanStop: (stop) =>
      inOrder(async () => {
        log.warn({ component: 'run', ...stop }, 'the run before did not end in order')
        await handle({ type: 'uncleanStop', stop, atSeconds: deps.nowSeconds() })
      }),
    onProgress: (hypervisor, event, noticed) => {
      // At once, and not in its turn: it must stand before the first step is taken.
      if (event.type === 'planned' && event.plan.transactions.length > 0) deps.inHand?.(hypervisor, summaryLine(event.plan))
      inOrder(async () => say(progressLines(hypervisor, event, noticed)))
    },
    onCycle: (seen) => {
      deps.inHand?.(seen.cycle.hypervisor, undefined)
      inOrder(() => onCycle(seen))
    },
    onHostError: (hypervisor, error, circuit) => {
      deps.inHand?.(hypervisor, undefined)
      inOrder(async () => {
        const message = error instanceof Error ? error.message : String(error)
        for (const [id, standing] of board.onHostFailed(hypervisor, message, deps.nowSeconds()))
          await recordConditions(metrics, id, hypervisor, standing)
        metrics.hypervisorCircuitState.set({ hypervisor }, circuitValues[circuit])
        metrics.workqueueRetriesTotal.inc()
        log.warn({ component: 'loop', hypervisor, err: error }, `${hypervisor}: ${message}`)
        await handle({ type: 'hostFailed', hypervisor, kind: kindOf(error), message, atSeconds: deps.nowSeconds() })
      })
    },
    onHostGone: (hypervisor) =>
      inOrder(async () => {
        board.onHostGone(hypervisor)
        watching.forget(hypervisor)
        await handle({ type: 'removed', hypervisor, atSeconds: deps.nowSeconds() })
      }),
    onHostLeft: (hypervisor) =>
      inOrder(async () => {
        // Told by another replica from now on: nothing about it is over because of that.
        board.onHostGone(hypervisor)
        watching.forget(hypervisor)
        await recordEvent(metrics, { type: 'removed', hypervisor, atSeconds: deps.nowSeconds() })
      }),
    onWatch: (hypervisor, news) => watching.onNews(hypervisor, news),
    onEtcd: (trouble) =>
      inOrder(() =>
        handle({ type: 'etcd', status: trouble === undefined ? 'ok' : 'trouble', message: trouble ?? '', atSeconds: deps.nowSeconds() }),
      ),
    tick: () => inOrder(() => handle({ type: 'tick', atSeconds: deps.nowSeconds() })),
    onWebhook: (news) => inOrder(() => handle({ type: 'webhook', ...news, atSeconds: deps.nowSeconds() })),
    alerts: () => standingAlerts(alerting.state),
    settled: () => chain,
  }
}

function kindOf(error: unknown): string {
  if (error instanceof Error && 'kind' in error && typeof error.kind === 'string') return error.kind
  return error instanceof Error && error.name === 'HostRefusedError' ? 'refused' : 'error'
}
