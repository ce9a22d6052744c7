import type { ErrorObject } from 'ajv'
import { didYouMean } from '../model/nearest.ts'
import { formatPath, pointerSteps } from './path.ts'

/** One finding about a value that breaks its schema, in our words. */
export interface SchemaFinding {
  readonly path: string
  /** The finding is about the field's name: an unknown field. */
  readonly isAboutName: boolean
  readonly summary: string
  readonly hint?: string
}

interface Context {
  readonly root: unknown
  /** Steps before the root, such as `spec`. */
  readonly prefix: string
}

/**
 * ajv's errors (made with `allErrors` and `verbose`) as one clear sentence each. What a oneOf or anyOf says replaces what its branches say; of a value of
 * another type only that is said, or which values there are (a oneOf of `required` would hold for all that is no object).
 */
export function schemaFindings(errors: readonly ErrorObject[], root: unknown, prefix: string): readonly SchemaFinding[] {
  const context = { root, prefix }
  const unions = errors.filter((error) => error.keyword === 'oneOf' || error.keyword === 'anyOf')
  const isInBranch = (error: ErrorObject): boolean =>
    unions.some((union) => error.schemaPath.startsWith(`${union.schemaPath}/`) && isWithin(error.instancePath, union.instancePath))
  const placeOf = (error: ErrorObject): string => `${error.instancePath}\n${error.propertyName ?? ''}`
  const ranks = new Map<string, number>()
  for (const error of errors)
    if (tellingRank(error) > 0 && !isInBranch(error))
      ranks.set(placeOf(error), Math.max(ranks.get(placeOf(error)) ?? 0, tellingRank(error)))
  const isSaidBetter = (error: ErrorObject): boolean => tellingRank(error) < (ranks.get(placeOf(error)) ?? 0)
  const findings = errors
    .filter((error) => !isInBranch(error) && !isSaidBetter(error) && error.keyword !== 'if' && error.keyword !== 'propertyNames')
    .flatMap((error) => (unions.includes(error) ? unionFindings(error, errors, context) : [finding(error, context)]))
  return unique(findings)
}

/** Of two errors of one value, the one with the higher number makes the other needless. */
function tellingRank({ keyword }: ErrorObject): number {
  return keyword === 'enum' || keyword === 'const' ? 2 : keyword === 'type' ? 1 : 0
}

function isWithin(pointer: string, parent: string): boolean {
  return pointer === parent || pointer.startsWith(`${parent}/`)
}

function unique(findings: readonly SchemaFinding[]): readonly SchemaFinding[] {
  return [...new Map(findings.map((each) => [`${each.path}\n${each.summary}`, each])).values()]
}

function pathOf(error: ErrorObject, { root, prefix }: Context, name?: string): string {
  const steps = [...(prefix === '' ? [] : [prefix]), ...pointerSteps(error.instancePath, root)]
  return formatPath(name === undefined ? steps : [...steps, name])
}

function finding(error: ErrorObject, context: Context): SchemaFinding {
  if (error.keyword === 'additionalProperties') return unknownField(error, context)
  const [summary, hint] = (sentences[error.keyword] ?? otherwise)(error)
  const isAboutName = error.propertyName !== undefined
  return { path: pathOf(error, context, error.propertyName), isAboutName, summary, ...(hint === undefined ? {} : { hint }) }
}

function unknownField(error: ErrorObject, context: Context): SchemaFinding {
  const name = String(error.params.additionalProperty)
  const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {})
  const list = known.length <= 20 ? `the fields here are ${known.join(', ')}` : 'see the documentation of this kind'
  const hint = didYouMean(name, known) ?? (known.length === 0 ? 'no field is known here' : list)
  return { path: pathOf(error, context, name), isAboutName: true, summary: `unknown field ${pointed(name)}`, hint }
}

/** What is said of a text where nobody wrote what it is. */
const rawPattern = 'it must match '

type Sentence = readonly [summary: string, hint?: string | undefined]

