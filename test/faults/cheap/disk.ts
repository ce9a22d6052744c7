import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/** A small disk of its own for a controller's state, in a mount namespace that outlives it. */
export interface SmallDisk extends Disposable {
  /** What runs a program there. */
  readonly wrap: readonly string[]
  /** The folder as it is seen from outside. */
  readonly seenAt: string
}

export async function startSmallDisk(folder: string, mebibytes: number): Promise<SmallDisk> {
  mkdirSync(folder, { recursive: true })
  const script = 'mount -t tmpfs -o size="$2" small "$1" && echo ready && exec sleep 86400'
  const words = ['-m', '--propagation', 'private', 'sh', '-c', script, 'sh', folder, `${mebibytes}M`]
  const keeper = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    keeper.stdout.once('data', () => resolve())
    keeper.once('exit', (code) => reject(new Error(`a small disk cannot be made (are you root?): unshare ended with ${code}`)))
  })
  return {
    wrap: ['nsenter', '-m', '-t', String(keeper.pid), '--'],
    seenAt: `/proc/${keeper.pid}/root${folder}`,
    [Symbol.dispose]: () => void keeper.kill('SIGKILL'),
  }
}
