import { createHash } from 'node:crypto'

/** Types by number that tell of a zone's signatures (RFC 4034, 7344). */
export const signedTypes = { soa: 6, ns: 2, key: 48, childDs: 59 } as const

/** What a name server's answers say of a zone's signatures; of `askDns` for these types. */
export interface Signatures {
  /** When the first of those that were seen ends, in seconds since the epoch; undefined where none was. */
  readonly until: number | undefined
  /** What the parent must hold, `KEYTAG ALGORITHM 2 DIGEST`: of each key that signs keys. */
  readonly ds: readonly string[]
  /** The server itself says that the parent may have it now (RFC 7344): no cache is without the key any more. */
  readonly isDsDue: boolean
}

export function parseSigned(stdout: string, zone: string): Signatures {
  const lines = stdout.split('\n').map((line) => line.split(' '))
  const of = (what: string, type?: number) =>
    lines.flatMap(([word, , , number, name, value]) =>
      word === what && name === zone && (type === undefined || Number(number) === type) ? [value ?? ''] : [],
    )
  const ends = of('until')
    .map(Number)
    .filter((seconds) => seconds > 0)
  const keys = of('data', signedTypes.key).flatMap((all) => all.split(','))
  const due = of('data', signedTypes.childDs).flatMap((all) => all.split(','))
  return {
    until: ends.length === 0 ? undefined : Math.min(...ends),
    ds: keys
      .map((key) => Buffer.from(key, 'hex'))
      .filter(signsKeys)
      .map((key) => dsOf(zone, key))
      .sort(),
    // `0 0 0 00` asks the parent to take it away (RFC 8078 4).
    isDsDue: due.some((data) => data !== '' && !data.startsWith('0000000')),
  }
}

/** Zone key and secure entry point, and not revoked (RFC 4034 2.1.1, 5011 3). */
function signsKeys(key: Buffer): boolean {
  return key.length > 4 && (key.readUInt16BE(0) & 0x181) === 0x101
}

/** RFC 4034 5.1.4 and appendix B, by SHA-256 (RFC 4509). */
export function dsOf(zone: string, key: Buffer): string {
  const owner = zone
    .split('.')
    .filter((label) => label !== '')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]))
  const digest = createHash('sha256')
    .update(Buffer.concat([...owner, Buffer.from([0]), key]))
    .digest('hex')
    .toUpperCase()
  let sum = 0
  for (const [index, byte] of key.entries()) sum += index % 2 === 0 ? byte * 256 : byte
  return `${(sum + (sum >> 16)) & 0xffff} ${key[3]} 2 ${digest}`
}
