import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type SimpleGit, simpleGit } from 'simple-git'
import { sh } from '../shell/sh.ts'
import type { SharedLine } from './line.ts'
import type { RepositoryUrl } from './url.ts'

/** How git may reach the repository. All of it ends in a private configuration file and the environment, nothing in argv. */
export interface GitAccess {
  readonly url: RepositoryUrl
  /** Private folder for the mirror and git's configuration. */
  readonly stateDir: string
  /** Private key for ssh; without it the agent's keys are used. */
  readonly identityFile?: string
  /** known_hosts(5) with the server's pinned keys: ssh asks nobody and learns nothing. */
  readonly knownHosts?: string
  /** Certificate authority for https, PEM; default: the system's. */
  readonly certificateAuthority?: string
  /** The connection that every ssh of this repository uses. Default: each has its own. */
  readonly line?: Pick<SharedLine, 'options'>
  /** PATH to find git and ssh, SSH_AUTH_SOCK for the agent. */
  readonly environment: { readonly PATH?: string | undefined; readonly SSH_AUTH_SOCK?: string | undefined }
}

export interface GitRun {
  readonly args: readonly string[]
  readonly in: string
  /** The process is killed after so many milliseconds. */
  readonly deadlineMs: number
}

/** Runs git. Rejects with git's own words and the cause; `GitTimeout` where the deadline passed, `GitFlood` where it printed too much. */
export interface GitRunner {
  text(run: GitRun): Promise<string>
  /** Runs `cat-file --batch` with these objects: one process for all of them. */
  objects(names: readonly string[], run: Omit<GitRun, 'args'>): Promise<Buffer>
}

export class GitTimeout extends Error {}
/** What was asked for is larger than any memory: the fault of who made it, and not of our copy. */
export class GitFlood extends Error {}
export class GitFailure extends Error {}

const guarded = [
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_NOSYSTEM',
  'GIT_TERMINAL_PROMPT',
  'GIT_SSH_COMMAND',
  'GIT_ALLOW_PROTOCOL',
  'GIT_LITERAL_PATHSPECS',
  'GIT_NO_REPLACE_OBJECTS',
]

