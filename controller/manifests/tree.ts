import type { Fleet } from '../model/fleet.ts'
import type { ManifestId } from '../model/ids.ts'
import type { AnyKind } from '../model/kind.ts'
import type { Diagnostic, Manifest, SourceRef } from '../model/manifest.ts'
import { atOnce, type Steps } from '../model/steps.ts'
import type { RefusedPath, Tree, TreeFile } from '../model/tree.ts'
import { type Approval, approvalsFile, readApprovals } from './approvals.ts'
import { createFileMemo, type FileMemo, type FileState, type ReadAhead, type ReadFile } from './memo.ts'
import { inOrder } from './order.ts'
import { createResolveMemo, type InvalidBecause, type ResolveMemo, resolving } from './resolve.ts'
import type { Schemas } from './schemas.ts'
import { createSecretNamesMemo, type SecretNamesMemo } from './secretNames.ts'
import { isSecretPath, presentSecrets, type Secrets, staleSecrets } from './secrets.ts'
import type { ValidatedDocument } from './validate.ts'

/** All that one commit's tree says. */
export interface LoadResult {
  readonly fleet: Fleet
  /** Every finding of the tree, by file, line and column. */
  readonly diagnostics: readonly Diagnostic[]
  /** Manifests that stand in the tree and are out of the fleet. */
  readonly invalid: ReadonlyMap<ManifestId, InvalidManifest>
  readonly files: ReadonlyMap<string, FileState>
  /** Manifests that fit their schema, whether or not they are in the fleet: what `lastGood` starts from. */
  readonly candidates: ReadonlyMap<ManifestId, Manifest>
  readonly refused: readonly RefusedPath[]
  readonly approvals: readonly Approval[]
  readonly secrets: Secrets
  /** Text of a file of manifests, for showing the line of a finding. */
  textOf(path: string): string | undefined
}

export interface InvalidManifest {
  readonly because: InvalidBecause
  readonly source: SourceRef
}

/** What the manifests are held against. */
export interface Rules {
  /** The fleet's name, from reeve.yaml. */
  readonly fleet: string
  readonly schemas: Schemas
  readonly kinds: ReadonlyMap<string, AnyKind>
  /** Default: everything is read and resolved anew. */
  readonly memo?: LoadMemo
}

/** What is remembered of the tree that was read last. */
export interface LoadMemo {
  readonly files: FileMemo
  readonly resolution: ResolveMemo
  readonly secretNames: SecretNamesMemo
}

export function createLoadMemo(): LoadMemo {
  return { files: createFileMemo(), resolution: createResolveMemo(), secretNames: createSecretNamesMemo() }
}

/** Which files of a tree hold manifests: `*.yaml` and `*.yml`, but nothing whose name, or folder's name, begins with a dot. */
export function isManifestPath(path: string): boolean {
  return /\.ya?ml$/i.test(path) && !/(^|\/)\./.test(path) && path !== approvalsFile
}

/** Which files of a tree Reeve reads at all. */
export function isReadPath(path: string): boolean {
  return isManifestPath(path) || path === approvalsFile || isSecretPath(path)
}

/** The fleet of a tree, and every error of it in one report. `secrets`: absent, all whose files are there count as good. Pure; never throws on input. */
export function loadTree(tree: Tree, rules: Rules, secrets: Secrets = presentSecrets(tree)): LoadResult {
  return atOnce(loading(tree, rules, secrets))
}

/** The same, step by step. `ahead`: what was read of it already. */
export function* loading(tree: Tree, rules: Rules, secrets: Secrets, ahead?: ReadAhead): Steps<LoadResult> {
  const files = yield* readFiles(tree, rules, ahead)
  const documents = files.flatMap((each) => each.documents)
  const { candidates, broken, twice } = toldApart(documents)
  const manifests = [...candidates.values()]
  yield
  const states = new Map<string, FileState>()
  for (const { file, state } of files) states.set(file.path, state)
  for (const { path } of tree.refused) if (isManifestPath(path)) states.set(path, { status: 'broken', names: undefined })
  const hiding = (name: string): string | undefined => fileHiding(name, states)
  yield
  const input = { fleet: rules.fleet, commit: tree.commit, manifests, broken, hiding, secrets }
  const resolution = yield* resolving(input, rules.kinds, rules.memo?.resolution)
  const approvals = approvalsOf(tree)
  const own = files.flatMap((each) => each.findings)
  yield
  return {
    fleet: resolution.fleet,
    diagnostics: inOrder([
      ...own,
      ...twice,
      ...refusals(tree),
      ...resolution.diagnostics,
      ...staleSecrets(manifests, secrets),
      ...approvals.diagnostics,
    ]),
    invalid: invalidOf(broken, resolution.invalid, candidates),
    files: states,
    candidates,
    refused: tree.refused,
    approvals: approvals.approvals,
    secrets,
    textOf: (path) => files.find(({ file }) => file.path === path)?.file.text,
  }
}

