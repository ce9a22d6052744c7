import type { RefusedCommits } from '../model/refusedCommits.ts'
import { type Admission, createAdmission, type GivenApprovals } from './admission.ts'
import { createSharedLine } from './line.ts'
import { createMark, type Mark } from './mark.ts'
import { createMirror, type Mirror, type MirrorDeadlines, type RemoteBranch } from './mirror.ts'
import { createReader, type GitReader } from './reader.ts'
import { createGitRunner, type GitAccess } from './run.ts'
import type { TrustSettings } from './signers.ts'
import { createVerifier } from './verify.ts'
import { type RefWatch, watchRefs } from './watch.ts'

/** What is wrong with the repository. Nothing is ever pruned while any of it stands. */
export type GitTrouble =
  | { readonly status: 'unreachable'; readonly sinceMs: number; readonly reason: string }
  | { readonly status: 'branchMissing'; readonly sinceMs: number; readonly branch: string }

export interface GitState {
  /** The commit in force: it was let in, and stays while the repository is in trouble or a newer one is refused. */
  readonly commit: string | undefined
  /** The newest commit that was brought over. */
  readonly head: string | undefined
  /** Why the head is not in force: it is not trusted, or the branch went back, was rewritten or emptied and nobody consented. */
  readonly refused: RefusedCommits | undefined
  readonly trouble: GitTrouble | undefined
  /** When the remote last answered, milliseconds since the epoch. */
  readonly answeredAtMs: number | undefined
}

export interface GitClock {
  nowMs(): number
  /** Runs once after so many milliseconds; the answer cancels it. */
  after(delayMs: number, run: () => void): () => void
}

export interface GitSourceOptions extends GitAccess {
  readonly branch: string
  /** Folder of the repository that holds the manifests; `.` for all of it. */
  readonly path: string
  /** Milliseconds between two questions to the remote, ±10 %. */
  readonly pollMs: number
  readonly clock: GitClock
  /** 0 ≤ number < 1. */
  random(): number
  /** Whether a path, from the configured folder, holds manifests: tells an emptied tree. */
  isManifest(path: string): boolean
  /** Who may sign commits; without it everybody who may push is trusted. */
  readonly trust?: TrustSettings
  /** Consent to older commits and forced pushes. */
  readonly approvals?: GivenApprovals
  /** What is let in comes into force for good, and not for this run alone. */
  readonly isRecorded?: boolean
  readonly deadlines?: MirrorDeadlines
  /** Keeps one ssh connection to the repository's server, for whoever asks it again and again. Default: each question has its own. */
  readonly keepsLine?: boolean
}

/** One branch of a Git repository. */
export interface GitSource extends GitReader, AsyncDisposable {
  readonly state: GitState
  /**
   * Asks the remote now and brings over what is new. Never rejects: trouble is in the state. Calls during a run share the next one.
   * `pushed`: somebody says that there is something new, so it is brought over without asking first; a question is a connection of its own.
   */
  refresh(because?: 'pushed'): Promise<GitState>
  /** Why a commit that a person names must not be applied; undefined where it may. Throws where it is not there. */
  judge(commit: string): Promise<RefusedCommits | undefined>
  /** Watches (a repository on this machine) and polls until disposed; calls back whenever commit or trouble changed, and after each question while there is trouble. */
  start(onChange: (state: GitState, before: GitState) => void): Promise<void>
}

const slowestPollMs = 300_000

/** Opens a repository. Nothing runs before `refresh` or `start`. Throws where a newer Reeve kept what is in force. */
export function createGitSource(options: GitSourceOptions): GitSource {
  const line = options.keepsLine === true && options.url.transport === 'ssh' ? createSharedLine(options) : undefined
  const runner = createGitRunner(line === undefined ? options : { ...options, line })
  const mirror = createMirror(options, options.branch, runner, options.deadlines)
  const reader = createReader(mirror, options.path)
  const mark = options.isRecorded === false ? passingMark(markOf(mirror)) : markOf(mirror)
  mark.read()
  const admission = createAdmission({
    mirror,
    mark,
    verifier: options.trust === undefined ? undefined : createVerifier(options, options.trust, options.clock.nowMs),
    approvals: options.approvals ?? { has: () => false, use() {} },
    holdsManifests: async (commit) => (await reader.paths(commit)).some(options.isManifest),
  })
  const tidy = createTidying(mirror, options.clock)
  const poll = createPoll(options, (because) => refresh(because))
  let state: GitState = {
    commit: undefined,
    head: undefined,
    refused: undefined,
    trouble: undefined,
    answeredAtMs: undefined,
  }
  let listener: (state: GitState, before: GitState) => void = () => {}
  let running: Promise<GitState> = Promise.resolve(state)
  let waiting: Promise<GitState> | undefined
  let isPushed = false

  const run = async (): Promise<GitState> => {
    const parts = { mirror, reader, admission, options, isPushed }
    waiting = undefined
    isPushed = false
    const before = state
    state = await nextState(before, parts)
    if (before.head !== state.head) tidy.soon()
    if (isNews(before, state) || state.trouble !== undefined || state.refused !== undefined) listener(state, before)
    return state
  }
  const refresh = (because?: 'pushed'): Promise<GitState> => {
    isPushed ||= because === 'pushed'
    waiting ??= running.then(run, run)
    running = waiting
    return waiting
  }
  return {
    ...reader,
    get state() {
      return state
    },
    refresh,
    judge: admission.judge,
    async start(onChange) {
      listener = onChange
      await poll.start()
    },
    async [Symbol.asyncDispose]() {
      listener = () => {}
      await poll.stop()
      await running
      await tidy.end()
      await line?.close()
    },
  }
}

