import { statSync } from 'node:fs'
import { reasonOf } from '../model/reason.ts'
import { CommandEnd } from './exit.ts'

/**
 * Root who works in the controller's folder would leave files there that the controller, another user, can read no more. So it goes on as whom the folder belongs to, as `sudo -u` would.
 * For everybody else, and where the folder is root's or not there yet, nothing changes.
 */
export function becomeOwnerOf(folder: string): void {
  if (process.getuid?.() !== 0) return
  const stat = statSync(folder, { throwIfNoEntry: false })
  if (stat === undefined || stat.uid === 0) return
  try {
    setGroups(stat.uid, stat.gid)
    process.setgid?.(stat.gid)
    process.setuid?.(stat.uid)
  } catch (error) {
    throw new CommandEnd(`${folder} belongs to the user ${stat.uid}, and root cannot go on as that one: ${reasonOf(error)}`)
  }
}

/** Not in Node's published types. */
const groupsOfUser = process as unknown as { initgroups(user: number, group: number): void }

/** Those of /etc/group; a user that no passwd knows (of a container) has its own alone. */
function setGroups(uid: number, gid: number): void {
  try {
    groupsOfUser.initgroups(uid, gid)
  } catch {
    process.setgroups?.([gid])
  }
}