const sentences: Readonly<Record<string, (error: ErrorObject) => Sentence>> = {
  required: (error) => missing(error, String(error.params.missingProperty)),
  type: wrongType,
  enum: (error) => notOneOf(error, error.params.allowedValues as readonly unknown[]),
  const: (error) => notOneOf(error, [error.params.allowedValue]),
  pattern: (error) => [`${pointed(error.data)} is not allowed here`, meaning(error) ?? `${rawPattern}${error.params.pattern}`],
  format: wrongFormat,
  minLength: (error) => [`${shown(error.data)} is too short: at least ${count(error, 'character')}`],
  maxLength: (error) => [
    `${shown(error.data)} is too long: at most ${count(error, 'character')}, ${[...String(error.data)].length} are written`,
  ],
  minimum: (error) => [`${shown(error.data)} is too small: at least ${error.params.limit}`],
  maximum: (error) => [`${shown(error.data)} is too large: at most ${error.params.limit}`],
  exclusiveMinimum: (error) => [`${shown(error.data)} is too small: it must be more than ${error.params.limit}`],
  exclusiveMaximum: (error) => [`${shown(error.data)} is too large: it must be less than ${error.params.limit}`],
  multipleOf: (error) => [`${shown(error.data)} is not a multiple of ${error.params.multipleOf}`],
  minItems: (error) => [`the list is too short: at least ${count(error, 'item')}`],
  maxItems: (error) => [`the list is too long: at most ${count(error, 'item')}, ${(error.data as readonly unknown[]).length} are written`],
  uniqueItems: (error) => [
    `items ${Math.min(error.params.i, error.params.j)} and ${Math.max(error.params.i, error.params.j)} of the list are the same`,
    'delete one of them',
  ],
  minProperties: tooFewFields,
  maxProperties: tooManyFields,
  not: (error) => [`${shown(error.data)} is not allowed here`, meaning(error)],
}

const formats: Readonly<Record<string, string>> = {
  'date-time': 'a time such as 2026-12-31T18:00:00Z',
}

function fieldsOf(error: ErrorObject): string {
  return Object.keys((error.parentSchema?.properties as object | undefined) ?? {}).join(', ')
}

function tooFewFields(error: ErrorObject): Sentence {
  const known = fieldsOf(error)
  return error.params.limit === 1 && known !== '' ? [`one of ${known} is missing`] : [`too few fields: at least ${count(error, 'field')}`]
}

function tooManyFields(error: ErrorObject): Sentence {
  const known = fieldsOf(error)
  const written = Object.keys(error.data as object)
  if (error.params.limit === 1 && known !== '') return [`${written.join(' and ')} exclude each other`, `write only one of ${known}`]
  return [`too many fields: at most ${count(error, 'field')}, ${written.length} are written`]
}

function wrongFormat(error: ErrorObject): Sentence {
  const format = String(error.params.format)
  return [
    `${shown(error.data)} is not ${formats[format] ?? `of the format ${format}`}`,
    formats[format] === undefined ? meaning(error) : undefined,
  ]
}

function otherwise(error: ErrorObject): Sentence {
  return [`${shown(error.data)} is not allowed here (${error.keyword})`, meaning(error)]
}

function missing(error: ErrorObject, name: string): Sentence {
  const schema = (error.parentSchema?.properties as Record<string, { readonly description?: string }> | undefined)?.[name]
  return [`the field ${shown(name)} is missing`, firstSentence(schema?.description)]
}

function wrongType(error: ErrorObject): Sentence {
  const wanted = [error.params.type as string | readonly string[]].flat().filter((type) => type !== 'null')
  return [
    `must be ${wanted.map((type) => typeNames[type] ?? type).join(' or ')}, not ${described(error.data)}`,
    typeHint(wanted, error.data),
  ]
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'fields (name: value)',
}

function typeHint(wanted: readonly string[], data: unknown): string | undefined {
  if (wanted.includes('string') && (typeof data === 'number' || typeof data === 'boolean')) return `write it in quotes: "${data}"`
  if (wanted.includes('boolean') && typeof data === 'string' && /^(yes|no|on|off|y|n)$/i.test(data))
    return 'YAML 1.2 reads yes, no, on and off as text'
  if (wanted.some((type) => type === 'integer' || type === 'number') && typeof data === 'string' && /^-?\d+(\.\d+)?$/.test(data))
    return 'write it without quotes'
  if (wanted.includes('array') && typeof data !== 'object') return `write a list: [${typeof data === 'string' ? shown(data) : data}]`
  return undefined
}

function notOneOf(error: ErrorObject, allowed: readonly unknown[]): Sentence {
  const words = allowed.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
  const hint = typeof error.data === 'string' ? didYouMean(error.data, words) : undefined
  const summary = words.length === 1 ? `must be ${words[0]}` : `must be one of ${words.join(', ')}`
  return [`${summary}, not ${described(error.data)}`, hint]
}

