import { mkdir, readdir, readFile, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from './process.ts'

/**
 * Makes a cgroup `reeve-lab-<our process id>-<name>` in every hierarchy that systemd writes to, and returns the folders. Without one of its own, a second systemd on this
 * machine would take the first one's processes for its own.
 */
export async function makeCgroups(name: string): Promise<string[]> {
  const folders = (await hierarchies()).map((root) => join(root, `reeve-lab-${process.pid}-${name}`))
  for (const folder of folders) await mkdir(folder, { recursive: true })
  return folders
}

/** Removes the cgroups of dead processes: the kernel ended what was in them, but only a living process can remove them. */
export async function sweepDeadCgroups(): Promise<void> {
  for (const root of await hierarchies()) {
    for (const name of await readdir(root)) {
      const owner = /^reeve-lab-(\d+)-/.exec(name)?.[1]
      if (owner && !isAlive(Number(owner))) await removeTree(join(root, name))
    }
  }
}

/** Removes what `makeCgroups` made and what systemd made inside. Waits for killed processes to leave; throws where some stay for ten seconds. */
export async function removeCgroups(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    for (let attempt = 0; !(await removeTree(folder)); attempt += 1) {
      if (attempt === 500) throw new Error(`processes stay in the cgroup ${folder}`)
      await sleep(20)
    }
  }
}

async function removeTree(folder: string): Promise<boolean> {
  const inner = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const groups = inner.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
  for (const group of groups.toSorted((a, b) => b.length - a.length)) await rmdir(group).catch(() => {})
  return rmdir(folder).then(
    () => true,
    (cause: NodeJS.ErrnoException) => cause.code === 'ENOENT',
  )
}

// cgroups(7): either all is cgroup2, or systemd's own v1 hierarchy stands beside the controllers' (and often a cgroup2 one without them).
async function hierarchies(): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' '))
  const isWritten = ([, , type, options = '']: string[]) => type === 'cgroup2' || (type === 'cgroup' && options.includes('name=systemd'))
  return mounts.filter(isWritten).map(([, folder]) => folder as string)
}
