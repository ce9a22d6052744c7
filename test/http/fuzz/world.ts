import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { stringify } from 'yaml'
import { createClient } from '../../../controller/http/client.ts'
import { createRepository, temporaryFolder } from '../../git/repository.ts'
import { freePort } from '../../ssh/free-port.ts'
import type { FuzzWorld } from './cases.ts'

/** The real controller with webhooks, its repository on this machine, and a git that keeps count of how often the repository was asked. */
export interface Fuzzed extends FuzzWorld, AsyncDisposable {
  readonly port: number
  readonly log: readonly string[]
  isAlive(): boolean
  /** Kilobytes that the process holds. */
  residentKilobytes(): number
  /** How often the repository was asked. */
  questions(): number
  /** Entries of the history about webhooks. */
  remembered(): Promise<number>
  /** `reeve_webhook_requests_total` by result. */
  counted(): Promise<Readonly<Record<string, number>>>
}

const secret = 'a secret of some length'

export async function startFuzzed(provider: FuzzWorld['provider']): Promise<Fuzzed> {
  const folder = temporaryFolder()
  const repository = createRepository(join(folder.path, 'fleet'))
  const head = repository.commit({ 'README.md': 'no manifests yet' })
  const [apiPort, port] = [await freePort(), await freePort()]
  const questions = countingGit(folder.path)
  writeFileSync(join(folder.path, 'secret'), `${secret}\n`, { mode: 0o600 })
  const configFile = join(folder.path, 'reeve.yaml')
  const stateDir = join(folder.path, 'state')
  writeFileSync(
    configFile,
    stringify({
      fleet: 'fuzz',
      repository: { url: repository.folder, pollInterval: '24h' },
      listen: { port: apiPort },
      stateDir,
      webhooks: {
        provider,
        secretFile: join(folder.path, 'secret'),
        listen: { port },
        limits: { perSource: 1_000_000, inAll: 1_000_000 },
      },
    }),
  )
  const log: string[] = []
  const child = start(configFile, folder.path, log)
  await told(child, log, 'listening for webhooks')
  const client = createClient(join(stateDir, 'reeve.sock'))
  return {
    provider,
    secret,
    head,
    get nowSeconds() {
      return Math.floor(Date.now() / 1000)
    },
    port,
    log,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    residentKilobytes: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]),
    questions,
    remembered: async () => (await client.history({ sort: 'webhook', limit: 1000 })).length,
    async counted() {
      const text = await (await fetch(`http://127.0.0.1:${apiPort}/metrics`)).text()
      const found = [...text.matchAll(/^reeve_webhook_requests_total\{result="(\w+)"\} (\d+)$/gm)]
      return Object.fromEntries(found.map(([, result, value]) => [result, Number(value)]))
    },
    async [Symbol.asyncDispose]() {
      const closed = once(child, 'close')
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await closed
      }
      folder[Symbol.dispose]()
    },
  }
}

function start(configFile: string, folder: string, log: string[]): ChildProcess {
  const reeve = join(import.meta.dirname, '../../../bin/reeve')
  // Killed ourselves, the kernel ends it.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', 'sh', reeve, 'run', '--config', configFile], {
    env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', (line) => log.push(line))
  return child
}

async function told(child: ChildProcess, log: readonly string[], words: string): Promise<void> {
  while (!log.some((line) => line.includes(words))) {
    if (child.exitCode !== null) throw new Error(`the controller ended: ${log.slice(-5).join(' / ')}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A git before the real one, that notes its arguments: how often the repository was asked, by a question or by a fetch without one. */
function countingGit(folder: string): () => number {
  const [bin, notes] = [join(folder, 'bin'), join(folder, 'git.log')]
  mkdirSync(bin)
  writeFileSync(notes, '')
  writeFileSync(join(bin, 'git'), `#!/bin/sh\nPATH=\${PATH#*:}\necho "$*" >>'${notes}'\nexec git "$@"\n`)
  chmodSync(join(bin, 'git'), 0o755)
  return () =>
    readFileSync(notes, 'utf8')
      .split('\n')
      .filter((line) => /(^| )(ls-remote|fetch) /.test(line)).length
}
