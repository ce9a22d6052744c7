import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

/** Who may sign commits: files outside the repository. */
export interface TrustSettings {
  /** allowed_signers of ssh-keygen(1). */
  readonly allowedSigners?: string
  /** Revoked SSH keys: a KRL, or public keys one a line (ssh-keygen(1), KEY REVOCATION LISTS). */
  readonly revokedKeys?: string
  /** OpenPGP public keys, armored or binary. */
  readonly openpgpKeys?: string
  /** `Clean`: a merge commit without a signature passes where it holds exactly what git makes of its parents. */
  readonly unsignedMerges: 'Refuse' | 'Clean'
}

/** The files as they were read together; what verifies uses these bytes and reads nothing again. */
export interface Signers {
  /** Judges commits that were let in before, by the date that they bear. */
  readonly allowedSigners: Uint8Array
  /** Its lines that hold at this moment: what is new is judged by these too, since who signs writes any date. */
  readonly allowedNow: Uint8Array
  readonly revokedKeys: Uint8Array | undefined
  readonly openpgpKeys: Uint8Array | undefined
  /** Fingerprints (`SHA256:…`) of the SSH keys that the file names, whatever their dates. */
  readonly fingerprints: ReadonlySet<string>
  /** Moves whenever the files do. */
  readonly print: string
}

/** The files cannot be used: nobody can be trusted by them. The message names file, line and what to do. */
export class SignersError extends Error {}

const mostBytes = 4 << 20

/** Reads who may sign, at this moment. Throws SignersError where a file cannot be read, is empty, broken, or writable by everybody. */
export function readSigners({ allowedSigners, revokedKeys, openpgpKeys, unsignedMerges }: TrustSettings, nowMs: number): Signers {
  const allowed = allowedSigners === undefined ? new Uint8Array() : read(allowedSigners, 'repository.trust.allowedSigners')
  const revoked = revokedKeys === undefined ? undefined : read(revokedKeys, 'repository.trust.revokedKeys')
  const keys = openpgpKeys === undefined ? undefined : read(openpgpKeys, 'repository.trust.openpgpKeys')
  if (revoked !== undefined && revokedKeys !== undefined) judgeRevoked(revoked, revokedKeys)
  const lines = allowedSigners === undefined ? [] : signerLines(allowed, allowedSigners)
  const fingerprints = new Set(lines.map(({ fingerprint }) => fingerprint))
  const inTime = lines.filter(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs)
  const allowedNow = Buffer.from(inTime.map(({ text }) => `${text}\n`).join(''))
  if (keys !== undefined && openpgpKeys !== undefined) judgeKeys(keys, openpgpKeys)
  const hash = createHash('sha256').update(unsignedMerges)
  for (const bytes of [allowed, allowedNow, revoked, keys]) hash.update(`\n${bytes?.length ?? 'none'}\n`).update(bytes ?? '')
  return { allowedSigners: allowed, allowedNow, revokedKeys: revoked, openpgpKeys: keys, fingerprints, print: hash.digest('hex') }
}

