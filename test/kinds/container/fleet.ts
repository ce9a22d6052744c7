import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { parse, parseAllDocuments } from 'yaml'
import { container } from '../../../controller/kinds/container/index.ts'
import type { ContainerSpec } from '../../../controller/kinds/container/spec.ts'
import type { Fleet } from '../../../controller/model/fleet.ts'
import { manifestId } from '../../../controller/model/ids.ts'
import type { Manifest } from '../../../controller/model/manifest.ts'
import type { Spec } from '../../../controller/model/primitive.ts'

const root = join(import.meta.dirname, '../../..')
const crd = parse(readFileSync(join(root, 'crds/container.yaml'), 'utf8'))
const ajv = new Ajv2020({ allErrors: true, strict: false })
addFormats.default(ajv)
const isValid = ajv.compile(crd.spec.versions[0].schema.openAPIV3Schema)

export type ContainerManifest = Manifest<'Container', ContainerSpec>

const host = `
kind: Hypervisor
metadata: {name: he1}
spec: {address: 192.0.2.10, system: {bridges: [{name: br-lxc}]}}
`

/** A Container `web` on he1, around lines of its spec; they win over the usual ones, and null takes one of those away. */
export function webWith(spec: string): string {
  const fields = Object.entries({ ...parse(usual), ...parse(spec) }).filter(([, value]) => value !== null)
  return `apiVersion: reeve.dev/v1\nkind: Container\nmetadata: {name: web}\nspec: ${JSON.stringify(Object.fromEntries(fields))}`
}

const usual = 'hypervisor: he1\nrootfs: {lvm: {volumeGroup: vg_data, size: 1Gi}}'

/** What the schema has against a document; undefined where nothing. */
export function schemaProblem(text: string): string | undefined {
  return isValid(parse(text)) ? undefined : ajv.errorsText(isValid.errors)
}

/** The fleet of he1 and of these documents. Positions name the path. */
export function fleetOf(...texts: readonly string[]): Fleet {
  const manifests = [host, ...texts].flatMap((text) => parseAllDocuments(text).map((document) => manifestOf(document.toJS())))
  const all = (kind: string) => manifests.filter((one) => one.kind === kind) as never
  const get = (kind: string, name: string) => manifests.find((one) => one.kind === kind && one.name === name) as never
  return { name: 'prod', commit: 'c0ffee', manifests, all, get, secret: () => undefined }
}

function manifestOf(value: { kind: string; metadata: { name: string }; spec: unknown }): Manifest {
  if (value.kind === 'Container' && !isValid(value)) throw new Error(ajv.errorsText(isValid.errors))
  const at = (path: string) => ({ file: `${value.metadata.name}.yaml#${path}`, line: 1, column: 1 })
  const { kind, metadata, spec } = value
  return {
    id: manifestId(kind, metadata.name),
    kind,
    name: metadata.name,
    labels: {},
    annotations: {},
    spec,
    source: at(''),
    at,
    generation: 'g',
  }
}

/** All that check says of every Container: `severity path: summary (hint)`. */
export function complaints(...texts: readonly string[]): readonly string[] {
  const fleet = fleetOf(...texts)
  return containers(fleet).flatMap((one) =>
    container
      .check(one, fleet)
      .map(({ severity, path, summary, hint }) => `${severity} ${path}: ${summary}${hint === undefined ? '' : ` (${hint})`}`),
  )
}

export function containers(fleet: Fleet): readonly ContainerManifest[] {
  return fleet.all('Container')
}

/** The specs of the first Container. */
export function compiled(...texts: readonly string[]): readonly Spec[] {
  const fleet = fleetOf(...texts)
  const [manifest] = containers(fleet)
  const [at] = manifest === undefined ? [] : container.place(manifest, fleet)
  if (manifest === undefined || at === undefined) throw new Error('no container')
  return container.compile(manifest, at, fleet)
}
