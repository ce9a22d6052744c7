import { definePrimitive, type FieldValue } from '../../model/primitive.ts'
import { targetKey } from '../../model/target.ts'
import { paths } from '../../model/watched.ts'
import { diff } from './diff.ts'
import { type MailRecipientsState, parse, probe } from './probe.ts'
import type { MailRecipientsSpec } from './spec.ts'
import { release, retire, stagedAt, steps } from './steps.ts'

/** Who has a mailbox on a users' server, and the map of them on its gateways. What was never read is never written as nobody. */
export const mailRecipientsPrimitive = definePrimitive<MailRecipientsSpec, MailRecipientsState>({
  type: 'mailRecipients',
  ownership: 'exclusive',
  isLoaded: true,
  fields,
  watched: ({ role }) => (role.type === 'copy' ? paths(role.path) : []),
  probe,
  parse,
  diff: (spec, observed, _last, peers) => diff(spec, observed, peers),
  steps: (spec, _change, observed, context) => steps(spec, observed, context),
  retire,
  release,
  staged: stagedAt,
})

function fields({ role }: MailRecipientsSpec): Readonly<Record<string, FieldValue>> {
  if (role.type === 'source') return { source: role.domain }
  return { head: role.head, sources: role.domains.map(({ domain, source }) => `${domain} ${targetKey(source.target)}`).join(', ') }
}
