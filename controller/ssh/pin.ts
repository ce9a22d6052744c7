import { createHash } from 'node:crypto'

/** A host key as the manifest pins it: `ssh-ed25519 AAAA… comment`. */
export interface HostKey {
  readonly type: string
  /** The key in SSH wire format (RFC 4253 §6.6). */
  readonly blob: Uint8Array
}

/** Host key types that can be pinned, and the signature algorithms that prove each (RFC 8332: rsa only with SHA-2). Best first. */
export const signatureAlgorithms = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
} as const

export type HostKeyType = keyof typeof signatureAlgorithms
export type SignatureAlgorithm = (typeof signatureAlgorithms)[HostKeyType][number]

export function isHostKeyType(text: string): text is HostKeyType {
  return Object.hasOwn(signatureAlgorithms, text)
}

/** Reads one pinned line. Throws with what is wrong with it. */
export function parseHostKey(line: string): HostKey {
  const [type = '', base64 = ''] = line.trim().split(/\s+/)
  if (!isHostKeyType(type)) {
    throw new Error(
      `host key ${JSON.stringify(line.slice(0, 40))} begins with no known type; write one of ${Object.keys(signatureAlgorithms).join(', ')}`,
    )
  }
  const blob = Buffer.from(base64, 'base64')
  if (blob.toString('base64') !== base64 || typeOfBlob(blob) !== type) {
    throw new Error(`host key of type ${type} is cut or altered; copy the whole line as 'reeve hostkey ADDRESS' prints it`)
  }
  return { type, blob }
}

/** The algorithms to offer so that a server proves itself with one of these keys, and with nothing else. */
export function algorithmsFor(keys: readonly HostKey[]): readonly SignatureAlgorithm[] {
  const types = new Set(keys.map((key) => key.type))
  return Object.entries(signatureAlgorithms).flatMap(([type, algorithms]) => (types.has(type) ? algorithms : []))
}

/** `SHA256:…`, as ssh-keygen -l prints it. */
export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** The key's type as the key itself says it; undefined where it is no key. */
export function typeOfBlob(blob: Uint8Array): string | undefined {
  const bytes = Buffer.from(blob)
  if (bytes.length < 8) return undefined
  const length = bytes.readUInt32BE(0)
  if (length > 64 || bytes.length < 4 + length + 4) return undefined
  return bytes.subarray(4, 4 + length).toString('latin1')
}

/** The first key of a `.pub` file as `TYPE BASE64`, without its comment; undefined where there is none. Key types that only log in (security keys, certificates) are left out. */
export function parsePublicKey(text: string): string | undefined {
  const [type = '', base64 = ''] = text.trim().split(/\s+/)
  if (!/^[a-z0-9@.-]{1,64}$/.test(type) || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  return typeOfBlob(Buffer.from(base64, 'base64')) === type ? `${type} ${base64}` : undefined
}
