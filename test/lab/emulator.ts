import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Accelerator } from './accelerator.ts'
import { type Backends, type Disk, disks, qemuArgs } from './hardware.ts'
import type { Image } from './image.ts'
import { askMonitor } from './monitor.ts'
import { isAlive, killNow, runOrThrow } from './process.ts'

/** All that is fixed about one machine before it runs. Plain data: it is kept in the lab's state file. */
export interface MachinePlan {
  readonly index: number
  readonly name: string
  readonly image: Image
  readonly accelerator: Accelerator
  /** Folder of sockets and logs. */
  readonly folder: string
  readonly diskFolder: string
  readonly linkFolder: string
  readonly hasNext: boolean
  readonly hostKey: string
  readonly hostKeyFile: string
  readonly identityFile: string
  readonly authorizedLine: string
  /** True: runs on when this process ends. False: the kernel ends it with us, however we end. */
  readonly outlivesUs: boolean
}

/** A machine process. */
export interface Running {
  readonly pid: number
  readonly sshPort: number
}

export function diskFilesIn(folder: string): Readonly<Record<Disk, string>> {
  return Object.fromEntries(disks.map((disk) => [disk, join(folder, `${disk}.qcow2`)])) as Record<Disk, string>
}

export function monitorSocketOf(plan: MachinePlan): string {
  return join(plan.folder, 'monitor')
}

/** Starts the machine: cold (then with these arguments for its kernel besides the usual), or from a snapshot on its disks. `sshPort` 0 takes any free port. */
export async function startEmulator(plan: MachinePlan, sshPort: number, snapshot?: string, kernelArguments?: string): Promise<Running> {
  const args = [
    ...qemuArgs(plan.index, plan.accelerator, plan.image, backendsOf(plan, sshPort), kernelArguments),
    ...(snapshot ? ['-loadvm', snapshot] : []),
  ]
  const log = openSync(join(plan.folder, 'qemu.log'), 'w')
  const [command, ...rest] = plan.outlivesUs
    ? ['qemu-system-x86_64', ...args]
    : ['setpriv', '--pdeathsig', 'KILL', 'qemu-system-x86_64', ...args]
  const child = spawn(command as string, rest, { stdio: ['ignore', log, log], detached: plan.outlivesUs })
  child.on('error', () => {})
  child.unref()
  if (child.pid === undefined) throw new Error(`${plan.name}: ${command} cannot be started; is qemu-system-x86 installed?`)
  return { pid: child.pid, sshPort: await awaitPort(plan, child.pid) }
}

function backendsOf(plan: MachinePlan, sshPort: number): Backends {
  return {
    diskFiles: diskFilesIn(plan.diskFolder),
    monitorSocket: monitorSocketOf(plan),
    serialLog: join(plan.folder, 'serial.log'),
    sshPort,
    linkFolder: plan.linkFolder,
    hasNext: plan.hasNext,
    identity: { hostKeyFile: plan.hostKeyFile, authorizedLine: plan.authorizedLine },
  }
}

/** The port that QEMU really listens on, once it does. */
async function awaitPort(plan: MachinePlan, pid: number): Promise<number> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const port = await readPort(plan)
    if (port !== undefined) return port
    if (!isAlive(pid)) throw new Error(`${plan.name}: QEMU ended: ${(await qemuLog(plan)).trim().split('\n').at(-1)}`)
    await sleep(100)
  }
  throw new Error(`${plan.name}: QEMU's monitor did not answer within a minute`)
}

async function readPort(plan: MachinePlan): Promise<number | undefined> {
  const text = await askMonitor(monitorSocketOf(plan), 'info usernet').catch(() => '')
  const port = /HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(text)?.[1]
  return port ? Number(port) : undefined
}

function qemuLog(plan: MachinePlan): Promise<string> {
  return readFile(join(plan.folder, 'qemu.log'), 'utf8').catch(() => '')
}

/** Saves (`savevm`) or loads (`loadvm`) a snapshot of the running machine, memory and disks. Throws where QEMU says anything: it is silent on success. */
export async function askSnapshot(plan: MachinePlan, action: 'savevm' | 'loadvm' | 'delvm', snapshot: string): Promise<void> {
  if (!/^[a-z0-9-]+$/.test(snapshot)) throw new Error(`snapshot name ${JSON.stringify(snapshot)}: use a-z, 0-9 and -`)
  const printed = await askMonitor(monitorSocketOf(plan), `${action} ${snapshot}`)
  if (printed !== '') throw new Error(`${plan.name}: ${action} ${snapshot}: ${printed}`)
}

/** Pulls the power: nothing in the machine gets a chance to write. Waits until the process is gone. */
export async function cutPower(pid: number): Promise<void> {
  killNow(pid)
  while (await isRunning(pid)) await sleep(20)
}

/** Whether the process runs. A zombie still answers kill(2), but it has let go of its files, which is what counts here, once its other threads are gone too. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  if (stat === '') return false
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  return threads.length > 1 || !/\) [ZX] /.test(stat)
}

/** Makes the machine's disks, blank but for the system, which is an overlay of the image. */
export async function createDisks(image: Image, folder: string): Promise<void> {
  const files = diskFilesIn(folder)
  const create = (...args: string[]) => runOrThrow('qemu-img', ['create', '-q', '-f', 'qcow2', ...args])
  await create('-b', image.diskFile, '-F', 'qcow2', files.system)
  await create(files.data, '4G')
  await create(files.blank, '4G')
  await create(files.smart, '64M')
}
