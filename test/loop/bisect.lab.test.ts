import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'
import { stringify } from 'yaml'
import { type Api, createApi } from '../lab/demo/api.ts'
import { type ControllerProcess, type LogRecord, startController } from '../lab/demo/controller.ts'
import { createRepository, type Repository } from '../lab/demo/repository.ts'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { run } from '../lab/process.ts'
import { type SmtpCatcher, startSmtpCatcher } from '../lab/smtp-catcher.ts'

// One nginx, three Proxies that share it, the real controller as a process of its own. The tests follow each other on it.
const stack = new AsyncDisposableStack()
let host: NativeHost
let repository: Repository
let mails: SmtpCatcher
let controller: ControllerProcess
let api: Api
let settings: Parameters<typeof startController>[0]
/** What the controller said, for whoever looks for the cause of a failure: SHOW_LOG=1 prints it. */
const records: LogRecord[] = []
const onRecord = (record: LogRecord): void => void records.push(record)

beforeAll(async () => {
  host = stack.use(await startNativeHost({ name: 'bisect1' }))
  const folder = await mkdtemp(join(tmpdir(), 'reeve-bisect-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  repository = await createRepository(folder)
  mails = stack.use(await startSmtpCatcher())
  await commit({ good: 'good 1', bad: 'bad 1', other: 'other 1' })
  settings = { folder, repositoryUrl: repository.url, identityFile: host.identityFile, smtpPort: mails.port, resync: '5s', onRecord }
  await start()
}, 600_000)
afterAll(async () => {
  await controller?.[Symbol.asyncDispose]()
  await stack.disposeAsync()
  if (process.env['SHOW_LOG'] !== undefined) for (const { time, level, msg } of records) console.log(`${time} ${level} ${msg}`)
})

async function start(): Promise<void> {
  controller = await startController(settings)
  api = createApi(controller.url)
}

type Answers = Readonly<Record<'good' | 'bad' | 'other', string>>

/** What each Proxy answers; `broken`: the one whose log lies in a folder that is not there, which nginx alone can tell. */
async function commit(answers: Answers, broken?: string): Promise<void> {
  const { name, address, port, hostKey } = host
  const hypervisor = { kind: 'Hypervisor', metadata: { name }, spec: { address, ports: [port], hostKeys: [hostKey] } }
  const proxies = Object.entries(answers).map(([proxy, body]) => {
    const accessLog = proxy === broken ? { accessLog: { server: '/var/log/absent/access.log' } } : {}
    const vhosts = [{ name: proxy, serverNames: [`${proxy}.example.org`], respond: { status: 200, body }, ...accessLog }]
    return { kind: 'Proxy', metadata: { name: proxy }, spec: { target: { hypervisor: name }, replaceDistroDefault: true, vhosts } }
  })
  for (const one of [hypervisor, ...proxies])
    await writeFile(join(repository.clone, `${one.metadata.name}.yaml`), stringify({ apiVersion: 'reeve.dev/v1', ...one }))
  await repository.commit(`${JSON.stringify(answers)} ${broken ?? ''}`)
}

/** By node:http, since fetch sets the header Host itself. */
function answerOf(proxy: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const asked = request({ host: host.address, port: 80, headers: { host: `${proxy}.example.org` }, timeout: 2000 }, (answer) => {
    let text = ''
    answer.setEncoding('utf8').on('data', (part: string) => (text += part))
    answer.once('end', () => resolve(text))
  })
  asked.once('error', ({ message }) => resolve(message))
  asked.once('timeout', () => asked.destroy(new Error('no answer')))
  asked.end()
  return promise
}

async function answers(): Promise<Answers> {
  return { good: await answerOf('good'), bad: await answerOf('bad'), other: await answerOf('other') }
}

async function served(wanted: Answers, timeout = 60_000): Promise<void> {
  const poll = expect.poll(answers, { timeout, interval: 200 }).toEqual(wanted)
  await Promise.race([poll, controller.ended])
}

async function readyOf(name: string): Promise<unknown> {
  const { resources } = await api.status()
  return resources.find((one) => one.name === name)?.conditions.find(({ type }) => type === 'Ready')
}

async function isReady(name: string): Promise<void> {
  await expect.poll(() => readyOf(name), { timeout: 60_000 }).toMatchObject({ status: true })
}

function subjects(): readonly string[] {
  return mails.mails.map((mail) => mail.headers['subject'] ?? '')
}

async function toldAs(subject: string): Promise<string> {
  const mail = await mails.waitFor((one) => one.headers['subject'] === subject, 120_000)
  return mail.body.replace(/=\r?\n/g, '')
}

const failed = '[reeve] bisect1: reconcile failed: Proxy/bad'

test('all three converge', () => served({ good: 'good 1', bad: 'bad 1', other: 'other 1' }))

test('a proxy that nginx refuses is held back alone: it answers as before, its neighbours’ changes go live, one mail names it with nginx’s words', async () => {
  await commit({ good: 'good 2', bad: 'bad 2', other: 'other 2' }, 'bad')
  const body = await toldAs(failed)
  expect(body).toContain('/var/log/absent/access.log')
  expect(body).toContain('No such file or directory')
  await served({ good: 'good 2', bad: 'bad 1', other: 'other 2' })
  await isReady('good')
  await isReady('other')
  expect(await readyOf('bad')).toMatchObject({
    status: false,
    reason: 'HeldBack',
    message: expect.stringContaining('/var/log/absent/access.log'),
  })
  expect(subjects()).toEqual([failed])
})

test('while it is held back the others go on, drift is put right, and no second mail comes', async () => {
  await commit({ good: 'good 3', bad: 'bad 2', other: 'other 2' }, 'bad')
  await served({ good: 'good 3', bad: 'bad 1', other: 'other 2' })
  await host.must("sed -i 's/good 3/drifted/' /etc/nginx/reeve/vhost-good.conf && systemctl reload nginx")
  await served({ good: 'good 3', bad: 'bad 1', other: 'other 2' })
  await setTimeout(15_000)
  expect(subjects().filter((subject) => !subject.includes('drift'))).toEqual([failed])
})

test('a controller that starts anew finds the same one, and mails nothing twice', async () => {
  await controller[Symbol.asyncDispose]()
  await start()
  await expect.poll(() => readyOf('bad').catch(String), { timeout: 60_000 }).toMatchObject({ status: false, reason: 'HeldBack' })
  await isReady('good')
  expect(await answers()).toEqual({ good: 'good 3', bad: 'bad 1', other: 'other 2' })
  expect(subjects().filter((subject) => !subject.includes('drift'))).toEqual([failed])
})

test('a commit that mends it ends it', async () => {
  await commit({ good: 'good 3', bad: 'bad 3', other: 'other 2' })
  await toldAs(failed.replace('[reeve]', '[reeve] resolved:'))
  await served({ good: 'good 3', bad: 'bad 3', other: 'other 2' })
  await isReady('bad')
})

test('where the user broke nginx.conf himself no manifest is rejected: the failure is told as that of the whole change', async () => {
  mails.clear()
  await host.must("cp -p /etc/nginx/nginx.conf /root/nginx.conf && echo 'nonsense;' >>/etc/nginx/nginx.conf")
  onTestFailed(() => host.must('cp -p /root/nginx.conf /etc/nginx/nginx.conf').then(() => undefined))
  await commit({ good: 'good 4', bad: 'bad 4', other: 'other 2' })
  const body = await toldAs('[reeve] bisect1: reconcile failed: Proxy/bad, Proxy/good, Proxy/other')
  expect(body).toContain('already broken without this change (not of this change)')
  expect(body).toContain('nginx.conf')
  await served({ good: 'good 3', bad: 'bad 3', other: 'other 2' })
  await setTimeout(15_000)
  expect(subjects()).toHaveLength(1)
  await host.must('cp -p /root/nginx.conf /etc/nginx/nginx.conf')
  // Nobody tells the controller: it comes back with its own back-off, after up to 80 s where it failed four times, 160 s after five.
  await served({ good: 'good 4', bad: 'bad 4', other: 'other 2' }, 180_000)
  await expect
    .poll(subjects, { timeout: 60_000 })
    .toContain('[reeve] resolved: bisect1: reconcile failed: Proxy/bad, Proxy/good, Proxy/other')
  expect(subjects()).toHaveLength(2)
})

test('reeve apply finds it too, says who is held back and why, and ends with 1', async () => {
  await controller[Symbol.asyncDispose]()
  await commit({ good: 'good 5', bad: 'bad 5', other: 'other 2' }, 'bad')
  const reeve = join(import.meta.dirname, '../../bin/reeve')
  const { code, stdout } = await run('sh', [reeve, 'apply', '--config', controller.configFile])
  expect(stdout).toContain('Proxy/bad is held back to what was in force')
  expect(stdout).toContain('/var/log/absent/access.log')
  expect(code).toBe(1)
  expect(await answers()).toEqual({ good: 'good 5', bad: 'bad 4', other: 'other 2' })
})

/** Two Proxies of Apache beside nginx, each with a redirect to what it is; `broken`: its log lies in a folder that is not there, which httpd alone can tell. */
async function commitApache(versions: Readonly<Record<string, string>>, broken?: string): Promise<void> {
  for (const [proxy, version] of Object.entries(versions)) {
    const accessLog = proxy === broken ? { accessLog: { server: '/var/log/absent/access.log' } } : {}
    const redirect = { to: `https://${version}.example.org/` }
    const vhosts = [{ name: proxy, serverNames: [`${proxy}.example.org`], listen: { http: 8080 }, redirect, ...accessLog }]
    const spec = { target: { hypervisor: host.name }, provider: 'apache', replaceDistroDefault: true, vhosts }
    const manifest = { apiVersion: 'reeve.dev/v1', kind: 'Proxy', metadata: { name: proxy }, spec }
    await writeFile(join(repository.clone, `${proxy}.yaml`), stringify(manifest))
  }
  await repository.commit(`${JSON.stringify(versions)} ${broken ?? ''}`)
}

test('of two Proxies of one Apache the one that it refuses is held back, and the other goes live', async () => {
  // Debian's ports.conf would open port 80 too, which is nginx's here.
  await host.must(': > /etc/apache2/ports.conf')
  await commit({ good: 'good 5', bad: 'bad 4', other: 'other 2' })
  await commitApache({ wild: 'wild-1', tame: 'tame-1' })
  const reeve = join(import.meta.dirname, '../../bin/reeve')
  const apply = () => run('sh', [reeve, 'apply', '--config', controller.configFile])
  const location = async (name: string) =>
    (await host.must(`curl -s -o /dev/null -w '%{redirect_url}' -H 'Host: ${name}.example.org' http://127.0.0.1:8080/`)).trim()
  const first = await apply()
  expect(first.code, first.stdout).toBe(0)
  await commitApache({ wild: 'wild-2', tame: 'tame-2' }, 'wild')
  const { code, stdout } = await apply()
  expect(stdout).toContain('Proxy/wild is held back to what was in force')
  expect(stdout).toContain("Cannot access directory '/var/log/absent/'")
  expect(code).toBe(1)
  expect([await location('wild'), await location('tame')]).toEqual(['https://wild-1.example.org/', 'https://tame-2.example.org/'])
})
