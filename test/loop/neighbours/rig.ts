import { randomBytes } from 'node:crypto'
import type { GitNews } from '../../../controller/cli/reporter.ts'
import { readRules } from '../../../controller/cli/rules.ts'
import type { Cycle } from '../../../controller/engine/cycle.ts'
import type { Host } from '../../../controller/engine/host.ts'
import type { Charge } from '../../../controller/loop/charge.ts'
import { type Controller, createController } from '../../../controller/loop/controller.ts'
import type { HostHandle, LoopDeps, Observer } from '../../../controller/loop/ports.ts'
import type { RevisionRules } from '../../../controller/loop/revision.ts'
import { type Crd, createSchemas } from '../../../controller/manifests/schemas.ts'
import type { Difference } from '../../../controller/model/change.ts'
import type { Fleet } from '../../../controller/model/fleet.ts'
import { type HypervisorName, keyOf, primitiveId } from '../../../controller/model/ids.ts'
import type { AnyKind, Vital } from '../../../controller/model/kind.ts'
import type { Manifest } from '../../../controller/model/manifest.ts'
import type { AnyPrimitive, Peer, PeerFacts, Spec } from '../../../controller/model/primitive.ts'
import type { OpenSecret } from '../../../controller/model/secrets.ts'
import type { Suspension } from '../../../controller/model/suspension.ts'
import type { Target } from '../../../controller/model/target.ts'
import { file } from '../../../controller/primitives/file/spec.ts'
import { primitives } from '../../../controller/primitives/registry.ts'
import type { Secret } from '../../../controller/shell/secret.ts'
import { sh } from '../../../controller/shell/sh.ts'
import { type NoteSpec, note, notePrimitive } from '../../engine/note.ts'

/** A manifest that these tests know: a note on each of its placements, one after the other or at once. */
export interface Board {
  readonly at: readonly { readonly hypervisor: string; readonly ctid?: string }[]
  readonly text: string
  readonly path?: string
  readonly isSlow?: boolean
  readonly suspend?: { readonly reason: string }
  readonly fails?: boolean
  /** The step that writes the note takes so long. */
  readonly sleepSeconds?: number
  /** Its health is asked over the network, or apart from cycles. */
  readonly asks?: 'network' | 'slow'
  /** A file with the value of this secret instead of a note, mode 0600; `checks`: a checker that refuses every file, and repeats it. */
  readonly secretRef?: string
  readonly checks?: boolean
  /** The note says what this note elsewhere says. */
  readonly mirrors?: { readonly hypervisor: string; readonly path: string }
}

export type Boards = Readonly<Record<string, Board>>

const anything = { type: 'object', additionalProperties: true }
const boardCrd = {
  spec: {
    group: 'reeve.dev',
    names: { kind: 'Board' },
    versions: [{ name: 'v1', schema: { openAPIV3Schema: { properties: { spec: anything }, required: ['spec'] } } }],
  },
} as unknown as Crd

const hypervisorCrd = {
  spec: {
    group: 'reeve.dev',
    names: { kind: 'Hypervisor' },
    versions: [{ name: 'v1', schema: { openAPIV3Schema: { properties: { spec: anything }, required: [] } } }],
  },
} as unknown as Crd

export interface MirrorSpec extends Omit<NoteSpec, 'type'> {
  readonly type: 'mirror'
  readonly peers: readonly [Peer]
}

/** A note that says what a note elsewhere says; alone, where nobody can tell. */
const mirrorPrimitive: AnyPrimitive = {
  ...notePrimitive,
  type: 'mirror',
  fields: () => ({}),
  diff: (spec, observed, last, peers) => notePrimitive.diff(asNote(spec as MirrorSpec, peers), observed, last) as Difference,
  steps: (spec, change, observed, context) => notePrimitive.steps(asNote(spec as MirrorSpec, context.peers), change, observed, context),
}

function asNote({ path, peers: [peer] }: MirrorSpec, facts: PeerFacts | undefined): NoteSpec {
  const fact = facts?.of(peer)
  return note(path, fact?.status === 'present' ? `seen ${fact.state}` : fact?.status === 'absent' ? 'nothing' : 'alone')
}

const targetOf = ({ hypervisor, ctid }: Board['at'][number]): Target => ({
  hypervisor: hypervisor as HypervisorName,
  ...(ctid === undefined ? {} : { inside: ctid as never, provider: 'openvz' }),
})

