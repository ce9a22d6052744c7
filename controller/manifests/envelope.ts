import { isDnsLabel } from '../model/ids.ts'
import { didYouMean } from '../model/nearest.ts'
import { formatPath } from './path.ts'
import type { Schemas } from './schemas.ts'
import { pointed, type SchemaFinding, shown } from './sentence.ts'

type Fields = Readonly<Record<string, unknown>>

const topFields = ['apiVersion', 'kind', 'metadata', 'spec']
const metadataFields = ['name', 'labels', 'annotations']
const labelName = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/
const annotationBytes = 16_384

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What is wrong around the spec: apiVersion, kind, name, labels, annotations. */
export function envelopeFindings(value: Fields, schemas: Schemas): readonly SchemaFinding[] {
  return [...unknownFields(value, topFields, ''), ...kindFindings(value, schemas), ...metadataFindings(value.metadata)]
}

function found(path: string, summary: string, hint?: string, isAboutName = false): SchemaFinding {
  return { path, isAboutName, summary, ...(hint === undefined ? {} : { hint }) }
}

function unknownFields(value: Fields, known: readonly string[], parent: string): readonly SchemaFinding[] {
  return Object.keys(value)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const path = formatPath(parent === '' ? [name] : [parent, name])
      return found(path, `unknown field ${pointed(name)}`, didYouMean(name, known) ?? `the fields here are ${known.join(', ')}`, true)
    })
}

function kindFindings({ apiVersion, kind }: Fields, schemas: Schemas): readonly SchemaFinding[] {
  const versions = [...new Set([...schemas.values()].map((schema) => schema.apiVersion))]
  const wanted = schemas.get(String(kind))?.apiVersion ?? versions[0] ?? 'reeve.dev/v1'
  return [...apiVersionFindings(apiVersion, wanted), ...kindNameFindings(kind, [...schemas.keys()])]
}

function apiVersionFindings(apiVersion: unknown, wanted: string): readonly SchemaFinding[] {
  if (apiVersion === wanted) return []
  if (apiVersion === undefined) return [found('apiVersion', 'the field "apiVersion" is missing', `write apiVersion: ${wanted}`)]
  return [found('apiVersion', `${shown(apiVersion)} is not an API version of Reeve`, `write ${wanted}`)]
}

function kindNameFindings(kind: unknown, known: readonly string[]): readonly SchemaFinding[] {
  const list = `the kinds are ${known.toSorted().join(', ')}`
  if (kind === undefined) return [found('kind', 'the field "kind" is missing', list)]
  if (typeof kind !== 'string') return [found('kind', `must be text, not ${shown(kind)}`, list)]
  return known.includes(kind) ? [] : [found('kind', `unknown kind ${pointed(kind)}`, didYouMean(kind, known) ?? list)]
}

function metadataFindings(metadata: unknown): readonly SchemaFinding[] {
  if (metadata === undefined) return [found('metadata', 'the field "metadata" is missing', 'write metadata: {name: NAME}')]
  if (!isFields(metadata)) return [found('metadata', 'must be fields (name: value)', 'write metadata: {name: NAME}')]
  return [
    ...unknownFields(metadata, metadataFields, 'metadata'),
    ...nameFindings(metadata.name),
    ...pairsFindings('labels', metadata.labels, labelProblem),
    ...pairsFindings('annotations', metadata.annotations, annotationProblem),
  ]
}

function nameFindings(name: unknown): readonly SchemaFinding[] {
  const grammar = 'a name has 1 to 63 characters of a-z, 0-9 and -, and begins and ends with a letter or digit'
  if (name === undefined) return [found('metadata.name', 'the field "name" is missing', grammar)]
  if (typeof name !== 'string') return [found('metadata.name', `must be text, not ${shown(name)}`, `write it in quotes: "${shown(name)}"`)]
  return isDnsLabel(name) ? [] : [found('metadata.name', `${pointed(name)} is not a name`, grammar)]
}

function pairsFindings(
  field: string,
  pairs: unknown,
  problem: (name: string, value: string) => string | undefined,
): readonly SchemaFinding[] {
  if (pairs === undefined) return []
  if (!isFields(pairs)) return [found(`metadata.${field}`, 'must be fields (name: value)')]
  return Object.entries(pairs).flatMap(([name, value]) => {
    const path = formatPath(['metadata', field, name])
    if (typeof value !== 'string')
      return [found(path, `must be text, not ${shown(value)}`, `write it in quotes: ${JSON.stringify(String(value))}`)]
    const summary = problem(name, value)
    return summary === undefined ? [] : [found(path, summary)]
  })
}

function labelProblem(name: string, value: string): string | undefined {
  if (!labelName.test(name)) return `${shown(name)} is not the name of a label (letters, digits, - _ ., at most 63)`
  return labelValue.test(value) ? undefined : `${shown(value)} is not the value of a label (letters, digits, - _ ., at most 63)`
}

function annotationProblem(name: string, value: string): string | undefined {
  if (!labelName.test(name)) return `${shown(name)} is not the name of an annotation (letters, digits, - _ ., at most 63)`
  return value.length <= annotationBytes
    ? undefined
    : `the annotation is too long: ${annotationBytes} characters are allowed, ${value.length} are written`
}
