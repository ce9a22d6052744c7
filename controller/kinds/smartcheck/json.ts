/** Readers of JSON that somebody else wrote: what is not as expected is undefined or empty, never a throw. */

export function within(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((at, key) => {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    return (at as Readonly<Record<string, unknown>>)[key]
  }, value)
}

export function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A count: a whole number from 0 on. */
export function whole(value: unknown): number | undefined {
  const read = number(value)
  return read !== undefined && Number.isInteger(read) && read >= 0 ? read : undefined
}

/** One line of printable characters, at most 120. */
export function text(value: unknown): string {
  return typeof value === 'string'
    ? value
        .replace(/[^\x20-\x7e]+/g, ' ')
        .trim()
        .slice(0, 120)
    : ''
}
