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
  return killAll(host, '"/bin/sh "*|"sleep 30 "*', 'kill -STOP $pids')
}

/** The apply alone: its transactions go on. */
export function killApply(host: ShellHost): Promise<void> {
  return killAll(host, '"/bin/sh /var/lib/reeve/journal/"*|"sleep 30 "*', ':')
}

/** Its main process alone, as for a lack of memory: the transaction that it was waiting for goes on. */
export function killMain(host: ShellHost): Promise<void> {
  return killAll(host, '"/bin/sh /var/lib/reeve/journal/"*', ':')
}

/** Waits until no transaction runs on this host. */
export async function atRest(host: ShellHost): Promise<void> {
  await host.run(`while [ -n "$(${pidsOf('"/bin/sh -s do "*')})" ]; do sleep 0.1; done`)
}

/** Only of this host: other tests of this machine have journals too, and this very script names them. */
function pidsOf(pattern: string): string {
  return `for p in /proc/[0-9]*; do [ "$(readlink $p/ns/mnt)" = "$(readlink /proc/$$/ns/mnt)" ] || continue; case $(tr "\\0" " " <$p/cmdline) in ${pattern}) echo "\${p##*/}" ;; esac; done 2>/dev/null`
}

/** Comes back when they have let go of all that they held. */
async function killAll(host: ShellHost, pattern: string, first: string): Promise<void> {
  await host.run(`pids=$(${pidsOf(pattern)}); ${first}; kill -KILL $pids
for p in $pids; do while grep -vq ') Z ' /proc/$p/stat 2>/dev/null; do sleep 0.02; done; done`)
}
