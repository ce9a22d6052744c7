import { parse } from 'yaml'
import { type Crd, createSchemas } from '../../controller/manifests/schemas.ts'
import { type LoadResult, loadTree, type Rules } from '../../controller/manifests/tree.ts'
import type { AnyKind } from '../../controller/model/kind.ts'
import { complain } from '../../controller/model/kind.ts'
import type { RefusedPath } from '../../controller/model/tree.ts'

/** Two small kinds that between them hold every sort of rule, so that these tests do not move with the real ones. */
const machineCrd = `
spec:
  group: reeve.dev
  names: {kind: Machine}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              additionalProperties: false
              required: [address]
              properties:
                address: {type: string, description: DNS name or IP address of the machine., pattern: '^[a-z0-9.:-]+$', maxLength: 60}
                ports: {type: array, description: Ports., minItems: 1, maxItems: 3, uniqueItems: true, items: {type: integer, minimum: 1, maximum: 65535}}
                cpus: {type: integer, description: CPUs., minimum: 1, maximum: 64, default: 2}
                share: {type: number, description: Share., exclusiveMinimum: 0, exclusiveMaximum: 1}
                step: {type: integer, description: Step., multipleOf: 4}
                memory: {type: string, description: 'a size such as 512Mi or 10Gi', pattern: '^[0-9]+(Ki|Mi|Gi|Ti)$', maxLength: 12}
                mode: {type: string, description: Mode., enum: [Correct, Report]}
                isActive: {type: boolean, description: Whether it is on.}
                until: {type: string, description: End., format: date-time}
                jump: {type: string, description: Another machine., maxLength: 63}
                note: {type: string, description: Note., minLength: 2, maxLength: 20}
                size: {description: Size., anyOf: [{type: integer}, {type: string}]}
                labelsOf: {type: object, description: Labels., maxProperties: 2, additionalProperties: {type: string, maxLength: 10}}
                open: {description: Open ports., anyOf: [{anyOf: [{type: integer, maximum: 9}, {type: string, pattern: '^[a-z]+$', description: A service.}]}, {type: array, items: {anyOf: [{type: integer, maximum: 9}, {type: string, pattern: '^[a-z]+$', description: A service.}]}}]}
                target: {type: object, description: Target., additionalProperties: false, minProperties: 1, maxProperties: 1, properties: {a: {type: string, maxLength: 9, description: A.}, b: {type: string, maxLength: 9, description: B.}}}
                nothing: {type: object, description: Nothing., additionalProperties: false}
                code: {type: string, maxLength: 9, pattern: '^[A-Z]+$'}
                odd: {description: An odd number., not: {multipleOf: 2}}
                mail: {type: string, description: A mail address., format: email, maxLength: 40}
                pair: {type: object, description: Two numbers., minProperties: 2, additionalProperties: {type: integer}}
                twice: {description: A number., oneOf: [{type: integer}, {type: number}]}
                some: {type: object, description: Some., properties: {a: {type: integer}, b: {type: integer}}, anyOf: [{required: [a]}, {required: [b]}]}
                lucky: {type: object, description: A pair., dependencies: {a: [b]}}
                root:
                  type: object
                  description: Root.
                  additionalProperties: false
                  properties: {path: {type: string, maxLength: 80, description: Path.}, volume: {type: string, maxLength: 63, description: Volume.}}
                  oneOf: [{required: [path]}, {required: [volume]}]
`

const appCrd = `
spec:
  group: reeve.dev
  names: {kind: App}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              additionalProperties: false
              required: [machine]
              properties:
                machine: {type: string, description: Where it runs., maxLength: 63}
                port: {type: integer, description: Port., minimum: 0, maximum: 65535}
                servers:
                  type: array
                  description: Servers.
                  maxItems: 10
                  items: {type: object, additionalProperties: false, required: [name], properties: {name: {type: string, maxLength: 60, description: Name.}}}
`

interface MachineSpec {
  readonly jump?: string
}

interface AppSpec {
  readonly machine: string
  readonly port?: number
}

// The names of these kinds are not in KindSpecs, which only generated specs may fill.
const machine: AnyKind = {
  kind: 'Machine',
  references: (spec) =>
    [(spec as MachineSpec).jump].flatMap((name) => (name === undefined ? [] : [{ kind: 'Machine' as never, name, path: 'spec.jump' }])),
  check: () => [],
  place: () => [],
  compile: () => [],
}

const app: AnyKind = {
  kind: 'App',
  references: (spec) => [{ kind: 'Machine' as never, name: (spec as AppSpec).machine, path: 'spec.machine' }],
  claims(manifest) {
    const { machine: on, port } = manifest.spec as AppSpec
    return port === undefined ? [] : [{ scope: `port on ${on}`, value: String(port), path: 'spec.port' }]
  },
  check(manifest) {
    const { port } = manifest.spec as AppSpec
    if (port === 666) throw new Error('a port of the beast')
    return port === 0 ? [complain(manifest, 'spec.port', 'port 0 is nobody’s', 'choose another')] : []
  },
  place: () => [],
  compile: () => [],
}

export const sampleRules: Rules = {
  fleet: 'example',
  schemas: createSchemas([parse(machineCrd) as Crd, parse(appCrd) as Crd]),
  kinds: new Map([machine, app].map((kind) => [kind.kind, kind])),
}

/** A manifest that is right. */
export const good = `apiVersion: reeve.dev/v1
kind: Machine
metadata: {name: he1}
spec: {address: 192.0.2.1}
---
apiVersion: reeve.dev/v1
kind: App
metadata: {name: shop}
spec: {machine: he1, port: 80}
`

/** Loads these files as one commit. */
export function loadSample(
  files: Readonly<Record<string, string | Uint8Array>>,
  refused: readonly RefusedPath[] = [],
  commit = 'c0ffee',
): LoadResult {
  const list = Object.entries(files).map(([path, content]) => ({
    path,
    bytes: typeof content === 'string' ? Buffer.from(content) : content,
  }))
  return loadTree({ commit, files: list, refused }, sampleRules)
}

/** A Machine with these lines of spec; the spec's first line is line 5. */
export function machineWith(lines: string, name = 'bad'): string {
  const indented = lines
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n')
  return `apiVersion: reeve.dev/v1\nkind: Machine\nmetadata: {name: ${name}}\nspec:\n${indented}\n`
}
