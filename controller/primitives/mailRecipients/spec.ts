import { keyOf, type PrimitiveId, primitiveId } from '../../model/ids.ts'
import type { Peer, Spec } from '../../model/primitive.ts'
import { isPlainPath } from '../file/spec.ts'

/** Who has a mailbox: read on the server that has the mailboxes, and written on each gateway that takes mail for it. For MailRoute. */
export interface MailRecipientsSpec extends Spec<'mailRecipients'> {
  readonly role: Source | Copy
}

/** The users' server: only read. */
export interface Source {
  readonly type: 'source'
  /** As the DNS has it: `example.com`. */
  readonly domain: string
}

/** A gateway: a map (texthash) of all recipients of these domains. */
export interface Copy {
  readonly type: 'copy'
  readonly path: string
  /** Its first line, which says whose it is. */
  readonly head: string
  /** Each source is one of `peers`. */
  readonly domains: readonly { readonly domain: string; readonly source: Peer }[]
  /** Hash of the change that a person confirmed against the brake. */
  readonly confirmed?: string
}

const grammar = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/
/** More than this are not carried in every observation. */
export const mostRecipients = 20_000

/** What a server of users has in a domain. */
export function recipientSource(domain: string, needs: NonNullable<Spec['needs']>): MailRecipientsSpec {
  if (!grammar.test(domain) || domain.length > 253) throw new Error(`not a domain: ${JSON.stringify(domain)}`)
  return { type: 'mailRecipients', id: sourceId(domain), role: { type: 'source', domain }, needs }
}

export function sourceId(domain: string): PrimitiveId {
  return primitiveId('mailRecipients', `@${domain}`)
}

/** The map of a gateway. */
export function recipientCopy(wanted: Omit<Copy, 'type'>, needs: NonNullable<Spec['needs']>): MailRecipientsSpec {
  if (!isPlainPath(wanted.path)) throw new Error(`not a plain absolute path: ${JSON.stringify(wanted.path)}`)
  if (!/^#[^\n]*\n$/.test(wanted.head)) throw new Error(`not a comment: ${JSON.stringify(wanted.head)}`)
  const peers = wanted.domains.map(({ source }) => source)
  return { type: 'mailRecipients', id: primitiveId('mailRecipients', wanted.path), role: { ...wanted, type: 'copy' }, needs, peers }
}

/** The path of a copy, or the domain of a source. */
export function subjectOf(id: PrimitiveId): { readonly path: string } | { readonly domain: string } {
  const key = keyOf(id)
  return key.startsWith('@') ? { domain: key.slice(1) } : { path: key }
}