function vitalOf({ spec }: Manifest<string, Board>, target: Target): Vital {
  const path = spec.path ?? '/mnt/note'
  return {
    id: 'ill',
    target,
    pace: spec.asks === 'network' ? 'fromController' : spec.asks === 'slow' ? 'slow' : 'trip',
    probe: spec.asks === 'network' ? { type: 'tcp', host: '127.0.0.1', port: 1 } : sh`cat ${`${path}.ill`} 2>/dev/null || echo ok`,
    assess: ({ stdout }) => ({
      healthy: stdout.trim() === 'ok',
      reason: 'Asked',
      message: stdout.trim() || 'it does not answer',
      samples: [],
    }),
  }
}

function secretFile(path: string, content: Secret | undefined, checks = false): Spec {
  const plain = file({ path, content: content ?? 'there is none', mode: '0600', owner: 'root:root', deletionPolicy: 'Delete' })
  return checks ? ({ ...plain, type: 'checked', id: primitiveId('checked', path) } as Spec) : plain
}

const filePrimitive = primitives.find(({ type }) => type === 'file') as AnyPrimitive

/** A file that a checker judges. It lets no file pass, and says which line it dislikes. */
const checkedPrimitive: AnyPrimitive = {
  ...filePrimitive,
  type: 'checked',
  steps: (spec, change, observed, context) => [
    ...filePrimitive.steps(spec, change, observed, context),
    { title: 'check the file', phase: 'load', run: sh`sleep 1; printf 'line 1 is wrong: ' >&2; cat ${keyOf(spec.id)} >&2; exit 1` },
  ],
}

const boardKind = {
  kind: 'Board',
  references: () => [],
  check: () => [],
  place: ({ spec }: Manifest<string, Board>) => spec.at.map((one) => ({ target: targetOf(one), role: 'holder' })),
  rollout: ({ spec }: Manifest<string, Board>) => (spec.isSlow ? 'oneAtATime' : undefined),
  compile({ spec }: Manifest<string, Board>, _at: unknown, fleet: Fleet) {
    const { path = '/mnt/note', text, mirrors, secretRef } = spec
    if (secretRef !== undefined) return [secretFile(path, fleet.secret(secretRef), spec.checks)]
    const fails = { ...(spec.fails ? { fails: ['run'] as const } : {}), ...(spec.sleepSeconds ? { sleepSeconds: spec.sleepSeconds } : {}) }
    if (mirrors === undefined) return [note(path, text, fails)]
    const peer = { target: { hypervisor: mirrors.hypervisor as HypervisorName }, id: primitiveId('note', mirrors.path) }
    return [{ ...note(path, text), type: 'mirror', id: primitiveId('mirror', path), peers: [peer] }]
  },
  vitals: (manifest: Manifest<string, Board>, at: { readonly target: Target }) =>
    manifest.spec.mirrors ? [] : [vitalOf(manifest, at.target)],
} as unknown as AnyKind

const hypervisorKind: AnyKind = {
  kind: 'Hypervisor',
  references: () => [],
  check: () => [],
  place: ({ name }) => [{ target: { hypervisor: name as HypervisorName }, role: 'host' }],
  compile: () => [],
}

const kinds = [hypervisorKind, boardKind]
export const rules: RevisionRules = {
  ...readRules('test'),
  schemas: createSchemas([hypervisorCrd, boardCrd]),
  kinds: new Map(kinds.map((kind) => [kind.kind, kind])),
  allKinds: kinds,
  primitives: [notePrimitive, mirrorPrimitive, filePrimitive, checkedPrimitive],
}

/** A commit with these hypervisors and boards. */
export function treeOf(commit: string, hypervisors: readonly string[], boards: Boards, more: Readonly<Record<string, Uint8Array>> = {}) {
  const all = [
    ...hypervisors.map((name) => ({ kind: 'Hypervisor', metadata: { name }, spec: {} })),
    ...Object.entries(boards).map(([name, spec]) => ({ kind: 'Board', metadata: { name }, spec })),
  ]
  const files = all.map((one) => ({
    path: `${one.kind}-${one.metadata.name}.yaml`.toLowerCase(),
    bytes: Buffer.from(JSON.stringify({ apiVersion: 'reeve.dev/v1', ...one })),
  }))
  return { commit, files: [...files, ...Object.entries(more).map(([path, bytes]) => ({ path, bytes }))], refused: [] }
}

