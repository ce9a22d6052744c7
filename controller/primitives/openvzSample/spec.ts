import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'

/** A configuration sample of OpenVZ, /etc/vz/conf/ve-NAME.conf-sample: a copy of another one with some parameters of its own (ctid.conf(5)). */
export interface OpenvzSampleSpec extends Spec<'openvzSample'> {
  readonly name: string
  /** Name of the sample that it is a copy of. */
  readonly from: string
  readonly set: Readonly<Record<string, string>>
}

export type OpenvzSampleWish = Omit<OpenvzSampleSpec, 'type' | 'id'>

/** A wanted sample. */
export function openvzSample(wish: OpenvzSampleWish): OpenvzSampleSpec {
  if (!isSampleName(wish.name) || !isSampleName(wish.from)) throw new Error(`not a name of a sample: ${JSON.stringify(wish.name)}`)
  return { ...wish, type: 'openvzSample', id: primitiveId('openvzSample', wish.name) }
}

export function isSampleName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(text)
}

export interface OpenvzSampleState {
  readonly text: string
  /** Text of the sample that it is a copy of; undefined where that is not there. */
  readonly base: string | undefined
}

/** Where it would stand: what it would be a copy of, and what there is instead. */
export interface OpenvzSampleSurroundings {
  readonly base: string | undefined
  readonly names: readonly string[]
}
