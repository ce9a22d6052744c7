import { readRules } from '../../controller/cli/rules.ts'
import { compileFleet } from '../../controller/engine/compile.ts'
import { makeRevision, type RevisionRules } from '../../controller/loop/revision.ts'
import type { FileHistory } from '../../controller/manifests/lastGood.ts'
import { loadTree } from '../../controller/manifests/tree.ts'
import type { Desired } from '../../controller/model/kind.ts'
import { targetKey } from '../../controller/model/target.ts'
import { formatDiagnostics } from '../../controller/report/diagnostics.ts'
import { Secret } from '../../controller/shell/secret.ts'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMq9y8y+sH393EYo33NjLL4G9ChbSeWcQzPTLgwTYAve'
const sum = '9189c34dd0d7f55e540ccde7636790daee49c712a7167ed0315204142ce306ff'

/** A small fleet that is right, with one manifest of every kind that two can be of on one hypervisor. */
export const good = `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: he1, labels: {site: fsn}}
spec:
  address: 192.0.2.10
  hostKeys: ["${key}"]
  system: {bridges: [{name: br-lxc, addresses: [192.168.100.1/24]}], packages: [wget]}
---
apiVersion: reeve.dev/v1
kind: Volume
metadata: {name: data}
spec:
  hypervisor: he1
  lvm: {volumeGroup: vg_data, size: 1Gi}
  filesystem: {type: ext4}
  mount: {path: /srv/data}
---
apiVersion: reeve.dev/v1
kind: Container
metadata: {name: web}
spec:
  hypervisor: he1
  rootfs: {lvm: {volumeGroup: vg_data, size: 1Gi}}
  network: [{name: eth0, bridge: br-lxc, mac: "00:16:3e:00:00:01", ipv4: {address: 192.168.100.10/24, gateway: 192.168.100.1}}]
---
apiVersion: reeve.dev/v1
kind: Firewall
metadata: {name: main}
spec:
  target: {hypervisor: he1}
  policy: {input: drop}
  rules: [{name: ssh, chain: input, protocol: tcp, ports: [22], action: accept}]
  nat: [{name: web, type: dnat, port: 80, to: "192.168.100.10:80"}]
---
apiVersion: reeve.dev/v1
kind: Proxy
metadata: {name: edge}
spec:
  target: {container: web}
  vhosts: [{name: app, serverNames: [app.example.com], upstream: {servers: [{address: 192.0.2.80, port: 80}]}}]
`

/** Fields of a good spec by kind; a case replaces, adds or (undefined) takes away some of them. Each stands on a line of its own, the first on line 5. */
const specs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Hypervisor: { address: '192.0.2.11', hostKeys: `["${key}"]` },
  Volume: { hypervisor: 'he1', lvm: '{volumeGroup: vg_data, size: 1Gi}', filesystem: '{type: ext4}', mount: '{path: /srv/bad}' },
  Container: {
    hypervisor: 'he1',
    template: `{type: archive, path: /srv/a.tar.zst, sha256: ${sum}}`,
    rootfs: '{lvm: {volumeGroup: vg_data, size: 1Gi}}',
  },
  Firewall: { target: '{hypervisor: he1}' },
  MailRoute: {
    gateways: '[{target: {container: web}, hostname: mx.example.net}]',
    domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}}]',
  },
  Proxy: { target: '{hypervisor: he1}' },
  SmartCheck: { target: '{hypervisor: he1}', devices: '[{id: ata-X_1}]' },
  SyslogSink: { server: '{target: {hypervisor: he1}, listeners: [{protocol: tcp}]}' },
}

