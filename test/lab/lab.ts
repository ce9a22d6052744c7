import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseAccelerator } from './accelerator.ts'
import { provideCleanDisks } from './clean-disks.ts'
import { cutPower, type MachinePlan, startEmulator } from './emulator.ts'
import { nameOf } from './hardware.ts'
import { type Archives, ensureImage, type Image } from './image.ts'
import { ensureKey } from './keys.ts'
import { cleanSnapshot, createMachine, type Machine, wake } from './machine.ts'
import { killNow } from './process.ts'
import { createProgress, type Progress } from './progress.ts'
import { ensureInstalled, toRun } from './requirements.ts'
import { closeSharedConnection } from './ssh-client.ts'
import {
  foldersOf,
  isUp,
  type LabFolders,
  type LabState,
  type MachineState,
  makeFolders,
  readState,
  removeFolders,
  stateFileIn,
  sweepDeadLabs,
  writeState,
} from './state.ts'

export type { Archives, ContainerArchive } from './image.ts'
export type { DiskCache, LabHost, Machine } from './machine.ts'

export interface LabOptions {
  /** How many hypervisors: he1, he2, …. Default 1. */
  readonly machines?: number
  /** Default: lines on stderr. */
  readonly progress?: Progress
  /** Set by `lab up`: a lab of this name that outlives this process. Default: it ends with this process, however that ends. */
  readonly keepAs?: string
}

/** Real hypervisors that run now. Disposing ends them and removes their disks. */
export interface Lab extends Archives, AsyncDisposable {
  readonly machines: readonly Machine[]
  /** Throws where there is none of this name. */
  machine(name: string): Machine
  /** Give it to `attachLab` in another process. */
  readonly stateFile: string
  /** All machines at once; see Machine. */
  reset(): Promise<void>
  snapshot(name: string): Promise<void>
  restore(name: string): Promise<void>
}

let startedHere = 0

/** Starts hypervisors from their clean state, building what is missing. Rejects with one clear line where this machine cannot. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const progress = options.progress ?? createProgress()
  await ensureInstalled(toRun, progress)
  await sweepDeadLabs()
  const image = await ensureImage(progress)
  startedHere += 1
  const folders = foldersOf(options.keepAs ?? `t${process.pid}-${startedHere}`)
  await makeFolders(folders)
  const plans = await planMachines(options, image, folders, progress)
  const started: MachineState[] = []
  const clearUp = () => {
    for (const { running } of started) killNow(running.pid)
    removeFolders(folders)
  }
  process.once('exit', clearUp)
  try {
    const machines = await Promise.all(plans.map((plan) => startClean(plan, started, progress)))
    const state: LabState = {
      ...(options.keepAs ? {} : { ownerPid: process.pid }),
      containerArchive: image.containerArchive,
      servicesArchive: image.servicesArchive,
      machines,
    }
    await writeState(stateFileIn(folders.run), state)
    if (options.keepAs) process.off('exit', clearUp)
    const lab = labOf(stateFileIn(folders.run), state)
    return { ...lab, [Symbol.asyncDispose]: () => endLab(lab, folders).finally(() => process.off('exit', clearUp)) }
  } catch (error) {
    clearUp()
    process.off('exit', clearUp)
    throw error
  }
}

/** A handle on a lab that another process started. Disposing it leaves the machines alone. */
export async function attachLab(stateFile: string): Promise<Lab> {
  const state = await readState(stateFile)
  if (!state) throw new Error(`no lab in ${stateFile}: is it down?`)
  return labOf(stateFile, state)
}

/** Ends the machines of a lab by their process ids and removes all it kept. */
export async function endLab(lab: Lab, folders: LabFolders): Promise<void> {
  const state = await readState(lab.stateFile)
  await Promise.all(lab.machines.map(closeSharedConnection))
  await Promise.all((state?.machines ?? []).filter(isUp).map(({ running }) => cutPower(running.pid)))
  removeFolders(folders)
}

async function planMachines(options: LabOptions, image: Image, { run, disks }: LabFolders, progress: Progress): Promise<MachinePlan[]> {
  const accelerator = await chooseAccelerator(image, progress)
  const controller = await ensureKey('controller')
  const count = options.machines ?? 1
  return Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const name = nameOf(at + 1)
      const host = await ensureKey(name)
      const [folder, diskFolder] = [join(run, name), join(disks, name)]
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(join(folder, 'known_hosts'), `${name} ${host.publicLine}\n`)
      const keys = {
        hostKey: host.publicLine,
        hostKeyFile: host.privateFile,
        identityFile: controller.privateFile,
        authorizedLine: controller.publicLine,
      }
      const place = { folder, diskFolder, linkFolder: run, hasNext: at + 1 < count }
      return { index: at + 1, name, image, accelerator, ...place, ...keys, outlivesUs: options.keepAs !== undefined }
    }),
  )
}

async function startClean(plan: MachinePlan, started: MachineState[], progress: Progress): Promise<MachineState> {
  await provideCleanDisks(plan, progress)
  const running = await startEmulator(plan, 0, cleanSnapshot)
  const state = { plan, running }
  started.push(state)
  await wake(
    handleOf(state, async () => {}),
    running.pid,
  )
  progress(`${plan.name} is up: port ${running.sshPort}`)
  return state
}

function handleOf(state: MachineState, onPower: (state: MachineState) => Promise<void>): Machine {
  const { plan, running } = state
  return createMachine(plan, running, join(plan.folder, 'known_hosts'), (now) => onPower({ plan, running: now }))
}

function labOf(stateFile: string, first: LabState): Lab {
  let state = first
  const onPower = async (changed: MachineState) => {
    state = { ...state, machines: state.machines.map((one) => (one.plan.name === changed.plan.name ? changed : one)) }
    await writeState(stateFile, state)
  }
  const machines = first.machines.map((one) => handleOf(one, onPower))
  const all = async (act: (machine: Machine) => Promise<void>) => void (await Promise.all(machines.map(act)))
  return {
    machines,
    machine: (name) => machines.find((machine) => machine.name === name) ?? throwUnknown(name, machines),
    containerArchive: first.containerArchive,
    servicesArchive: first.servicesArchive,
    stateFile,
    reset: () => all((machine) => machine.reset()),
    snapshot: (name) => all((machine) => machine.snapshot(name)),
    restore: (name) => all((machine) => machine.restore(name)),
    [Symbol.asyncDispose]: () => all(closeSharedConnection),
  }
}

function throwUnknown(name: string, machines: readonly Machine[]): never {
  throw new Error(`the lab has no machine ${JSON.stringify(name)}; it has ${machines.map((machine) => machine.name).join(', ')}`)
}
