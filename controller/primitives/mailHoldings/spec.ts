import { primitiveId } from '../../model/ids.ts'
import type { Peer, Spec } from '../../model/primitive.ts'

/**
 * What others than Reeve wrote for a Postfix (settings of main.cf, entries of maps), held against that of the first gateway. Only read: a difference is drift that is shown
 * and never repaired, since nobody said which of the two is meant. For MailRoute.
 */
export interface MailHoldingsSpec extends Spec<'mailHoldings'> {
  /** Keys of main.cf that are ours; of lists only the words that begin with `ownMaps` are. */
  readonly ownKeys: readonly string[]
  /** `/etc/postfix/reeve` */
  readonly ownMaps: string
  /** The first gateway; absent on that itself. */
  readonly like?: Peer
}

/** The lists to which a MailRoute adds, and others may. */
export const listKeys = [
  'relay_domains',
  'transport_maps',
  'relay_recipient_maps',
  'virtual_alias_maps',
  'virtual_alias_domains',
  'smtp_tls_policy_maps',
] as const
export const holdingsId = primitiveId('mailHoldings', '/etc/postfix')

export function mailHoldings({ like, ...wanted }: Omit<MailHoldingsSpec, 'type' | 'id' | 'peers'>): MailHoldingsSpec {
  return {
    ...wanted,
    type: 'mailHoldings',
    id: holdingsId,
    driftPolicy: 'Report',
    ...(like === undefined ? {} : { like, peers: [like] }),
  }
}
