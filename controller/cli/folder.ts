import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { reasonOf } from '../model/reason.ts'
import { CommandEnd } from './exit.ts'

/** Makes a folder and those above it, or ends the command. Not `recursive`: Node 24 never comes back from that where the system answers ENOENT, as below /proc. */
export function makeFolder(path: string, what: string): void {
  try {
    makeAll(resolve(path))
    accessSync(path, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new CommandEnd(`${what} ${path} cannot be used: ${reasonOf(error)}`)
  }
}

function makeAll(path: string): void {
  const missing: string[] = []
  for (let at = path; statSync(at, { throwIfNoEntry: false }) === undefined && at !== dirname(at); at = dirname(at)) missing.unshift(at)
  for (const folder of missing) mkdirSync(folder, { mode: 0o700 })
  if (!statSync(path).isDirectory()) throw new Error('it is no folder')
}
