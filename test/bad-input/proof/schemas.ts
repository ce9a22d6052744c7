import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ErrorObject } from 'ajv'
import { parse, parseAllDocuments } from 'yaml'
import { type Constraint, constraintsOf, detailOf, type Schema, signatureOf, type Watch, walk } from './constraints.ts'
import { root } from './instrument.ts'
import { type Samples, samplesOf } from './wrong.ts'

/** Every schema that judges what people write: of each kind, of reeve.yaml and of the approvals. */
export interface Schemas {
  readonly roots: Readonly<Record<string, Schema>>
  readonly constraints: readonly Constraint[]
  readonly samples: Samples
  /** Which constraint an error breaks; undefined for a schema that is only a test's. */
  signature(error: ErrorObject): string | undefined
  /** The schemas that were compiled of the constraint's own kind, each with one that lacks it. */
  without(constraint: Constraint): ReadonlyMap<Schema, Schema>
}

/** `watch` must have seen them being compiled. */
export function readSchemas(watch: Watch, configSchema: Schema): Schemas {
  const roots: Record<string, Schema> = {
    ...kindSchemas(),
    config: configSchema,
    approvals: watch.schemas.find(({ type }) => type === 'array') ?? {},
  }
  const compiledAs = new Map<string, readonly Schema[]>()
  const places = new Map<unknown, readonly Constraint[]>()
  for (const [name, schema] of Object.entries(roots)) {
    const same = JSON.stringify(schema)
    compiledAs.set(
      name,
      watch.schemas.filter((each) => JSON.stringify(each) === same),
    )
    for (const compiled of compiledAs.get(name) ?? [])
      for (const constraint of walk(name, compiled, []))
        places.set(constraint.schema, [...(places.get(constraint.schema) ?? []), constraint])
  }
  const signature = (error: ErrorObject): string | undefined => {
    const detail = detailOf(error)
    const found = places.get(error.parentSchema)?.find((each) => each.keyword === error.keyword && each.detail === detail)
    return found && signatureOf(found)
  }
  const without = (constraint: Constraint): ReadonlyMap<Schema, Schema> => {
    const copy = structuredClone(roots[constraint.root] ?? {})
    for (const each of walk(constraint.root, copy, [])) if (signatureOf(each) === signatureOf(constraint)) takeAway(each)
    return new Map((compiledAs.get(constraint.root) ?? []).map((compiled) => [compiled, copy]))
  }
  return { without, roots, constraints: constraintsOf(roots), samples: samplesOf(validSpecs()), signature }
}

function takeAway({ schema, keyword, detail }: Constraint): void {
  const open = schema as Record<string, unknown>
  if (keyword === 'required') open[keyword] = (open[keyword] as readonly string[]).filter((name) => name !== detail)
  else delete open[keyword]
}

function kindSchemas(): Readonly<Record<string, Schema>> {
  const crds = readdirSync(join(root, 'crds'))
    .sort()
    .map((name) => parse(readFileSync(join(root, 'crds', name), 'utf8')))
  return Object.fromEntries(crds.map(({ spec }) => [spec.names.kind, spec.versions[0].schema.openAPIV3Schema.properties.spec]))
}

/** The specs of the example fleet and of the recipes, and the example configuration. */
function validSpecs(): readonly (readonly [string, unknown])[] {
  const files = ['manifests-example', 'test/recipes'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => join(root, folder, name)),
  )
  const manifests = files.flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as { kind: string; spec: unknown } | null),
  )
  const config = parse(readFileSync(join(root, 'reeve.example.yaml'), 'utf8'))
  return [
    ...manifests.flatMap((each) => (each ? [[each.kind, each.spec] as const] : [])),
    ['config', config],
    ['approvals', [{ hash: '0123456789ab' }]],
  ]
}
