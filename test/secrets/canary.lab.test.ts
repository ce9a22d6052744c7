import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { identityFileText, makeIdentity, sealSecret } from '../../controller/secrets/age.ts'
import { reveal, Secret } from '../../controller/shell/secret.ts'
import { createApi, missingOf } from '../lab/demo/api.ts'
import { type ControllerProcess, startController } from '../lab/demo/controller.ts'
import { createRepository, type Repository } from '../lab/demo/repository.ts'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { type SmtpCatcher, startSmtpCatcher } from '../lab/smtp-catcher.ts'
import { longTest } from '../longTest.ts'
import { foundIn, type Needle, needle } from './needles.ts'
import { type ProcessWatch, watchProcesses } from './processes.ts'

// Canaries stand in every place that takes a secret. A real controller brings them to a real host; afterwards they are looked for everywhere.

/** Base64, as TSIG keys are. */
const tsig = (text: string): string => Buffer.from(`tsig ${text} 4f9c2e71b8d64a05`).toString('base64')
/** Secrets of the repository: what they are at first, and what they become. */
const secrets = {
  relay: ['relay-canary-9a41c7d2', 'relay-canary-52e08b6f'],
  xfer: [tsig('transfer one'), tsig('transfer two')],
  update: [tsig('update one'), tsig('update two')],
  unused: ['unused-canary-71d3a8c4', 'unused-canary-0c5be2f9'],
} as const
const smarthostPassword = 'smarthost-canary-b3f1d7a0'

let host: NativeHost
let catcher: SmtpCatcher
let repository: Repository
let controller: ControllerProcess
let folder: string
let recipient: string
let identity: string
let needles: readonly Needle[]
let watch: ProcessWatch
/** The process that was given the age identity by its environment. */
let allowedPid = 0
const records: string[] = []
const said: string[] = []

async function seal(turn: 0 | 1, over: Readonly<Record<string, string>> = {}): Promise<void> {
  await mkdir(join(repository.clone, 'secrets'), { recursive: true })
  for (const [name, values] of Object.entries(secrets))
    await writeFile(join(repository.clone, 'secrets', `${name}.age`), await sealSecret(new Secret(over[name] ?? values[turn]), [recipient]))
}

function manifests(more: Readonly<{ readonly selector?: string }> = {}): Readonly<Record<string, object>> {
  const { name, address, port, hostKey } = host
  const mailer = {
    provider: 'postfix',
    hub: { host: 'mail.example.org' },
    auth: { user: 'relay', secretRef: 'relay' },
    root: 'ops@example.org',
  }
  return {
    'he.yaml': {
      kind: 'Hypervisor',
      metadata: { name },
      spec: { address, ports: [port], hostKeys: [hostKey], adopt: 'Replace', system: { mailer } },
    },
    'ns.yaml': {
      kind: 'NameServer',
      metadata: { name: 'dns' },
      spec: { target: { hypervisor: name }, address, exposure: 'public', adopt: 'Replace', transferKeys: [{ secretRef: 'xfer' }] },
    },
    'zone.yaml': {
      kind: 'Zone',
      metadata: { name: 'home' },
      spec: {
        name: 'home.example',
        primary: 'dns',
        mode: 'Dynamic',
        updaters: [{ secretRef: 'update' }],
        records: [{ name: 'www', type: 'A', values: [more.selector ?? '192.0.2.1'] }],
      },
    },
  }
}

async function commit(files: Readonly<Record<string, object>>, subject: string): Promise<string> {
  for (const [name, manifest] of Object.entries(files))
    await writeFile(join(repository.clone, name), stringify({ apiVersion: 'reeve.dev/v1', ...manifest }))
  return repository.commit(subject)
}

async function converged(wanted: string): Promise<void> {
  const api = createApi(controller.url)
  await expect.poll(async () => missingOf(await api.status(), wanted), { timeout: 45_000, interval: 200 }).toBeUndefined()
}

async function start(environment: Readonly<Record<string, string>> = {}): Promise<ControllerProcess> {
  const run = await mkdtemp(join(folder, 'run-'))
  const passwordFile = join(run, 'mail-password')
  await writeFile(passwordFile, `${smarthostPassword}\n`, { mode: 0o600 })
  const identityFile = join(run, 'age-identity')
  await writeFile(identityFile, identityFileText(new Secret(identity), recipient), { mode: 0o600 })
  const isInFile = environment['REEVE_SECRETS_IDENTITY'] === undefined
  return startController({
    folder: run,
    repositoryUrl: repository.url,
    identityFile: host.identityFile,
    smtpPort: catcher.port,
    resync: '5s',
    environment,
    more: {
      logLevel: 'debug',
      ...(isInFile ? { secrets: { identityFile } } : {}),
      mail: {
        smarthost: { host: '127.0.0.1', port: catcher.port, user: 'reeve', passwordFile },
        from: 'reeve@example.org',
        to: ['ops@example.org'],
      },
    },
    onRecord: (record) => void records.push(JSON.stringify(record)),
  })
}

