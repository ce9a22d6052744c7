import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { askSnapshot, cutPower, isRunning, type MachinePlan, monitorSocketOf, type Running, startEmulator } from './emulator.ts'
import { eth1Of } from './hardware.ts'
import { askMonitor } from './monitor.ts'
import { isAlive, type Outcome } from './process.ts'
import { closeSharedConnection, type ExecOptions, execOverSsh, type SshTarget, waitForBanner } from './ssh-client.ts'

/** The snapshot that every machine starts from. */
export const cleanSnapshot = 'clean'

const coldBootLimitMs = 400_000
const warmLimitMs = 60_000

/** A host of the lab that a test may do anything to. */
export interface LabHost extends SshTarget {
  /** Runs a shell command as root. */
  exec(command: string, options?: ExecOptions): Promise<Outcome>
  /** Like `exec`, gives stdout, and throws where the command fails. */
  must(command: string, options?: ExecOptions): Promise<string>
  /** Back to the clean state, with the clock right, proven by a new connection. */
  reset(): Promise<void>
}

/**
 * What a power cut does to writes that reached a disk and were not flushed. `kept` (default): as if it had written them just before. `lost`: gone,
 * which spares only what was flushed; LVM's metadata, for one, is written past the page cache and not flushed.
 */
export type DiskCache = 'kept' | 'lost'

/** An emulated hypervisor. */
export interface Machine extends LabHost {
  /** Address on the network between machines, without prefix length. */
  readonly eth1Address: string
  readonly pid: number
  /** Keeps memory and disks as they are now under a name (a-z, 0-9, -). */
  snapshot(name: string): Promise<void>
  /** Back to a snapshot of this machine, which is started for it where it is off. */
  restore(name: string): Promise<void>
  /** Pulls the power and boots again from the same disks. */
  powerCycle(diskCache?: DiskCache): Promise<void>
  /** Pulls the power and leaves the machine off: what the host's kernel had not yet written to the disks is lost. */
  powerOff(diskCache?: DiskCache): Promise<void>
  /** Boots a machine that is off; with arguments for its kernel besides the usual, which hold until it is off again. */
  powerOn(kernelArguments?: string): Promise<void>
  /** Plugs or pulls a network cable: `uplink` carries SSH, `lan` is eth1. Pulled, packets vanish without an error. */
  setCable(cable: 'uplink' | 'lan', isPlugged: boolean): Promise<void>
  /** Stops and continues the machine's processors: a host that hangs with its connections open. */
  freeze(): Promise<void>
  thaw(): Promise<void>
}

/** Told each new process of a machine, since the state file must know it. */
export type OnPower = (running: Running) => Promise<void>

/** The handle of a machine that runs. */
export function createMachine(plan: MachinePlan, running: Running, knownHostsFile: string, onPower: OnPower): Machine {
  const { name, folder, identityFile, hostKey } = plan
  const target: SshTarget = { name, address: '127.0.0.1', port: running.sshPort, identityFile, hostKey, knownHostsFile, folder }
  const ask = async (command: string) => void (await askMonitor(monitorSocketOf(plan), command))
  const power = createPower(plan, target, running, onPower)
  return {
    ...target,
    ...power.actions,
    eth1Address: eth1Of(plan.index).split('/')[0] as string,
    get pid() {
      return power.pid()
    },
    exec: (command, options) => execOverSsh(target, command, options),
    must: (command, options) => mustExec(target, command, options),
    reset: () => power.actions.restore(cleanSnapshot),
    snapshot: (snapshot) => askSnapshot(plan, 'savevm', snapshot),
    setCable: (cable, isPlugged) => ask(`set_link ${cable} ${isPlugged ? 'on' : 'off'}`),
    freeze: () => ask('stop'),
    thaw: () => ask('cont'),
  }
}

interface Power {
  pid(): number
  readonly actions: Pick<Machine, 'restore' | 'powerOff' | 'powerOn' | 'powerCycle'>
}

