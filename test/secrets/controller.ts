import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { join } from 'node:path'
import { signed } from '../forge/sign.ts'
import { repository as statusRepository, type TestForge } from '../http/forge.ts'
import { type ControllerProcess, startController } from '../lab/demo/controller.ts'
import { ownValues } from './canaries.ts'

/** What a controller is started with; every file with a secret lies below `keys`. */
export interface Given {
  readonly folder: string
  readonly keys: string
  readonly repositoryUrl: string
  readonly repositoryIdentity: string
  readonly knownHosts: string
  readonly hostIdentity: string
  readonly smtpPort: number
  readonly fallbackPort: number
  readonly forge: TestForge
  readonly hookPort: number
  /** Text of an age identity file. */
  readonly identityText: string
  /** `variables`: what can come by the environment does, and the mail servers by ssmtp.conf. */
  readonly by: 'files' | 'variables'
  onRecord(record: object): void
}

/** Its reeve.yaml, as far as it holds secrets. */
export interface Started {
  readonly process: ControllerProcess
  readonly config: Readonly<Record<string, unknown>>
}

export async function startWithCanaries(given: Given): Promise<Started> {
  const run = join(given.folder, `run-${given.by}`)
  await mkdir(run, { recursive: true })
  const file = async (name: string, text: string) => {
    const path = join(given.keys, name)
    await writeFile(path, `${text}\n`, { mode: 0o600 })
    return path
  }
  const isByFiles = given.by === 'files'
  const server = async (name: 'smarthost' | 'fallback', port: number) => ({
    host: '127.0.0.1',
    port,
    user: 'reeve',
    passwordFile: await file(`${name}-password`, ownValues[name]),
  })
  const ssmtp = `Root=ops@example.org\nMailHub=127.0.0.1:${given.smtpPort}\nAuthUser=reeve\nAuthPass=${ownValues.ssmtp}`
  const servers = isByFiles
    ? { smarthost: await server('smarthost', given.smtpPort), fallback: await server('fallback', given.fallbackPort) }
    : { ssmtpConf: await file('ssmtp.conf', ssmtp) }
  const more = {
    logLevel: 'debug',
    repository: { url: given.repositoryUrl, branch: 'main', identityFile: given.repositoryIdentity, knownHosts: given.knownHosts },
    identities: { default: { privateKeyFile: given.hostIdentity } },
    ...(isByFiles ? { secrets: { identityFile: await file('age-identity', given.identityText) } } : {}),
    mail: { ...servers, from: 'reeve@example.org', to: ['ops@example.org'] },
    webhooks: {
      provider: 'github',
      listen: { port: given.hookPort },
      ...(isByFiles ? { secretFile: await file('webhook-secret', ownValues.webhook) } : {}),
    },
    commitStatus: {
      provider: 'gitea',
      api: given.forge.api,
      repository: statusRepository,
      tokenFile: await file('status-token', ownValues.statusToken),
    },
    api: { tokensFile: join(given.keys, 'tokens') },
  }
  const process = await startController({
    folder: run,
    repositoryUrl: given.repositoryUrl,
    identityFile: given.hostIdentity,
    smtpPort: given.smtpPort,
    resync: '5s',
    environment: isByFiles ? {} : { REEVE_SECRETS_IDENTITY: given.identityText, REEVE_WEBHOOKS_SECRET: ownValues.webhookByVariable },
    more,
    onRecord: given.onRecord,
  })
  return { process, config: more }
}

/** What a command prints, to both. */
export function reeve(configFile: string, ...args: readonly string[]): { readonly stdout: string; readonly all: string } {
  const words = [join(import.meta.dirname, '../../bin/reeve'), ...args, '--config', configFile]
  const { stdout, stderr } = spawnSync('sh', words, { encoding: 'utf8', timeout: 120_000 })
  return { stdout, all: stdout + stderr }
}

/** A webhook as the forge would send it; answers the status and what was said. */
export async function pushHook(port: number, secret: string): Promise<string> {
  const body = Buffer.from(JSON.stringify({ ref: 'refs/heads/main', after: '0'.repeat(40), commits: [] }))
  const headers = signed('github', body, { secret, nowSeconds: Date.now() / 1000, id: crypto.randomUUID() })
  const answer = await fetch(`http://127.0.0.1:${port}/hooks/github`, { method: 'POST', headers, body })
  return `${answer.status} ${await answer.text()}`
}

/** All that the API says to somebody who reads, by its own description: each address, and the first of what streams. */
export async function everyAnswer(url: string): Promise<readonly string[]> {
  const described = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  }
  const paths = Object.entries(described.paths).flatMap(([path, methods]) => ('get' in methods ? [path] : []))
  return Promise.all(paths.map((path) => firstOf(`${url}${path}${path === '/api/v1/history' ? '?limit=1000' : ''}`)))
}

const mostStreamMs = 1500

async function firstOf(url: string): Promise<string> {
  const request = get(url)
  const [answer] = (await once(request, 'response')) as [import('node:http').IncomingMessage]
  const timer = setTimeout(() => request.destroy(), mostStreamMs)
  let text = JSON.stringify(answer.headers)
  try {
    for await (const chunk of answer) text += String(chunk)
  } catch {
    // A stream does not end by itself.
  }
  clearTimeout(timer)
  return text
}
