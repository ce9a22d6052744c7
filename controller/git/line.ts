import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RepositoryUrl } from './url.ts'

/** One ssh connection for all that git asks (ssh_config(5), ControlMaster): a question over it needs no handshake, and is no login in the server's log. ssh itself makes it anew where it broke. */
export interface SharedLine {
  /** Options for the ssh that is to use it; none where it cannot be had. */
  options(): readonly string[]
  /** Ends it. Never rejects. */
  close(): Promise<void>
}

export interface LineAccess {
  /** Private folder: whoever reaches the socket in it has the connection. */
  readonly stateDir: string
  readonly url: RepositoryUrl
  readonly identityFile?: string
  readonly knownHosts?: string
  readonly environment: { readonly PATH?: string | undefined }
}

/** Nobody asked for so long: ssh ends it by itself, also after a controller that was killed. */
const idleSeconds = 300
/** A socket's path has 107 bytes (unix(7)), and ssh appends 17 while it makes it. */
const longestPath = 90
const closeWithinMs = 2000

export function createSharedLine(access: LineAccess): SharedLine {
  let open: string | undefined

  return {
    options() {
      const socket = socketOf(access)
      // With another key, or another pin, what was let in by the old one must not go on.
      if (open !== undefined && open !== socket) void end(open, access)
      open = socket
      return socket === undefined ? [] : ['ControlMaster=auto', `ControlPath=${socket}`, `ControlPersist=${idleSeconds}`]
    },
    async close() {
      if (open !== undefined) await end(open, access)
      open = undefined
    },
  }
}

/** By all that a connection goes by. */
function socketOf({ stateDir, url, identityFile, knownHosts }: LineAccess): string | undefined {
  const all = [url, identityFile, knownHosts, contentOf(identityFile), contentOf(knownHosts)]
  const path = join(stateDir, `ssh-${createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 12)}`)
  return Buffer.byteLength(path) <= longestPath && /^\/[A-Za-z0-9_@+=:,./-]+$/.test(path) ? path : undefined
}

function contentOf(path: string | undefined): string {
  try {
    return path === undefined ? '' : readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

async function end(socket: string, { environment }: LineAccess): Promise<void> {
  const words = ['-F', '/dev/null', '-O', 'exit', '-o', `ControlPath=${socket}`, 'nobody']
  const options = { timeout: closeWithinMs, env: { PATH: environment.PATH ?? '/usr/local/bin:/usr/bin:/bin' } }
  await promisify(execFile)('ssh', words, options).catch(() => {})
}
