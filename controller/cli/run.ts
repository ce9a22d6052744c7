import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Config } from '../config.ts'
import type { GitSource } from '../git/source.ts'
import { type Server, startServer } from '../http/server.ts'
import { type Controller, createController } from '../loop/controller.ts'
import { isReadPath as wants } from '../manifests/tree.ts'
import { epochNumber } from '../model/epoch.ts'
import type { Silence } from '../model/silence.ts'
import type { AlertSettings } from '../report/alerts.ts'
import { createLog, type Logger } from '../report/log.ts'
import { createMetrics, type Metrics } from '../report/metrics.ts'
import { createStore, type Store } from '../store/store.ts'
import { admission } from './admission.ts'
import { type Board, createBoard } from './board.ts'
import { createCommands } from './commands.ts'
import { createConnector } from './connector.ts'
import { clock, loadConfig, processName, randomHex } from './context.ts'
import { endFor, orEnd } from './exit.ts'
import { makeFolder } from './folder.ts'
import { openCommitStatus, withVerdicts } from './forge.ts'
import { hurry } from './heap.ts'
import { openHookSecrets } from './hookSecrets.ts'
import { startHooks } from './hooks.ts'
import { createLifeMark } from './lifeMark.ts'
import { openMailer, spooledMails } from './mailer.ts'
import { maintenanceSilences } from './maintenance.ts'
import { createNews, type News } from './news.ts'
import { becomeOwnerOf } from './owner.ts'
import { findOwnMachine } from './ownMachine.ts'
import { shareCommands } from './people.ts'
import { openSharing, type Sharing } from './replicas.ts'
import { createReporter, type GitNews } from './reporter.ts'
import { approvalsOf, openGit } from './repository.ts'
import { readRules } from './rules.ts'
import { withShared } from './sharedAlerting.ts'
import { breathe } from './slices.ts'
import { createSupervisor } from './supervisor.ts'
import { boardDeps, createSuspensions, endSuspensions, type Suspensions } from './suspensions.ts'
import { createTimedMails, workOf } from './timedMails.ts'
import { openVault } from './vault.ts'

export function addRun(program: Command): void {
  program
    .command('run')
    .option('--config <file>', 'reeve.yaml')
    .description(
      'the controller: watches the repository and keeps every hypervisor as it says (exit 0 on SIGTERM, after the transaction in hand)',
    )
    .action((options: { readonly config?: string }) => run(loadConfig(options.config)))
}

/** Hypervisors worked on at once, as far as they answer within a second: each mostly waits for its host. */
const workers = 16
const tickMs = 1000
const sweepMs = 3_600_000

