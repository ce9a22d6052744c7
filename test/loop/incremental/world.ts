import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments, stringify } from 'yaml'
import type { FileHistory } from '../../../controller/manifests/lastGood.ts'
import { isReadPath } from '../../../controller/manifests/tree.ts'
import type { Tree } from '../../../controller/model/tree.ts'
import { manyManifests } from '../../bench/manifests.ts'
import { manifestOf } from '../../fleet/manifests.ts'

/** The files of one commit: documents, or a text that is none. Files that nothing changed are the same object in the next commit. */
export type World = ReadonlyMap<string, readonly Document[] | string>

export interface Document {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  readonly spec: unknown
}

/** What somebody does to the repository; each number picks among what there is. */
export type Act =
  | {
      readonly type: 'edit' | 'reorder' | 'drop' | 'rename' | 'refer' | 'label' | 'graft' | 'double'
      readonly at: number
      readonly to: number
    }
  | { readonly type: 'break' | 'remove' | 'move'; readonly at: number }
  | { readonly type: 'repair' | 'secret'; readonly at: number; readonly to: number }

const root = join(import.meta.dirname, '../../..')

/** Fleets to begin with: all kinds. */
export const beginnings: readonly (readonly [string, World])[] = [
  ['manifests-example', worldOf(['manifests-example/fleet', 'manifests-example/he1', 'manifests-example/he2'])],
  ['recipes', worldOf(['test/recipes/web-application', 'test/recipes/mail-gateways', 'test/recipes/vpn-servers'])],
  ['many', new Map(manyManifests(30).map(({ path, text }) => [path, documentsOf(text)]))],
  ['simulated', new Map([1, 2, 3].map((number) => [`h${number}/host.yaml`, documentsOf(manifestOf(wayOf(number), 30))]))],
]

function wayOf(number: number) {
  const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMq9y8y+sH393EYo33NjLL4G9ChbSeWcQzPTLgwTYAve'
  return { name: `h${number}`, address: `192.0.2.${number}`, port: 22, hostKey }
}

function worldOf(folders: readonly string[]): World {
  const names = folders.flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
  return new Map(names.filter(isReadPath).map((name) => [name, documentsOf(readFileSync(join(root, name), 'utf8'))]))
}

function documentsOf(text: string): readonly Document[] {
  return parseAllDocuments(text).flatMap((document) => (document.contents === null ? [] : [document.toJS() as Document]))
}

/** As Git has it: one name for one content. */
export function treeOf(world: World, commit: string): Tree {
  const files = [...world].map(([path, content]) => {
    const text =
      typeof content === 'string' ? content : content.map((one) => stringify(one, { aliasDuplicateObjects: false })).join('---\n')
    return { path, bytes: Buffer.from(text), object: createHash('sha1').update(text).digest('hex') }
  })
  return { commit, files: files.sort((one, other) => (one.path < other.path ? -1 : 1)), refused: [] }
}

/** The history that these trees are, the first one the oldest. */
export function historyOf(trees: readonly Tree[]): FileHistory {
  const objectIn = (tree: Tree | undefined, path: string) => tree?.files.find((file) => file.path === path)
  const back = (from: string) => trees.slice(0, trees.findIndex(({ commit }) => commit === from) + 1)
  return {
    history: async (path, from, to) => {
      const until = back(from)
      const since = to === undefined ? 0 : until.findIndex(({ commit }) => commit === to)
      if (since === -1) return []
      const changed = until.filter(
        (tree, index) => path === '.' || objectIn(tree, path)?.object !== objectIn(until[index - 1], path)?.object || tree.commit === to,
      )
      return changed
        .filter((tree) => until.indexOf(tree) >= since)
        .map(({ commit }) => commit)
        .reverse()
    },
    readFile: async (commit, path) =>
      objectIn(
        trees.find((tree) => tree.commit === commit),
        path,
      )?.bytes,
  }
}

/** The next commit; `first` is what a repair brings back. */
export function done(act: Act, world: World, first: World): World {
  const path = pick([...world.keys()].sort(), act.at)
  switch (act.type) {
    case 'break':
      return path === undefined ? world : new Map(world).set(path, `kind: [broken ${act.at}\n`)
    case 'remove':
      return path === undefined ? world : new Map([...world].filter(([each]) => each !== path))
    case 'move':
      return path === undefined
        ? world
        : new Map([...world].map(([each, content]) => [each === path ? `moved/${each.replaceAll('/', '-')}` : each, content]))
    case 'repair': {
      const back = pick([...first.keys()], act.at)
      return back === undefined ? world : new Map(world).set(back, first.get(back) ?? [])
    }
    case 'secret':
      return new Map(world).set(`secrets/${pick(secretNames, act.at)}.age`, act.to % 4 === 0 ? 'closed' : `${act.to % 3}`.repeat(32))
    default:
      return withDocument(world, act.at, (document) => changed(document, act, world))
  }
}

