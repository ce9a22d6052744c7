/** Text of a zone file: the only place that writes it (RFC 1035 5.1). */

const longestString = 255

/** Octets as strings of a TXT record, each of at most 255 of them: `"…" "…"`. */
export function quotedStrings(bytes: Uint8Array): string {
  if (bytes.length === 0) return '""'
  const count = Math.ceil(bytes.length / longestString)
  return Array.from({ length: count }, (_, index) => quoted(bytes.subarray(index * longestString, (index + 1) * longestString))).join(' ')
}

/** One string between quotes: `"` and `\` by a backslash, what is not printable by its number. A semicolon needs nothing there. */
export function quoted(bytes: Uint8Array): string {
  return `"${Array.from(bytes, escaped).join('')}"`
}

function escaped(octet: number): string {
  if (octet === 0x22 || octet === 0x5c) return `\\${String.fromCharCode(octet)}`
  return octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, '0')}`
}