function unionFindings(union: ErrorObject, all: readonly ErrorObject[], context: Context): readonly SchemaFinding[] {
  const path = pathOf(union, context)
  const said = (summary: string, hint?: string): readonly SchemaFinding[] => [
    { path, isAboutName: false, summary, ...(hint === undefined ? {} : { hint }) },
  ]
  const branches = (union.schema as readonly Branch[]).map((branch, index) => ({
    branch,
    errors: all.filter(
      (error) => error.schemaPath.startsWith(`${union.schemaPath}/${index}/`) && isWithin(error.instancePath, union.instancePath),
    ),
  }))
  const names = branches.map(({ branch }) => branch.required?.join(' with ')).filter((each) => each !== undefined)
  const isChoiceOfFields = names.length === branches.length
  if (union.keyword === 'oneOf' && Array.isArray(union.params.passingSchemas)) {
    const passing = (union.params.passingSchemas as readonly number[]).map((index) => names[index])
    return isChoiceOfFields
      ? said(`${passing.join(' and ')} exclude each other`, `write exactly one of ${names.join(', ')}`)
      : said(`${shown(union.data)} can be read in two ways`)
  }
  if (
    isChoiceOfFields &&
    branches.every(({ errors }) => errors.every((error) => error.keyword === 'required' && error.instancePath === union.instancePath))
  )
    return said(
      `one of ${names.join(', ')} is missing`,
      union.keyword === 'oneOf' ? 'write exactly one of them' : 'write at least one of them',
    )
  return nearestBranch(branches, union, context, said)
}

interface Branch {
  readonly required?: readonly string[]
  readonly anyOf?: readonly Branch[]
  readonly oneOf?: readonly Branch[]
}

/** What the branch says that the value comes nearest to: of those of its type, the one with the fewest errors. */
function nearestBranch(
  branches: readonly { readonly branch: Branch; readonly errors: readonly ErrorObject[] }[],
  union: ErrorObject,
  context: Context,
  said: (summary: string, hint?: string) => readonly SchemaFinding[],
): readonly SchemaFinding[] {
  const types = branches.map(({ branch, errors }, index) => wantedTypes(branch, `${union.schemaPath}/${index}`, union.instancePath, errors))
  if (types.every((each) => each !== undefined)) {
    const names = [...new Set(types.flat().map((type) => typeNames[type] ?? type))]
    return said(`must be ${names.join(' or ')}, not ${described(union.data)}`)
  }
  const best = branches.filter((_, index) => types[index] === undefined).toSorted((a, b) => a.errors.length - b.errors.length)[0]
  const findings = schemaFindings(best?.errors ?? [], context.root, context.prefix)
  if (findings.length === 0) return said(`${shown(union.data)} is not allowed here`, meaning(union))
  // A branch seldom says what it is; the field does.
  const hint = meaning(union)
  return findings.map((each) => (hint !== undefined && each.hint?.startsWith(rawPattern) ? { ...each, hint } : each))
}

/** The types that a branch wants, where the value fails it for its type alone; also through unions within it. */
function wantedTypes(
  branch: Branch,
  schemaPath: string,
  instancePath: string,
  errors: readonly ErrorObject[],
): readonly string[] | undefined {
  const direct = errors.find((error) => error.schemaPath === `${schemaPath}/type` && error.instancePath === instancePath)
  if (direct !== undefined) return [direct.params.type as string | readonly string[]].flat()
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const inner = branch[keyword]?.map((each, index) => wantedTypes(each, `${schemaPath}/${keyword}/${index}`, instancePath, errors))
    if (inner?.every((each) => each !== undefined)) return inner.flat()
  }
  return undefined
}

function count(error: ErrorObject, unit: string): string {
  return `${error.params.limit} ${unit}${error.params.limit === 1 ? '' : 's'}`
}

/** What the field is, from the first sentence of its description. */
function meaning(error: ErrorObject): string | undefined {
  return firstSentence(error.parentSchema?.description as string | undefined)
}

function firstSentence(text: string | undefined): string | undefined {
  return text === undefined ? undefined : /^[^\n]*?(?=\.\s|\.$|\n|$)/.exec(text.trim())?.[0]
}

function described(data: unknown): string {
  if (data === null) return 'empty'
  if (Array.isArray(data)) return 'a list'
  if (typeof data === 'object') return 'fields'
  return typeof data === 'string' ? `the text ${shown(data)}` : String(data)
}

/** A value for people: JSON, cut at 60 characters. */
export function shown(data: unknown): string {
  const text = JSON.stringify(data) ?? String(data)
  return text.length <= 60 ? text : `${text.slice(0, 57)}…"`
}

/** A value that is not what it must be. A letter beyond ASCII is named: it may look like another, or like nothing. */
export function pointed(data: unknown): string {
  const odd = /[^\0-\x7e]/u.exec(JSON.stringify(data) ?? '')?.[0]?.codePointAt(0)
  return odd === undefined ? shown(data) : `${shown(data)} (with U+${odd.toString(16).toUpperCase().padStart(4, '0')})`
}