/** What begins or ends the machine's process, and knows the one it has now. */
function createPower(plan: MachinePlan, target: SshTarget, first: Running, onPower: OnPower): Power {
  let now = first
  const start = async (snapshot?: string, kernelArguments?: string) => {
    now = await startEmulator(plan, now.sshPort, snapshot, kernelArguments)
    await onPower(now)
  }
  const actions: Power['actions'] = {
    restore: async (snapshot) => {
      await closeSharedConnection(target)
      if (await isRunning(now.pid)) await loadSnapshot(plan, snapshot)
      else await start(snapshot)
      await wake(target, now.pid)
    },
    powerOff: async (diskCache = 'kept') => {
      // Stopping the processors makes QEMU write out what the machine gave to its disks.
      if (diskCache === 'kept') await askMonitor(monitorSocketOf(plan), 'stop').catch(() => {})
      await cutPower(now.pid)
      await closeSharedConnection(target)
    },
    powerOn: async (kernelArguments) => {
      await start(undefined, kernelArguments)
      await waitForBoot(target, now.pid)
    },
    powerCycle: async (diskCache) => {
      await actions.powerOff(diskCache)
      await actions.powerOn()
    },
  }
  return { pid: () => now.pid, actions }
}

async function loadSnapshot(plan: MachinePlan, snapshot: string): Promise<void> {
  await askSnapshot(plan, 'loadvm', snapshot)
  for (const command of ['set_link uplink on', 'set_link lan on', 'cont']) await askMonitor(monitorSocketOf(plan), command)
}

/** Runs a command on a host and throws where it fails. */
export async function mustExec(target: SshTarget, command: string, options?: ExecOptions): Promise<string> {
  const { code, stdout, stderr } = await execOverSsh(target, command, options)
  if (code !== 0)
    throw new Error(`${target.name}: ${command}: ended with ${code ?? 'the time limit'}: ${`${stdout}\n${stderr}`.trim().slice(-2000)}`)
  return stdout
}

/** Waits for a cold boot: sshd answers and systemd has no job left. */
export async function waitForBoot(target: SshTarget, pid: number): Promise<void> {
  await waitForBanner(target, coldBootLimitMs, () => throwIfDead(target, pid))
  const { stdout } = await execOverSsh(target, 'systemctl is-system-running --wait', { timeoutMs: coldBootLimitMs })
  if (stdout.trim() === 'running') return
  const failed = await execOverSsh(target, 'systemctl --failed --plain --no-legend')
  throw new Error(
    `${target.name} booted as ${JSON.stringify(stdout.trim())}; failed units: ${failed.stdout.trim() || failed.stderr.trim()}`,
  )
}

/**
 * After a snapshot was loaded: its clock stands where it was saved and its random generator would repeat itself. Both are put right over a
 * new SSH connection, which proves the machine is back.
 */
export async function wake(target: SshTarget, pid: number): Promise<void> {
  await waitForBanner(target, warmLimitMs, () => throwIfDead(target, pid))
  await reseed(target)
  // Over the connection that is open now: setting the clock takes the time of one command, not of a handshake.
  await mustExec(target, `date -u -s @${(Date.now() / 1000).toFixed(3)} > /dev/null`)
}

// The first connection after a restore now and then meets an sshd that still waits for a client of before.
async function reseed(target: SshTarget): Promise<void> {
  // RNDRESEEDCRNG of <linux/random.h>
  const command = `cat > /dev/urandom && perl -e 'open F, ">", "/dev/urandom"; ioctl F, 0x5207, 0'`
  for (let attempt = 1; ; attempt += 1) {
    const { code, stderr } = await execOverSsh(target, command, { stdin: randomBytes(64).toString('hex'), timeoutMs: 30_000 })
    if (code === 0) return
    if (attempt === 5) throw new Error(`${target.name} does not take commands after its snapshot was loaded: ${stderr.trim()}`)
    await closeSharedConnection(target)
    await sleep(300)
  }
}

function throwIfDead(target: SshTarget, pid: number): void {
  if (!isAlive(pid)) throw new Error(`${target.name}: its QEMU process ${pid} ended`)
}
