import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { parse, parseAllDocuments } from 'yaml'
import { kinds } from '../../controller/kinds/registry.ts'
import type { Fleet } from '../../controller/model/fleet.ts'
import { manifestId } from '../../controller/model/ids.ts'
import type { AnyKind } from '../../controller/model/kind.ts'
import type { Diagnostic, Manifest } from '../../controller/model/manifest.ts'

interface Document {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  readonly spec: unknown
}

const root = join(import.meta.dirname, '../..')

/** A fleet of documents as people write them, each held against its CRD. References are as they are. */
export function fleetOf(yaml: string): Fleet {
  const documents = parseAllDocuments(yaml).map((one) => one.toJS() as Document)
  const manifests = documents.map(manifestOf)
  const get = (kind: string, name: string) => manifests.find((one) => one.kind === kind && one.name === name)
  const all = (kind: string) => manifests.filter((one) => one.kind === kind)
  return { name: 'testfleet', commit: 'c0ffee', manifests, get, all } as unknown as Fleet
}

function manifestOf(document: Document): Manifest {
  const problem = schemaProblem(document)
  if (problem !== undefined) throw new Error(problem)
  const { kind, metadata, spec } = document
  const at = () => ({ file: 'fleet.yaml', line: 1, column: 1 })
  const id = manifestId(kind, metadata.name)
  return { id, kind, name: metadata.name, labels: metadata.labels ?? {}, annotations: {}, spec, source: at(), at, generation: 'g' }
}

const validators = new Map<string, ValidateFunction>()

/** What the schema says against a document; undefined where nothing. */
export function schemaProblem(document: Document): string | undefined {
  const validate = validators.get(document.kind) ?? validatorOf(document.kind)
  return validate(document) ? undefined : ajv.errorsText(validate.errors)
}

const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)

function validatorOf(kind: string): ValidateFunction {
  const crd = parse(readFileSync(join(root, 'crds', `${kind.toLowerCase()}.yaml`), 'utf8')) as {
    readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: object } }[] }
  }
  const validate = ajv.compile(crd.spec.versions[0]?.schema.openAPIV3Schema ?? {})
  validators.set(kind, validate)
  return validate
}

export function kindOf(name: string): AnyKind {
  const kind = kinds.find((one) => one.kind === name)
  if (!kind) throw new Error(`no kind ${name}`)
  return kind
}

/** All that the check of one kind says, as `path: summary`. */
export function complaints(fleet: Fleet, kind: string): readonly string[] {
  const found = fleet.manifests.filter((one) => one.kind === kind).flatMap((one): readonly Diagnostic[] => kindOf(kind).check(one, fleet))
  return found.map(({ path, summary }) => `${path}: ${summary}`)
}
