/** Counts what is claimed: of two lists that differ in little, only what differs is counted anew. May be lost at any time. */
export interface ClaimsMemo {
  /** What stands more than once in these lists. Lists are the same where they are one object. */
  twiceIn(claimed: readonly (readonly string[])[]): ReadonlySet<string>
}

export function createClaimsMemo(): ClaimsMemo {
  let before: readonly (readonly string[])[] = []
  let counts = new Map<string, number>()
  let twice = new Set<string>()

  function count(claims: readonly string[], by: 1 | -1): void {
    for (const claim of claims) {
      const times = (counts.get(claim) ?? 0) + by
      if (times === 0) counts.delete(claim)
      else counts.set(claim, times)
      if (times > 1) twice.add(claim)
      else twice.delete(claim)
    }
  }

  return {
    twiceIn(claimed) {
      if (claimed.length === before.length) {
        for (const [index, claims] of before.entries()) if (claims !== claimed[index]) count(claims, -1)
        for (const [index, claims] of claimed.entries()) if (claims !== before[index]) count(claims, 1)
      } else {
        counts = new Map()
        twice = new Set()
        for (const claims of claimed) count(claims, 1)
      }
      before = claimed
      return new Set(twice)
    },
  }
}
