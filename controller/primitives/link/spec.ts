import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'
import { isPlainPath } from '../file/spec.ts'

/** A symbolic link, or that there is none. */
export interface LinkSpec extends Spec<'link'> {
  readonly path: string
  /** What the link says; `undefined`: no link shall be there (a distribution's default site that is switched off). */
  readonly to: string | undefined
}

/** What was read: what the link says, or what stands there instead of one. */
export type LinkState = { readonly target: string } | { readonly inTheWay: string }

/** A link as it shall be. */
export function link(wanted: Omit<LinkSpec, 'type' | 'id'>): LinkSpec {
  if (!isPlainPath(wanted.path)) throw new Error(`not a plain absolute path: ${JSON.stringify(wanted.path)}`)
  if (wanted.to !== undefined && (wanted.to === '' || /[\0-\x1f\x7f]/.test(wanted.to))) throw new Error('not a target of a link')
  return { ...wanted, type: 'link', id: primitiveId('link', wanted.path) }
}
