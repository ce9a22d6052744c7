import { createHash } from 'node:crypto'
import { constants, rmSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isThere } from './cache.ts'
import { askSnapshot, createDisks, cutPower, diskFilesIn, type MachinePlan, monitorSocketOf, startEmulator } from './emulator.ts'
import { deviceArgs, disks } from './hardware.ts'
import { withLock } from './lock.ts'
import { cleanSnapshot, createMachine, type Machine, waitForBoot } from './machine.ts'
import { askMonitor } from './monitor.ts'
import { isAlive, runOrThrow } from './process.ts'
import type { Progress } from './progress.ts'

/**
 * Puts disks with the snapshot `clean` into the plan's disk folder. Each machine boots once for it; then the result waits in the cache beside its image,
 * under a name made of all that the snapshot depends on: devices, QEMU's version, keys.
 */
export async function provideCleanDisks(plan: MachinePlan, progress: Progress): Promise<void> {
  const cached = join(plan.image.folder, `clean-${await snapshotHash(plan)}`, plan.name)
  if (!(await isThere(cached))) {
    await withLock(join(plan.image.folder, `${plan.name}.lock`), progress, async () => {
      if (!(await isThere(cached))) await bootOnce(plan, cached, progress)
    })
  }
  await mkdir(plan.diskFolder, { recursive: true })
  const [from, to] = [diskFilesIn(cached), diskFilesIn(plan.diskFolder)]
  await Promise.all(disks.map((disk) => copyFile(from[disk], to[disk], constants.COPYFILE_FICLONE)))
}

async function snapshotHash(plan: MachinePlan): Promise<string> {
  const version = await runOrThrow('qemu-system-x86_64', ['--version'])
  const parts = [...deviceArgs(plan.index, plan.accelerator), version, plan.hostKey, plan.authorizedLine]
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12)
}

async function bootOnce(plan: MachinePlan, cached: string, progress: Progress): Promise<void> {
  const draft = `${cached}.draft`
  const folder = await mkdtemp(join(tmpdir(), 'reeve-boot-'))
  const clearUp = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', clearUp)
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true })
  try {
    await createDisks(plan.image, draft)
    progress(`${plan.name}: first boot, once for this image (half a minute to two)`)
    await bootAndSave({ ...plan, folder, linkFolder: folder, diskFolder: draft, outlivesUs: false })
    await rename(draft, cached)
    progress(`${plan.name}: clean state saved`)
  } finally {
    clearUp()
    process.off('exit', clearUp)
  }
}

async function bootAndSave(plan: MachinePlan): Promise<void> {
  const knownHostsFile = join(plan.folder, 'known_hosts')
  await writeFile(knownHostsFile, `${plan.name} ${plan.hostKey}\n`)
  const running = await startEmulator(plan, 0)
  try {
    const machine = createMachine(plan, running, knownHostsFile, async () => {})
    await waitForBoot(machine, running.pid)
    await settle(machine)
    await askSnapshot(plan, 'savevm', cleanSnapshot)
    // Ends QEMU in good order, so that every byte of the snapshot is in its file.
    await askMonitor(monitorSocketOf(plan), 'quit').catch(() => {})
    while (isAlive(running.pid)) await sleep(50)
  } finally {
    await cutPower(running.pid)
  }
}

// What a first boot leaves behind would be in every machine: our session, the journal's first rotation, dirty pages.
async function settle(machine: Machine): Promise<void> {
  await machine.must('vgs --noheadings -o vg_name vg_data && sync')
  await machine.exec('journalctl -q --flush; sleep 2; sync')
}
