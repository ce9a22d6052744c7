import { randomBytes } from 'node:crypto'
import type { Host } from '../../controller/engine/host.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { emptyMemory } from '../../controller/engine/session.ts'
import type { HypervisorName, ManifestId } from '../../controller/model/ids.ts'
import type { DesiredState } from '../../controller/model/plan.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { notePrimitive } from './note.ts'
import type { ShellHost } from './shell-host.ts'

const hypervisor = 'he1' as HypervisorName

/** What a controller hands to the engine, with the clock and the randomness of this machine, and no memory of the host. */
export function depsOf(host: Host, more: Partial<ReconcileDeps> = {}): ReconcileDeps {
  return {
    host,
    memory: emptyMemory(),
    primitives: new Map([['note', notePrimitive]]),
    random: () => randomBytes(16).toString('hex'),
    observeTimeoutMs: 20_000,
    maxReplyBytes: 1 << 22,
    policy: { approvals: new Set(), isWindowOpen: () => false, suspendedBecause: () => undefined },
    sourceFile: () => 'one.yaml',
    removalOf: () => ({ status: 'removed' }),
    now: () => Date.now() / 1000,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    epoch: 1,
    applyTimeoutMs: 20_000,
    confirmTimeoutMs: 3000,
    controller: 'a test',
    ...more,
  }
}

/** Content of a file on the host; `absent` where there is none. */
export async function textOf(host: ShellHost, path: string): Promise<string> {
  return (await host.run(`cat ${path} 2>/dev/null || echo absent`)).stdout.trim()
}

/** These things, wanted by one manifest on one hypervisor. */
export function wantedOf(specs: readonly Spec[], commit = 'c1', fleet = 'test'): DesiredState {
  return {
    hypervisor,
    fleet,
    commit,
    vitals: [],
    items: specs.map((spec) => ({ target: { hypervisor }, spec, owners: ['Note/one' as ManifestId] })),
  }
}

/** Waits until it is true; ten seconds at most. */
export async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await isTrue()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it did not come true in time')
}

/** As a power cut: its transaction has no time to undo anything itself. */
export function cutPower(host: ShellHost): Promise<void> {
  return host.killShells('')
}

/** The apply alone: its transactions go on. */
export function killApply(host: ShellHost): Promise<void> {
  return host.killShells('/var/lib/reeve/journal/', { withSleeps: true })
}

/** Its main process alone, as for a lack of memory: the transaction that it was waiting for goes on. */
export function killMain(host: ShellHost): Promise<void> {
  return host.killShells('/var/lib/reeve/journal/')
}

/** Waits until no transaction runs on this host. */
export function atRest(host: ShellHost): Promise<void> {
  return host.untilNoShell('-s do ')
}