export const secretNames = ['tsig', 'relay', 'other']

type Change = Act & { readonly to: number }

function changed(document: Document, { type, to, at }: Change, world: World): readonly Document[] {
  const documents = [...world.values()].flatMap((content) => (typeof content === 'string' ? [] : content))
  switch (type) {
    case 'edit':
      return [
        mutated(document, to, (leaf) =>
          typeof leaf === 'number' ? leaf + 1 : typeof leaf === 'boolean' ? !leaf : `${String(leaf)}${to % 10}`,
        ),
      ]
    case 'refer':
      return [mutated(document, to, (leaf) => (typeof leaf === 'string' ? (pick(documents, at + to)?.metadata.name ?? leaf) : leaf))]
    case 'drop':
      return [without(document, to)]
    case 'rename':
      return [
        { ...document, metadata: { ...document.metadata, name: `${document.metadata.name.slice(0, 40)}${to % 2 === 0 ? 'x' : ''}-n` } },
      ]
    case 'label':
      return [{ ...document, metadata: { ...document.metadata, labels: { site: to % 2 === 0 ? 'fsn' : 'other' } } }]
    case 'graft':
      return [grafted(document, to)]
    case 'reorder':
      return [{ ...document, spec: reversed(document.spec) }]
    default:
      return [
        document,
        to % 2 === 0 ? document : { ...document, metadata: { ...document.metadata, name: `${document.metadata.name.slice(0, 40)}-two` } },
      ]
  }
}

function withDocument(world: World, at: number, change: (document: Document) => readonly Document[]): World {
  const all = [...world].flatMap(([path, content]) =>
    typeof content === 'string' ? [] : content.map((_, index) => [path, index] as const),
  )
  const [path, index] = pick(all, at) ?? []
  const content = path === undefined ? undefined : world.get(path)
  if (path === undefined || content === undefined || typeof content === 'string') return world
  return new Map(world).set(
    path,
    content.flatMap((one, each) => (each === index ? change(one) : [one])),
  )
}

/** Fields by which one kind looks at many others. */
const grafts: Readonly<Record<string, readonly object[]>> = {
  NameServer: [
    { transferKeys: [{ secretRef: 'tsig' }] },
    { secondaryVia: 'Catalog' },
    { transferKeys: [{ secretRef: 'other' }], secondaryVia: 'Catalog' },
  ],
  Zone: [{ mode: 'Dynamic', updaters: [{ secretRef: 'tsig' }] }, { fromContainers: { matchLabels: { site: 'fsn' } } }, { secondaries: [] }],
  Firewall: [{ target: undefined, targets: undefined, targetSelector: { matchLabels: { site: 'fsn' } } }, { policy: { input: 'drop' } }],
  SyslogSink: [{ clients: [{ targetSelector: { matchLabels: { site: 'fsn' } }, forward: [{ selector: '*.*' }] }] }],
  Volume: [{ mount: { path: '/srv' } }, { mount: { path: '/srv/data1' } }],
  Container: [{ policies: [] }, { provider: 'openvz' }],
  Hypervisor: [{ jump: 'he1' }, { jump: 'h1' }, { system: { packages: ['cron'] } }, { driftPolicy: 'Report' }],
}

function grafted(document: Document, to: number): Document {
  const spec = { ...(document.spec as object), ...pick(grafts[document.kind] ?? [{ driftPolicy: 'Report' }], to) }
  return { ...document, spec: Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)) }
}

function mutated(document: Document, to: number, change: (leaf: unknown) => unknown): Document {
  const leaf = pick(leavesOf(document.spec), to)
  return leaf === undefined ? document : { ...document, spec: replaced(document.spec, leaf, change) }
}

function without(document: Document, to: number): Document {
  const leaf = pick(leavesOf(document.spec), to)
  return leaf === undefined
    ? document
    : { ...document, spec: replaced(document.spec, leaf.slice(0, 1 + (to % leaf.length)), () => undefined) }
}

type Path = readonly (string | number)[]

function leavesOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return path.length === 0 ? [] : [path]
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return entries.flatMap(([step, each]) => leavesOf(each, [...path, step]))
}

function replaced(value: unknown, [step, ...rest]: Path, change: (leaf: unknown) => unknown): unknown {
  if (step === undefined) return change(value)
  if (Array.isArray(value)) return value.flatMap((each, index) => (index === step ? (replaced(each, rest, change) ?? []) : [each]))
  const entries = Object.entries(value as object).map(([name, each]) => [name, name === step ? replaced(each, rest, change) : each])
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined))
}

/** The same content in other words: its hash does not move, what is made of it may. */
function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, each]) => [name, reversed(each)]),
  )
}

function pick<T>(all: readonly T[], number: number): T | undefined {
  return all[number % Math.max(1, all.length)]
}