async function run(config: Config): Promise<void> {
  const log = createLog({ level: config.logLevel })
  const stopped = stopSignal()
  using supervisor = createSupervisor({ environment: process.env, notify: notifyWith(log), every })
  becomeOwnerOf(config.stateDir)
  makeFolder(config.stateDir, 'stateDir')
  using ownStore = orEnd(() =>
    createStore({
      path: join(config.stateDir, 'history.sqlite'),
      retentionSeconds: config.history.retentionMs / 1000,
      maxEntries: config.history.maxEntries,
      log,
      nowSeconds: clock.nowSeconds,
    }),
  )
  const metrics = createMetrics(breathe)
  await using sharing = config.replicas && openSharing(config, config.replicas, ownStore, log)
  // What people say to it the others hear.
  const store = sharing?.people.store ?? ownStore
  await using mailer = await openMailer(config, log, metrics, sharing?.claims)
  // Before anything that starts a process, which must not inherit the secret.
  const hookSecrets = openHookSecrets(config.webhooks?.secretFile, process.env)
  const vault = openVault(config)
  await using git = openGit(config, { approvals: approvalsOf(store), keepsLine: true })
  await using commitStatus = openCommitStatus(sharing?.ofItsOwn(config) ?? config, log, metrics)
  const suspensions = createSuspensions(store, clock.nowSeconds)
  const news = createNews()
  const board = createBoard(config.fleet, {
    ...boardDeps(suspensions),
    ...(sharing ? { inOtherHands: sharing.ownerOf, whyHere: sharing.whyHere, standsBack: sharing.charge.uncertainty } : {}),
    onChange: news.tell,
  })
  const life = createLifeMark({ file: join(config.stateDir, 'running.json'), pid: process.pid, nowSeconds: clock.nowSeconds })
  const reporter = createReporter({
    log,
    store,
    metrics,
    board,
    mailer: mailer && sharing ? sharing.nameMails(mailer) : mailer,
    nowSeconds: clock.nowSeconds,
    alerts: alertSettings(config),
    silences: () => silencesOf(config, store),
    inHand: life.note,
    ...(sharing
      ? {
          alerting: (own) =>
            withShared(own, sharing, { log, store, settings: alertSettings(config), silences: () => silencesOf(config, store) }),
        }
      : {}),
    commitInfo: (commit) => commitInfo(git, commit),
  })
  const controller = createController<GitNews>({
    ownMachine: findOwnMachine(config),
    git,
    rules: { ...readRules(config.fleet, vault), hurry },
    clock,
    observer: withVerdicts(reporter, commitStatus, store, sharing && ((name) => sharing.charge.epochOf(name) !== undefined)),
    random: Math.random,
    name: processName('run'),
    epoch: epochNumber(config.epoch),
    ...(sharing ? { charge: sharing.charge } : {}),
    randomHex,
    wants,
    approvals: () => new Set(store.approvals().map((approval) => approval.hash)),
    suspensions: suspensions.inForce,
    connect: createConnector(config, log, (hypervisor, seconds) => {
      metrics.sshRoundTripsTotal.inc({ hypervisor })
      metrics.sshWaitSecondsTotal.inc({ hypervisor }, seconds)
    }),
    timings: {
      resyncSeconds: config.resyncMs / 1000,
      workers,
      observeTimeoutMs: config.timeouts.observeMs,
      applyTimeoutMs: config.timeouts.applyMs,
      confirmTimeoutMs: config.timeouts.confirmMs,
    },
  })
  sharing?.listen({ controller, reporter, suspensions, mailer, askGit: () => void git.refresh() })
  mailer?.start()
  const timed =
    mailer &&
    config.mail &&
    createTimedMails({
      ...timedFrom(config, board, store, suspensions),
      alerts: reporter.alerts,
      config: config.mail,
      mailer,
      store,
      log,
      ...(sharing ? { replica: sharing.name } : {}),
    })
  store.sweep()
  using _ticking = every(tickMs, () => {
    life.alive()
    sharing?.tick()
    reporter.tick()
    endSuspensions({ suspensions, store, controller, log })
    void timed?.tick()
  })
  using _sweeping = every(sweepMs, () => store.sweep())
  await using _server = await serve(config, { board, controller, metrics, store, log, git, suspensions, news, sharing }).catch(endFor)
  // Only now: another controller on this folder is alive, and no trouble of the past.
  const unclean = orEnd(life.begin)
  if (unclean !== undefined) reporter.onUncleanStop(unclean)
  supervisor.ready()
  // A signal may come while the repository is read for the first time.
  await Promise.race([controller.start(), stopped])
  const hooking = { git, branch: config.repository.branch, secrets: hookSecrets, metrics, store, reporter, log, ...clock }
  await using _hooks = config.webhooks && (await startHooks(config.webhooks, hooking))
  const signal = await stopped
  log.info({ component: 'loop' }, `${signal}: finishing what is in hand`)
  supervisor.stopping()
  sharing?.retire()
  await controller.stop()
  await reporter.settled()
  life.end()
}

/** Those that people gave, and those of the hours that reeve.yaml names. */
function silencesOf({ maintenance = [] }: Config, store: Store): readonly Silence[] {
  return [...store.silences(), ...maintenanceSilences(maintenance, clock.nowSeconds())]
}