function* readFiles(tree: Tree, { schemas, memo }: Rules, ahead: ReadAhead | undefined): Steps<readonly ReadFile[]> {
  return yield* (memo?.files ?? createFileMemo()).readAll(manifestFiles(tree), schemas, ahead)
}

function manifestFiles({ files }: Tree): readonly TreeFile[] {
  return files.filter(({ path }) => isManifestPath(path))
}

/** What of a tree must be read: all that was not in the one before. */
export function unreadFiles(tree: Tree, { schemas, memo }: Rules): readonly TreeFile[] {
  const { files } = tree
  return (memo ? memo.files.unread(files, schemas) : files).filter(({ path }) => isManifestPath(path))
}

/** The first file that cannot be read and may hold a manifest of this name. */
export function fileHiding(name: string, files: LoadResult['files']): string | undefined {
  for (const [file, state] of files) if (state.status === 'broken' && (state.names === undefined || state.names.has(name))) return file
  return undefined
}

function approvalsOf(tree: Tree): ReturnType<typeof readApprovals> {
  const file = tree.files.find((each: TreeFile) => each.path === approvalsFile)
  return file === undefined ? { approvals: [], diagnostics: [] } : readApprovals(file)
}

interface ToldApart {
  readonly candidates: ReadonlyMap<ManifestId, Manifest>
  readonly broken: ReadonlyMap<ManifestId, SourceRef>
  readonly twice: readonly Diagnostic[]
}

/** What is a manifest of its own, and what is not. In most trees every document is. */
function toldApart(documents: readonly ValidatedDocument[]): ToldApart {
  const candidates = new Map<ManifestId, Manifest>()
  for (const { manifest } of documents) if (manifest !== undefined) candidates.set(manifest.id, manifest)
  if (candidates.size === documents.length) return { candidates, broken: new Map(), twice: [] }
  const { unique, twice } = withoutDoubles(documents)
  const good = new Map(unique.flatMap(({ manifest }) => (manifest === undefined ? [] : [[manifest.id, manifest] as const])))
  return { candidates: good, broken: placesOf(documents.filter(({ id }) => id !== undefined && !good.has(id))), twice }
}

/** Two documents of one id: neither can be told to be the right one, so both are out, and both are named. */
function withoutDoubles(all: readonly ValidatedDocument[]): {
  readonly unique: readonly ValidatedDocument[]
  readonly twice: readonly Diagnostic[]
} {
  const first = new Map<ManifestId, ValidatedDocument>()
  const twice = new Set<ManifestId>()
  for (const each of all) {
    if (each.id === undefined) continue
    if (first.has(each.id)) twice.add(each.id)
    else first.set(each.id, each)
  }
  if (twice.size === 0) return { unique: [...first.values()], twice: [] }
  const groups = [...first.keys()].filter((id) => twice.has(id)).map((id) => all.filter((each) => each.id === id))
  return {
    unique: [...first].filter(([id]) => !twice.has(id)).map(([, each]) => each),
    twice: groups.flatMap((group) => group.map((each, index) => written(each, group[index === 0 ? 1 : 0] as ValidatedDocument))),
  }
}

function written(one: ValidatedDocument, other: ValidatedDocument): Diagnostic {
  const [kind, name] = String(one.id).split('/')
  const { file, line, column } = other.source
  return {
    severity: 'error',
    at: one.source,
    path: 'metadata.name',
    summary: `${kind} ${JSON.stringify(name)} is written twice; also at ${file}:${line}:${column}`,
    hint: 'delete or rename one of them',
    ...(one.id === undefined ? {} : { manifest: one.id }),
  }
}

function placesOf(documents: readonly ValidatedDocument[]): ReadonlyMap<ManifestId, SourceRef> {
  return new Map(documents.flatMap(({ id, source }) => (id === undefined ? [] : [[id, source] as const])))
}

/** Everything that is out, and why: what is broken itself, and what the resolution left out. */
export function invalidOf(
  broken: ReadonlyMap<ManifestId, SourceRef>,
  unresolved: ReadonlyMap<ManifestId, InvalidBecause>,
  candidates: ReadonlyMap<ManifestId, Manifest>,
): ReadonlyMap<ManifestId, InvalidManifest> {
  const invalid = new Map<ManifestId, InvalidManifest>()
  for (const [id, source] of broken) invalid.set(id, { because: 'own', source })
  for (const [id, because] of unresolved) {
    const source = candidates.get(id)?.source
    if (source !== undefined) invalid.set(id, { because, source })
  }
  return invalid
}

function refusals(tree: Tree): readonly Diagnostic[] {
  return tree.refused.map(({ path, reason }) => ({
    severity: 'error',
    at: { file: path, line: 0, column: 0 },
    path: '',
    summary: reason,
  }))
}
