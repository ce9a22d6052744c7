import type { NftAction, NftMatch } from '../../primitives/nftTable/spec.ts'

/** A reject answers TCP with a reset; everything else is told that the port is unreachable. */
export const rejections: readonly { readonly only: readonly NftMatch[]; readonly action: NftAction }[] = [
  { only: [{ on: 'protocol', protocols: ['tcp'] }], action: { do: 'reject', with: 'tcp reset' } },
  { only: [], action: { do: 'reject', with: 'port-unreachable' } },
]
