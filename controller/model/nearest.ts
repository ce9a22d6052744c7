/** The candidates most like what was written, best first, at most three: for "did you mean". Empty when nothing is near. */
export function nearest(written: string, candidates: Iterable<string>): readonly string[] {
  const word = written.slice(0, 100)
  const reach = Math.max(1, Math.floor(word.length / 3))
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter((each) => each.distance <= reach || isAbbreviation(word, each.candidate))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map((each) => each.candidate)
}

/** `did you mean "a"?`, `did you mean "a" or "b"?`, or undefined where nothing is near. */
export function didYouMean(written: string, candidates: Iterable<string>): string | undefined {
  const near = nearest(written, candidates)
  if (near.length === 0) return undefined
  return `did you mean ${near.map((each) => JSON.stringify(each)).join(' or ')}?`
}

function isAbbreviation(word: string, candidate: string): boolean {
  return word.length >= 3 && candidate.toLowerCase().startsWith(word.toLowerCase())
}

/** Damerau's distance, restricted form: insert, delete, replace or swap neighbours. */
function distance(one: string, other: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++)
      current[column] = cheapest(one, other, row, column, [beforePrevious, previous, current])
    beforePrevious = previous
    previous = current
  }
  return previous[other.length] ?? 0
}

function cheapest(
  one: string,
  other: string,
  row: number,
  column: number,
  [beforePrevious, previous, current]: readonly [readonly number[], readonly number[], readonly number[]],
): number {
  const at = (line: readonly number[], index: number): number => line[index] ?? Number.POSITIVE_INFINITY
  const differs = one[row - 1] === other[column - 1] ? 0 : 1
  const isSwap = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
  const swapped = isSwap ? at(beforePrevious, column - 2) + 1 : Number.POSITIVE_INFINITY
  return Math.min(at(previous, column) + 1, at(current, column - 1) + 1, at(previous, column - 1) + differs, swapped)
}
