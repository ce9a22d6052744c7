import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cachedFolder, hashOf } from './cache.ts'
import { sweepDeadCgroups } from './cgroups.ts'
import { makeRoot, writeOwnSources } from './debian.ts'
import { ensureKey } from './keys.ts'
import { type LabHost, mustExec } from './machine.ts'
import { bootNative, type NativePlan, type NativeRunning, stopNative } from './native-boot.ts'
import { recipeFolder } from './places.ts'
import { createProgress, type Progress } from './progress.ts'
import { ensureInstalled, toBuild, toRunNative } from './requirements.ts'
import { execOverSsh } from './ssh-client.ts'
import { foldersOf, type LabFolders, makeFolders, removeFolders, sweepDeadLabs } from './state.ts'

/**
 * A Debian host at native speed: a root folder with systemd, sshd, nftables, nginx, Apache and Postfix (not started) and rsyslog, in namespaces of this machine. It has no device-mapper,
 * no kernel of its own and no way out; it is reached over a private pair of network devices. Disposing ends it.
 */
export interface NativeHost extends LabHost, AsyncDisposable {
  /** A process in its network namespace, until it boots again. */
  readonly pid: number
  /** Kills everything in it at once and boots again from the same files. Unlike a power cut, nothing that was written is lost. */
  powerCycle(): Promise<void>
}

export interface NativeOptions {
  /** Its hostname. Default native1. */
  readonly name?: string
  /** `peers`: with what the tools that Reeve is measured against need on a host. Default native. */
  readonly root?: NativeRoot
  readonly progress?: Progress
}

type NativeRoot = 'native' | 'peers'

let startedHere = 0

/** Starts one host in its clean state, building the root folder where the cache does not have it. Needs root. */
export async function startNativeHost(options: NativeOptions = {}): Promise<NativeHost> {
  const progress = options.progress ?? createProgress()
  if (process.getuid?.() !== 0) throw new Error('a host at native speed needs root: it makes namespaces and mounts')
  await ensureInstalled(toRunNative, progress)
  await Promise.all([sweepDeadLabs(), sweepDeadCgroups()])
  startedHere += 1
  const number = startedHere
  const folders = foldersOf(`t${process.pid}-n${number}`)
  await makeFolders(folders)
  const clearUp = () => removeFolders(folders)
  process.once('exit', clearUp)
  const plan = await planHost(options.name ?? 'native1', number, folders, await ensureNativeRoot(options.root ?? 'native', progress))
  return hostOf(plan, await bootFresh(plan), () => {
    process.off('exit', clearUp)
    clearUp()
  })
}

function hostOf(plan: NativePlan, first: NativeRunning, clearUp: () => void): NativeHost {
  let running = first
  const replace = async (boot: (plan: NativePlan) => Promise<NativeRunning>) => {
    await stopNative(plan, running)
    running = await boot(plan)
  }
  return {
    ...plan.target,
    get pid() {
      return running.pid
    },
    exec: (command, options) => execOverSsh(plan.target, command, options),
    must: (command, options) => mustExec(plan.target, command, options),
    reset: () => replace(bootFresh),
    powerCycle: () => replace(bootNative),
    [Symbol.asyncDispose]: () => stopNative(plan, running).finally(clearUp),
  }
}

async function planHost(
  name: string,
  number: number,
  { run: folder, disks: writtenFolder }: LabFolders,
  lowerFolder: string,
): Promise<NativePlan> {
  const [host, controller] = [await ensureKey(name), await ensureKey('controller')]
  const knownHostsFile = join(folder, 'known_hosts')
  await writeFile(knownHostsFile, `${name} ${host.publicLine}\n`)
  // A /30 of its own for each process and host, so that labs in parallel hardly meet.
  const index = (process.pid * 4 + number) % 16_384
  const addressOf = (last: number) => `10.78.${index >> 6}.${(index & 63) * 4 + last}`
  const target = {
    name,
    address: addressOf(2),
    port: 22,
    identityFile: controller.privateFile,
    hostKey: host.publicLine,
    knownHostsFile,
    folder,
  }
  const near = { nearAddress: addressOf(1), nearDevice: `rlab${index}` }
  return { target, hostKeyFile: host.privateFile, authorizedLine: controller.publicLine, lowerFolder, writtenFolder, ...near }
}

async function ensureNativeRoot(root: NativeRoot, progress: Progress): Promise<string> {
  const lists = root === 'native' ? ['native'] : ['native', root]
  const recipe = ['host.sh', 'native.sh', ...lists.map((name) => `${name}.packages`)].map((name) => join(recipeFolder(), name))
  const hash = await hashOf([...recipe, join(import.meta.dirname, 'debian.ts')])
  const folder = await cachedFolder(root, hash, progress, async (draft) => {
    await ensureInstalled(toBuild, progress)
    progress('building the root folder of hosts at native speed, once (half a minute)')
    const sources = await writeOwnSources(draft)
    await makeRoot({ lists, essentialHooks: [], customizeHooks: ['host.sh', 'native.sh'] }, join(draft, 'root'), sources, progress)
  })
  return join(folder, 'root')
}

async function bootFresh(plan: NativePlan): Promise<NativeRunning> {
  const { target, writtenFolder } = plan
  await rm(writtenFolder, { recursive: true, force: true })
  for (const part of ['work', 'root', 'upper/etc/ssh', 'upper/root/.ssh']) await mkdir(join(writtenFolder, part), { recursive: true })
  const upper = (file: string) => join(writtenFolder, 'upper', file)
  // In an overlay the upper folder's mode is the one that counts.
  for (const folder of ['root', 'root/.ssh']) await chmod(upper(folder), 0o700)
  await writeFile(upper('etc/hostname'), `${target.name}\n`)
  await writeFile(upper('etc/hosts'), `127.0.0.1 localhost\n127.0.1.1 ${target.name}\n`)
  await writeFile(upper('etc/ssh/ssh_host_ed25519_key'), await readFile(plan.hostKeyFile), { mode: 0o600 })
  await writeFile(upper('root/.ssh/authorized_keys'), `${plan.authorizedLine}\n`, { mode: 0o600 })
  return bootNative(plan)
}
