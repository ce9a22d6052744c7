import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'

export type Schema = Readonly<Record<string, unknown>>

/** One step from the spec down: a field, `[]` for each of a list, `{}` for each of a map, `<name>` for the name of one. */
export type Step = string

/** One word of a schema that a value can break. */
export interface Constraint {
  /** `Container spec.network[].name pattern`; the first place where this sub-schema stands. */
  readonly name: string
  /** `Container`, or the schema that is no kind's. */
  readonly root: string
  readonly steps: readonly Step[]
  readonly schema: Schema
  readonly keyword: string
  /** The name that `required` wants; which way a `oneOf` is broken. */
  readonly detail: string
}

/** What is broken by a word that has no keyword here: its parts are constraints themselves. */
const judged = [
  'type',
  'enum',
  'const',
  'pattern',
  'format',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'required',
  'additionalProperties',
  'oneOf',
  'anyOf',
]
const known = [...judged, 'properties', 'items', 'propertyNames', 'description', 'default']

/** Every constraint of a schema; one sub-schema of a field, written in several places, counts once. */
export function constraintsOf(roots: Readonly<Record<string, Schema>>): readonly Constraint[] {
  const all = Object.entries(roots).flatMap(([root, schema]) => walk(root, schema, []))
  return [...new Map(all.toReversed().map((each) => [signatureOf(each), each])).values()].toReversed()
}

/** Equal for the same word of the same sub-schema of a field of the same name. */
export function signatureOf({ steps, schema, keyword, detail }: Constraint): string {
  return [steps.findLast((step) => !/^[[{<]/.test(step)) ?? '', JSON.stringify(schema), keyword, detail].join('\0')
}

/** All of them, also where a sub-schema stands again. */
export function walk(root: string, schema: Schema, steps: readonly Step[]): readonly Constraint[] {
  for (const word of Object.keys(schema))
    if (!known.includes(word) && !word.startsWith('x-'))
      throw new Error(`${root} ${steps.join('.')}: the proof does not know the word ${word}`)
  const own = judged
    .filter((keyword) => !isNeedless(schema, keyword, steps))
    .flatMap((keyword) =>
      detailsOf(schema, keyword).map((detail) => ({ name: nameOf(root, steps, keyword, detail), root, steps, schema, keyword, detail })),
    )
  return [...own, ...children(schema).flatMap(([step, child]) => walk(root, child, step === '' ? steps : [...steps, step]))]
}

/** What is refused before, or by another word: a spec that is no object, a number that cannot be read exactly, what is none of the values. */
function isNeedless(schema: Schema, keyword: string, steps: readonly Step[]): boolean {
  if (keyword === 'type') return steps.length === 0 || schema['enum'] !== undefined
  return keyword === 'maximum' && schema[keyword] === Number.MAX_SAFE_INTEGER
}

function detailsOf(schema: Schema, keyword: string): readonly string[] {
  const value = schema[keyword]
  if (value === undefined || (keyword === 'uniqueItems' && value === false)) return []
  if (keyword === 'required') return value as readonly string[]
  if (keyword === 'additionalProperties') return value === false ? [''] : []
  if (keyword === 'oneOf') return ['none', 'several']
  // A branch of a union says of itself what is missing; with the union its sentence comes.
  return ['']
}

/** Schemas below, each with the step to it; a branch of a union stands where the union does. */
export function children(schema: Schema): readonly (readonly [Step, Schema])[] {
  const { properties = {}, items, additionalProperties, propertyNames, oneOf = [], anyOf = [] } = schema as Readonly<Record<string, never>>
  const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null
  const one = (step: Step, value: unknown): (readonly [Step, Schema])[] => (isSchema(value) ? [[step, value]] : [])
  const branches = [...(oneOf as Schema[]), ...(anyOf as Schema[])].filter((branch) => Object.keys(branch).join() !== 'required')
  return [
    ...Object.entries(properties as Record<string, Schema>),
    ...one('[]', items),
    ...one('{}', additionalProperties),
    ...one('<name>', propertyNames),
    ...branches.map((branch) => ['', branch] as const),
  ]
}

function nameOf(root: string, steps: readonly Step[], keyword: string, detail: string): string {
  const path = steps.reduce((text, step) => (/^[[{<]/.test(step) ? `${text}${step}` : `${text}.${step}`), 'spec')
  return `${root} ${path} ${keyword}${detail === '' ? '' : ` ${detail}`}`
}

/** Watches every schema that is compiled from now on: tells what is broken, and can take one constraint away. */
export interface Watch {
  /** Schemas in the order of their compilation. */
  readonly schemas: Schema[]
  onError: (error: ErrorObject) => void
  isGone: (error: ErrorObject) => boolean
  /** What judges instead of the schema that was compiled, by the schema. */
  readonly instead: Map<Schema, ValidateFunction>
}

export function watchSchemas(): Watch {
  const watch: Watch = { schemas: [], onError() {}, isGone: () => false, instead: new Map() }
  const compile = Ajv.prototype.compile
  Ajv.prototype.compile = function (this: Ajv, schema: Schema) {
    const validate = compile.call(this, schema)
    watch.schemas.push(schema)
    const watched = (data: unknown): boolean => {
      const judge = watch.instead.get(schema) ?? validate
      const isFit = judge(data) === true
      for (const error of judge.errors ?? []) watch.onError(error)
      const left = withoutFitUnions((judge.errors ?? []).filter((error) => !watch.isGone(error)))
      watched.errors = left.length === 0 ? null : left
      return isFit || left.length === 0
    }
    watched.errors = null as ErrorObject[] | null
    return watched as unknown as ValidateFunction
  } as typeof compile
  return watch
}

/** A value that a branch takes now is taken: the error of the union goes, with those of its other branches. */
function withoutFitUnions(errors: readonly ErrorObject[]): ErrorObject[] {
  const fit = errors.filter(
    (union) =>
      (union.keyword === 'anyOf' || (union.keyword === 'oneOf' && detailOf(union) === 'none')) &&
      (union.schema as readonly Schema[]).some(
        (_, index) => !errors.some((error) => isInside(error, union, `${union.schemaPath}/${index}/`)),
      ),
  )
  return errors.filter((error) => !fit.some((union) => error === union || isInside(error, union, `${union.schemaPath}/`)))
}

function isInside(error: ErrorObject, union: ErrorObject, branch: string): boolean {
  const isBelow = error.instancePath === union.instancePath || error.instancePath.startsWith(`${union.instancePath}/`)
  return isBelow && error.schemaPath.startsWith(branch)
}

/** What an error breaks: the schema that holds the word, the word and its detail. */
export function detailOf({ keyword, params }: ErrorObject): string {
  if (keyword === 'required') return String(params['missingProperty'])
  if (keyword === 'oneOf') return Array.isArray(params['passingSchemas']) ? 'several' : 'none'
  return ''
}
