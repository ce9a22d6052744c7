import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>>
  readonly security?: readonly object[]
}

interface Description {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

export const description = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/openapi.json'), 'utf8')) as Description

/** `GET /api/v1/status`, of every operation that is described. */
export const operations = Object.entries(description.paths)
  .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
  .sort()

const ajv = new Ajv2020({ strict: false, allErrors: true })

/** What an answer has that docs/openapi.json does not say of it, or lacks. */
export function undescribed(method: string, path: string, status: number, body: unknown): readonly string[] {
  const operation = description.paths[path.split('?')[0] ?? '']?.[method.toLowerCase()]
  const answer = operation?.responses[status] ?? operation?.responses[`${Math.floor(status / 100)}XX`]
  const schema = answer?.content?.['application/json']?.schema
  if (schema === undefined) return [`nothing says that ${method} ${path} may answer ${status} with JSON`]
  const validate = ajv.compile(schema)
  if (validate(body)) return []
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`)
}
