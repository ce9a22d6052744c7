import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endProcess } from './sshd.ts'

/** A real ssh-agent that holds these keys. */
export async function startAgent(keyFiles: readonly string[]): Promise<AsyncDisposable & { readonly socket: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'reeve-agent-'))
  const socket = join(dir, 'agent')
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  while (!existsSync(socket) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 10))
  for (const file of keyFiles) execFileSync('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' })
  return {
    socket,
    async [Symbol.asyncDispose]() {
      await endProcess(child)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