/** What a command prints, to both. */
function reeve(...args: readonly string[]): string {
  const words = [join(import.meta.dirname, '../../bin/reeve'), ...args, '--config', controller.configFile]
  const { stdout, stderr } = spawnSync('sh', words, { encoding: 'utf8', timeout: 120_000 })
  said.push(stdout, stderr)
  return stdout + stderr
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reeve-canaries-'))
  ;[host, catcher, repository] = await Promise.all([
    startNativeHost({ name: 'he1' }),
    startSmtpCatcher({ login: { user: 'reeve', password: smarthostPassword } }),
    createRepository(folder),
  ])
  const made = await makeIdentity()
  recipient = made.recipient
  identity = reveal(made.identity)
  const sshKey = (await readFile(host.identityFile, 'utf8')).split('\n')[2] ?? 'none'
  needles = [
    ...Object.entries(secrets).flatMap(([name, values]) => values.map((value, turn) => needle(`${name} ${turn}`, value))),
    needle('password of the smarthost', smarthostPassword),
    needle('age identity', identity),
    needle('SSH key', sshKey),
  ]
  await seal(0)
  // Postfix asks no mechanism of it here; the host has no way to Debian's packages.
  await host.must(`mkdir -p /tmp/stand-in/DEBIAN && cd /tmp
printf 'Package: libsasl2-modules\\nVersion: 9\\nArchitecture: all\\nMaintainer: test\\nDescription: stand-in\\n' >stand-in/DEBIAN/control
dpkg-deb -b stand-in >/dev/null && dpkg -i stand-in.deb >/dev/null`)
}, 300_000)

afterAll(async () => {
  watch?.[Symbol.dispose]()
  await controller?.[Symbol.asyncDispose]()
  await catcher?.[Symbol.asyncDispose]()
  await host?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Files of the host that hold a needle, by its name. All that people and programs could have left it in; not what the kernel shows. */
async function onHost(): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, string[]> = {}
  // By stdin: in the arguments of grep they would be found by ourselves.
  const search = 'grep -rlaF -f - /etc /var /run /tmp /root /home /srv /opt /usr/local 2>/dev/null; true'
  const { stdout } = await host.exec(search, { stdin: `${needles.flatMap(({ forms }) => forms).join('\n')}\n` })
  for (const file of stdout
    .split('\n')
    .filter((each) => each !== '')
    .sort()) {
    const text = await host.exec(`cat -- '${file}' || :`)
    // A generation's folder is named by its content; an older one that was left would be a second.
    for (const name of foundIn(text.stdout, needles))
      found[name] = [...(found[name] ?? []), file.replace(/\.reeve-[0-9a-f]{12}(-[0-9a-f]{4})?/, '.reeve-*')]
  }
  return found
}

/** All files below a folder, as text. */
async function textsBelow(path: string): Promise<readonly (readonly [file: string, text: string])[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(files.map(async (file) => [file, await readFile(file, 'latin1')] as const))
}

/** What anybody could read who is told something: log, mails, API, metrics, commands. */
async function told(): Promise<string> {
  for (const command of [
    ['status'],
    ['status', '-o', 'json'],
    ['history', '--limit', '1000'],
    ['history', '-o', 'json'],
    ['plan'],
    ['plan', '-o', 'json'],
  ])
    reeve(...command)
  const pages = await Promise.all(
    ['/metrics', '/api/v1/status', '/api/v1/history?limit=1000', '/healthz', '/readyz', '/'].map(async (path) =>
      (await fetch(`${controller.url}${path}`)).text(),
    ),
  )
  return [...records, ...said, ...pages, ...catcher.mails.map(({ raw }) => raw)].join('\n')
}

/** Where the secrets in force may stand on the host; anywhere else, and any other one, is a find. */
function targets(turn: 0 | 1): Readonly<Record<string, readonly string[]>> {
  return {
    [`relay ${turn}`]: ['/etc/postfix/reeve-password'],
    [`xfer ${turn}`]: ['/etc/bind/.reeve-*/keys.conf'],
    [`update ${turn}`]: ['/etc/bind/.reeve-*/keys.conf'],
  }
}

async function expectNowhereElse(turn: 0 | 1): Promise<void> {
  // What was only needed while something was done is gone with it.
  await expect.poll(onHost, { timeout: 30_000, interval: 500 }).toEqual(targets(turn))
  const journal = await host.exec('journalctl --no-pager -o export')
  expect(journal.stdout.length).toBeGreaterThan(1000)
  expect(foundIn(journal.stdout, needles)).toEqual([])
  expect(foundIn(await told(), needles)).toEqual([])
  const kept = (await textsBelow(folder)).filter(([file]) => !/\/(mail-password|age-identity)$/.test(file))
  expect(kept.length).toBeGreaterThan(50)
  expect(kept.flatMap(([file, text]) => foundIn(text, needles).map((name) => `${file}: ${name}`))).toEqual([])
  expect([...watch.found]).toEqual([])
  expect(watch.seen).toBeGreaterThan(50)
}

describe('canaries', () => {
  it('reach their targets and are found nowhere else, and once they are changed, the old ones nowhere at all', async () => {
    watch = watchProcesses(needles, (pid, part, name) => pid === allowedPid && part === 'environ' && name === 'age identity')
    controller = await start()
    await converged(await commit(manifests(), 'All kinds that take a secret'))
    await expect.poll(onHost, { timeout: 30_000, interval: 500 }).toEqual(targets(0))
    await seal(1)
    await converged(await commit({}, 'All of them anew'))
    await expectNowhereElse(1)
  })

  longTest('that a person changed on the host are put back, and the mail about it shows none', async () => {
    await host.must("sed -i 's/^[^#]/x&/' /etc/bind/.reeve-*/keys.conf /etc/postfix/reeve-password")
    reeve('plan')
    const mail = await catcher.waitFor((one) => one.raw.includes('drift corrected'), 60_000)
    expect(mail.raw).toContain('secret')
    await expectNowhereElse(1)
  })

  longTest('whose identity is in the environment: it stands in that of the controller alone', async () => {
    await controller[Symbol.asyncDispose]()
    controller = await start({ REEVE_SECRETS_IDENTITY: identityFileText(new Secret(identity), recipient) })
    allowedPid = controller.pid
    await seal(0)
    await converged(await commit({}, 'The first ones again'))
    await expectNowhereElse(0)
  })
})