function alertSettings({ alerts }: Config): AlertSettings {
  return {
    graceSeconds: { Unreachable: 10, GitTrouble: 10, DiskUnread: 7200, DiskHot: 3600, RolloutWaits: 900 },
    settleSeconds: 600,
    keepFiringSeconds: alerts.keepFiringMs / 1000,
    groupWaitSeconds: alerts.groupWaitMs / 1000,
    groupIntervalSeconds: alerts.groupIntervalMs / 1000,
    repeatSeconds: { critical: alerts.repeatCriticalMs / 1000, warning: alerts.repeatWarningMs / 1000 },
  }
}

/** A child for each word: Node cannot write to a datagram socket. */
function notifyWith(log: Logger): (words: readonly string[], socket: string) => void {
  return (words, socket) => {
    const environment = { PATH: process.env['PATH'], NOTIFY_SOCKET: socket }
    execFile('systemd-notify', [...words], { env: environment, timeout: 10_000 }, (error) => {
      if (error) log.warn({ component: 'run', err: error }, 'systemd-notify failed: systemd may take Reeve for dead')
    })
  }
}

/** What the API answers, and the digest tells. */
function viewOf(config: Config, board: Board, store: Store, suspensions: Suspensions) {
  return { ...board.view(), silences: silencesOf(config, store), suspensions: suspensions.inForce() }
}

function timedFrom(config: Config, board: Board, store: Store, suspensions: Suspensions) {
  const { resyncMs, timeouts } = config
  const silentSeconds = (3 * resyncMs + timeouts.observeMs + timeouts.applyMs) / 1000
  return {
    status: () => viewOf(config, board, store, suspensions),
    readiness: () => workOf(board.readiness(), { hypervisors: board.hypervisors() }, clock.nowSeconds(), silentSeconds),
    nowSeconds: clock.nowSeconds,
  }
}

function every(ms: number, work: () => void): Disposable {
  const timer = setInterval(work, ms)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

async function commitInfo(
  git: GitSource,
  commit: string,
): Promise<{ readonly hash: string; readonly author: string; readonly subject: string; readonly atSeconds: number }> {
  const { author, subject, atSeconds } = await git.commitInfo(commit)
  return { hash: commit, author, subject, atSeconds }
}

interface Served {
  readonly board: Board
  readonly controller: Controller
  readonly metrics: Metrics
  readonly store: Store
  readonly log: Logger
  readonly git: GitSource
  readonly suspensions: Suspensions
  readonly news: News
  readonly sharing: Sharing | undefined
}

function serve(config: Config, { board, controller, metrics, store, log, git, suspensions, news, sharing }: Served): Promise<Server> {
  const readLevels = (): void => {
    // The loop hears of Git only when something changed; that it answered stands in its state.
    if (git.state.answeredAtMs !== undefined) metrics.gitLastFetch.set(git.state.answeredAtMs / 1000)
    const hypervisors = board.hypervisors()
    for (const { name, suspended } of hypervisors) metrics.hypervisorSuspended.set({ hypervisor: name }, suspended === null ? 0 : 1)
    if (sharing) sharing.readLevels(metrics)
    else metrics.replicaHypervisors.set(hypervisors.length)
    metrics.workqueueDepth.set(controller.queue.depth)
    metrics.workqueueLongestRunning.set(
      controller.queue.longestSince === undefined ? 0 : clock.nowSeconds() - controller.queue.longestSince,
    )
  }
  const commands = createCommands({
    board,
    controller,
    store,
    suspensions,
    askGit: () => void git.refresh(),
    nowSeconds: clock.nowSeconds,
    after: clock.after,
    randomHex,
  })
  return startServer({
    log,
    listen: { host: config.listen.address, port: config.listen.port },
    socketPath: join(config.stateDir, 'reeve.sock'),
    source: {
      readiness: board.readiness,
      status: () => viewOf(config, board, store, suspensions),
      history: (filter) => store.history(filter),
      subscribe: news.subscribe,
      async metrics() {
        metrics.mailSpoolMessages.set(spooledMails(config.stateDir))
        readLevels()
        return { contentType: metrics.registry.contentType, text: await metrics.registry.metrics() }
      },
    },
    commands: sharing ? shareCommands(commands, sharing.people, sharing.wakeOthers) : commands,
    ...admission(config, log),
  })
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve)
  })
}
