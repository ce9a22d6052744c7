import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs shell text somewhere, stdin not its own. */
export type Run = (text: string) => Promise<Ran>

/** Runs a command that reads its script from stdin. */
export function runWith(argv: readonly string[], text: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const [command = 'sh', ...rest] = argv
    const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env.PATH, LC_ALL: 'C' } })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }))
    child.stdin.on('error', () => undefined)
    child.stdin.end(text)
  })
}

/** dash, on this machine. */
export function runShell(text: string): Promise<Ran> {
  return runWith(['dash', '-s'], text)
}

/** A directory that goes away with its test. */
export function temporaryDirectory(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'reeve-test-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
