import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile, type JSONSchema } from 'json-schema-to-typescript'
import { parse } from 'yaml'
import { boards } from '../dashboards/source/boards/all.ts'
import { metricsPage } from '../dashboards/source/metricsPage.ts'
import { alertCasesFile, alertsFile } from '../dashboards/source/ruleFiles.ts'
import { type FieldSchema, fieldTable } from './fields.ts'
import { runbookPage } from './runbookPage.ts'

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: { readonly properties: { readonly spec: JSONSchema } } } }[]
  }
}

const root = join(import.meta.dirname, '..')

/** Fields that several CRDs have alike: a CRD knows no reference to another file, so they are written into each. */
const parts = [{ file: 'controller/system/schema.yaml', types: 'controller/system/spec.ts', name: 'SystemSpec' }] as const

const format = {
  additionalProperties: false,
  format: true,
  style: { semi: false, singleQuote: true, printWidth: 140 },
  strictIndexSignatures: true,
  unknownAny: true,
  ignoreMinAndMaxItems: true,
} as const

/** Path → text of every generated file, made from crds/, the parts that they share, the routes of the API, the runbook, and the sources of the dashboards. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  for (const part of parts) files.set(part.types, await partTypes(part))
  for (const name of readdirSync(join(root, 'crds'))
    .filter((file) => file.endsWith('.yaml'))
    .sort()) {
    const text = withParts(readFileSync(join(root, 'crds', name), 'utf8'))
    const crd = parse(text) as Crd
    files.set(`crds/${name}`, text)
    const folder = `controller/kinds/${crd.spec.names.kind.toLowerCase()}`
    files.set(`${folder}/spec.ts`, await specTypes(name, crd))
    files.set(`${folder}/fields.md`, fieldsPage(name, crd))
  }
  files.set('docs/openapi.json', `${JSON.stringify(await apiDescription(), null, 2)}\n`)
  files.set('controller/http/page/runbook.html', runbookPage())
  return new Map([...files, ...dashboardFiles()])
}

/** What shares the names of the metrics with the exporter. */
function dashboardFiles(): readonly (readonly [path: string, text: string])[] {
  const cases = readFileSync(join(root, 'dashboards/source/rules/cases.yml'), 'utf8')
  return [
    ...Object.entries(boards).map(([name, board]) => [`dashboards/${name}.json`, `${JSON.stringify(board, null, 2)}\n`] as const),
    ['dashboards/alerts.yml', alertsFile()],
    ['dashboards/alerts.test.yml', alertCasesFile(cases)],
    ['docs/metrics.md', metricsPage()],
  ]
}

/** Nothing is asked of what answers: only the schemas of the routes are wanted. */
async function apiDescription(): Promise<object> {
  const { describeApi } = await import('../controller/http/server.ts')
  return describeApi({
    source: { subscribe: () => () => {} } as never,
    commands: {} as never,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  })
}

/** The CRD with the shared fields between their markers, indented as these. */
function withParts(text: string): string {
  return text.replaceAll(/^( *)# BEGIN (\S+)\n[\s\S]*?^ *# END \2$/gm, (_, indent: string, file: string) => {
    const lines = readFileSync(join(root, file), 'utf8')
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('#'))
    return [`# BEGIN ${file}`, ...lines, `# END ${file}`].map((line) => (line === '' ? '' : indent + line)).join('\n')
  })
}

async function partTypes({ file, name }: (typeof parts)[number]): Promise<string> {
  const properties = parse(readFileSync(join(root, file), 'utf8')) as NonNullable<JSONSchema['properties']>
  const schema: JSONSchema = { title: name, type: 'object', additionalProperties: false, properties }
  return compile(schema, name, { ...format, bannerComment: `// Generated from ${file} by \`npm run generate\`. Do not edit.` })
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

/** The shared fields by the name of their type, beside those that only this kind has. */
function namingPart(schema: JSONSchema): JSONSchema {
  const [{ file, name }] = parts
  const shared = Object.keys(parse(readFileSync(join(root, file), 'utf8')))
  const own = Object.entries(schema.properties ?? {}).filter(([field]) => !shared.includes(field))
  const { description } = schema
  if (own.length === 0) return { description, tsType: name }
  return { description, allOf: [{ type: 'object', additionalProperties: false, properties: Object.fromEntries(own) }, { tsType: name }] }
}

async function specTypes(file: string, crd: Crd): Promise<string> {
  const kind = crd.spec.names.kind
  const schema = specSchema(file, crd)
  const { system } = schema.properties ?? {}
  const bannerComment = `// Generated from crds/${file} by \`npm run generate\`. Do not edit.`
  const properties = system === undefined ? schema.properties : { ...schema.properties, system: namingPart(system) }
  const text = await compile({ ...schema, properties, title: `${kind}Spec` }, `${kind}Spec`, { ...format, bannerComment })
  const named = system === undefined ? text : text.replace('\n', "\nimport type { SystemSpec } from '../../system/spec.ts'\n")
  return `${named}\ndeclare module '../../model/fleet.ts' {\n  interface KindSpecs {\n    ${kind}: ${kind}Spec\n  }\n}\n`
}

function write(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text)
}

if (import.meta.main) {
  for (const [path, text] of await generatedFiles()) write(path, text)
}
