import type { ManifestId } from '../model/ids.ts'
import { type LedgerEntry, ledgerKey, shortGeneration } from '../model/ledger.ts'
import { brokenBefore } from '../model/outcome.ts'
import type { PlannedChange, Transaction } from '../model/plan.ts'
import { targetKey } from '../model/target.ts'
import type { Applied, Cycle } from './cycle.ts'

/** A manifest whose wanted state moved in a transaction that failed. */
export interface Suspect {
  /** Of the content that is suspected. */
  readonly generation: string
  /** Versions that may be in force instead: those of the ledger (none: it is new here), or any older one where the ledger does not say. */
  readonly inForce: ReadonlySet<string> | 'older'
}

/** Failures that several manifests share, of which some may be innocent. */
export interface Suspicion {
  /** What the failed transactions would have changed, as ledger keys. */
  readonly items: ReadonlySet<string>
  readonly suspects: ReadonlyMap<ManifestId, Suspect>
  readonly failures: readonly Applied[]
}

type GenerationOf = (owner: ManifestId) => string | undefined

/**
 * Who may be at fault for what failed in a cycle; undefined where nobody can be told from another. A transaction of one manifest needs no
 * search; one that was cut, or could not be undone, says nothing of manifests; and where the live configuration was broken before by
 * somebody else, nobody who changed something is at fault.
 */
export function suspicionOf(cycle: Cycle, generationOf: GenerationOf): Suspicion | undefined {
  const failures = cycle.applied.filter(isShared).filter(isJudged)
  const suspects = new Map<ManifestId, Suspect>()
  for (const { transaction } of failures)
    for (const change of transaction.changes.filter(isPending))
      for (const owner of change.owners) suspect(suspects, owner, change, transaction, generationOf(owner))
  if (suspects.size === 0) return undefined
  return { items: new Set(failures.flatMap(itemsOf)), suspects, failures }
}

/** What a transaction changes, as ledger keys. */
export function itemsOf({ transaction }: Applied): readonly string[] {
  return transaction.changes.map(({ target, id }) => ledgerKey(targetKey(target), id))
}

export function isFailure({ outcome }: Applied): boolean {
  return outcome.status === 'failed' || outcome.status === 'refused'
}

function isShared({ transaction }: Applied): boolean {
  return transaction.owners.length > 1 && !transaction.isJob
}

function isJudged({ outcome }: Applied): boolean {
  return outcome.status === 'failed' && outcome.undone && !outcome.isCut && !outcome.stderr.includes(brokenBefore)
}

function isPending({ action, fields }: PlannedChange): boolean {
  return action === 'create' || fields.some(({ cause }) => cause === 'pending')
}

function suspect(
  all: Map<ManifestId, Suspect>,
  owner: ManifestId,
  change: PlannedChange,
  transaction: Transaction,
  generation: string | undefined,
): void {
  if (generation === undefined) return
  const entry = transaction.ledger.undone.find(({ target, id }) => target === targetKey(change.target) && id === change.id)
  const inForce = versionsInForce(owner, change, entry)
  if (inForce === undefined || (inForce !== 'older' && inForce.has(shortGeneration(generation)))) return
  all.set(owner, { generation, inForce: either(all.get(owner)?.inForce, inForce) })
}

/** Undefined: the ledger knows that it had a part in it, and not which. */
function versionsInForce(owner: ManifestId, change: PlannedChange, entry: LedgerEntry | undefined): Suspect['inForce'] | undefined {
  if (change.owners.length === 1) return 'older'
  if (entry === undefined || !entry.owners.includes(owner)) return new Set()
  const version = entry.versions?.[owner]
  if (version !== undefined) return new Set([version])
  return entry.owners.length === 1 ? 'older' : undefined
}

function either(one: Suspect['inForce'] | undefined, other: Suspect['inForce']): Suspect['inForce'] {
  if (one === undefined || one === 'older') return other
  return other === 'older' ? one : new Set([...one, ...other])
}
