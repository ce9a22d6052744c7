import type { ManifestId } from '../model/ids.ts'
import type { LedgerEntry } from '../model/ledger.ts'
import { manifestIn } from './fleet.ts'
import { fileHiding, type LoadResult } from './tree.ts'

/** How far the tree can be trusted as a proof of absence. */
export interface Provenance {
  /** Every file of the commit was read. */
  readonly isTreeWhole: boolean
  /** HEAD is the last applied commit or descends from it: false after a forced push, and where that could not be told. */
  readonly descendsFromLastApplied: boolean
}

/** What Git says about the owners of a thing that the desired state does not hold. */
export type Removal =
  /** Every manifest that asked for it is gone, provably. */
  | { readonly status: 'removed' }
  /** A manifest that asked for it is in the fleet: it is in force and says itself what it wants. */
  | { readonly status: 'asked' }
  /** It cannot be told: the thing stays as it is. */
  | { readonly status: 'frozen'; readonly reason: string }

/**
 * DESIGN §1.6, for one ledger entry that the desired state does not hold: both `removed` and `asked` may be retired, `frozen` may not.
 * `fleet` is the fleet in force, last good versions included. Pure.
 */
export function judgeRemoval(
  entry: Pick<LedgerEntry, 'owners' | 'files'>,
  head: Pick<LoadResult, 'fleet' | 'invalid' | 'files' | 'refused'>,
  provenance: Provenance,
): Removal {
  const distrust = distrusted(head, provenance)
  if (distrust !== undefined) return { status: 'frozen', reason: distrust }
  const absent = entry.owners.filter((owner) => manifestIn(head.fleet, owner as ManifestId) === undefined)
  for (const owner of absent) {
    const reason = doubtOf(owner, entry.files, head)
    if (reason !== undefined) return { status: 'frozen', reason }
  }
  return { status: absent.length === entry.owners.length ? 'removed' : 'asked' }
}

function distrusted(
  { fleet, files }: Pick<LoadResult, 'fleet' | 'files'>,
  { isTreeWhole, descendsFromLastApplied }: Provenance,
): string | undefined {
  if (!isTreeWhole) return 'the tree could not be read whole'
  if (!descendsFromLastApplied) return `commit ${fleet.commit.slice(0, 12)} does not descend from the last applied commit`
  return files.size === 0 ? 'the tree holds no manifest at all' : undefined
}

/** Why a manifest that is not in the fleet may still be meant to be there; undefined where it is provably gone. */
export function doubtOf(
  owner: string,
  files: readonly string[],
  head: Pick<LoadResult, 'invalid' | 'files' | 'refused'>,
): string | undefined {
  const invalid = head.invalid.get(owner as ManifestId)
  if (invalid !== undefined) return `${owner} has errors (${invalid.source.file}:${invalid.source.line}:${invalid.source.column})`
  const hidden = head.refused.find(({ path }) => files.some((file) => file === path || file.startsWith(`${path}/`)))
  if (hidden !== undefined) return `${hidden.path}, where ${owner} stood, was refused`
  const name = owner.slice(owner.indexOf('/') + 1)
  const own = files.find((file) => head.files.get(file)?.status === 'broken')
  if (own !== undefined) return `${own}, where ${owner} stood, cannot be read`
  const elsewhere = fileHiding(name, head.files)
  return elsewhere === undefined ? undefined : `${elsewhere} cannot be read, and ${owner} may stand in it`
}
