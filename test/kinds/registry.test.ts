import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { kinds } from '../../controller/kinds/registry.ts'
import { primitives } from '../../controller/primitives/registry.ts'

const root = join(import.meta.dirname, '../..')
const folders = (path: string): readonly string[] =>
  readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[]
  }
}

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: unknown
  readonly items?: Schema
  readonly pattern?: string
  readonly maxLength?: number
  readonly enum?: readonly unknown[]
  readonly format?: string
}

const crds = readdirSync(join(root, 'crds')).map((file) => ({ file, crd: parse(readFileSync(join(root, 'crds', file), 'utf8')) as Crd }))

describe('kinds', () => {
  it('stand in the registry, in a folder, as a CRD and in the example fleet alike', () => {
    const names = kinds.map((kind) => kind.kind).sort()
    const examples = readdirSync(join(root, 'manifests-example'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.yaml'),
    )
    const shown = examples.flatMap((file) =>
      parseAllDocuments(readFileSync(join(root, 'manifests-example', file), 'utf8')).map(
        (document) => (document.toJS() as { readonly kind: string }).kind,
      ),
    )
    expect(folders('controller/kinds')).toEqual(names.map((name) => name.toLowerCase()).sort())
    expect(crds.map(({ crd }) => crd.spec.names.kind).sort()).toEqual(names)
    expect(crds.map(({ file }) => file).sort()).toEqual(names.map((name) => `${name.toLowerCase()}.yaml`).sort())
    expect([...new Set(shown)].sort()).toEqual(names)
  })

  it.each(crds)('have a closed schema with a description and a grammar for every string: $file', ({ crd }) => {
    const schema = crd.spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec']
    expect(schema ? faults(schema, 'spec') : ['no schema']).toEqual([])
  })

  it.each(kinds.map((kind) => kind.kind))('have a readme: %s', (kind) => {
    expect(readFileSync(join(root, 'controller/kinds', kind.toLowerCase(), 'readme.md'), 'utf8')).toMatch(
      new RegExp(`^# ${kind}\n[^]{500}`),
    )
  })
})

describe('primitives', () => {
  it('stand in the registry and in a folder alike', () => {
    expect(primitives.map((primitive) => primitive.type).sort()).toEqual(folders('controller/primitives'))
  })
})

function faults(schema: Schema, path: string): readonly string[] {
  const own = [
    ...(schema.description === undefined ? [`${path} has no description`] : []),
    ...(schema.type === 'object' && schema.properties && schema.additionalProperties !== false ? [`${path} takes unknown fields`] : []),
    ...(schema.type === 'string' &&
    schema.pattern === undefined &&
    schema.maxLength === undefined &&
    schema.enum === undefined &&
    schema.format === undefined
      ? [`${path} takes any text`]
      : []),
  ]
  const children = [
    ...Object.entries(schema.properties ?? {}).map(([name, child]) => [`${path}.${name}`, child] as const),
    ...(schema.items ? [[`${path}[]`, schema.items] as const] : []),
  ]
  return [...own, ...children.flatMap(([name, child]) => faults(child, name))]
}
