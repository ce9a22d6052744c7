import { createHmac } from 'node:crypto'
import type { HookProvider } from '../../controller/forge/provider.ts'

export interface Signing {
  readonly secret: string
  readonly nowSeconds: number
  readonly id?: string
  readonly event?: string
}

/** The headers that a forge sends with a body, written after the forges' own pages and not after our code. */
export function signed(provider: HookProvider, body: Buffer, signing: Signing): Readonly<Record<string, string>> {
  const { secret, id = '72d3162e-cc78-11e3-81ab-4c9367dc0958' } = signing
  const hex = createHmac('sha256', secret).update(body).digest('hex')
  const json = { 'content-type': 'application/json' }
  switch (provider) {
    case 'github':
      return { ...json, 'x-github-event': signing.event ?? 'push', 'x-github-delivery': id, 'x-hub-signature-256': `sha256=${hex}` }
    case 'gitea':
      return { ...json, 'x-gitea-event': signing.event ?? 'push', 'x-gitea-delivery': id, 'x-gitea-signature': hex }
    case 'forgejo':
      return {
        ...json,
        'x-forgejo-event': signing.event ?? 'push',
        'x-gitea-event': signing.event ?? 'push',
        'x-forgejo-delivery': id,
        'x-gitea-delivery': id,
        'x-forgejo-signature': hex,
        'x-gitea-signature': hex,
      }
    case 'gitlab':
      return {
        ...json,
        'x-gitlab-event': signing.event ?? 'Push Hook',
        'idempotency-key': id,
        ...(secret.startsWith('whsec_') ? standard(body, { ...signing, id }) : { 'x-gitlab-token': secret }),
      }
    case 'generic':
      return { ...json, ...standard(body, { ...signing, id }) }
    default:
      return provider satisfies never
  }
}

function standard(body: Buffer, { secret, nowSeconds, id }: Signing & { readonly id: string }): Readonly<Record<string, string>> {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret
  const digest = createHmac('sha256', key).update(`${id}.${nowSeconds}.`).update(body).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': String(nowSeconds), 'webhook-signature': `v1,${digest}` }
}
