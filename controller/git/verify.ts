import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommitFault, RefusedCommit } from '../model/refusedCommits.ts'
import { makeGpgHome } from './gpgHome.ts'
import { createGitRunner, type GitAccess, GitFailure, GitFlood, type GitRunner } from './run.ts'
import { readSigners, type Signers, type TrustSettings } from './signers.ts'
import { beginningOf } from './words.ts'

/** Looks whether commits are signed by those who may; git itself judges, with ssh-keygen(1) and gpg(1). */
export interface Verifier {
  /** Reads who may sign. Throws SignersError. */
  signers(): Signers
  /**
   * Those of the commits that are not trusted, in the order given. `known`: those that were let in before, which are judged by the date that they bear; others by the time of
   * now as well. Throws where git could not tell.
   */
  faults(commits: readonly string[], known: ReadonlySet<string>, signers: Signers, repository: string): Promise<readonly RefusedCommit[]>
}

/** Commits that one git looks at: some seconds of work. */
const batch = 200
const batchDeadlineMs = 300_000
const fieldsOfCommit = ['%H', '%G?', '%GF', '%GG', '%P', '%T', '%an', '%s'] as const

export function createVerifier(access: GitAccess, settings: TrustSettings, nowMs: () => number): Verifier {
  async function faultsBy(
    allowed: Uint8Array,
    commits: readonly string[],
    signers: Signers,
    repository: string,
  ): Promise<readonly RefusedCommit[]> {
    const folder = makeFolder(access.stateDir)
    try {
      const git = prepare(access, settings, { ...signers, allowedSigners: allowed }, folder)
      const found: RefusedCommit[] = []
      for (let start = 0; start < commits.length; start += batch)
        found.push(...(await judge(git, repository, commits.slice(start, start + batch), signers, settings)))
      return found
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return {
    signers: () => readSigners(settings, nowMs()),
    async faults(commits, known, signers, repository) {
      const fresh = commits.filter((commit) => !known.has(commit))
      const old = commits.filter((commit) => known.has(commit))
      const found = [
        ...(fresh.length === 0 ? [] : await faultsBy(signers.allowedNow, fresh, signers, repository)),
        ...(old.length === 0 ? [] : await faultsBy(signers.allowedSigners, old, signers, repository)),
      ]
      const places = new Map(commits.map((commit, index) => [commit, index]))
      return found.sort((one, other) => (places.get(one.commit) ?? 0) - (places.get(other.commit) ?? 0))
    },
  }
}

const longestUseMs = 86_400_000

/** One for each judging: a plan beside the controller judges in the same place, by other keys perhaps. What a killed process left is swept. */
function makeFolder(stateDir: string): string {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(stateDir).filter((each) => each.startsWith('trust'))) {
    const path = join(stateDir, name)
    const madeMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY
    if (Date.now() - madeMs > longestUseMs) rmSync(path, { recursive: true, force: true })
  }
  return mkdtempSync(join(stateDir, 'trust-'))
}

/** A git whose only configuration names copies of what was read: what is trusted cannot move meanwhile. */
function prepare(access: GitAccess, settings: TrustSettings, signers: Signers, folder: string): GitRunner {
  const [allowed, revoked, home] = ['allowed_signers', 'revoked', 'gnupg'].map((name) => join(folder, name)) as [string, string, string]
  writeFileSync(allowed, signers.allowedSigners, { mode: 0o600 })
  if (signers.revokedKeys !== undefined) writeFileSync(revoked, signers.revokedKeys, { mode: 0o600 })
  if (signers.openpgpKeys === undefined) mkdirSync(home, { mode: 0o700 })
  else makeGpgHome(home, signers.openpgpKeys, access.environment.PATH ?? '/usr/bin:/bin', settings.openpgpKeys ?? '')
  return createGitRunner(access, {
    file: join(folder, 'gitconfig'),
    environment: { GNUPGHOME: home },
    configuration: [
      `[gpg "ssh"]\n\tprogram = ssh-keygen\n\tallowedSignersFile = "${allowed}"`,
      ...(signers.revokedKeys === undefined ? [] : [`\trevocationFile = "${revoked}"`]),
      // X.509 is nobody's here: what git cannot check is refused.
      '[gpg]\n\tprogram = gpg\n[gpg "x509"]\n\tprogram = false',
      '[log]\n\tshowSignature = false\n[i18n]\n\tlogOutputEncoding = UTF-8',
    ],
  })
}

async function judge(
  git: GitRunner,
  repository: string,
  commits: readonly string[],
  signers: Signers,
  settings: TrustSettings,
): Promise<readonly RefusedCommit[]> {
  const looked = await lookAt(git, repository, commits)
  const found: RefusedCommit[] = []
  for (const look of looked) {
    const fault = faultOf(look, signers)
    if (fault === undefined) continue
    if (settings.unsignedMerges === 'Clean' && fault.fault === 'unsigned' && (await isCleanMerge(git, repository, look))) continue
    found.push({ commit: look.commit, author: look.author, subject: look.subject, ...fault })
  }
  return found
}

/** git dies of a signature that is of no form it knows, and a commit can be larger than any memory: then they are looked at in halves, so that the one is found and told. */
async function lookAt(git: GitRunner, repository: string, commits: readonly string[]): Promise<readonly Looked[]> {
  try {
    return await log(git, repository, commits, fieldsOfCommit)
  } catch (error) {
    if (!(error instanceof GitFailure || error instanceof GitFlood)) throw error
    if (commits.length === 1) return await lookPast(git, repository, commits, error)
    const middle = Math.ceil(commits.length / 2)
    const first = await lookAt(git, repository, commits.slice(0, middle))
    return [...first, ...(await lookAt(git, repository, commits.slice(middle)))]
  }
}

/** A commit without its signature, which git cannot read, or without all of it, where it is larger than any memory. */
async function lookPast(
  git: GitRunner,
  repository: string,
  commits: readonly string[],
  error: GitFailure | GitFlood,
): Promise<readonly Looked[]> {
  const isAsked = (field: string): boolean => field === '%H' || !(error instanceof GitFlood || field.startsWith('%G'))
  const fields = fieldsOfCommit.map((field) => (isAsked(field) ? field : ''))
  return (await log(git, repository, commits, fields)).map((look) => ({ ...look, verdict: 'E', said: error.message }))
}

async function log(git: GitRunner, repository: string, commits: readonly string[], fields: readonly string[]): Promise<readonly Looked[]> {
  const format = `--format=tformat:${fields.join('%x00')}%x00`
  const args = ['log', '--no-walk=unsorted', '--no-color', '--no-decorate', format, '--end-of-options', ...commits]
  const looked = parseLog(await git.text({ args, in: repository, deadlineMs: batchDeadlineMs }))
  if (looked.length !== commits.length || looked.some(({ commit }, index) => commit !== commits[index]))
    throw new Error(`git told of ${looked.length} of ${commits.length} commits`)
  return looked
}

/** One commit as git sees it, with the verdict on its signature. */
export interface Looked {
  readonly commit: string
  /** %G? of git-log(1). */
  readonly verdict: string
  readonly fingerprint: string
  /** What ssh-keygen or gpg said. */
  readonly said: string
  readonly parents: readonly string[]
  readonly tree: string
  readonly author: string
  readonly subject: string
}

/** Reads the output of `git log` with the fields above, each ended by NUL. No field of a commit can hold one. */
export function parseLog(output: string): readonly Looked[] {
  const fields = output.split('\0').map((field) => beginningOf(field, 4000))
  const looked: Looked[] = []
  for (let start = 0; start + fieldsOfCommit.length < fields.length; start += fieldsOfCommit.length) {
    const [commit = '', verdict = '', fingerprint = '', said = '', parents = '', tree = '', author = '', subject = ''] = fields.slice(start)
    const known = { verdict, fingerprint, said, tree, author: beginningOf(author), subject: beginningOf(subject) }
    looked.push({ ...known, commit: commit.trim(), parents: parents.split(' ').filter((parent) => parent !== '') })
  }
  return looked
}

interface Fault {
  readonly fault: CommitFault
  readonly because: string
}

/** Only `G` is trusted: `U` is a good signature by nobody known. */
export function faultOf({ verdict, fingerprint, said }: Looked, signers: Pick<Signers, 'fingerprints' | 'revokedKeys'>): Fault | undefined {
  const key = fingerprint === '' ? 'its key' : `key ${fingerprint}`
  switch (verdict) {
    case 'G':
      return undefined
    case 'N':
      return { fault: 'unsigned', because: 'it is not signed' }
    case 'U':
      return signers.fingerprints.has(fingerprint)
        ? {
            fault: 'expiredKey',
            because: `${key} is known, but not valid now, or not at the date that the commit bears (valid-after, valid-before)`,
          }
        : { fault: 'unknownKey', because: `it is signed by ${key}, which nobody who may sign has` }
    case 'X':
    case 'Y':
      return { fault: 'expiredKey', because: `${verdict === 'X' ? 'its signature' : key} has expired` }
    case 'R':
      return { fault: 'revokedKey', because: `${key} is revoked` }
    case 'B':
      return badSignature(said, signers.revokedKeys !== undefined)
    default:
      return /No public key|NO_PUBKEY/.test(said)
        ? { fault: 'unknownKey', because: `it is signed by ${key === 'its key' ? 'a key' : key} that nobody who may sign has` }
        : { fault: 'unreadableSignature', because: `its signature cannot be checked: ${firstLine(said)}` }
  }
}

/** git says `B` of all that ssh-keygen refuses. */
function badSignature(said: string, canBeRevoked: boolean): Fault {
  // Of a revoked key ssh-keygen says this and no reason; a signature that does not fit has one.
  if (canBeRevoked && said.trim() === 'Could not verify signature.')
    return { fault: 'revokedKey', because: 'it is signed by a revoked key' }
  if (/not permitted for use in signature namespace/.test(said))
    return { fault: 'unknownKey', because: 'its key may not sign commits (namespaces in allowed_signers does not hold git)' }
  return { fault: 'badSignature', because: 'its signature does not fit it: the commit was changed, or the signature is of something else' }
}

function firstLine(said: string): string {
  const line = said.split('\n').find((each) => each.trim() !== '') ?? 'git did not say why'
  return line.replace(/[\0-\x1f\x7f]/g, ' ').slice(0, 200)
}

/** Whether git makes exactly this tree of both parents by itself: then the merge brings nothing that they do not hold. */
async function isCleanMerge(git: GitRunner, repository: string, { parents, tree }: Looked): Promise<boolean> {
  if (parents.length !== 2) return false
  const args = ['merge-tree', '--write-tree', '--no-messages', ...parents]
  return git.text({ args, in: repository, deadlineMs: batchDeadlineMs }).then(
    (output) => output.trim() === tree,
    () => false,
  )
}
