import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { ask, makeCertificate, makeSite } from '../kinds/proxy/local-nginx.ts'
import { type Api, createApi } from '../lab/demo/api.ts'
import { type ControllerProcess, startController } from '../lab/demo/controller.ts'
import { createRepository, type Repository } from '../lab/demo/repository.ts'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { startSmtpCatcher } from '../lab/smtp-catcher.ts'

// Two Proxies of one nginx, of which one has HTTPS by a certificate that soon ends. The tests follow each other on it.
const stack = new AsyncDisposableStack()
let host: NativeHost
let repository: Repository
let controller: ControllerProcess
let api: Api

beforeAll(async () => {
  host = stack.use(await startNativeHost({ name: 'tls1' }))
  const folder = await mkdtemp(join(tmpdir(), 'reeve-tls-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  repository = await createRepository(folder)
  const mails = stack.use(await startSmtpCatcher())
  await putCertificate('good', 5)
  await commit(proxy('good', 'good 1', 'good'), proxy('bad', 'bad 1'))
  const settings = {
    folder,
    repositoryUrl: repository.url,
    identityFile: host.identityFile,
    smtpPort: mails.port,
    resync: '5s',
    onRecord: () => {},
  }
  controller = await startController(settings)
  api = createApi(controller.url)
}, 600_000)
afterAll(async () => {
  await controller?.[Symbol.asyncDispose]()
  await stack.disposeAsync()
})

/** Puts a certificate and its key where somebody else would keep them. */
async function putCertificate(name: string, days: number): Promise<void> {
  using site = makeSite()
  makeCertificate(site, name, days)
  for (const end of ['crt', 'key']) {
    const text = await readFile(site.path(`${name}.${end}`), 'utf8')
    await host.must(`umask 077; mkdir -p /etc/ssl; cat >/etc/ssl/${name}.${end} <<'PEM'\n${text}PEM`)
  }
}

interface Written {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: object
}

function proxy(name: string, body: string, certificate?: string): Written {
  const files = { certificate: `/etc/ssl/${certificate}.crt`, key: `/etc/ssl/${certificate}.key` }
  const tls = certificate === undefined ? {} : { tls: files }
  const vhosts = [{ name, serverNames: [`${name}.example.org`], respond: { status: 200, body }, ...tls }]
  return { kind: 'Proxy', metadata: { name }, spec: { target: { hypervisor: host.name }, replaceDistroDefault: true, vhosts } }
}

async function commit(...proxies: readonly Written[]): Promise<void> {
  const { name, address, port, hostKey } = host
  const hypervisor: Written = { kind: 'Hypervisor', metadata: { name }, spec: { address, ports: [port], hostKeys: [hostKey] } }
  for (const one of [hypervisor, ...proxies])
    await writeFile(join(repository.clone, `${one.metadata.name}.yaml`), stringify({ apiVersion: 'reeve.dev/v1', ...one }))
  await repository.commit(JSON.stringify(proxies))
}

async function bodyOf(name: string, tls?: object): Promise<string> {
  const port = tls ? 443 : 80
  const question = { address: host.address, port, host: `${name}.example.org`, ...(tls ? { tls } : {}) }
  return ask(question).then(({ body }) => body, String)
}

async function served(wanted: { readonly good: string; readonly bad: string }): Promise<void> {
  const answers = async () => ({ good: await bodyOf('good', {}), bad: await bodyOf('bad') })
  await Promise.race([expect.poll(answers, { timeout: 60_000, interval: 200 }).toEqual(wanted), controller.ended])
}

function conditionOf(name: string, wanted: string) {
  return async (): Promise<unknown> => {
    const { resources } = await api.status()
    return resources.find((one) => one.name === name)?.conditions.find(({ type }) => type === wanted)
  }
}

test('HTTPS is served with the certificate that lies on the host, and a metric and the condition Healthy say that it soon ends', async () => {
  await served({ good: 'good 1', bad: 'bad 1' })
  await expect.poll(conditionOf('good', 'Ready'), { timeout: 60_000 }).toMatchObject({ status: true })
  await expect.poll(conditionOf('good', 'Healthy'), { timeout: 60_000 }).toMatchObject({
    status: false,
    reason: 'CertificateExpires',
    message: expect.stringMatching(/^tls1: certificate of good \(\/etc\/ssl\/good\.crt\) expires .*, in [45] days$/),
  })
  const ends = await api.metric('reeve_proxy_certificate_expiry_timestamp_seconds', { name: 'good', server: 'good' })
  expect(ends - Date.now() / 1000).toBeGreaterThan(4 * 86_400)
  expect(ends - Date.now() / 1000).toBeLessThan(5 * 86_400)
})

const refused: readonly (readonly [string, string, string])[] = [
  ['is not there', 'absent', '/etc/ssl/absent.crt'],
  ['is not that of its key', 'mixed', 'key values mismatch'],
]

test.each(refused)('a Proxy whose certificate %s is held back alone: its neighbour goes live', async (_, certificate, words) => {
  await putCertificate('other', 90)
  await host.must('cp /etc/ssl/good.crt /etc/ssl/mixed.crt; cp /etc/ssl/other.key /etc/ssl/mixed.key')
  await commit(proxy('good', `good beside ${certificate}`, 'good'), proxy('bad', 'bad 2', certificate))
  await served({ good: `good beside ${certificate}`, bad: 'bad 1' })
  await expect
    .poll(conditionOf('bad', 'Ready'), { timeout: 60_000 })
    .toMatchObject({ status: false, reason: 'HeldBack', message: expect.stringContaining(words) })
  await expect.poll(conditionOf('good', 'Ready'), { timeout: 60_000 }).toMatchObject({ status: true })
})

test('with a certificate that nginx can load it goes live too, and its own is shown', async () => {
  await commit(proxy('good', 'good 3', 'good'), proxy('bad', 'bad 3', 'other'))
  await expect.poll(() => bodyOf('bad', {}), { timeout: 60_000 }).toBe('bad 3')
  const question = { address: host.address, port: 443, host: 'bad.example.org', tls: {} }
  // For a tenth of a second after a reload the old workers of nginx answer too.
  await expect.poll(() => ask(question)).toMatchObject({ status: 200, certificate: 'other' })
  await expect.poll(() => ask({ ...question, host: 'good.example.org' })).toMatchObject({ body: 'good 3', certificate: 'good' })
})

test('a new Proxy whose certificate is not there never was, and holds nobody up', async () => {
  await commit(proxy('good', 'good 4', 'good'), proxy('bad', 'bad 3', 'other'), proxy('anew', 'anew', 'absent'))
  await expect.poll(() => bodyOf('good', {}), { timeout: 60_000 }).toBe('good 4')
  await expect
    .poll(conditionOf('anew', 'Ready'), { timeout: 60_000 })
    .toMatchObject({ status: false, message: expect.stringContaining('/etc/ssl/absent.crt') })
})
