import { homedir, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** Where the lab keeps what may be made again: images, snapshots, keys. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'reeve-lab')
}

/** Where the lab keeps what runs now: sockets, logs, state. Short, since a unix socket's path has at most 107 bytes. */
export function runFolder(): string {
  const own = process.env.XDG_RUNTIME_DIR
  return own ? join(own, 'reeve-lab') : join(tmpdir(), `reeve-lab-${userInfo().uid}`)
}

/** The folder of the recipe's files. */
export function recipeFolder(): string {
  return join(import.meta.dirname, 'recipe')
}
