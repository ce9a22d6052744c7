import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { type Document, LineCounter, parse, parseAllDocuments } from 'yaml'
import { firewall } from '../../../controller/kinds/firewall/index.ts'
import type { FirewallSpec } from '../../../controller/kinds/firewall/spec.ts'
import type { Fleet } from '../../../controller/model/fleet.ts'
import { manifestId } from '../../../controller/model/ids.ts'
import type { Diagnostic, Manifest, SourceRef } from '../../../controller/model/manifest.ts'
import { mergeTables, type NftTableSpec } from '../../../controller/primitives/nftTable/spec.ts'

const root = join(import.meta.dirname, '../../..')
const crd = parse(readFileSync(join(root, 'crds/firewall.yaml'), 'utf8'))
const ajv = new Ajv({ allErrors: true })
addFormats.default(ajv)
const isValid = ajv.compile(crd.spec.versions[0].schema.openAPIV3Schema)

/** The fleet of a text of manifests, Firewalls held against their CRD. */
export function fleetOf(text: string): Fleet {
  const lines = new LineCounter()
  const manifests = parseAllDocuments(text, { lineCounter: lines }).map((document) => manifestOf(document as Document, lines))
  const all = (kind: string) => manifests.filter((manifest) => manifest.kind === kind) as never
  return {
    name: 'prod',
    commit: '0'.repeat(40),
    manifests,
    all,
    secret: () => undefined,
    get: (kind, name) => manifests.find((one) => one.kind === kind && one.name === name) as never,
  }
}

/** What `check` says about every Firewall. */
export function complaints(text: string): readonly Diagnostic[] {
  const fleet = fleetOf(text)
  return fleet.all('Firewall').flatMap((manifest) => firewall.check(manifest, fleet))
}

/** The table that the Firewalls of a fleet make together on their first target. */
export function tableOf(text: string): NftTableSpec {
  const fleet = fleetOf(text)
  const specs = fleet.all('Firewall').flatMap((manifest) => {
    const [at] = firewall.place(manifest, fleet)
    if (at === undefined) throw new Error(`${manifest.id} is placed nowhere`)
    return firewall.compile(manifest, at, fleet).filter((spec) => spec.type === 'nftTable') as unknown as readonly NftTableSpec[]
  })
  return specs.reduce((one, other) => {
    const merged = mergeTables(one, other)
    if (typeof merged === 'string') throw new Error(merged)
    return merged
  })
}

/** A Firewall `main` on he1, as YAML, around the lines of its spec. */
export function mainWith(spec: string): string {
  const lines = spec.split('\n').map((line) => `  ${line}\n`)
  return `apiVersion: reeve.dev/v1\nkind: Firewall\nmetadata: {name: main}\nspec:\n  target: {hypervisor: he1}\n${lines.join('')}`
}

function manifestOf(document: Document, lines: LineCounter): Manifest<string, FirewallSpec> {
  const value = document.toJS()
  if (value.kind === 'Firewall' && !isValid(value)) throw new Error(`against the CRD: ${ajv.errorsText(isValid.errors)}`)
  const { kind, metadata, spec } = value
  const at = (path: string) => positionOf(document, path, lines)
  return {
    id: manifestId(kind, metadata.name),
    kind,
    name: metadata.name,
    labels: metadata.labels ?? {},
    annotations: {},
    spec,
    source: at('spec'),
    at,
    generation: 'g',
  }
}

/** Position of a field, or of its nearest parent that is there. */
function positionOf(document: Document, path: string, lines: LineCounter): SourceRef {
  const keys = path.split(/[.[\]]+/).filter((key) => key !== '')
  for (let length = keys.length; length > 0; length--) {
    const node = document.getIn(
      keys.slice(0, length).map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
      true,
    ) as { range?: [number, number, number] } | undefined
    const offset = node?.range?.[0]
    if (offset !== undefined) return { file: 'main.yaml', line: lines.linePos(offset).line, column: lines.linePos(offset).col }
  }
  return { file: 'main.yaml', line: 0, column: 0 }
}
