import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Progress } from './progress.ts'

/**
 * Does `act` while holding the lock of this file. A small flock(1) process holds it and ends with us, however we end: the kernel frees the lock,
 * so a killed build never leaves one behind.
 */
export async function withLock<T>(file: string, progress: Progress, act: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true })
  const holder = spawn('flock', [file, 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting = setTimeout(() => progress('waiting: another lab is building'), 1000)
  try {
    await Promise.race([once(holder.stdout, 'data'), failed(holder)])
    clearTimeout(waiting)
    return await act()
  } finally {
    clearTimeout(waiting)
    holder.stdin.end()
  }
}

async function failed(holder: ReturnType<typeof spawn>): Promise<never> {
  const [code] = await once(holder, 'exit')
  throw new Error(`flock ended with ${code} before it held the lock`)
}
