import { type Compiled, compileFleet } from '../engine/compile.ts'
import type { Removal } from '../engine/input.ts'
import { type FileHistory, findLost, findWanted, holdLastGood } from '../manifests/lastGood.ts'
import { judgeRemoval } from '../manifests/removal.ts'
import { type LoadResult, loadTree, type Rules } from '../manifests/tree.ts'
import type { Fleet } from '../model/fleet.ts'
import type { ManifestId } from '../model/ids.ts'
import type { AnyKind } from '../model/kind.ts'
import type { Ledger, LedgerEntry } from '../model/ledger.ts'
import type { Diagnostic } from '../model/manifest.ts'
import type { AnyPrimitive } from '../model/primitive.ts'
import type { Tree } from '../model/tree.ts'

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
}

/** Reads a tree into a revision. `ledgers` of the hosts name what must stay in force although HEAD broke it. */
export async function makeRevision(tree: Tree, rules: RevisionRules, history: FileHistory, ledgers: readonly Ledger[]): Promise<Revision> {
  const head = loadTree(tree, rules)
  const inForce = await holdLastGood(head, [...findWanted(head, ledgers), ...(await findLost(head, history, rules))], history, rules)
  const compiled = compileFleet(inForce.fleet, rules.allKinds, rules.primitives)
  return {
    commit: tree.commit,
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
  const removal = judgeRemoval(entry, { ...revision.head, fleet: revision.fleet }, { isTreeWhole: true, descendsFromLastApplied })
  return removal.status === 'frozen' ? { status: 'frozen', because: removal.reason } : { status: 'removed' }
}
