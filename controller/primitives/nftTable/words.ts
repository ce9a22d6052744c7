/** A name of a chain, set, fleet or rule: nothing in it can end a word or a string of nft. Throws (a bug: names were checked when read). */
export function nftName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$/.test(text)) throw new Error(`not a name for nft: ${JSON.stringify(text)}`)
  return text
}

/** An address, prefix or interval in canonical form. Never a host name: nft would resolve it once, on the host, at load. */
export function nftAddress(text: string): string {
  if (!/^[0-9a-f:.]{2,45}(\/\d{1,3}|-[0-9a-f:.]{2,45})?$/.test(text)) throw new Error(`not an address for nft: ${JSON.stringify(text)}`)
  return text
}

/** A port or a range `low-high`. */
export function nftPorts(text: string): string {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  if (!match) throw new Error(`not a number or range of ports for nft: ${JSON.stringify(text)}`)
  const low = nftNumber(Number(match[1]), 1, 65_535)
  return match[2] === undefined ? low : `${low}-${nftNumber(Number(match[2]), Number(low), 65_535)}`
}

/** A quoted interface name, perhaps with a `*` at its end. By name, never by index: the interface need not exist. */
export function nftInterface(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}\*?$/.test(text)) throw new Error(`not an interface for nft: ${JSON.stringify(text)}`)
  return `"${text}"`
}

/** A quoted log prefix. nft 1.0.6 crashes beyond 127 bytes, has no escapes in strings, and takes `$name` in one for a variable. */
export function nftPrefix(text: string): string {
  if (!/^[ !#%-[\]-~]{1,127}$/.test(text)) throw new Error(`not a log prefix for nft: ${JSON.stringify(text)}`)
  return `"${text}"`
}

/** A number within bounds, as text. */
export function nftNumber(value: number, low: number, high: number): string {
  if (!Number.isInteger(value) || value < low || value > high) throw new Error(`not a number from ${low} to ${high} for nft: ${value}`)
  return String(value)
}

/** One value as it is, several as an anonymous set. */
export function oneOf(values: readonly string[]): string {
  if (values.length === 0) throw new Error('a match of nothing')
  return values.length === 1 ? (values[0] ?? '') : `{ ${values.join(', ')} }`
}
