import type { Cycle } from '../../controller/engine/cycle.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { emptyMemory } from '../../controller/engine/session.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import type { LxcContainerSpec, LxcContainerWish } from '../../controller/primitives/lxcContainer/spec.ts'
import { depsOf, desired } from '../conformance/engine.ts'
import { web } from '../primitives/lxcContainer/specs.ts'
import { archivePath, type LxcHost } from './host.ts'

export const root = '/mnt/ct/web'

/** The usual container on this host, with its root in a folder, from the host's archive. */
export function box(
  host: LxcHost,
  change: Partial<LxcContainerWish> = {},
  settings: Readonly<Record<string, string>> = {},
): LxcContainerSpec {
  const template = { path: archivePath, sha256: host.sha256 }
  return web({ name: host.name, rootfs: { folder: root }, template, ...change }, { 'lxc.rootfs.path': `dir:${root}`, ...settings })
}

/** What a controller that lives on remembers of a host. */
const memories = new WeakMap<LxcHost, ReconcileDeps['memory']>()

function memoryOf(host: LxcHost): ReconcileDeps['memory'] {
  const memory = memories.get(host) ?? emptyMemory()
  memories.set(host, memory)
  return memory
}

/** The controller is killed, too: the next one knows nothing. */
export function forget(host: LxcHost): void {
  memories.delete(host)
}

export type Policy = Partial<ReconcileDeps>

/** One cycle of the real engine over these specs. Restarts are allowed, unless `more.restarts` says otherwise. */
export function cycleOf(host: LxcHost, specs: readonly Spec[], more: Policy & { readonly restarts?: 'Never' } = {}): Promise<Cycle> {
  const { restarts, ...deps } = more
  const all = desired(specs)
  const items = restarts === undefined ? all.items : all.items.map((item) => ({ ...item, spec: { ...item.spec, restarts } }))
  return reconcile({ ...all, items }, { ...depsOf({ host, run: host.must }), memory: memoryOf(host), ...deps })
}

/** Cycles until nothing is left to do: `noop`, or what went wrong. */
export async function converge(host: LxcHost, specs: readonly Spec[], more: Parameters<typeof cycleOf>[2] = {}): Promise<string> {
  let last = ''
  for (let turn = 0; turn < 100; turn++) {
    const cycle = await cycleOf(host, specs, more)
    const failed = cycle.finishedJobs.find(({ isDone }) => !isDone)?.stderr
    if (failed !== undefined) return failed
    if (cycle.status === 'noop' || (cycle.status !== 'waiting' && cycle.status !== 'converged')) return told(cycle)
    last = `${told(cycle)} ${JSON.stringify(cycle.plan.unknown)} ${JSON.stringify(cycle.plan.withheld)} ${cycle.applied.map(({ outcome }) => JSON.stringify(outcome))}`
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return `never came to an end: ${last} ${await host.must('ls -R /var/lib/reeve/journal')}`
}

function told({ status, message }: Cycle): string {
  return `${status} ${message}`.trim()
}

export function inside(host: LxcHost, command: string): Promise<string> {
  return host.must(`timeout -k 5 20 lxc-attach -n ${host.name} --clear-env -- /bin/sh -c '${command}' </dev/null`)
}
