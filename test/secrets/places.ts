import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { configSchema } from '../../controller/configSchema.ts'

/** A place of a manifest or of reeve.yaml that takes a secret, or names the file that holds one: `Zone spec.updaters[].secretRef`, `reeve.yaml mail.smarthost.passwordFile`. */
export type Place = string

interface Schema {
  readonly type?: string
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
}

/** What names end in whose text or file is one; `key` is a path of a private key (public ones are called otherwise). */
const secretive = /(^|\.)(secretRef|password|password\.hash|passphrase|token|credential|secret|key)$/i

/** Files that reeve.yaml names and that hold nothing secret. */
export const harmlessFiles: ReadonlySet<Place> = new Set(
  [
    'repository.knownHosts',
    'repository.certificateAuthority',
    'repository.trust.allowedSigners',
    'repository.trust.revokedKeys',
    'repository.trust.openpgpKeys',
    'stateDir',
    'mail.smarthost.certificateAuthority',
    'mail.fallback.certificateAuthority',
  ].map((path) => `reeve.yaml ${path}`),
)

/** Fields of manifests that are called like a secret, and are none. */
export const harmlessFields: ReadonlySet<Place> = new Set<Place>([])

const crds = join(import.meta.dirname, '../../crds')

/** Every place of every kind, by the CRDs. */
export function placesOfKinds(): readonly Place[] {
  const files = readdirSync(crds).filter((name) => name.endsWith('.yaml'))
  return files.flatMap((name) => {
    const { spec } = parse(readFileSync(join(crds, name), 'utf8')) as {
      readonly spec: {
        readonly names: { readonly kind: string }
        readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[]
      }
    }
    const shape = spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec'] ?? {}
    return leaves(shape, 'spec')
      .filter(({ path, schema }) => schema.type === 'string' && secretive.test(path))
      .map(({ path }) => `${spec.names.kind} ${path}`)
      .filter((place) => !harmlessFields.has(place))
  })
}

/** Every place of reeve.yaml: each file that it names, but those that hold nothing secret. */
export function placesOfConfig(): readonly Place[] {
  return leaves(configSchema as Schema, '')
    .filter(({ path, schema }) => schema.type === 'string' && (schema.pattern?.startsWith('^/') || secretive.test(path)))
    .map(({ path }) => `reeve.yaml ${path}`)
    .filter((place) => !harmlessFiles.has(place))
}

/** Every file that reeve.yaml can name. */
export function filesOfConfig(): readonly Place[] {
  return leaves(configSchema as Schema, '').flatMap(({ path, schema }) => (schema.pattern?.startsWith('^/') ? [`reeve.yaml ${path}`] : []))
}

interface Leaf {
  readonly path: string
  readonly schema: Schema
}

/** A map's names are written as `*`. */
function leaves(schema: Schema, path: string): readonly Leaf[] {
  const below = path === '' ? '' : `${path}.`
  const each = schema.additionalProperties
  return [
    { path, schema },
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => leaves(field, `${below}${name}`)),
    ...(schema.items === undefined ? [] : leaves(schema.items, `${path}[]`)),
    ...(typeof each === 'object' ? leaves(each, `${below}*`) : []),
  ]
}

/** Which of the places a document has something in; `name`: its kind, or reeve.yaml. */
export function occupied(name: string, document: unknown, places: readonly Place[]): readonly Place[] {
  return places.filter((place) => place.startsWith(`${name} `) && has(document, place.slice(name.length + 1).split(/\.|(?=\[\])/)))
}

function has(value: unknown, steps: readonly string[]): boolean {
  const [step, ...rest] = steps
  if (step === undefined) return value !== undefined
  if (typeof value !== 'object' || value === null) return false
  if (step === '*' || step === '[]') return Object.values(value).some((each) => has(each, rest))
  return has((value as Readonly<Record<string, unknown>>)[step], rest)
}
