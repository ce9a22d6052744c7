import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createJudge } from '../../controller/forge/judge.ts'
import type { HookProvider } from '../../controller/forge/provider.ts'
import { startHookServer } from '../../controller/http/hooks.ts'
import { type HookSeen, hookResults } from '../../controller/model/hook.ts'
import { Secret } from '../../controller/shell/secret.ts'
import { signed } from '../forge/sign.ts'
import { freePort } from '../ssh/free-port.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/webhooks.md'), 'utf8')
const log = { debug() {}, info() {}, warn() {}, error() {} }

let folder: string
let seen: HookSeen[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-hooks-'))
  seen = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function block(language: string, word = ''): string {
  const blocks = [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text)
  const found = blocks.find((text) => text.includes(word))
  if (found === undefined) throw new Error(`docs/webhooks.md has no ${language} with ${word}`)
  return found
}

function start(provider: HookProvider, secret: string) {
  const judge = createJudge({ provider, branch: 'main', secrets: () => [new Secret(secret)], nowSeconds: () => Date.now() / 1000 })
  const listen = { host: '127.0.0.1', port: 0 }
  const limits = { perSource: 100, inAll: 100 }
  return startHookServer({ listen, provider, proxies: ['127.0.0.1'], limits, judge, onSeen: (one) => void seen.push(one), log })
}

it('the commands make a secret for its owner alone, and a push that is signed with it', async () => {
  const file = join(folder, 'webhook-secret')
  // As a user of its own on a machine of its own: test/guide/guide.lab.test.ts.
  const commands = block('sh', 'install').replace(' -o reeve', '')
  const run = (script: string, url: string) =>
    promisify(execFile)('sh', ['-eu', '-c', script.replaceAll('/etc/reeve/webhook-secret', file)], {
      env: { PATH: process.env.PATH, url, no_proxy: '127.0.0.1' },
    })
  await run(commands, '')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  await using server = await start('generic', readFileSync(file, 'utf8').trim())
  const { stdout } = await run(block('sh', 'hmac').replace(/^url=.*\n/m, ''), `http://127.0.0.1:${server.port}/hooks/generic`)
  expect(stdout).toBe('{"result":"accepted","message":"the branch main is read now"}')
})

it('the nginx before it lets pushes through with their true source, and nothing else', async () => {
  const secret = 'a secret of some length'
  await using server = await start('github', secret)
  await using nginx = await startNginx(block('nginx').replaceAll('127.0.0.1:9809', `127.0.0.1:${server.port}`))
  const body = Buffer.from('{"ref":"refs/heads/main"}')
  const headers = { ...signed('github', body, { secret, nowSeconds: 0 }), 'x-forwarded-for': '192.0.2.66' }
  const post = (path: string, bytes: Buffer, method = 'POST') =>
    fetch(`http://127.0.0.1:${nginx.port}${path}`, { method, headers, ...(method === 'GET' ? {} : { body: bytes }) })
  expect((await post('/hooks/github', body)).status).toBe(202)
  expect((await post('/hooks/github', Buffer.alloc(1_100_000))).status).toBe(413)
  expect((await post('/hooks/github', body, 'GET')).status).toBe(403)
  expect((await post('/api/v1/status', body)).status).toBe(404)
  expect(seen.map(({ result, source }) => [result, source])).toEqual([['accepted', '127.0.0.1']])
})

it('the page has a row for every result', () => {
  const rows = [...page.matchAll(/^\| \d+ \| `(\w+)`/gm)].map((match) => match[1])
  expect(rows.sort()).toEqual([...hookResults].sort())
})

async function startNginx(location: string): Promise<AsyncDisposable & { readonly port: number }> {
  const port = await freePort()
  mkdirSync(join(folder, 'tmp'))
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/tmp/${name};`).join('\n')
  const config = join(folder, 'nginx.conf')
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http { access_log off; ${places}
server { listen 127.0.0.1:${port}; root ${folder}/nothing;
${location} } }`,
  )
  const child = spawn('nginx', ['-c', config, '-e', join(folder, 'error.log')], { stdio: 'ignore' })
  const closed = once(child, 'close')
  await expect
    .poll(
      () =>
        fetch(`http://127.0.0.1:${port}/`).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 10_000 },
    )
    .toBe(404)
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await closed
    },
  }
}