const tidyAfterMs = 10_000

/** Git's housekeeping, which git itself would do at the end of a fetch: apart, so that no commit waits for it. */
function createTidying(mirror: Mirror, clock: GitClock): { soon(): void; end(): Promise<void> } {
  let cancel: (() => void) | undefined
  let running: Promise<void> = Promise.resolve()
  const begin = (): void => {
    cancel?.()
    cancel = undefined
    running = mirror.tidy()
  }
  return {
    soon() {
      cancel ??= clock.after(tidyAfterMs, begin)
    },
    async end() {
      if (cancel !== undefined) begin()
      await running
    },
  }
}

function isNews(before: GitState, after: GitState): boolean {
  return before.commit !== after.commit || before.trouble?.status !== after.trouble?.status || before.refused?.head !== after.refused?.head
}

function markOf(mirror: Mirror): Mark {
  return createMark(mirror.folder.replace(/\.git$/, '.in-force'))
}

/** For commands that only look: what they let in counts for them. */
function passingMark(mark: Mark): Mark {
  let passing: string | undefined
  return {
    read: () => passing ?? mark.read(),
    write(commit) {
      passing = commit
    },
  }
}

interface Parts {
  readonly mirror: Mirror
  readonly reader: GitReader
  readonly admission: Admission
  readonly options: GitSourceOptions
  readonly isPushed: boolean
}

/** Asks, fetches on change, and judges what came: the state machine, one step. */
async function nextState(before: GitState, parts: Parts): Promise<GitState> {
  const { mirror, admission, options } = parts
  const nowMs = options.clock.nowMs()
  try {
    const held = await admit({ ...before, head: before.head ?? (await mirror.head()) }, admission)
    const remote = await bringOver(before, parts)
    if (remote.status === 'unreachable') return troubled(held, { status: 'unreachable', sinceMs: nowMs, reason: remote.reason })
    const answered = { ...held, answeredAtMs: nowMs }
    if (remote.status === 'missing') return troubled(answered, { status: 'branchMissing', sinceMs: nowMs, branch: options.branch })
    const now = { ...answered, trouble: undefined }
    return remote.commit === before.head ? now : await admit({ ...now, head: remote.commit }, admission)
  } catch (error) {
    const commit = before.commit ?? admission.inForce()
    const reason = error instanceof Error ? error.message : String(error)
    return troubled({ ...before, commit }, { status: 'unreachable', sinceMs: nowMs, reason })
  }
}

/** Where the branch stands; what is new there was brought over. */
async function bringOver({ head }: GitState, { mirror, isPushed }: Parts): Promise<RemoteBranch> {
  const commit = isPushed ? await mirror.tryFetch() : undefined
  if (commit !== undefined) return { status: 'found', commit }
  const remote = await mirror.remoteBranch()
  if (remote.status !== 'found' || remote.commit === head) return remote
  return { status: 'found', commit: await mirror.fetch() }
}

async function admit(state: GitState, admission: Admission): Promise<GitState> {
  if (state.head === undefined || (state.head === state.commit && state.refused === undefined)) return state
  const { commit, refused } = await admission.admit(state.head)
  return { ...state, commit, refused }
}

/** The same trouble keeps the time when it began. */
function troubled(state: GitState, trouble: GitTrouble): GitState {
  return { ...state, trouble: state.trouble?.status === trouble.status ? { ...trouble, sinceMs: state.trouble.sinceMs } : trouble }
}

interface Poll {
  start(): Promise<void>
  stop(): Promise<void>
}

/** Asks at start, on each movement of a local repository's refs, and every so often with jitter; ever more rarely while it fails. */
function createPoll(options: GitSourceOptions, refresh: (because?: 'pushed') => Promise<GitState>): Poll {
  let cancel: () => void = () => {}
  let watch: RefWatch | undefined
  let failures = 0
  let isStopped = false

  const ask = async (): Promise<void> => {
    const { trouble } = await refresh()
    failures = trouble?.status === 'unreachable' ? failures + 1 : 0
    if (failures === 0) await rewatch()
    if (!isStopped) cancel = options.clock.after(pause(options, failures), () => void ask())
  }
  const rewatch = async (): Promise<void> => {
    if (options.url.transport !== 'file' || watch?.isAlive || isStopped) return
    await watch?.[Symbol.asyncDispose]()
    watch = await watchRefs(options.url.path, () => void refresh('pushed'))
    // Ended meanwhile, it would hold the process for ever.
    if (isStopped) return watch[Symbol.asyncDispose]()
    // What moved between the question and the watch.
    await refresh()
  }
  return {
    start: ask,
    async stop() {
      isStopped = true
      cancel()
      await watch?.[Symbol.asyncDispose]()
    },
  }
}

function pause({ pollMs, random }: Pick<GitSourceOptions, 'pollMs' | 'random'>, failures: number): number {
  const base = Math.min(pollMs * 2 ** Math.min(failures, 10), Math.max(pollMs, slowestPollMs))
  return Math.round(base * (0.9 + 0.2 * random()))
}
