import { definePrimitive } from '../../model/primitive.ts'
import { sh } from '../../shell/sh.ts'
import { diff } from './diff.ts'
import { type MailHoldingsState, parse, probe } from './probe.ts'
import type { MailHoldingsSpec } from './spec.ts'

/** What differs between gateways and is not Reeve's. */
export const mailHoldingsPrimitive = definePrimitive<MailHoldingsSpec, MailHoldingsState>({
  type: 'mailHoldings',
  ownership: 'shared',
  fields: () => ({ compared: 'with the first gateway' }),
  probe,
  parse,
  diff,
  // Reached only where somebody approves what driftPolicy Report shows.
  steps: () => [
    {
      title: 'make what is not of Reeve the same on both gateways',
      run: sh`echo 'it is for a person: put what is meant into the MailRoute, or write it on the other gateway too' >&2; exit 1`,
    },
  ],
  retire: () => ({ impact: 'none', steps: [{ title: 'compare no more what is not of Reeve', run: sh`:` }] }),
  release: 'unmarked',
})
