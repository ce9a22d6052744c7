import { existsSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MachinePlan, Running } from './emulator.ts'
import type { Archives } from './image.ts'
import { cacheFolder, runFolder } from './places.ts'
import { isAlive } from './process.ts'

/** One machine of a lab: how it was made and how it runs now. */
export interface MachineState {
  readonly plan: MachinePlan
  readonly running: Running
}

/** All that another process needs to use a lab. */
export interface LabState extends Archives {
  /** The process that the lab ends with; absent where it runs on until `lab down`. */
  readonly ownerPid?: number
  readonly machines: readonly MachineState[]
}

/** The folders of one lab: run state, and disks, which are too large for a folder in memory. */
export interface LabFolders {
  readonly run: string
  readonly disks: string
}

export function foldersOf(lab: string): LabFolders {
  return { run: join(runFolder(), lab), disks: join(cacheFolder(), 'run', lab) }
}

export function stateFileIn(runFolderOfLab: string): string {
  return join(runFolderOfLab, 'state.json')
}

export async function writeState(file: string, state: LabState): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(state, null, 2))
  await rename(`${file}.new`, file)
}

/** The state in this file, or undefined where no lab is there. */
export async function readState(file: string): Promise<LabState | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as LabState)
}

/** The state files of all labs of this user, as text. */
export async function stateTexts(): Promise<string[]> {
  const names = await readdir(runFolder()).catch(() => [])
  return Promise.all(names.map((name) => readFile(stateFileIn(join(runFolder(), name)), 'utf8').catch(() => '')))
}

/** Whether the machine's process runs, and is that machine's: a process id may have been given to another. */
export function isUp({ plan, running }: MachineState): boolean {
  const file = `/proc/${running.pid}/cmdline`
  return existsSync(file) && readFileSync(file, 'utf8').includes(plan.folder)
}

export async function makeFolders({ run, disks }: LabFolders): Promise<void> {
  await mkdir(run, { recursive: true, mode: 0o700 })
  await mkdir(disks, { recursive: true })
}

export function removeFolders({ run, disks }: LabFolders): void {
  rmSync(run, { recursive: true, force: true })
  rmSync(disks, { recursive: true, force: true })
}

/** Removes what labs left whose process was killed; the kernel has ended their machines already. Labs of `up` are not touched. */
export async function sweepDeadLabs(): Promise<void> {
  const names = await Promise.all([runFolder(), join(cacheFolder(), 'run')].map((folder) => readdir(folder).catch(() => [])))
  for (const name of new Set(names.flat())) {
    const owner = /^t(\d+)-/.exec(name)?.[1]
    if (owner && !isAlive(Number(owner)))
      await Promise.all(Object.values(foldersOf(name)).map((folder) => rm(folder, { recursive: true, force: true })))
  }
}
