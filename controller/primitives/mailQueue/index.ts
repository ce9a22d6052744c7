import { type Difference, same } from '../../model/change.ts'
import { keyOf } from '../../model/ids.ts'
import type { Known } from '../../model/observation.ts'
import { definePrimitive, type Step } from '../../model/primitive.ts'
import { joinScripts, sh } from '../../shell/sh.ts'
import { type MailQueueState, parse, probe, type Waiting, waitsFunction } from './probe.ts'
import type { MailQueueSpec } from './spec.ts'

/** Sends what waits for a server that is back. A message that was tried since says something else, so nothing is sent twice for one recovery. */
export const mailQueuePrimitive = definePrimitive<MailQueueSpec, MailQueueState>({
  type: 'mailQueue',
  ownership: 'shared',
  fields: ({ domains }) => ({ domains }),
  probe,
  parse,
  diff,
  steps: (spec, _change, observed) => [send(spec, dueIn(observed))],
  retire: ({ id }) => ({ impact: 'none', steps: [{ title: `look no more after ${keyOf(id)}`, run: sh`:` }] }),
  release: 'unmarked',
})

function dueIn(observed: Known<MailQueueState>): readonly Waiting[] {
  if (observed.status === 'absent') return []
  const { waiting, greeting } = observed.state
  return waiting.filter(({ address, port }) => greeting.has(`${address} ${port}`))
}

function diff(_spec: MailQueueSpec, observed: Known<MailQueueState>): Difference {
  const due = dueIn(observed)
  if (due.length === 0) return same
  const fields = due.map(({ address, port, domain, messages }) => ({
    field: `mail for ${domain}`,
    before: `${messages} waiting for ${address}:${port}, which was down`,
    after: 'sent, for it greets again',
    byPeer: true as const,
  }))
  return { status: 'change', change: { action: 'update', impact: 'none', fields } }
}

/** By domain, whatever their number; what the logs of flush(8) do not know (they begin with the domain's first failure), one by one. */
function send({ domains: map }: MailQueueSpec, due: readonly Waiting[]): Step {
  const domains = [...new Set(due.map(({ domain }) => domain))]
  const servers = [...new Set(due.map(({ address, port }) => `${address} ${port}`))].join('|')
  return {
    title: `send what waits for ${domains.join(', ')}`,
    phase: 'settle',
    run: joinScripts([
      waitsFunction,
      sh`for domain in ${domains}; do postqueue -s "$domain" </dev/null || :; done
for id in $(reeve_mail_waits ${map} ${servers} || :); do postqueue -i "$id" 2>/dev/null </dev/null || :; done`,
    ]),
  }
}