function read(file: string, field: string): Uint8Array {
  try {
    const { mode, size } = statSync(file)
    if ((mode & 0o002) !== 0) throw new Error('everybody may write it, so anybody may trust himself; chmod o-w it')
    if (size > mostBytes) throw new Error(`it has ${size} bytes; ${mostBytes} are allowed`)
    return readFileSync(file)
  } catch (cause) {
    throw new SignersError(`${field}: ${file} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

interface SignerLine {
  readonly text: string
  readonly fingerprint: string
  /** Milliseconds since the epoch: valid from this one up to, but not with, that one. */
  readonly fromMs: number
  readonly untilMs: number
}

/** Reads allowed_signers. ssh-keygen(1) stops in silence at a line that it cannot read, and says nothing of lines after the one that fits: all are read here. */
function signerLines(bytes: Uint8Array, file: string): readonly SignerLine[] {
  const found: SignerLine[] = []
  for (const [index, line] of Buffer.from(bytes).toString('utf8').split('\n').entries()) {
    const text = line.trim()
    if (text === '' || text.startsWith('#')) continue
    const fingerprint = fingerprintOf(text)
    if (fingerprint === undefined)
      throw new SignersError(
        `${file}:${index + 1}: this is no line of allowed_signers; write PRINCIPAL [OPTIONS] KEYTYPE KEY, as: ada@example.org namespaces="git" ssh-ed25519 AAAA…`,
      )
    const [fromMs, untilMs] = [validity(text, 'valid-after'), validity(text, 'valid-before')]
    if (Number.isNaN(fromMs) || Number.isNaN(untilMs))
      throw new SignersError(
        `${file}:${index + 1}: valid-after and valid-before are YYYYMMDD or YYYYMMDDHHMM[SS], with a Z for UTC, as: valid-before="20270101Z"`,
      )
    found.push({ text, fingerprint, fromMs: fromMs ?? Number.NEGATIVE_INFINITY, untilMs: untilMs ?? Number.POSITIVE_INFINITY })
  }
  if (found.length === 0) throw new SignersError(`${file}: it names nobody, so no commit can be trusted; write one line for each signer`)
  return found
}

/** A time as ssh-keygen(1) has it (TIME FORMATS), in milliseconds since the epoch; without Z in the time zone of this machine. NaN for what is none. */
function validity(line: string, option: string): number | undefined {
  // Options stand between principal and key; a principal in quotes could hold such words.
  const options = line.replace(/^(?:"[^"]+"|[^\s"]+)\s+/, '')
  // ssh-keygen cannot read a line whose values are not in quotes.
  const given = new RegExp(`(?:^|,)${option}=("[^"]*"|[^,]*)`, 'i').exec(options.split(/\s(?=(?:ssh|ecdsa|sk)-)/)[0] ?? '')?.[1]
  if (given === undefined) return undefined
  const [, year, month, day, hour = '00', minute = '00', second = '00', zone = ''] =
    /^"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z?)"$/i.exec(given) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone.toUpperCase()}`)
}

function fingerprintOf(line: string): string | undefined {
  const [, type, base64] =
    /^(?:"[^"]+"|[^\s"]+)\s+(?:(?:[^\s"]|"[^"]*")+\s+)?((?:ssh|ecdsa|sk)-[a-z0-9@.-]+)\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(line) ?? []
  if (type === undefined || base64 === undefined) return undefined
  const key = Buffer.from(base64, 'base64')
  // The key's first field is its type (RFC 4253, 6.6): a line that was cut or mixed up does not have it.
  const length = key.length < 4 ? 0 : key.readUInt32BE(0)
  if (key.toString('latin1', 4, 4 + length) !== type || key.length < 4 + length + 32) return undefined
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** ssh-keygen(1) takes every key for revoked where it cannot read the file: said at once, it is no riddle. */
function judgeRevoked(bytes: Uint8Array, file: string): void {
  const text = Buffer.from(bytes)
  if (text.subarray(0, 8).equals(Buffer.from('SSHKRL\n\0', 'latin1'))) return
  for (const [index, line] of text.toString('utf8').split('\n').entries())
    if (line.trim() !== '' && !line.startsWith('#') && fingerprintOf(`nobody ${line.trim()}`) === undefined)
      throw new SignersError(`${file}:${index + 1}: this is no public key; write one a line, or a KRL (ssh-keygen -k)`)
}

function judgeKeys(bytes: Uint8Array, file: string): void {
  if (bytes.length === 0) throw new SignersError(`${file}: it is empty; gpg --export --armor FINGERPRINT >>${file}`)
  if (Buffer.from(bytes).includes('PRIVATE KEY BLOCK'))
    throw new SignersError(
      `${file}: it holds a private key, which does not belong here; gpg --export --armor FINGERPRINT writes the public one`,
    )
}