/** What a git for one purpose has beside the rest: lines of git-config(1) in a file of its own, and variables. */
export interface GitPurpose {
  readonly file: string
  readonly configuration: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

export function createGitRunner(access: GitAccess, purpose?: GitPurpose): GitRunner {
  const fixed = { ...environmentOf(access, purpose), ...purpose?.environment }
  const environment = (): Record<string, string> =>
    access.url.transport === 'ssh' ? { ...fixed, GIT_SSH_COMMAND: sshCommand(access) } : fixed
  // A path that ssh would misread is refused before anything runs.
  environment()
  return {
    text: ({ args, in: folder, deadlineMs }) =>
      within(deadlineMs, (signal, onBytes) => instance(folder, environment(), signal, onBytes).raw([...args])),
    objects: (names, { in: folder, deadlineMs }) =>
      within(
        deadlineMs,
        (signal, onBytes) =>
          instance(folder, environment(), signal, onBytes, `${names.join('\n')}\n`).binaryCatFile(['--batch']) as Promise<Buffer>,
      ),
  }
}

/** A tree that holds itself many times over (a git bomb) is a few kilobytes, and lists to more than any memory. */
const mostOutputBytes = 256 << 20

function instance(
  baseDir: string,
  environment: Record<string, string>,
  abort: AbortSignal,
  onBytes: (count: number) => void,
  input?: string,
): SimpleGit {
  return simpleGit({
    baseDir,
    abort,
    allowEnvironment: guarded,
    // The ssh command and the configuration file are ours, made from validated paths; nothing of the user's reaches them as text.
    unsafe: { allowUnsafeSshCommand: true, allowUnsafeConfigPaths: true },
    ...(input === undefined ? {} : { input: () => input }),
  })
    .env(environment)
    .outputHandler((_command, stdout) => void stdout.on('data', (chunk: Buffer) => onBytes(chunk.length)))
}

async function within<T>(deadlineMs: number, run: (signal: AbortSignal, onBytes: (count: number) => void) => Promise<T>): Promise<T> {
  const tooMuch = new AbortController()
  const deadline = AbortSignal.timeout(deadlineMs)
  let bytes = 0
  const onBytes = (count: number): void => {
    bytes += count
    if (bytes > mostOutputBytes) tooMuch.abort()
  }
  try {
    return await run(AbortSignal.any([deadline, tooMuch.signal]), onBytes)
  } catch (cause) {
    if (tooMuch.signal.aborted) throw new GitFlood(`git answered with more than ${mostOutputBytes >> 20} MiB`, { cause })
    if (deadline.aborted) throw new GitTimeout(`git took longer than ${deadlineMs / 1000} s`, { cause })
    throw new GitFailure(firstLines(cause), { cause })
  }
}

/** git's and ssh's own words, the usual ones as a sentence that says what to do. */
function firstLines(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  if (text.includes('REMOTE HOST IDENTIFICATION HAS CHANGED'))
    return "the server's host key is not the one in knownHosts; find out why before you pin the new one"
  if (text.includes('Host key verification failed')) return "the server's host key is not in knownHosts; pin it there"
  const lines = text.split('\n').map((line) => line.replace(/[\0-\x1f\x7f]/g, ' ').trim())
  return lines
    .filter((line) => line !== '')
    .slice(0, 4)
    .join(' | ')
    .slice(0, 500)
}

function environmentOf(access: GitAccess, purpose: GitPurpose | undefined): Record<string, string> {
  const { PATH, SSH_AUTH_SOCK } = access.environment
  return {
    PATH: PATH ?? '/usr/local/bin:/usr/bin:/bin',
    LC_ALL: 'C',
    HOME: access.stateDir,
    GIT_CONFIG_GLOBAL: writeConfiguration(access, purpose),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'file:https:ssh',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    ...(SSH_AUTH_SOCK === undefined ? {} : { SSH_AUTH_SOCK }),
  }
}

/** git-config(1) of this mirror only. `safe.directory` must stand in a file: git hides `-c` from the process that serves a local repository. */
function writeConfiguration({ url, stateDir, certificateAuthority }: GitAccess, purpose: GitPurpose | undefined): string {
  const local = url.transport === 'file' ? [url.path, `${url.path.replace(/\/$/, '')}/.git`] : []
  const lines = [
    '[core]\n\thooksPath = /dev/null\n\tfsmonitor = false\n\taskPass = ',
    '[protocol]\n\tallow = never',
    ...['file', 'https', 'ssh'].map((name) => `[protocol "${name}"]\n\tallow = always`),
    '[submodule]\n\trecurse = false',
    '[fetch]\n\trecurseSubmodules = false\n\twriteCommitGraph = false',
    '[gc]\n\tautoDetach = false',
    '[maintenance]\n\tautoDetach = false',
    '[credential]\n\thelper = ',
    '[http]\n\tfollowRedirects = initial\n\tlowSpeedLimit = 100\n\tlowSpeedTime = 20',
    ...(certificateAuthority === undefined ? [] : [`[http]\n\tsslCAInfo = ${quoted(certificateAuthority)}`]),
    ...local.map((path) => `[safe]\n\tdirectory = ${quoted(path)}`),
    ...(purpose?.configuration ?? []),
  ]
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const path = purpose?.file ?? join(stateDir, 'gitconfig')
  // In one step: a git of another process may be reading it.
  const part = `${path}.${process.pid}`
  writeFileSync(part, `${lines.join('\n')}\n`, { mode: 0o600 })
  chmodSync(part, 0o600)
  renameSync(part, path)
  return path
}

function quoted(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** ssh(1) that asks nobody, learns no host key, forwards nothing, and gives up on a dead line. */
function sshCommand({ identityFile, knownHosts, line }: GitAccess): string {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    'PasswordAuthentication=no',
    'ClearAllForwardings=yes',
    'ConnectTimeout=10',
    'ServerAliveInterval=5',
    'ServerAliveCountMax=2',
    'GlobalKnownHostsFile=/dev/null',
    `UserKnownHostsFile=${knownHosts === undefined ? '/dev/null' : plainPath(knownHosts)}`,
    ...(identityFile === undefined ? [] : ['IdentitiesOnly=yes', `IdentityFile=${plainPath(identityFile)}`]),
    ...(line?.options() ?? []),
  ]
  return sh`ssh -F /dev/null ${options.flatMap((option) => ['-o', option])}`.text
}

/** ssh splits and expands the paths in its options by rules of its own; a path that needs them is refused. */
function plainPath(path: string): string {
  if (!/^\/[A-Za-z0-9_@+=:,./-]+$/.test(path))
    throw new Error(`${JSON.stringify(path)} cannot be handed to ssh; use an absolute path of plain letters, digits and _@+=:,./-`)
  return path
}
