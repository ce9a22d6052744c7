import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeCgroups, removeCgroups } from './cgroups.ts'
import { cutPower } from './emulator.ts'
import { run, runOrThrow } from './process.ts'
import { closeSharedConnection, execOverSsh, type SshTarget, waitForBanner } from './ssh-client.ts'

/** What one native host is made of. */
export interface NativePlan {
  readonly target: SshTarget
  readonly hostKeyFile: string
  readonly authorizedLine: string
  /** The cached root, shared by all and never written. */
  readonly lowerFolder: string
  /** What this host wrote. */
  readonly writtenFolder: string
  /** The near end of its network device: address and name. */
  readonly nearAddress: string
  readonly nearDevice: string
}

/** A host that runs: the process whose end is the end of all in it. */
export interface NativeRunning {
  readonly pid: number
  readonly cgroups: readonly string[]
}

const bootLimitMs = 60_000

/** Boots the host from its folders and waits until systemd has no job left. Throws where a unit failed. */
export async function bootNative(plan: NativePlan): Promise<NativeRunning> {
  const { target } = plan
  const cgroups = await makeCgroups(plan.nearDevice)
  const child = spawnHost(plan, cgroups)
  if (child.pid === undefined || !child.stdin) throw new Error('setpriv cannot be started; is util-linux installed?')
  await plug(plan, child.pid)
  child.stdin.end('go\n')
  await waitForBanner(target, bootLimitMs, () => throwIfEnded(child, target))
  const { stdout } = await execOverSsh(target, 'systemctl is-system-running --wait')
  if (stdout.trim() === 'running') return { pid: child.pid, cgroups }
  const failed = await execOverSsh(target, 'systemctl --failed --plain --no-legend')
  throw new Error(`${target.name} booted as ${JSON.stringify(stdout.trim())}: ${failed.stdout.trim()}`)
}

/** Kills all that runs in the host at once and removes its device and cgroups. */
export async function stopNative({ target, nearDevice }: NativePlan, { pid, cgroups }: NativeRunning): Promise<void> {
  await closeSharedConnection(target)
  await cutPower(pid)
  // The kernel removes it with the namespace, but in its own time: a host that starts again needs the name now.
  await run('ip', ['link', 'delete', nearDevice])
  await removeCgroups(cgroups)
}

// --pdeathsig and --kill-child: when this process ends, however, the first process of the new process namespace ends, and the kernel ends all others there.
function spawnHost({ target, lowerFolder, writtenFolder }: NativePlan, cgroups: readonly string[]): ChildProcess {
  const log = openSync(join(target.folder, 'console.log'), 'a')
  const namespaces = ['unshare', '--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc']
  const script = [join(import.meta.dirname, 'native-start.sh'), target.name, lowerFolder, writtenFolder, ...cgroups]
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...namespaces, ...script], { stdio: ['pipe', log, log] })
  closeSync(log)
  return child
}

/** Gives the host its one network device: the far end of a pair. */
async function plug({ target, nearAddress, nearDevice }: NativePlan, pid: number): Promise<void> {
  await namespaceMade(pid)
  const inside = (...args: string[]) => runOrThrow('nsenter', ['-t', String(pid), '-n', 'ip', ...args])
  await runOrThrow('ip', ['link', 'add', nearDevice, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)])
  await runOrThrow('ip', ['address', 'add', `${nearAddress}/30`, 'dev', nearDevice])
  await runOrThrow('ip', ['link', 'set', nearDevice, 'up'])
  await inside('address', 'add', `${target.address}/30`, 'dev', 'eth0')
  await inside('link', 'set', 'eth0', 'up')
}

async function namespaceMade(pid: number): Promise<void> {
  const own = await readlink('/proc/self/ns/net')
  while ((await readlink(`/proc/${pid}/ns/net`)) === own) await sleep(5)
}

function throwIfEnded(child: ChildProcess, { name, folder }: SshTarget): void {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} ended while it booted; ${folder}/console.log says why`)
}
