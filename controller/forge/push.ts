import { type Headers, type HookProvider, headerOf } from './provider.ts'

/** What a request that was verified tells. */
export type Delivery =
  | { readonly type: 'push'; readonly branch: string; readonly commit: string | undefined }
  /** The forge tries whether we are there. */
  | { readonly type: 'ping' }
  /** Something that is no push to a branch, in words. */
  | { readonly type: 'other'; readonly what: string }
  | { readonly type: 'malformed'; readonly reason: string }

const eventHeaders: Readonly<Record<HookProvider, readonly string[]>> = {
  github: ['x-github-event'],
  gitlab: ['x-gitlab-event'],
  gitea: ['x-gitea-event'],
  forgejo: ['x-forgejo-event', 'x-gitea-event'],
  generic: [],
}
const idHeaders: Readonly<Record<HookProvider, readonly string[]>> = {
  github: ['x-github-delivery'],
  gitlab: ['webhook-id', 'idempotency-key', 'x-gitlab-event-uuid'],
  gitea: ['x-gitea-delivery'],
  forgejo: ['x-forgejo-delivery', 'x-gitea-delivery'],
  generic: ['webhook-id'],
}
/** As GitHub and its kin, and as GitLab call it. */
const pushEvents = ['push', 'Push Hook']

/** The id that the forge gave this delivery; undefined where it has none that is sane. */
export function deliveryId(provider: HookProvider, headers: Headers): string | undefined {
  const ids = idHeaders[provider].map((name) => headerOf(headers, name))
  return ids.find((id) => id !== undefined && /^[A-Za-z0-9_.:-]{1,100}$/.test(id))
}

/** Reads a body whose signature was found right. */
export function readDelivery(provider: HookProvider, headers: Headers, body: Buffer): Delivery {
  const event = eventHeaders[provider].map((name) => headerOf(headers, name)).find((name) => name !== undefined)
  if (provider === 'generic' && body.length === 0) return { type: 'malformed', reason: 'the body is empty; it must name the ref' }
  if (event === 'ping') return { type: 'ping' }
  if (provider !== 'generic' && !pushEvents.includes(event ?? ''))
    return { type: 'other', what: `the event ${sane(event ?? 'without a name')}` }
  const payload = parsed(provider, headers, body)
  if (payload === undefined) return { type: 'malformed', reason: 'the body is no JSON object' }
  return pushOf(payload)
}

function pushOf({ ref, after }: Readonly<Record<string, unknown>>): Delivery {
  if (typeof ref !== 'string') return { type: 'malformed', reason: 'the payload has no text "ref"' }
  const branch = /^refs\/heads\/(.{1,500})$/.exec(ref)?.[1]
  if (branch === undefined) return { type: 'other', what: `${sane(ref)}, which is no branch` }
  return { type: 'push', branch, commit: typeof after === 'string' && /^[0-9a-f]{40,64}$/.test(after) ? after : undefined }
}

/** GitHub and Gitea send a form with the JSON in its field `payload` where they are told to; curl calls everything a form. */
function parsed(provider: HookProvider, headers: Headers, body: Buffer): Readonly<Record<string, unknown>> | undefined {
  const isForm =
    provider !== 'generic' && (headerOf(headers, 'content-type') ?? '').toLowerCase().startsWith('application/x-www-form-urlencoded')
  const text = isForm ? (new URLSearchParams(body.toString()).get('payload') ?? '') : body.toString()
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

/** For an answer and a log: short, and without a character that is none. */
function sane(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100)
}
