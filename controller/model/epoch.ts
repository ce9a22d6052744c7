/** Terms of an installation that reeve.yaml may name. */
export const mostTerms = 9000
const revisionsInTerm = 1e12

/**
 * The number that a host compares: whoever comes with a lower one is refused there (docs/adr/replicas.md). `term` is `epoch` in reeve.yaml, `revision` that of etcd at
 * which the hypervisor got this owner; a controller without replicas has the first one. Stays below 2^53, and below what POSIX sh counts with.
 */
export function epochNumber(term: number, revision = 1): number {
  if (!Number.isSafeInteger(revision) || revision < 1 || revision >= revisionsInTerm) throw new Error(`not a revision of etcd: ${revision}`)
  return (term - 1) * revisionsInTerm + revision
}
