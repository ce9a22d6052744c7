import type { Difference, FieldDifference } from '../../model/change.ts'
import { same } from '../../model/change.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import { type FstabLine, withoutOwn } from '../../shell/fstab.ts'
import type { SwapState } from './probe.ts'
import type { SwapSpec } from './spec.ts'

/** Our line of fstab but for nofail and the mark. */
export function wantedLine({ device }: SwapSpec): string {
  return `${device} none swap sw 0 0`
}

/** The user's own lines are never rewritten but for the one that already says what is wanted. */
export function diff(spec: SwapSpec, observed: Known<SwapState>, last: LedgerEntry | undefined): Difference {
  const state = observed.status === 'absent' ? (observed.around as SwapState) : observed.state
  const { lines } = state
  if (lines.length > 1) {
    const where = lines.map(({ number }) => `/etc/fstab:${number}`).join(', ')
    return { status: 'refused', reasons: [`${spec.device} stands in several lines of fstab (${where}); remove all but one`] }
  }
  const fields = [...(state.isOn ? [] : [{ field: 'on', before: 'no', after: 'yes' }]), ...lineFields(spec, lines[0], last)]
  return fields.length === 0
    ? same
    : { status: 'change', change: { action: observed.status === 'absent' ? 'create' : 'update', impact: 'none', fields } }
}

function lineFields(spec: SwapSpec, line: FstabLine | undefined, last: LedgerEntry | undefined): readonly FieldDifference[] {
  const after = wantedLine(spec)
  if (line === undefined) return [{ field: 'fstab', before: undefined, after }]
  // How swap is written: `none` or `swap` for the path, `sw` or `defaults` for nothing special; neither is worth a rewrite of the user's line.
  const options = withoutOwn(line.options).filter((option) => option !== 'sw' && option !== 'defaults')
  if (options.length > 0) return [{ field: 'fstab', before: line.text.trim(), after }]
  const isMarked = line.mark !== undefined && line.options.includes('nofail') && line.source === spec.device
  return isMarked || last === undefined ? [] : [{ field: 'mark', before: 'none', after: 'ours' }]
}
