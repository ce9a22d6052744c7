import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { reveal, type Secret } from '../shell/secret.ts'
import { type Headers, type HookProvider, headerOf } from './provider.ts'

/** Whether a request is of the one who knows the secret. `stale`: signed rightly, at another time. */
export type Verdict = 'right' | 'wrong' | 'stale'

/** What is said where a signature is missing, and the same where it is wrong. */
export const refusal = 'the signature is missing or wrong'

/** Seconds that the clocks of sender and receiver may differ, either way, as Standard Webhooks recommend. */
const toleranceSeconds = 300

/** As GitLab and Standard Webhooks write a key: base64 after this word. */
const keyPrefix = 'whsec_'

/**
 * Whether the headers could carry a signature at all. Looks at no secret: what fails here is refused before its body is read.
 * Sources: GitHub "Validating webhook deliveries"; GitLab "Webhooks: signing tokens"; Gitea and Forgejo "Webhooks"; standardwebhooks.com.
 */
export function isSigned(provider: HookProvider, headers: Headers): boolean {
  if (provider === 'generic') return standardOf(headers) !== undefined
  if (provider === 'gitlab') return standardOf(headers) !== undefined || tokenOf(headers) !== undefined
  return digestOf(provider, headers) !== undefined
}

/** Judges the bytes of a body as they came, by any of the secrets, in a time that tells nothing of them. */
export function verify(
  provider: HookProvider,
  headers: Headers,
  body: Uint8Array,
  secrets: readonly Secret[],
  nowSeconds: number,
): Verdict {
  const verdicts = secrets.map((secret) => judge(provider, headers, body, secret, nowSeconds))
  return verdicts.find((verdict) => verdict === 'right') ?? verdicts.find((verdict) => verdict === 'stale') ?? 'wrong'
}

function judge(provider: HookProvider, headers: Headers, body: Uint8Array, secret: Secret, nowSeconds: number): Verdict {
  if (provider === 'generic' || (provider === 'gitlab' && reveal(secret).startsWith(keyPrefix)))
    return judgeStandard(headers, body, secret, nowSeconds)
  if (provider === 'gitlab') return isSame(tokenOf(headers) ?? '', reveal(secret)) ? 'right' : 'wrong'
  const digest = Buffer.from(digestOf(provider, headers) ?? '', 'hex')
  return isEqual(digest, createHmac('sha256', reveal(secret)).update(body).digest()) ? 'right' : 'wrong'
}

/** Of GitHub `sha256=` before the hexadecimal digest; of Gitea and Forgejo the digest alone. */
function digestOf(provider: HookProvider, headers: Headers): string | undefined {
  if (provider === 'github') return /^sha256=([0-9a-f]{64})$/.exec(headerOf(headers, 'x-hub-signature-256') ?? '')?.[1]
  const forgejo = provider === 'forgejo' ? headerOf(headers, 'x-forgejo-signature') : undefined
  const text = forgejo ?? headerOf(headers, 'x-gitea-signature') ?? ''
  return /^[0-9a-f]{64}$/.test(text) ? text : undefined
}

function tokenOf(headers: Headers): string | undefined {
  const token = headerOf(headers, 'x-gitlab-token')
  return token === undefined || token === '' || token.length > 1000 ? undefined : token
}

interface Standard {
  readonly id: string
  readonly timestamp: string
  /** Digests of version 1; the sender has several while it rotates its key. */
  readonly digests: readonly Buffer[]
}

const maxSignatures = 10

function standardOf(headers: Headers): Standard | undefined {
  const [id, timestamp] = [headerOf(headers, 'webhook-id') ?? '', headerOf(headers, 'webhook-timestamp') ?? '']
  if (!/^[\x21-\x7e]{1,200}$/.test(id) || !/^\d{1,12}$/.test(timestamp)) return undefined
  const parts = (headerOf(headers, 'webhook-signature') ?? '').split(' ')
  const digests = parts
    .slice(0, maxSignatures)
    .flatMap((part) => /^v1,([A-Za-z0-9+/]{43}=)$/.exec(part)?.[1] ?? [])
    .map((text) => Buffer.from(text, 'base64'))
  return digests.length === 0 ? undefined : { id, timestamp, digests }
}

function judgeStandard(headers: Headers, body: Uint8Array, secret: Secret, nowSeconds: number): Verdict {
  const standard = standardOf(headers)
  if (standard === undefined) return 'wrong'
  const wanted = createHmac('sha256', keyOf(secret)).update(`${standard.id}.${standard.timestamp}.`).update(body).digest()
  const isRight = standard.digests.map((digest) => isEqual(digest, wanted)).includes(true)
  if (!isRight) return 'wrong'
  return Math.abs(nowSeconds - Number(standard.timestamp)) <= toleranceSeconds ? 'right' : 'stale'
}

/** The bytes after `whsec_`, or those of the text itself. */
function keyOf(secret: Secret): Buffer {
  const text = reveal(secret)
  return text.startsWith(keyPrefix) ? Buffer.from(text.slice(keyPrefix.length), 'base64') : Buffer.from(text)
}

function isEqual(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Of texts whose length nobody shall learn either. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}

/** Secrets as a file holds them, one a line: the one in use, and for a while the one before or after it. The answer is why it is none. */
export function parseSecrets(
  text: string,
): { readonly ok: true; readonly secrets: readonly string[] } | { readonly ok: false; readonly reason: string } {
  const secrets = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (secrets.length === 0) return { ok: false, reason: 'it holds no secret' }
  if (secrets.length > 2) return { ok: false, reason: `it holds ${secrets.length} secrets; two are the most, the one in use and the next` }
  const reason = secrets.map(whyWeak).find((why) => why !== undefined)
  return reason === undefined ? { ok: true, secrets } : { ok: false, reason }
}

function whyWeak(secret: string): string | undefined {
  if (secret.startsWith(keyPrefix) && !/^whsec_([A-Za-z0-9+/]{4}){5,}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(secret))
    return 'after whsec_ it is not base64 of 15 bytes or more'
  return secret.length < 16 ? 'a secret of it is shorter than 16 characters; `openssl rand -hex 32` makes one' : undefined
}
