import type { Fleet } from '../model/fleet.ts'
import type { ManifestId } from '../model/ids.ts'
import type { Ledger } from '../model/ledger.ts'
import type { Diagnostic, Manifest } from '../model/manifest.ts'
import { manifestIn } from './fleet.ts'
import { readYaml } from './load.ts'
import { doubtOf } from './removal.ts'
import { resolve } from './resolve.ts'
import { fileHiding, type LoadResult, type Rules } from './tree.ts'
import { validateDocument } from './validate.ts'

const versionsPerManifest = 50

/** A manifest that must stay in force although HEAD has no valid version of it. */
export interface Wanted {
  readonly id: ManifestId
  /** Files that it stands or stood in: of the ledger, and of HEAD where it can be told. */
  readonly files: readonly string[]
  /** Commits of the ledgers: the oldest versions that may be taken of what no ledger knows. None: all of the history may be. */
  readonly since: readonly string[]
  /** Versions that may be taken; absent: all. */
  accepts?(generation: string): boolean
}

/**
 * All that must stay in force: what stands in HEAD with errors, and what the ledgers know and HEAD does not provably lack.
 * A broken Hypervisor must be found again before its ledger can be read: ask without ledgers first, then with those that were read.
 * Of what a ledger knows, the version in force may be older than the ledger's commit: others were applied since, or even at the commit that broke this one.
 */
export function findWanted(head: LoadResult, ledgers: readonly Ledger[]): readonly Wanted[] {
  const since = [...new Set(ledgers.map((ledger) => ledger.header.commit))]
  const wanted = new Map<ManifestId, Wanted>([...head.invalid].map(([id, { source }]) => [id, { id, files: [source.file], since }]))
  for (const ledger of ledgers)
    for (const entry of ledger.entries.values())
      for (const owner of entry.owners as readonly ManifestId[]) {
        if (manifestIn(head.fleet, owner) !== undefined || doubtOf(owner, entry.files, head) === undefined) continue
        const files = new Set([...(wanted.get(owner)?.files ?? []), ...entry.files])
        wanted.set(owner, { id: owner, files: [...files], since: [] })
      }
  return [...wanted.values()]
}

/**
 * What stood in files that cannot be read now, by the newest version of each that could be: for a start without ledgers, when a broken file
 * may hold the very Hypervisor whose ledger is needed.
 */
export async function findLost(head: LoadResult, git: FileHistory, rules: Rules): Promise<readonly Wanted[]> {
  const lost: Wanted[] = []
  for (const [file, state] of head.files) {
    if (state.status === 'parsed') continue
    const ids = (await newestIds(file, head.fleet.commit, git, rules)).filter((id) => manifestIn(head.fleet, id) === undefined)
    lost.push(...ids.map((id) => ({ id, files: [file], since: [] })))
  }
  return lost
}

async function newestIds(path: string, from: string, git: FileHistory, rules: Rules): Promise<readonly ManifestId[]> {
  for (const commit of (await git.history(path, from, undefined)).slice(0, versionsPerManifest)) {
    const bytes = await git.readFile(commit, path)
    if (bytes === undefined) continue
    const yaml = readYaml({ path, bytes })
    const ids = yaml.documents.flatMap((document) => validateDocument(document, rules.schemas).id ?? [])
    if (yaml.diagnostics.length === 0 && ids.length === yaml.documents.length) return ids
  }
  return []
}

/** What is needed of Git. */
export interface FileHistory {
  /** Commits that changed a file (or, with `.`, anything), newest first, from `from` back to `to`, `to` itself included whether or not it did; without `to`, to the beginning. */
  history(path: string, from: string, to: string | undefined): Promise<readonly string[]>
  /** Undefined where the file is not in that commit. */
  readFile(commit: string, path: string): Promise<Uint8Array | undefined>
}