/** One manifest as people write it. */
export function manifest(kind: string, edit: Readonly<Record<string, string | undefined>>, metadata = '{name: bad}'): string {
  const fields = Object.entries({ ...specs[kind], ...edit }).flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name}: ${value}\n`],
  )
  return `apiVersion: reeve.dev/v1\nkind: ${kind}\nmetadata: ${metadata}\nspec:\n${fields.join('')}`
}

export interface Read {
  readonly says: readonly string[]
  readonly inForce: readonly string[]
  /** What the target must hold, field by field: `file:/etc/motd content` → text. */
  readonly items: ReadonlyMap<string, string>
}

type Edit = Readonly<Record<string, string | undefined>>

export const hypervisor = (edit: Edit, metadata?: string): string => manifest('Hypervisor', edit, metadata)
export const volume = (edit: Edit, metadata?: string): string => manifest('Volume', edit, metadata)
export const container = (edit: Edit, metadata?: string): string => manifest('Container', edit, metadata)
export const firewall = (edit: Edit, metadata?: string): string => manifest('Firewall', edit, metadata)
export const smartCheck = (edit: Edit, metadata?: string): string => manifest('SmartCheck', edit, metadata)
export const mailRoute = (edit: Edit, metadata?: string): string => manifest('MailRoute', edit, metadata)
export const syslogSink = (edit: Edit, metadata?: string): string => manifest('SyslogSink', edit, metadata)
export const proxy = (edit: Edit, metadata?: string): string => manifest('Proxy', edit, metadata)

/** A repository beside the good fleet, and every finding that it must get, as `reeve validate` prints it without the excerpt. */
export interface BadInput {
  readonly name: string
  readonly file: string
  readonly says: readonly string[]
  /** What is in force besides the good fleet: the finding is a warning. */
  readonly adds?: readonly string[]
  /** Files of secrets, at this commit and at the one before: `open:VALUE` opens, anything else stays closed. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly secretsBefore?: Readonly<Record<string, string>>
}

export const rules: RevisionRules = {
  ...readRules('fleet'),
  openSecret: (bytes) => {
    const [, value] = /^open:([\s\S]*)$/.exec(Buffer.from(bytes).toString()) ?? []
    if (value === undefined) return Promise.resolve({ status: 'closed', reason: 'it is for another key', hint: 'encrypt it again' })
    return Promise.resolve({ status: 'opened', secret: new Secret(value) })
  },
}

/** A row's files beside the good ones, at its commit and at the one before. */
export function readRow({ file, secrets = {}, secretsBefore = {} }: BadInput): Promise<Read> {
  return read({ 'good.yaml': good, 'bad.yaml': file, ...secrets }, { 'good.yaml': good, ...secretsBefore })
}

/** Reads and compiles these files as one commit, by the kinds and CRDs that Reeve carries; what broke there is taken from the commit before. */
export async function read(files: Readonly<Record<string, string>>, before: Readonly<Record<string, string>> = {}): Promise<Read> {
  const list = Object.entries(files).map(([path, content]) => ({ path, bytes: Buffer.from(content) }))
  const history: FileHistory = {
    history: (path) =>
      Promise.resolve([
        ...(path === '.' || files[path] !== before[path] ? ['head'] : []),
        ...(path === '.' || path in before ? ['before'] : []),
      ]),
    readFile: (commit, path) => {
      const text = (commit === 'head' ? files : before)[path]
      return Promise.resolve(text === undefined ? undefined : Buffer.from(text))
    },
  }
  const { diagnostics, fleet, compiled } = await makeRevision({ commit: 'head', files: list, refused: [] }, rules, history, [])
  const told = formatDiagnostics(diagnostics, { format: 'text' })
  return {
    says: told === '' ? [] : told.trimEnd().split('\n'),
    inForce: fleet.manifests.map(({ id }) => id),
    items: new Map([...compiled.states.values()].flatMap((state) => state.items.flatMap(fieldsOf))),
  }
}

function fieldsOf({ target, spec }: Desired): readonly (readonly [string, string])[] {
  const primitive = rules.primitives.find(({ type }) => type === spec.type)
  return Object.entries(primitive?.fields(spec) ?? {}).map(([name, value]) => [`${targetKey(target)} ${spec.id} ${name}`, String(value)])
}

/** What one manifest becomes beside the good fleet: the text of every artefact, and the probes that ask for it. */
export interface One {
  readonly artefacts: readonly string[]
  readonly probes: readonly string[]
}

export function compileOne(file: string): One {
  const files = [good, file].map((text, index) => ({ path: `${index}.yaml`, bytes: Buffer.from(text) }))
  const { fleet } = loadTree({ commit: 'head', files, refused: [] }, rules)
  const { states } = compileFleet(fleet, rules.allKinds, rules.primitives)
  const items = [...states.values()].flatMap((state) => state.items).filter(({ owners }) => owners.some((owner) => owner.endsWith('/bad')))
  return {
    artefacts: items.flatMap((item) => [...contentsOf(item.spec), ...fieldsOf(item).map(([, value]) => value)]),
    probes: rules.primitives.flatMap((primitive) => {
      const specs = items.map(({ spec }) => spec).filter(({ type }) => type === primitive.type)
      return specs.length === 0
        ? []
        : [
            primitive.probe(
              specs.map((spec) => ({ id: spec.id, spec })),
              'fleet',
            ).text,
          ]
    }),
  }
}

/** Text of files, which the fields hold as a hash only. */
function contentsOf(spec: object): readonly string[] {
  const { content, files = {} } = spec as {
    readonly content?: unknown
    readonly files?: Readonly<Record<string, { readonly content: unknown }>>
  }
  return [content, ...Object.values(files).map((file) => file.content)].filter((one) => typeof one === 'string')
}