/** A controller with a repository that tests write to; nothing comes by itself but wake-ups: the resync is an hour away. */
export interface Loop {
  readonly controller: Controller
  /** What cycles came to, oldest first: `he1 converged`, `he2 waiting: …`. */
  readonly log: readonly string[]
  readonly cycles: readonly Cycle[]
  commit(boards: Boards, hypervisors?: readonly string[], more?: Readonly<Record<string, Uint8Array>>): Promise<void>
  readonly approvals: Set<string>
  /** How many things it still means to do at some time. */
  timers(): number
  /** How often it was told how Git stands. */
  gitTold(): number
}

export interface LoopOptions {
  /** Other files of the first commit. */
  readonly more?: Readonly<Record<string, Uint8Array>>
  readonly openSecret?: OpenSecret
  readonly suspensions?: () => readonly Suspension[]
  /** Called before the tree of a commit is read. */
  readonly onRead?: (commit: string) => void
  /** Where it shares the hosts with others. */
  readonly charge?: Charge
  /** Told beside the log. */
  readonly observer?: Observer<GitNews>
}

export async function startLoop(hosts: ReadonlyMap<string, Host>, boards: Boards, options: LoopOptions = {}): Promise<Loop> {
  const names = [...hosts.keys()]
  const trees = new Map([['c1', treeOf('c1', names, boards, options.more)]])
  const git = { state: { commit: 'c1', trouble: undefined as unknown } }
  let onChange: (state: typeof git.state) => void = () => {}
  const cycles: Cycle[] = []
  const log: string[] = []
  const approvals = new Set<string>()
  let gitTold = 0
  const timers = new Set<NodeJS.Timeout>()
  const deps: LoopDeps<typeof git.state> = {
    git: {
      get state() {
        return git.state
      },
      start: async (told) => {
        onChange = told
      },
      refresh: async () => git.state,
      async readTree(commit) {
        options.onRead?.(commit)
        return { status: 'read', tree: trees.get(commit) ?? treeOf(commit, [], {}) }
      },
      readFile: async () => undefined,
      history: async () => [],
      isAncestor: async () => true,
    },
    rules: { ...rules, ...(options.openSecret ? { openSecret: options.openSecret } : {}) },
    clock: {
      nowSeconds: () => Date.now() / 1000,
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      after(delayMs, run) {
        const timer = setTimeout(() => {
          timers.delete(timer)
          run()
        }, delayMs)
        timers.add(timer)
        return () => {
          timers.delete(timer)
          clearTimeout(timer)
        }
      },
    },
    timings: { resyncSeconds: 3600, workers: 4, observeTimeoutMs: 20_000, applyTimeoutMs: 20_000, confirmTimeoutMs: 3000 },
    observer: {
      onGit: () => void gitTold++,
      onRevision: (revision) => options.observer?.onRevision(revision),
      onUnreadable(commit, reason) {
        log.push(`${commit} unreadable: ${reason}`)
      },
      onProgress: (name, event) => options.observer?.onProgress(name, event),
      onCycle(seen) {
        const { cycle } = seen
        options.observer?.onCycle(seen)
        cycles.push(cycle)
        log.push(`${cycle.hypervisor} ${cycle.status}${cycle.message === '' ? '' : `: ${cycle.message}`}`)
      },
      onHostError(name, error) {
        log.push(`${name} error: ${error instanceof Error ? error.message : String(error)}`)
      },
      onHostGone(name) {
        log.push(`${name} gone`)
      },
      onHostLeft(name) {
        log.push(`${name} left`)
      },
    },
    name: 'a test',
    ...(options.charge ? { charge: options.charge } : {}),
    random: () => 0.5,
    randomHex: () => randomBytes(16).toString('hex'),
    connect: (hypervisor) => handleOf(hosts.get(hypervisor.name)),
    suspensions: options.suspensions ?? (() => []),
    approvals: () => approvals,
    wants: () => true,
  }
  const controller = createController(deps)
  await controller.start()
  return {
    controller,
    log,
    cycles,
    approvals,
    timers: () => timers.size,
    gitTold: () => gitTold,
    async commit(next, hypervisors = names, more = {}) {
      const commit = `c${trees.size + 1}`
      trees.set(commit, treeOf(commit, hypervisors, next, more))
      git.state = { commit, trouble: undefined }
      onChange(git.state)
    },
  }
}

/** The host outlives the controller that is connected to it. */
function handleOf(host: Host | undefined): HostHandle {
  if (host === undefined) throw new Error('no such host')
  return Object.assign(Object.create(host) as Host, { [Symbol.asyncDispose]: async () => {} })
}
