import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'
import { isPlainPath } from '../file/spec.ts'

/** Mail that waits for a server which is back goes at once: Postfix by itself may wait more than an hour (maximal_backoff_time). For MailRoute. */
export interface MailQueueSpec extends Spec<'mailQueue'> {
  /** Map (texthash) whose keys are the domains that are looked after; `.example.com` is all below it. Each of them must be in fast_flush_domains. */
  readonly domains: string
}

export function mailQueue(domains: string, needs: NonNullable<Spec['needs']>): MailQueueSpec {
  if (!isPlainPath(domains)) throw new Error(`not a plain absolute path: ${JSON.stringify(domains)}`)
  return { type: 'mailQueue', id: primitiveId('mailQueue', domains), domains, needs }
}
