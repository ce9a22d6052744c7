import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import type { MailRoute } from './targets.ts'

/** A diagnostic that stops nothing. */
export function warn(route: MailRoute, path: string, summary: string, hint?: string): Diagnostic {
  return { ...complain(route, path, summary, hint), severity: 'warning' }
}

/** Values that occur again, by place. */
export function repeated(values: readonly (string | undefined)[]): readonly { readonly index: number; readonly first: number }[] {
  const seen = new Map<string, number>()
  return values.flatMap((value, index) => {
    const first = value === undefined ? undefined : seen.get(value)
    if (value !== undefined && first === undefined) seen.set(value, index)
    return first === undefined ? [] : [{ index, first }]
  })
}
