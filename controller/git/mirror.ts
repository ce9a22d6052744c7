import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type GitAccess, GitFailure, type GitRunner, GitTimeout } from './run.ts'
import { isBranchName } from './url.ts'

/** Where the branch stands on the remote. */
export type RemoteBranch =
  | { readonly status: 'found'; readonly commit: string }
  | { readonly status: 'missing' }
  | { readonly status: 'unreachable'; readonly reason: string }

/** A bare copy of one branch: a cache that can be thrown away at any time. */
export interface Mirror {
  readonly folder: string
  /** Asks the remote (`ls-remote`), without touching the copy. */
  remoteBranch(): Promise<RemoteBranch>
  /** Brings the branch over; answers its commit. A broken copy is made anew, once. */
  fetch(): Promise<string>
  /** The same without a question before it and without mending; undefined where it did not succeed, whatever the reason. */
  tryFetch(): Promise<string | undefined>
  /** The branch as last brought over. */
  head(): Promise<string | undefined>
  /** Makes the copy anew, with what was let in, and then throws the old one away. */
  rebuild(): Promise<string>
  /** Packs what many fetches left, where it is worth it: seconds, of which no commit has to wait. Never rejects. */
  tidy(): Promise<void>
  git(args: readonly string[]): Promise<string>
  objects(names: readonly string[]): Promise<Buffer>
}

export interface MirrorDeadlines {
  /** ls-remote, and reading from the copy. */
  readonly askMs: number
  readonly fetchMs: number
}

export const defaultDeadlines: MirrorDeadlines = { askMs: 30_000, fetchMs: 600_000 }

const ourRef = 'refs/reeve/head'
/** Refs of what was let in; nothing that a remote has comes here. */
export const letIn = 'refs/reeve/let-in'
const fetching = ['fetch', '--no-tags', '--no-auto-gc', '--no-write-fetch-head', '--no-recurse-submodules']
const lineTrouble =
  /could not read from remote|unable to access|hung up|connection|timed out|could not resolve|permission denied|host key|early eof/i

export function createMirror(access: GitAccess, branch: string, runner: GitRunner, deadlines: MirrorDeadlines = defaultDeadlines): Mirror {
  const { url } = access.url
  if (!isBranchName(branch)) throw new Error(`not a branch: ${JSON.stringify(branch)}`)
  const folder = join(access.stateDir, `${createHash('sha256').update(`${url}\n${branch}`).digest('hex').slice(0, 16)}.git`)
  const refspec = `+refs/heads/${branch}:${ourRef}`
  takeBack(folder)
  const git = (args: readonly string[], deadlineMs = deadlines.askMs): Promise<string> => runner.text({ args, in: folder, deadlineMs })
  const fetchInto = (copy: string, from: string, refs: string, deadlineMs: number): Promise<string> =>
    runner.text({ args: [...fetching, '--end-of-options', from, refs], in: copy, deadlineMs })
  const makeEmpty = async (): Promise<string> => {
    const made = mkdtempSync(`${folder}-`)
    await runner.text({ args: ['init', '--bare', '--quiet', made], in: access.stateDir, deadlineMs: deadlines.askMs })
    return made
  }
  const fetchedHead = async (): Promise<string> => looseRef(folder) ?? (await git(['rev-parse', '--verify', `${ourRef}^{commit}`])).trim()
  const bring = async (deadlineMs = deadlines.fetchMs): Promise<string> => {
    if (!existsSync(join(folder, 'HEAD'))) putInPlace(await makeEmpty(), folder)
    await fetchInto(folder, url, refspec, deadlineMs)
    return fetchedHead()
  }
  const rebuild = async (): Promise<string> => {
    const made = await makeEmpty()
    try {
      await fetchInto(made, url, refspec, deadlines.fetchMs)
      // What is in force may stand on no branch any more. What cannot be read of the old copy is lost with it.
      await fetchInto(made, folder, `+${letIn}/*:${letIn}/*`, deadlines.fetchMs).catch(() => {})
      replace(folder, made)
    } finally {
      rmSync(made, { recursive: true, force: true })
    }
    return fetchedHead()
  }
  return {
    folder,
    remoteBranch: () => askRemote(url, branch, runner, access.stateDir, deadlines.askMs),
    // Two processes that fetch at once lock each other out: only what fails twice is broken.
    fetch: () =>
      bring()
        .catch(ifCopyAtFault(() => bring()))
        .catch(ifCopyAtFault(rebuild)),
    // What takes longer is asked for first, and then has the time that it needs.
    tryFetch: () => bring(deadlines.askMs).catch(() => undefined),
    head: () => git(['rev-parse', '--verify', '--quiet', `${ourRef}^{commit}`]).then(commitOrNothing, () => undefined),
    rebuild,
    tidy: () =>
      git(['gc', '--auto', '--quiet'], deadlines.fetchMs).then(
        () => {},
        () => {},
      ),
    git,
    objects: (names) => runner.objects(names, { in: folder, deadlineMs: deadlines.askMs }),
  }
}

/** A ref in a file of its own, as git leaves it that just moved it: a process less. Undefined where it stands elsewhere. */
function looseRef(folder: string): string | undefined {
  try {
    return /^([0-9a-f]{40}(?:[0-9a-f]{24})?)\n$/.exec(readFileSync(join(folder, ourRef), 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

function commitOrNothing(output: string): string | undefined {
  return output.trim() === '' ? undefined : output.trim()
}

function ifCopyAtFault(mend: () => Promise<string>): (error: unknown) => Promise<string> {
  return (error) => (isCopyAtFault(error) ? mend() : Promise.reject(error))
}

/** The copy is whole or not there: another process (a plan beside the controller) may be making it too. */
function putInPlace(made: string, folder: string): void {
  const isThere = existsSync(join(folder, 'HEAD'))
  rmSync(isThere ? made : folder, { recursive: true, force: true })
  if (!isThere) renameSync(made, folder)
}

/** The old copy goes only once there is another. Where another process was quicker, its copy is as good. */
function replace(folder: string, made: string): void {
  const old = asideOf(folder)
  rmSync(old, { recursive: true, force: true })
  if (existsSync(folder)) renameSync(folder, old)
  if (!existsSync(folder)) renameSync(made, folder)
  rmSync(old, { recursive: true, force: true })
}

/** Where a copy stands while another one takes its place. */
function asideOf(folder: string): string {
  return `${folder}.old`
}

/** The power went between the two: the old copy alone knows what was let in. */
function takeBack(folder: string): void {
  if (!existsSync(folder) && existsSync(asideOf(folder))) renameSync(asideOf(folder), folder)
}

function isCopyAtFault(error: unknown): boolean {
  return error instanceof GitFailure && !(error instanceof GitTimeout) && !lineTrouble.test(error.message)
}

async function askRemote(url: string, branch: string, runner: GitRunner, folder: string, deadlineMs: number): Promise<RemoteBranch> {
  const ref = `refs/heads/${branch}`
  try {
    const output = await runner.text({ args: ['ls-remote', '--quiet', '--end-of-options', url, ref], in: folder, deadlineMs })
    const line = output.split('\n').find((each) => each.endsWith(`\t${ref}`))
    const commit = /^[0-9a-f]{40,64}(?=\t)/.exec(line ?? '')?.[0]
    return commit === undefined ? { status: 'missing' } : { status: 'found', commit }
  } catch (error) {
    return { status: 'unreachable', reason: error instanceof Error ? error.message : String(error) }
  }
}
