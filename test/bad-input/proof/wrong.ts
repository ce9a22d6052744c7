import type { Constraint, Schema, Step } from './constraints.ts'

/** Values of valid manifests, by kind and path: what stands around a wrong one, so that nothing else is said. */
export type Samples = ReadonlyMap<string, unknown>

const places = (root: string, steps: readonly Step[]): string => [root, ...steps].join('\0')

/** Collects what valid specs hold, the smallest value of each place. */
export function samplesOf(specs: readonly (readonly [root: string, spec: unknown])[]): Samples {
  const found = new Map<string, unknown>()
  const sizes = new Map<string, number>()
  const see = (root: string, steps: readonly Step[], value: unknown): void => {
    const place = places(root, steps)
    const size = JSON.stringify(value)?.length ?? 0
    if (size < (sizes.get(place) ?? Number.POSITIVE_INFINITY)) {
      found.set(place, value)
      sizes.set(place, size)
    }
    if (Array.isArray(value)) for (const item of value) see(root, [...steps, '[]'], item)
    else if (typeof value === 'object' && value !== null)
      for (const [name, field] of Object.entries(value)) {
        see(root, [...steps, name], field)
        see(root, [...steps, '{}'], field)
      }
  }
  for (const [root, spec] of specs) see(root, [], spec)
  return found
}

/** Specs that break one constraint, simplest first; what stands around is taken from valid manifests. */
export function wrongSpecs(constraint: Constraint, rootSchema: Schema, samples: Samples): readonly unknown[] {
  const { root, steps } = constraint
  return wrongValues(constraint, samples).map((value) => around(root, rootSchema, [], steps, value, samples))
}

/** A value of a schema that holds `value` at the end of the steps. */
function around(root: string, schema: Schema, before: readonly Step[], steps: readonly Step[], value: unknown, samples: Samples): unknown {
  const [step, ...rest] = steps
  if (step === undefined) return value
  const next = (at: Step): unknown => around(root, below(schema, step), [...before, at], rest, value, samples)
  if (step === '[]') return [next('[]')]
  const fields = requiredFields(root, schema, before, samples)
  if (step === '<name>') return { ...fields, [String(value)]: samples.get(places(root, [...before, '{}'])) ?? '1' }
  if (step === '{}') return { ...fields, [mapName(root, schema, before, samples)]: next('{}') }
  return { ...fields, [step]: next(step) }
}

function requiredFields(root: string, schema: Schema, steps: readonly Step[], samples: Samples): Record<string, unknown> {
  const names = (branchesOf(schema).find((branch) => branch['required'] !== undefined)?.['required'] ?? []) as readonly string[]
  return Object.fromEntries(
    names.flatMap((name) => (samples.has(places(root, [...steps, name])) ? [[name, samples.get(places(root, [...steps, name]))]] : [])),
  )
}

/** A name that the map takes. */
function mapName(root: string, schema: Schema, steps: readonly Step[], samples: Samples): string {
  const sample = samples.get(places(root, steps))
  const [own] = typeof sample === 'object' && sample !== null ? Object.keys(sample) : []
  const pattern = new RegExp(String((schema['propertyNames'] as Schema | undefined)?.['pattern'] ?? ''), 'u')
  return ['a', 'A', 'net.a', '/a', 'X-A'].find((name) => pattern.test(name)) ?? own ?? 'a'
}

function branchesOf(schema: Schema): readonly Schema[] {
  const inner = [...((schema['anyOf'] ?? []) as Schema[]), ...((schema['oneOf'] ?? []) as Schema[])]
  return [schema, ...inner.flatMap(branchesOf)]
}

function below(schema: Schema, step: Step): Schema {
  for (const branch of branchesOf(schema)) {
    const { properties = {}, items, additionalProperties, propertyNames } = branch as Readonly<Record<string, never>>
    const found = { '[]': items, '{}': additionalProperties, '<name>': propertyNames }[step] ?? (properties as Record<string, Schema>)[step]
    if (typeof found === 'object') return found
  }
  return {}
}

const strange = ['$(reboot)', '-', ' ', '?', '', 'a b', 'é', '0', '..', 'A', 'a\n']

function wrongValues({ root, steps, schema, keyword, detail }: Constraint, samples: Samples): readonly unknown[] {
  const limit = schema[keyword] as never
  const own = samples.get(places(root, steps))
  const fields =
    typeof own === 'object' && own !== null && !Array.isArray(own)
      ? (own as Readonly<Record<string, unknown>>)
      : requiredFields(root, schema, steps, samples)
  const item = samples.get(places(root, [...steps, '[]'])) ?? 'a'
  const makers: Readonly<Record<string, () => readonly unknown[]>> = {
    type: () => [{ string: 7, integer: 'seven', number: 'seven', boolean: 'yes', array: 'one', object: 'one' }[String(limit)], true, {}],
    enum: () => (schema['type'] === 'boolean' ? [false] : ['nonsense']),
    pattern: () => strange.filter((text) => !new RegExp(limit, 'u').test(text)),
    format: () => ['tomorrow'],
    minLength: () => ['a'.repeat(limit - 1)],
    maxLength: () => ['a'.repeat(limit + 1), '1'.repeat(limit + 1), `/${'a'.repeat(limit)}`],
    minimum: () => [limit - 1],
    maximum: () => [limit + 1],
    minItems: () => [Array(limit - 1).fill(item)],
    maxItems: () => [Array(limit + 1).fill(item)],
    uniqueItems: () => [[item, item]],
    minProperties: () => [{}],
    maxProperties: () => [tooMany(schema, limit + 1, samples, root, steps)],
    required: () => [without(fields, detail), {}],
    additionalProperties: () => [{ ...fields, nonsense: 1 }],
    anyOf: () => [true, {}, '$(reboot)', [], [true]],
    oneOf: () => [true, {}],
  }
  return makers[keyword]?.() ?? []
}

function without(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name))
}

function tooMany(schema: Schema, count: number, samples: Samples, root: string, steps: readonly Step[]): unknown {
  const { properties } = schema as { readonly properties?: Record<string, Schema> }
  if (properties !== undefined)
    return Object.fromEntries(
      Object.keys(properties)
        .slice(0, count)
        .map((name) => [name, samples.get(places(root, [...steps, name])) ?? 'a']),
    )
  const value = samples.get(places(root, [...steps, '{}'])) ?? '1'
  const name = mapName(root, schema, steps, samples)
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}${index}`, value]))
}
