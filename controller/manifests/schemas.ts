import { Ajv, type ValidateFunction } from 'ajv'
import addFormatsModule from 'ajv-formats'

/** The parts of a CustomResourceDefinition (apiextensions.k8s.io/v1) that Reeve reads. */
export interface Crd {
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly {
      readonly name: string
      readonly schema: {
        readonly openAPIV3Schema: { readonly properties: { readonly spec: object }; readonly required?: readonly string[] }
      }
    }[]
  }
}

/** A kind's compiled schema. */
export interface KindSchema {
  readonly kind: string
  /** `reeve.dev/v1`. */
  readonly apiVersion: string
  readonly isSpecRequired: boolean
  /** Fills in defaults and tells whether the spec fits; its `errors` say why not. */
  readonly validate: ValidateFunction
}

export type Schemas = ReadonlyMap<string, KindSchema>

// The package is CommonJS and its types say so; Node hands out the function itself or under `default`.
const addFormats = ('default' in addFormatsModule ? addFormatsModule.default : addFormatsModule) as unknown as (ajv: Ajv) => Ajv

/** An ajv as all of Reeve uses it: every error at once, with the values, defaults filled in. */
export function createAjv(): Ajv {
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false, useDefaults: true, coerceTypes: false, ownProperties: true })
  addFormats(ajv)
  return ajv
}

/** Compiles the spec's schema of each CRD. Throws where a CRD is wrong: that is a bug of ours. */
export function createSchemas(crds: readonly Crd[]): Schemas {
  const ajv = createAjv()
  return new Map(crds.map((crd) => [crd.spec.names.kind, compileKind(ajv, crd)]))
}

function compileKind(ajv: Ajv, crd: Crd): KindSchema {
  const kind = crd.spec.names.kind
  const version = crd.spec.versions[0]
  if (version === undefined) throw new Error(`the CRD of ${kind} has no version`)
  const schema = version.schema.openAPIV3Schema
  try {
    const validate = ajv.compile(schema.properties.spec)
    return { kind, apiVersion: `${crd.spec.group}/${version.name}`, isSpecRequired: schema.required?.includes('spec') ?? false, validate }
  } catch (cause) {
    throw new Error(`the schema of ${kind} does not compile`, { cause })
  }
}
