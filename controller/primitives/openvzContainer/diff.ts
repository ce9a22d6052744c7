import { type Difference, same, worstImpact } from '../../model/change.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import { compare, fieldsOf } from './compare.ts'
import { contradictions, privateAreaIn, readConf, templateOf, valueIn } from './conf.ts'
import { placesOf } from './places.ts'
import type { OpenvzContainerSpec, OpenvzContainerState } from './spec.ts'

export function diff(spec: OpenvzContainerSpec, observed: Known<OpenvzContainerState>, last: LedgerEntry | undefined): Difference {
  if (observed.status === 'absent') return creation(spec)
  const reasons = refusals(spec, observed.state)
  if (reasons.length > 0) return { status: 'refused', reasons }
  const { fields, impact } = compare(spec, observed.state, last)
  if (fields.length === 0) return same
  return { status: 'change', change: { action: 'update', impact: worstImpact(impact), fields } }
}

function creation(spec: OpenvzContainerSpec): Difference {
  if (spec.creation === undefined)
    return { status: 'refused', reasons: [`container ${spec.ctid} does not exist, and the manifest names no template to make it from`] }
  const fields = Object.entries(fieldsOf(spec)).map(([field, after]) => ({ field, before: undefined, after }))
  return { status: 'change', change: { action: 'create', impact: 'none', fields } }
}

/** What would cost data, or what a person has to say. */
function refusals(spec: OpenvzContainerSpec, state: OpenvzContainerState): readonly string[] {
  const conf = readConf(state.conf)
  const { conf: path } = placesOf(spec.ctid)
  const reasons = contradictions(conf).map((one) => `${path}: ${one}; take one of them away`)
  const area = privateAreaIn(conf, spec.ctid)
  const isFinished = conf.mark?.state !== 'creating'
  if (spec.privateArea !== undefined && area !== undefined && area !== spec.privateArea)
    reasons.push(
      `the private area of container ${spec.ctid} is ${area}; the manifest asks for ${spec.privateArea}, which would leave its data behind`,
    )
  if (isFinished && otherTemplate(spec, state))
    reasons.push('spec.template is immutable for an existing container (changing it would rebuild and destroy its data)')
  if (isFinished && !state.hasPrivateArea && state.running === 'stopped')
    reasons.push(
      `${path} is there, but the private area of container ${spec.ctid} is gone or empty; put it back from a backup, or take the file away`,
    )
  if (state.running === 'suspended' && spec.state === 'running')
    reasons.push(`container ${spec.ctid} is suspended to a file: let it go on with vzctl restore ${spec.ctid}, or take the dump file away`)
  return reasons
}

/** The mark says what it was made from; without one, the name of the template does. */
function otherTemplate(spec: OpenvzContainerSpec, state: OpenvzContainerState): boolean {
  const conf = readConf(state.conf)
  const wanted = templateOf(spec)
  if (wanted === undefined) return false
  if (conf.mark !== undefined) return conf.mark.template !== undefined && conf.mark.template !== wanted
  const named = valueIn(conf, 'OSTEMPLATE')
  return named !== undefined && named !== spec.creation?.ostemplate
}
