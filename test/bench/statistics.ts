/** The middle one; of an even count the upper of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  return sorted(values)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** The smallest value that so great a share of them does not exceed (nearest rank): 1 is the largest. NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  return sorted(values)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? Number.NaN
}

function sorted(values: readonly number[]): readonly number[] {
  return values.toSorted((one, other) => one - other)
}
