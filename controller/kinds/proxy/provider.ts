import type { Fleet } from '../../model/fleet.ts'
import { complain, type Vital } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import type { Needed, Spec } from '../../model/primitive.ts'
import type { Target } from '../../model/target.ts'
import type { ProxyManifest } from './places.ts'

/** What of a value is implemented: all of it, these scalars of it, or of an object these fields. An array is as each of its elements. */
export type Implemented = true | readonly (string | number | boolean)[] | { readonly [field: string]: Implemented }

/** A program that serves. */
export interface Provider {
  readonly name: NonNullable<ProxyManifest['spec']['provider']>
  /** Of `spec`. What is not here is an error where it is written, never silently left out; a default counts as not written, so it is named here. */
  readonly implements: Implemented
  /** What to do instead, by the field that is not implemented (`limits.requests`). */
  readonly instead?: Readonly<Record<string, string>>
  /** Variables that a header may hold. */
  readonly variables: readonly string[]
  /** What this one cannot take, beside whole fields. */
  check(proxy: ProxyManifest, fleet: Fleet): readonly Diagnostic[]
  compile(proxy: ProxyManifest, target: Target, fleet: Fleet, needs: readonly Needed[]): readonly Spec[]
  vitals(proxy: ProxyManifest, target: Target, fleet: Fleet): readonly Vital[]
}

/** Fields and values that a provider does not implement. */
export function unimplemented(proxy: ProxyManifest, { name, implements: all, instead = {} }: Provider): readonly Diagnostic[] {
  return lacking(proxy.spec, all, 'spec').map(({ path, what }) => {
    const hint = instead[what] ?? 'take it out, or choose another provider'
    return complain(proxy, path, `provider ${name} does not implement ${what}`, hint)
  })
}

interface Lack {
  readonly path: string
  readonly what: string
}

function lacking(value: unknown, implemented: Implemented | undefined, path: string): readonly Lack[] {
  if (implemented === true || value === undefined) return []
  if (implemented === undefined) return [{ path, what: nameOf(path) }]
  if (Array.isArray(value)) return value.flatMap((one, index) => lacking(one, implemented, `${path}[${index}]`))
  if (isScalars(implemented)) {
    const isOne = implemented.some((one) => one === value)
    return isOne ? [] : [{ path, what: typeof value === 'object' ? nameOf(path) : `${nameOf(path)}: ${value}` }]
  }
  return Object.entries(value as object).flatMap(([field, inner]) => lacking(inner, implemented[field], `${path}.${field}`))
}

function isScalars(implemented: Implemented): implemented is readonly (string | number | boolean)[] {
  return Array.isArray(implemented)
}

/** `limits.requests` of `spec.vhosts[0].limits.requests`. */
function nameOf(path: string): string {
  return path.replace(/^spec\.(vhosts\[\d+\]\.)?/, '').replaceAll(/\[\d+\]/g, '')
}

/** What every provider has: where it stands, and how it is looked after. */
export const common = {
  target: true,
  provider: true,
  driftPolicy: true,
  suspend: true,
  maintenanceWindow: true,
  restarts: true,
  deletionPolicy: true,
  adopt: true,
} as const satisfies Implemented
