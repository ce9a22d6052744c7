import { configSchema } from './configSchema.ts'
import { isFields } from './manifests/envelope.ts'
import { formatPath, parsePath } from './manifests/path.ts'
import type { Diagnostic, SourceRef } from './model/manifest.ts'
import { didYouMean } from './model/nearest.ts'

type Fields = Record<string, unknown>

/** A finding that makes the configuration unusable. */
export function error(at: SourceRef, path: string, summary: string, hint?: string): Diagnostic {
  return { severity: 'error', at, path, summary, ...(hint === undefined ? {} : { hint }) }
}

interface Leaf {
  readonly path: string
  readonly type: string
}

/** Every field of the schema with a place of its own, by the name of its variable. */
function leaves(schema: Fields, steps: readonly string[] = []): readonly (readonly [variable: string, leaf: Leaf])[] {
  return Object.entries((schema.properties ?? {}) as Record<string, Fields>).flatMap(([name, field]) => {
    const path = [...steps, name]
    if (field.properties !== undefined) return leaves(field, path)
    if (field.additionalProperties !== undefined || field.const !== undefined) return []
    const words = path.map((step) => step.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase())
    return [[`REEVE_${words.join('_')}`, { path: formatPath(path), type: String(field.type) }] as const]
  })
}

const variablesOfSchema = new Map(leaves(configSchema as Fields))

/** Writes the environment over the file's fields. `others`: variables that belong to Reeve and are no field. */
export function overlay(
  target: Fields,
  environment: Readonly<Record<string, string | undefined>>,
  others: readonly string[],
): { readonly variables: ReadonlyMap<string, string>; readonly warnings: readonly Diagnostic[] } {
  const variables = new Map<string, string>()
  const warnings: Diagnostic[] = []
  for (const [name, value] of Object.entries(environment).sort()) {
    if (!name.startsWith('REEVE_') || value === undefined || others.includes(name)) continue
    const leaf = variablesOfSchema.get(name)
    if (leaf === undefined) {
      const unknown = error(
        { file: name, line: 0, column: 0 },
        '',
        'this variable means nothing to Reeve',
        didYouMean(name, variablesOfSchema.keys()),
      )
      warnings.push({ ...unknown, severity: 'warning' })
      continue
    }
    put(target, parsePath(leaf.path).map(String), typed(value, leaf.type))
    variables.set(leaf.path, name)
  }
  return { variables, warnings }
}

function put(target: Fields, steps: readonly string[], value: unknown): void {
  const [name = '', ...rest] = steps
  if (rest.length === 0) {
    target[name] = value
    return
  }
  if (!isFields(target[name])) target[name] = {}
  put(target[name] as Fields, rest, value)
}

/** What a variable's text means for a field of this type; text that does not fit stays text, and the schema says so. */
function typed(value: string, type: string): unknown {
  if (type === 'integer' && /^\d{1,15}$/.test(value)) return Number(value)
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  if (type === 'array') return value.split(',').map((part) => part.trim())
  return value
}