/** The fleet in force: HEAD's, and for what is broken there its last good version. */
export interface FleetInForce {
  readonly fleet: Fleet
  /** Manifests of an older commit. */
  readonly stale: ReadonlyMap<ManifestId, Version>
  /** No version of these validates within today's fleet: their things stay as they are. */
  readonly frozen: readonly ManifestId[]
  /** What the resolution with the old versions says, for showing why something is frozen. */
  readonly diagnostics: readonly Diagnostic[]
}

/** A manifest as it stood in a commit. */
export interface Version {
  readonly manifest: Manifest
  readonly commit: string
}

type Pool = ReadonlyMap<ManifestId, Manifest>

/** DESIGN §1.5: for each wanted manifest that HEAD has no valid version of, the newest one that validates within today's fleet. */
export async function holdLastGood(head: LoadResult, wanted: readonly Wanted[], git: FileHistory, rules: Rules): Promise<FleetInForce> {
  const missing = wanted.filter(({ id }) => manifestIn(head.fleet, id) === undefined)
  if (missing.length === 0) return { fleet: head.fleet, stale: new Map(), frozen: [], diagnostics: [] }
  const isOwnFault = ({ id }: Wanted): boolean => head.invalid.get(id)?.because !== 'dependency'
  const older = new Map<ManifestId, readonly Version[]>()
  for (const each of missing) {
    const versions = await olderVersions(each, head, git, rules)
    older.set(each.id, isOwnFault(each) ? versions.filter((version) => wasInForce(version, each, head)) : versions)
  }
  const atFault = missing.filter(isOwnFault)
  const blamed = new Set(atFault.map(({ id }) => id))
  let pool: Pool = new Map([...head.candidates].filter(([id]) => !blamed.has(id)))
  pool = settle(await longestThereFirst(atFault, older, head, git), older, pool, head, rules)
  pool = settle(
    missing.filter((each) => !isOwnFault(each)),
    older,
    pool,
    head,
    rules,
  )
  // Of what is wrong itself, only where it was in force before: with the other one out of the way, a newcomer would fit.
  const inPool = pool
  pool = preferHead(
    missing.filter((each) => !isOwnFault(each) || inPool.has(each.id)),
    pool,
    head,
    rules,
  )
  const { fleet, diagnostics } = resolvePool(pool, head, rules)
  const inForce = new Set(fleet.manifests.map((manifest) => manifest.id))
  const old = [...older.values()]
    .flat()
    .filter(({ manifest }) => manifest !== head.candidates.get(manifest.id) && manifestIn(fleet, manifest.id) === manifest)
  return {
    fleet,
    stale: new Map(old.map((version) => [version.manifest.id, version])),
    frozen: missing.map(({ id }) => id).filter((id) => !inForce.has(id)),
    diagnostics,
  }
}

/**
 * Whether a version may have been in force once. What is wrong at HEAD and came with it never was: of two newcomers that claim the same, neither is
 * in force, whichever stands first in the file. So with one that came earlier, in the same words, and that no ledger knows.
 */
function wasInForce({ manifest: { generation }, commit }: Version, { id, since }: Wanted, head: LoadResult): boolean {
  if (commit === head.fleet.commit) return false
  return since.length === 0 || generation !== head.candidates.get(id)?.generation
}

/**
 * Two that claim the same are both wrong at HEAD, but only the newcomer came in wrongly: the one whose version stands longest is taken back first,
 * and then stands in the newcomer's way.
 */
async function longestThereFirst(
  missing: readonly Wanted[],
  older: ReadonlyMap<ManifestId, readonly Version[]>,
  head: LoadResult,
  git: FileHistory,
): Promise<readonly Wanted[]> {
  if (missing.length < 2) return missing
  const commits = await git.history('.', head.fleet.commit, undefined)
  const ages = new Map(commits.map((commit, age) => [commit, age]))
  const ageOf = ({ id }: Wanted): number => ages.get(older.get(id)?.[0]?.commit ?? '') ?? Number.MAX_SAFE_INTEGER
  return missing.toSorted((a, b) => ageOf(b) - ageOf(a))
}

