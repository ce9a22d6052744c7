import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { parseBytes } from '../../model/quantity.ts'
import type { AnyVolume } from './names.ts'

/** A size that is one. `counter`: who would take a bare G for another number than the one who wrote it. */
export function checkQuantity(manifest: AnyVolume, at: string, text: string, counter: string): readonly Diagnostic[] {
  const [, amount, unit] = /^(\d+)([KMGTP])B?$/.exec(text) ?? []
  if (amount !== undefined && unit !== undefined) {
    const summary = `write ${amount}${unit}i (${counter} counts in ${unit}iB; ${text} would be ${decimalText(amount, unit)})`
    return [complain(manifest, at, summary)]
  }
  const size = parseBytes(text)
  if (!size.ok) return [complain(manifest, at, size.reason)]
  return size.value === 0n ? [complain(manifest, at, 'size must be positive')] : []
}

/** What 10^3, 10^6, … bytes are in the binary unit of the same letter, for example 9.31 GiB. */
function decimalText(amount: string, unit: string): string {
  const power = 'KMGTP'.indexOf(unit) + 1
  return `${((Number(amount) * 1000 ** power) / 1024 ** power).toFixed(2)} ${unit}iB`
}
