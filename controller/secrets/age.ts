import { createHash } from 'node:crypto'
import type { Opening, OpenSecret } from '../model/secrets.ts'
import { closedSecret, reveal, Secret } from '../shell/secret.ts'

/** Keys that open secrets. The library is loaded when the first secret is opened: most commands never need it. */
export interface Vault {
  readonly open: OpenSecret
  /** `age1…` of each identity: what others encrypt for. */
  recipients(): Promise<readonly string[]>
}

/** Longest value of a secret, bytes. */
const mostBytes = 64 << 10
/** Openings that are remembered: a commit brings most files again as they were. */
const mostRemembered = 1000

const mistyped = 'an identity there is incomplete or mistyped; bring its copy back, or make a new one with: reeve secret keygen FILE'

/** Reads an identity file as age-keygen(1) writes it: one identity a line, `#` begins a comment. Throws a sentence that repeats nothing of it. */
export function parseIdentities(text: string, place: string): readonly Secret[] {
  const lines = text.split('\n').map((line) => line.trim())
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'))
  const bad = identities.findIndex((line) => !/^AGE-SECRET-KEY-(PQ-)?1[0-9A-Z]+$/.test(line))
  if (bad !== -1)
    throw new Error(`${place} holds something beside age identities (AGE-SECRET-KEY-1…); make one with: reeve secret keygen FILE`)
  if (identities.length === 0) throw new Error(`${place} holds no age identity; make one with: reeve secret keygen FILE`)
  return identities.map((line) => new Secret(line))
}

/** `place`: where the identities come from, for people. */
export function createVault(identities: readonly Secret[], place: string): Vault {
  const remembered = new Map<string, Opening>()

  async function open(bytes: Uint8Array): Promise<Opening> {
    const key = createHash('sha256').update(bytes).digest('hex')
    const known = remembered.get(key)
    if (known !== undefined) return known
    const opening = await openWith(bytes, identities, place)
    if (remembered.size >= mostRemembered) remembered.clear()
    remembered.set(key, opening)
    return opening
  }

  return {
    open,
    async recipients() {
      const { identityToRecipient } = await import('age-encryption')
      // What the library says of a bad identity may repeat it.
      return Promise.all(identities.map((identity) => identityToRecipient(reveal(identity)))).catch(() => {
        throw new Error(`${place}: ${mistyped}`)
      })
    },
  }
}

async function openWith(bytes: Uint8Array, identities: readonly Secret[], place: string): Promise<Opening> {
  const { armor, Decrypter } = await import('age-encryption')
  const raw = binaryOf(bytes, armor.decode)
  if (raw === undefined) return closed('it is not a file that age encrypted', 'write it again with: reeve secret encrypt NAME')
  const decrypter = new Decrypter()
  try {
    for (const identity of identities) decrypter.addIdentity(reveal(identity))
  } catch {
    return closed(`${place} holds an identity that is none`, mistyped)
  }
  try {
    return valueIn(await decrypter.decrypt(raw, 'uint8array'))
  } catch (error) {
    const isForOthers = error instanceof Error && /no identity matched/i.test(error.message)
    return isForOthers
      ? closed(`it is encrypted for others than ${place}`, 'encrypt it for the recipients that `reeve secret recipients` lists')
      : closed('it was damaged after age encrypted it', 'write it again with: reeve secret encrypt NAME')
  }
}

/** Undefined where it is neither of age's two formats (age-encryption.org/v1). */
export function binaryOf(bytes: Uint8Array, decode: (text: string) => Uint8Array): Uint8Array | undefined {
  const head = Buffer.from(bytes.subarray(0, 64)).toString('latin1')
  if (head.startsWith('age-encryption.org/v1\n')) return bytes
  if (!head.trimStart().startsWith('-----BEGIN AGE ENCRYPTED FILE-----')) return undefined
  try {
    return decode(Buffer.from(bytes).toString('latin1'))
  } catch {
    return undefined
  }
}

/** The value is text, without the newline that editors and `echo` put at its end. */
function valueIn(bytes: Uint8Array): Opening {
  if (bytes.length > mostBytes)
    return closed(`its value has ${bytes.length} bytes; ${mostBytes} are allowed`, 'a secret is a password or a key')
  const text = textOf(bytes)
  if (text === undefined || text.includes('\0')) return closed('its value is no text', 'encode it, for example as base64')
  const value = text.replace(/\r?\n$/, '')
  return value === ''
    ? closed('its value is empty', 'write it again with: reeve secret encrypt NAME')
    : { status: 'opened', secret: new Secret(value) }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function closed(reason: string, hint: string): Opening {
  return { status: 'closed', reason, hint }
}

/** Without any identity configured every secret stays closed. */
export const noVault: Vault = {
  open: () =>
    Promise.resolve(
      closed('no identity is configured to decrypt it with', 'name an identity file in reeve.yaml: secrets: {identityFile: /path}'),
    ),
  recipients: () => Promise.resolve([]),
}

/** For what looks at manifests and writes nothing of theirs: every secret counts as opened. */
export const unopened: Vault = {
  open: () => Promise.resolve({ status: 'opened', secret: closedSecret('a secret that was not decrypted') }),
  recipients: () => Promise.resolve([]),
}

/** Encrypts a value for these recipients, as armored text that Git shows as text. Throws where one of them is no recipient. */
export async function sealSecret(value: Secret, recipients: readonly string[]): Promise<string> {
  const { armor, Encrypter } = await import('age-encryption')
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  return armor.encode(await encrypter.encrypt(reveal(value)))
}

/** Whether age knows it as a recipient. */
export async function isRecipient(text: string): Promise<boolean> {
  const { Encrypter } = await import('age-encryption')
  try {
    new Encrypter().addRecipient(text)
    return true
  } catch {
    return false
  }
}

/** A new identity with its recipient, as age-keygen(1) makes them (X25519). */
export async function makeIdentity(): Promise<{ readonly identity: Secret; readonly recipient: string }> {
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption')
  const identity = await generateX25519Identity()
  return { identity: new Secret(identity), recipient: await identityToRecipient(identity) }
}

/** The text of a new identity file: the only place that an identity is written to. */
export function identityFileText(identity: Secret, recipient: string): string {
  return `# public key: ${recipient}\n${reveal(identity)}\n`
}