function resolvePool(pool: Pool, head: LoadResult, rules: Rules): ReturnType<typeof resolve> {
  const broken = new Map([...head.invalid].filter(([id]) => !pool.has(id)).map(([id, { source }]) => [id, source]))
  return resolve(
    {
      fleet: rules.fleet,
      commit: head.fleet.commit,
      manifests: [...pool.values()],
      broken,
      hiding: (name) => fileHiding(name, head.files),
      secrets: head.secrets,
    },
    rules.kinds,
    rules.memo?.resolution,
  )
}

/** Puts older versions in, round by round, since one may need another, until no round brings one more into the fleet. */
function settle(
  missing: readonly Wanted[],
  older: ReadonlyMap<ManifestId, readonly Version[]>,
  start: Pool,
  head: LoadResult,
  rules: Rules,
): Pool {
  let pool = start
  for (let moved = true; moved; ) {
    moved = false
    for (const { id } of missing) {
      const better = firstThatFits(older.get(id) ?? [], pool, head, rules)
      if (better === undefined) continue
      pool = better
      moved = true
    }
  }
  return pool
}

/** The pool with the newest of these versions that comes into the fleet and drives nothing else out of it. */
function firstThatFits(versions: readonly Version[], pool: Pool, head: LoadResult, rules: Rules): Pool | undefined {
  const before = idsOf(resolvePool(pool, head, rules).fleet)
  for (const { manifest: version } of versions) {
    if (before.has(version.id)) return undefined
    const trial = new Map(pool).set(version.id, version)
    const after = idsOf(resolvePool(trial, head, rules).fleet)
    if (after.has(version.id) && [...before].every((id) => after.has(id))) return trial
  }
  return undefined
}

/** Where HEAD's own version fits after all, now that what it mentions is back, it is taken. */
function preferHead(missing: readonly Wanted[], start: Pool, head: LoadResult, rules: Rules): Pool {
  let pool = start
  for (const { id } of missing) {
    const own = head.candidates.get(id)
    if (own === undefined || pool.get(id) === own) continue
    const trial = new Map(pool).set(id, own)
    const after = idsOf(resolvePool(trial, head, rules).fleet)
    if ([...idsOf(resolvePool(pool, head, rules).fleet)].every((each) => after.has(each))) pool = trial
  }
  return pool
}

function idsOf(fleet: Fleet): ReadonlySet<ManifestId> {
  return new Set(fleet.manifests.map((manifest) => manifest.id))
}

/** Versions of a manifest that fit their schema, newest first in each file. */
async function olderVersions(
  { id, files, since, accepts = () => true }: Wanted,
  head: LoadResult,
  git: FileHistory,
  rules: Rules,
): Promise<readonly Version[]> {
  const versions: Version[] = []
  for (const file of new Set(files)) {
    const histories = await Promise.all(
      (since.length === 0 ? [undefined] : since).map((commit) => git.history(file, head.fleet.commit, commit)),
    )
    for (const commit of longest(histories).slice(0, versionsPerManifest)) {
      const bytes = await git.readFile(commit, file)
      const found = bytes === undefined ? [] : versionsIn(id, { path: file, bytes }, rules)
      versions.push(...found.filter(({ generation }) => accepts(generation)).map((manifest) => ({ manifest, commit })))
    }
  }
  return versions
}

function longest(histories: readonly (readonly string[])[]): readonly string[] {
  return histories.toSorted((a, b) => b.length - a.length)[0] ?? []
}

function versionsIn(id: ManifestId, file: { readonly path: string; readonly bytes: Uint8Array }, rules: Rules): readonly Manifest[] {
  const found = readYaml(file)
    .documents.map((document) => validateDocument(document, rules.schemas))
    .filter((each) => each.id === id)
  const only = found[0]?.manifest
  return found.length === 1 && only !== undefined ? [only] : []
}
