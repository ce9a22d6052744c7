import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { formatBytes, parseBytes, parseSeconds } from '../../model/quantity.ts'
import type { Container } from './provider.ts'

/** A size of the manifest, once it was checked. */
export function bytes(text: string): bigint {
  const parsed = parseBytes(text)
  if (!parsed.ok) throw new Error(`check let a size through: ${parsed.reason}`)
  return parsed.value
}

/** A duration of the manifest, once it was checked. */
export function seconds(text: string): number {
  const parsed = parseSeconds(text)
  if (!parsed.ok) throw new Error(`check let a duration through: ${parsed.reason}`)
  return parsed.value
}

/** What is wrong with a size. `field` is its path below spec. */
export function checkBytes(manifest: Container, field: string, text: string | undefined, least: bigint): readonly Diagnostic[] {
  if (text === undefined) return []
  const size = parseBytes(text)
  if (!size.ok) return [complain(manifest, `spec.${field}`, `${field}: ${size.reason}`)]
  if (size.value >= least) return []
  const reason =
    least === 1n ? 'must be positive' : `is too little for any system (${formatBytes(size.value)}; at least ${formatBytes(least)})`
  return [complain(manifest, `spec.${field}`, `${field} ${reason}`)]
}
