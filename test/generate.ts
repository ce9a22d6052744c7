import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile, type JSONSchema } from 'json-schema-to-typescript'
import { parse } from 'yaml'
import { type FieldSchema, fieldTable } from './fields.ts'

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: { readonly properties: { readonly spec: JSONSchema } } } }[]
  }
}

const root = join(import.meta.dirname, '..')

/** Path → text of every generated file, made from crds/. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  for (const name of readdirSync(join(root, 'crds'))
    .filter((file) => file.endsWith('.yaml'))
    .sort()) {
    const crd = parse(readFileSync(join(root, 'crds', name), 'utf8')) as Crd
    const folder = `controller/kinds/${crd.spec.names.kind.toLowerCase()}`
    files.set(`${folder}/spec.ts`, await specTypes(name, crd))
    files.set(`${folder}/fields.md`, fieldsPage(name, crd))
  }
  return files
}

function specSchema(file: string, crd: Crd): JSONSchema {
  const schema = crd.spec.versions[0]?.schema.openAPIV3Schema.properties.spec
  if (schema === undefined) throw new Error(`crds/${file} has no schema of spec`)
  return schema
}

function fieldsPage(file: string, crd: Crd): string {
  const { kind } = crd.spec.names
  return `# Fields of ${kind}\n\n<!-- Generated from crds/${file} by \`npm run generate\`. Do not edit. -->\n\n${fieldTable(specSchema(file, crd) as FieldSchema)}\n`
}

async function specTypes(file: string, crd: Crd): Promise<string> {
  const kind = crd.spec.names.kind
  const text = await compile({ ...specSchema(file, crd), title: `${kind}Spec` }, `${kind}Spec`, {
    bannerComment: `// Generated from crds/${file} by \`npm run generate\`. Do not edit.`,
    additionalProperties: false,
    format: true,
    style: { semi: false, singleQuote: true, printWidth: 140 },
    strictIndexSignatures: true,
    unknownAny: true,
    ignoreMinAndMaxItems: true,
  })
  return `${text}\ndeclare module '../../model/fleet.ts' {\n  interface KindSpecs {\n    ${kind}: ${kind}Spec\n  }\n}\n`
}

function write(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text)
}

if (import.meta.main) {
  for (const [path, text] of await generatedFiles()) write(path, text)
}
