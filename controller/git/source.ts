import { createMirror, type Mirror, type MirrorDeadlines } from './mirror.ts'
import { createReader, type GitReader } from './reader.ts'
import { createGitRunner, type GitAccess } from './run.ts'
import { type RefWatch, watchRefs } from './watch.ts'

/** What is wrong with the repository. Nothing is ever pruned while any of it stands. */
export type GitTrouble =
  | { readonly status: 'unreachable'; readonly sinceMs: number; readonly reason: string }
  | { readonly status: 'branchMissing'; readonly sinceMs: number; readonly branch: string }
  /** The commit holds no manifest, its predecessor held some. */
  | { readonly status: 'emptied'; readonly sinceMs: number; readonly from: string; readonly to: string }
  /** A forced push: the commit does not descend from the one before. Stands until the branch moves on from there. */
  | { readonly status: 'rewritten'; readonly sinceMs: number; readonly from: string; readonly to: string }

export interface GitState {
  /** The newest commit that was brought over; stays while the repository is in trouble. */
  readonly commit: string | undefined
  readonly trouble: GitTrouble | undefined
  /** What is wrong with the commit itself (emptied, rewritten), also while the remote cannot be reached. */
  readonly standing: GitTrouble | undefined
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
  readonly deadlines?: MirrorDeadlines
}

/** One branch of a Git repository. */
export interface GitSource extends GitReader, AsyncDisposable {
  readonly state: GitState
  /** Asks the remote now and brings over what is new. Never rejects: trouble is in the state. Calls during a run share the next one. */
  refresh(): Promise<GitState>
  /** Watches (a repository on this machine) and polls until disposed; calls back whenever commit or trouble changed, and after each question while there is trouble. */
  start(onChange: (state: GitState, before: GitState) => void): Promise<void>
}

const slowestPollMs = 300_000

/** Opens a repository. Nothing runs before `refresh` or `start`. */
export function createGitSource(options: GitSourceOptions): GitSource {
  const mirror = createMirror(options, options.branch, createGitRunner(options), options.deadlines)
  const reader = createReader(mirror, options.path)
  const poll = createPoll(options, () => refresh())
  let state: GitState = { commit: undefined, trouble: undefined, standing: undefined, answeredAtMs: undefined }
  let listener: (state: GitState, before: GitState) => void = () => {}
  let running: Promise<GitState> = Promise.resolve(state)
  let waiting: Promise<GitState> | undefined

  const run = async (): Promise<GitState> => {
    waiting = undefined
    const before = state
    state = await nextState(before, mirror, reader, options)
    if (isNews(before, state) || state.trouble !== undefined) listener(state, before)
    return state
  }
  const refresh = (): Promise<GitState> => {
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
    async start(onChange) {
      listener = onChange
      await poll.start()
    },
    async [Symbol.asyncDispose]() {
      listener = () => {}
      await poll.stop()
      await running
    },
  }
}

function isNews(before: GitState, after: GitState): boolean {
  return before.commit !== after.commit || before.trouble?.status !== after.trouble?.status
}

/** Asks, fetches on change, and judges what came: the state machine, one step. */
async function nextState(before: GitState, mirror: Mirror, reader: GitReader, options: GitSourceOptions): Promise<GitState> {
  const nowMs = options.clock.nowMs()
  const known = before.commit ?? (await mirror.head())
  const held = { ...before, commit: known }
  const remote = await mirror.remoteBranch()
  if (remote.status === 'unreachable') return troubled(held, { status: 'unreachable', sinceMs: nowMs, reason: remote.reason })
  const answered = { ...held, answeredAtMs: nowMs }
  if (remote.status === 'missing') return troubled(answered, { status: 'branchMissing', sinceMs: nowMs, branch: options.branch })
  if (remote.commit === before.commit) return { ...answered, trouble: before.standing }
  try {
    const commit = await mirror.fetch()
    const standing = await judge(known, commit, before.standing, reader, options)
    return { commit, answeredAtMs: nowMs, standing, trouble: standing }
  } catch (error) {
    return troubled(held, { status: 'unreachable', sinceMs: nowMs, reason: error instanceof Error ? error.message : String(error) })
  }
}

/** The same trouble keeps the time when it began. */
function troubled(state: GitState, trouble: GitTrouble): GitState {
  return { ...state, trouble: state.trouble?.status === trouble.status ? { ...trouble, sinceMs: state.trouble.sinceMs } : trouble }
}

async function judge(
  from: string | undefined,
  to: string,
  standing: GitTrouble | undefined,
  reader: GitReader,
  options: GitSourceOptions,
): Promise<GitTrouble | undefined> {
  if (from === undefined || from === to) return standing
  const sinceMs = options.clock.nowMs()
  if (!(await reader.isAncestor(from, to))) return { status: 'rewritten', sinceMs, from, to }
  const isEmpty = async (commit: string): Promise<boolean> => !(await reader.paths(commit)).some(options.isManifest)
  if ((await isEmpty(to)) && !(await isEmpty(from))) return { status: 'emptied', sinceMs, from, to }
  return undefined
}

interface Poll {
  start(): Promise<void>
  stop(): Promise<void>
}

/** Asks at start, on each movement of a local repository's refs, and every so often with jitter; ever more rarely while it fails. */
function createPoll(options: GitSourceOptions, refresh: () => Promise<GitState>): Poll {
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
    watch = await watchRefs(options.url.path, () => void refresh())
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
