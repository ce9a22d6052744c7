import { type Compiled, type CompileMemo, compiling } from '../engine/compile.ts'
import type { Removal } from '../engine/input.ts'
import { acceptHeld, type Holds, withoutHeld } from '../manifests/holdBack.ts'
import { type FileHistory, findLost, findWanted, holdLastGood } from '../manifests/lastGood.ts'
import { type ReadFile, readParsed } from '../manifests/memo.ts'
import { openSecrets } from '../manifests/openSecrets.ts'
import type { ParsedFile } from '../manifests/parse.ts'
import { judgeRemoval } from '../manifests/removal.ts'
import { type LoadResult, loading, type Rules, unreadFiles } from '../manifests/tree.ts'
import type { Fleet } from '../model/fleet.ts'
import type { ManifestId } from '../model/ids.ts'
import type { AnyKind } from '../model/kind.ts'
import type { Ledger, LedgerEntry } from '../model/ledger.ts'
import type { Diagnostic } from '../model/manifest.ts'
import type { AnyPrimitive } from '../model/primitive.ts'
import type { OpenSecret } from '../model/secrets.ts'
import { inSlices, type Slices } from '../model/steps.ts'
import type { Tree, TreeFile } from '../model/tree.ts'

/** One commit, read and compiled: what is in force, and all that is wrong with it. */
export interface Revision {
  readonly commit: string
  readonly head: LoadResult
  /** HEAD's manifests, and for what is broken there its last good version. */
  readonly fleet: Fleet
  /** Manifests of which no version is good: their things stay as they are. */
  readonly frozen: readonly ManifestId[]
  readonly stale: ReadonlySet<ManifestId>
  readonly compiled: Compiled
  readonly diagnostics: readonly Diagnostic[]
}

export interface RevisionRules extends Rules {
  readonly allKinds: readonly AnyKind[]
  readonly primitives: readonly AnyPrimitive[]
  readonly openSecret: OpenSecret
  /** Default: everything is compiled anew. */
  readonly compileMemo?: CompileMemo
  /** Lets others in while a large fleet is read and compiled. Default: nobody. */
  readonly slices?: Slices
  /** Does work that takes much memory for a while. Default: like all other. */
  hurry?<T>(work: () => Promise<T>): Promise<T>
  /** Parses files beside this thread. Never fails: what it leaves out is parsed here. Default: nothing is. */
  parseAhead?(files: readonly TreeFile[], onParsed: (file: ParsedFile) => void): Promise<void>
}

/** Reads a tree into a revision. `ledgers` of the hosts name what must stay in force although HEAD broke it. */
export async function makeRevision(tree: Tree, rules: RevisionRules, history: FileHistory, ledgers: readonly Ledger[]): Promise<Revision> {
  const secrets = await openSecrets(tree, rules.openSecret, history, rules.memo?.secretNames)
  const make = async (): Promise<Revision> => {
    const ahead = new Map<string, ReadFile>()
    await rules.parseAhead?.(unreadFiles(tree, rules), (parsed) => ahead.set(parsed.path, readParsed(parsed, rules.schemas)))
    return revisionOf(await inSlices(loading(tree, rules, secrets, ahead), rules.slices), new Map(), rules, history, ledgers)
  }
  return rules.hurry ? rules.hurry(make) : make()
}

/** The same commit with some manifests held back: for a host that did not take their newest version. */
export async function holdBack(
  { head }: Revision,
  holds: Holds,
  rules: RevisionRules,
  history: FileHistory,
  ledgers: readonly Ledger[],
): Promise<Revision> {
  return revisionOf(withoutHeld(head, holds, rules), holds, rules, history, ledgers)
}

async function revisionOf(
  head: LoadResult,
  holds: Holds,
  rules: RevisionRules,
  history: FileHistory,
  ledgers: readonly Ledger[],
): Promise<Revision> {
  const wanted = [...findWanted(head, ledgers), ...(await findLost(head, history, rules))]
  const inForce = await holdLastGood(head, acceptHeld(wanted, holds), history, rules)
  const compiled = await inSlices(compiling(inForce.fleet, rules.allKinds, rules.primitives, rules.compileMemo), rules.slices)
  return {
    commit: head.fleet.commit,
    head,
    fleet: inForce.fleet,
    frozen: inForce.frozen,
    stale: new Set(inForce.stale.keys()),
    compiled,
    diagnostics: [...head.diagnostics, ...compiled.diagnostics],
  }
}

/** What a revision says of a thing that nobody asks for any more. */
export function removalIn(revision: Revision, entry: LedgerEntry, descendsFromLastApplied: boolean): Removal {
  const { invalid, files, refused } = revision.head
  const removal = judgeRemoval(entry, { invalid, files, refused, fleet: revision.fleet }, { isTreeWhole: true, descendsFromLastApplied })
  return removal.status === 'frozen' ? { status: 'frozen', because: removal.reason } : { status: 'removed' }
}
