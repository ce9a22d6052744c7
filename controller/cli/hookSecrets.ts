import { readFileSync, statSync } from 'node:fs'
import { parseSecrets } from '../forge/signature.ts'
import { reasonOf } from '../model/reason.ts'
import { Secret } from '../shell/secret.ts'

export type SecretsReading =
  | { readonly ok: true; readonly secrets: readonly Secret[] }
  /** What to do about it, without a word of the file's content. */
  | { readonly ok: false; readonly reason: string }

/** Variable with the secret, for where there is no place for a file. */
export const hookSecretVariable = 'REEVE_WEBHOOKS_SECRET'

/** The secrets of webhooks; a file is read again when it changed. One that is gone or open to others counts as none: what is refused then is found by the next poll. */
export function openHookSecrets(file: string | undefined, environment: Record<string, string | undefined>): () => SecretsReading {
  const text = environment[hookSecretVariable]
  delete environment[hookSecretVariable]
  if (text !== undefined && text !== '') {
    const reading = readingOf(text, hookSecretVariable)
    return () => reading
  }
  if (file === undefined)
    return () => ({ ok: false, reason: `there is no secret: write webhooks.secretFile, or set ${hookSecretVariable}` })
  let known = { stamp: '', reading: { ok: false, reason: '' } as SecretsReading }
  return () => {
    const stamp = stampOf(file)
    if (stamp !== known.stamp) known = { stamp, reading: read(file) }
    return known.reading
  }
}

function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true })
  return stat === undefined ? 'gone' : `${stat.dev} ${stat.ino} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.size}`
}

function read(file: string): SecretsReading {
  const reading = readPrivate(file)
  return reading.ok ? readingOf(reading.text, file) : reading
}

type PrivateReading = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }

/** A file that is for its owner alone. */
export function readPrivate(file: string): PrivateReading {
  try {
    const mode = statSync(file).mode & 0o777
    if ((mode & 0o077) === 0) return { ok: true, text: readFileSync(file, 'utf8') }
    return { ok: false, reason: `${file} has mode ${mode.toString(8).padStart(4, '0')}, others could read it: chmod 0600 ${file}` }
  } catch (error) {
    return { ok: false, reason: `${file} cannot be read: ${reasonOf(error)}` }
  }
}

function readingOf(text: string, source: string): SecretsReading {
  const parsed = parseSecrets(text)
  if (!parsed.ok) return { ok: false, reason: `${source}: ${parsed.reason}` }
  return { ok: true, secrets: parsed.secrets.map((secret) => new Secret(secret)) }
}
