import { createAjv } from '../controller/manifests/schemas.ts'
import { schemaFindings } from '../controller/manifests/sentence.ts'

/** What is read of a schema in a CRD. */
export interface FieldSchema {
  readonly description?: string
  readonly type?: string
  readonly format?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly required?: readonly string[]
  readonly items?: FieldSchema
  readonly additionalProperties?: boolean | FieldSchema
  readonly oneOf?: readonly FieldSchema[]
  readonly anyOf?: readonly FieldSchema[]
}

/** A field as a readme shows it. */
export interface Field {
  /** `vhosts[].listen.port`; `{}` stands for names of the user's own. */
  readonly path: string
  readonly accepts: string
  readonly fallback: string
  /** What a change of it costs; a field that does not say so has its parent's. */
  readonly impact: string | undefined
  readonly meaning: string
  /** What Reeve answers to one value that it refuses. */
  readonly badValue: string
}

/** Every field below a spec, parents first, in the order of the CRD. */
export function fieldsOf(spec: FieldSchema): readonly Field[] {
  return childrenOf(spec, '', sentencesOf(spec.description).impact)
}

/** The fields as a table in Markdown. */
export function fieldTable(spec: FieldSchema): string {
  const rows = fieldsOf(spec).map(({ path, accepts, fallback, impact = '', meaning, badValue }) =>
    [`\`${path}\``, accepts, fallback, impact, meaning, badValue].map(cell).join(' | '),
  )
  return ['field | accepts | default | impact of a change | meaning | a bad value says', '- | - | - | - | - | -', ...rows]
    .map((row) => `| ${row} |`)
    .join('\n')
}

function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim()
}

function childrenOf(schema: FieldSchema, path: string, impact: string | undefined): readonly Field[] {
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    fieldAndBelow(child, path === '' ? name : `${path}.${name}`, impact, schema.required?.includes(name) ?? false),
  )
  const others = typeof schema.additionalProperties === 'object' ? below(schema.additionalProperties, `${path}{}`, impact) : []
  return [...named, ...others, ...(schema.items ? below(schema.items, `${path}[]`, impact) : [])]
}

function fieldAndBelow(schema: FieldSchema, path: string, inherited: string | undefined, isRequired: boolean): readonly Field[] {
  const said = sentencesOf(schema.description)
  const impact = said.impact ?? inherited
  const field: Field = {
    path,
    accepts: acceptsOf(schema),
    fallback: isRequired ? 'required' : schema.default === undefined ? (said.fallback ?? '') : spelled(schema.default),
    impact,
    meaning: said.meaning,
    badValue: badValueOf(schema),
  }
  return [field, ...childrenOf(schema, path, impact)]
}

/** An item that is a plain value is told of by its list; one with fields has rows for them. */
function below(schema: FieldSchema, path: string, impact: string | undefined): readonly Field[] {
  return childrenOf(schema, path, sentencesOf(schema.description).impact ?? impact)
}

interface Said {
  readonly meaning: string
  readonly fallback: string | undefined
  readonly impact: string | undefined
}

/** A description says its default and impact in sentences of their own: `Default 60s.` and `Impact: restart.` */
export function sentencesOf(description = ''): Said {
  const impact = /(?:^|\s)Impact: (.+)\.\s*$/s.exec(description)
  const rest = impact ? description.slice(0, impact.index) : description
  const fallback = /(?:^|\s)Default:? ((?:[^.]|\.(?=\S))+)\.(?=\s|$)/.exec(rest)
  const meaning = fallback ? `${rest.slice(0, fallback.index)} ${rest.slice(fallback.index + fallback[0].length)}` : rest
  return { meaning: meaning.trim(), fallback: fallback?.[1], impact: impact?.[1] }
}

function spelled(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

function acceptsOf(schema: FieldSchema): string {
  if (schema.enum) return schema.enum.map(spelled).join(', ')
  const branches = schema.oneOf ?? schema.anyOf
  if (schema.type === undefined && branches) return [...new Set(branches.map(acceptsOf))].join(' or ')
  if (schema.type === 'array') return `list of ${schema.items ? acceptsOf(schema.items) : 'anything'}${upTo(schema.maxItems, ', at most ')}`
  if (schema.type === 'integer' || schema.type === 'number') return range(schema)
  if (schema.type === 'boolean') return '`true`, `false`'
  if (schema.type === 'string') return schema.format ?? `text${upTo(schema.maxLength, ' ≤ ')}`
  return typeof schema.additionalProperties === 'object' ? `names with ${acceptsOf(schema.additionalProperties)}` : 'fields'
}

function upTo(limit: number | undefined, words: string): string {
  return limit === undefined ? '' : `${words}${limit}`
}

function range({ minimum, maximum, type }: FieldSchema): string {
  const noun = type === 'integer' ? 'whole number' : 'number'
  if (minimum !== undefined && maximum !== undefined) return `${minimum}–${maximum}`
  return minimum === undefined ? noun + upTo(maximum, ' ≤ ') : `${noun} ≥ ${minimum}`
}

/** Values that people get wrong, or that somebody tries: the first that the schema refuses is shown with the answer that it gets. */
const candidates = ['yes', '$(reboot)', 'two words', '', '../x', '-1', 'no such value', 'x'.repeat(70), 1e12, -1, {}] as const

const ajv = createAjv()

function badValueOf(schema: FieldSchema): string {
  if ([schema, schema.items, valuesOf(schema)].some((one) => one?.properties)) return ''
  const validate = ajv.compile({ type: 'object', properties: { field: schema } })
  for (const field of candidatesFor(schema)) {
    const root = { field }
    if (validate(root)) continue
    const [finding] = schemaFindings(validate.errors ?? [], root, '')
    if (finding) return finding.summary
  }
  return ''
}

function valuesOf({ additionalProperties }: FieldSchema): FieldSchema | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties : undefined
}

function candidatesFor(schema: FieldSchema): readonly unknown[] {
  const { type, maximum, minimum, items } = schema
  const values = valuesOf(schema)
  if (values) return candidatesFor(values).map((one) => ({ name: one }))
  if (type === 'array') return candidatesFor(items ?? {}).map((one) => [one])
  const numbers = [...(maximum === undefined ? [] : [maximum + 1]), ...(minimum === undefined ? [] : [minimum - 1])]
  return type === 'integer' || type === 'number' ? [...numbers, ...candidates] : candidates
}
