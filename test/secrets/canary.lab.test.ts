import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { identityFileText, makeIdentity, sealSecret } from '../../controller/secrets/age.ts'
import { reveal, Secret } from '../../controller/shell/secret.ts'
import { freePort, startSshd, type TestSshd } from '../git/sshd.ts'
import { startForge, type TestForge } from '../http/forge.ts'
import { createApi, missingOf } from '../lab/demo/api.ts'
import { createRepository, type Repository } from '../lab/demo/repository.ts'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { type SmtpCatcher, startSmtpCatcher } from '../lab/smtp-catcher.ts'
import { isLong, longTest } from '../longTest.ts'
import { cryptOf, insideOf, knownNeedles, ownValues, sealedValues } from './canaries.ts'
import { everyAnswer, type Given, pushHook, reeve, type Started, startWithCanaries } from './controller.ts'
import { boxWrites, makeBox, makeTlsKey, manifestsOf, sweepBox, tlsKey } from './fleet.ts'
import { foundIn, type Needle, needle } from './needles.ts'
import { occupied, type Place, placesOfConfig, placesOfKinds } from './places.ts'
import { isOfController, type ProcessWatch, watchProcesses } from './processes.ts'

// Canaries stand in every place that takes a secret: which those are is read from the CRDs and the schema of reeve.yaml. A real controller brings them to real hosts; afterwards they are looked for everywhere.

let main: NativeHost
let sender: NativeHost
let catcher: SmtpCatcher
let fallback: SmtpCatcher
let forge: TestForge
let gitServer: TestSshd
let repository: Repository
let started: Started
let given: Given
let folder: string
let keys: string
let recipient: string
let crypt: string
let token = ''
let needles: readonly Needle[]
let watch: ProcessWatch
const filled = new Set<Place>()
const records: string[] = []
const said: string[] = []

async function seal(turn: 0 | 1): Promise<void> {
  await mkdir(join(repository.clone, 'secrets'), { recursive: true })
  for (const [name, values] of Object.entries(sealedValues))
    await writeFile(join(repository.clone, 'secrets', `${name}.age`), await sealSecret(new Secret(values[turn]), [recipient]))
}

async function commitAll(subject: string): Promise<string> {
  for (const [name, manifest] of Object.entries(manifestsOf({ main, sender, crypt }))) {
    await writeFile(join(repository.clone, name), stringify({ apiVersion: 'reeve.dev/v1', ...manifest }))
    for (const place of occupied(manifest.kind, manifest, placesOfKinds())) filled.add(place)
  }
  return repository.commit(subject)
}

async function converged(wanted: string): Promise<void> {
  const api = createApi(started.process.url)
  await expect.poll(async () => missingOf(await api.status(), wanted), { timeout: 90_000, interval: 200 }).toBeUndefined()
}

async function start(by: Given['by']): Promise<void> {
  started = await startWithCanaries({ ...given, by })
  for (const place of occupied('reeve.yaml', started.config, placesOfConfig())) filled.add(place)
}

function command(...args: readonly string[]): void {
  said.push(reeve(started.process.configFile, ...args).all)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reeve-canaries-'))
  keys = join(folder, 'keys')
  await mkdir(keys, { mode: 0o700 })
  crypt = cryptOf('a password of Ann')
  const login = (password: string) => ({ login: { user: 'reeve', password } })
  ;[main, sender, fallback, forge, gitServer, repository] = await Promise.all([
    startNativeHost({ name: 'he1' }),
    startNativeHost({ name: 'he2' }),
    startSmtpCatcher(login(ownValues.fallback)),
    startForge('gitea', ownValues.statusToken),
    startSshd(keys),
    createRepository(folder),
  ])
  catcher = await startSmtpCatcher(login(ownValues.smarthost))
  const made = await makeIdentity()
  recipient = made.recipient
  given = {
    folder,
    keys,
    repositoryUrl: `ssh://${gitServer.user}@127.0.0.1:${gitServer.port}${repository.bare}`,
    repositoryIdentity: gitServer.identityFile,
    knownHosts: gitServer.knownHosts,
    hostIdentity: main.identityFile,
    smtpPort: catcher.port,
    fallbackPort: fallback.port,
    forge,
    hookPort: await freePort(),
    identityText: identityFileText(made.identity, recipient),
    by: 'files',
    onRecord: (record) => void records.push(JSON.stringify(record)),
  }
  const tlsKeys = [await main.must(makeTlsKey), await sender.must(makeTlsKey)]
  needles = [
    ...knownNeedles(),
    needle('age identity', reveal(made.identity)),
    needle('SSH key', insideOf(await readFile(main.identityFile, 'utf8'))),
    needle('SSH key of the repository', insideOf(await readFile(gitServer.identityFile, 'utf8'))),
    needle('password of Ann', crypt.slice(-60)),
    ...tlsKeys.map((pem, index) => needle(`TLS key ${index}`, insideOf(pem))),
  ]
  await seal(0)
  await main.must(makeBox)
}, 300_000)

afterAll(async () => {
  watch?.[Symbol.dispose]()
  await started?.process[Symbol.asyncDispose]()
  await Promise.all([catcher, fallback, forge, gitServer, main, sender].map((each) => each?.[Symbol.asyncDispose]()))
  execFileSync('sh', ['-c', sweepBox])
  await rm(folder, { recursive: true, force: true })
})

/** Files of a host that hold a needle, by its name. All that people and programs could have left it in; not what the kernel shows. */
async function onHost(host: NativeHost): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, string[]> = {}
  // By stdin: in the arguments of grep they would be found by ourselves.
  const search = `grep -rlaF -f - /etc /var /run /tmp /root /home /opt /usr/local ${boxWrites} 2>/dev/null; true`
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

const onHosts = async () => ({ main: await onHost(main), sender: await onHost(sender) })

/** Where the secrets in force may stand on the hosts; anywhere else, and any other one, is a find. */
function targets(turn: 0 | 1) {
  const shadows = ['/etc/shadow', `${boxWrites}/etc/shadow`]
  return {
    main: {
      [`relay ${turn}`]: ['/etc/postfix/reeve-password'],
      [`boxrelay ${turn}`]: [`${boxWrites}/etc/ssmtp/ssmtp.conf`],
      [`xfer ${turn}`]: ['/etc/bind/.reeve-*/keys.conf'],
      [`update ${turn}`]: ['/etc/bind/.reeve-*/keys.conf'],
      'password of Ann': shadows,
      'TLS key 0': [tlsKey],
    },
    sender: { 'TLS key 1': [tlsKey] },
  }
}

/** All files below a folder, as text. */
async function textsBelow(path: string): Promise<readonly (readonly [file: string, text: string])[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(files.map(async (file) => [file, await readFile(file, 'latin1')] as const))
}

/** What git packs: every object of the controller's copies, and of the repository itself. */
async function objectsBelow(path: string): Promise<string> {
  const stores = (await readdir(path, { withFileTypes: true, recursive: true })).filter(({ name }) => name === 'objects')
  expect(stores.length).toBeGreaterThan(2)
  return stores
    .map(({ parentPath }) => {
      const args = ['--git-dir', parentPath, 'cat-file', '--batch-all-objects', '--batch']
      return execFileSync('git', args, { encoding: 'latin1', maxBuffer: 1 << 28 })
    })
    .join('\n')
}

/** What anybody could read who is told something: log, mails, statuses at the forge, API, metrics, commands. */
async function told(): Promise<string> {
  for (const words of isLong ? [['status'], ['history', '--limit', '1000'], ['plan']] : [['plan']]) {
    command(...words)
    command(...words, '-o', 'json')
  }
  const statuses = forge.requests.map(({ url, body }) => url + body)
  const mails = [...catcher.mails, ...fallback.mails].map(({ raw }) => raw)
  return [...records, ...said, ...statuses, ...mails, ...(await everyAnswer(started.process.url))].join('\n')
}

async function expectNowhereElse(turn: 0 | 1): Promise<void> {
  // What was only needed while something was done is gone with it.
  await expect.poll(onHosts, { timeout: 30_000, interval: 500 }).toEqual(targets(turn))
  for (const host of [main, sender]) {
    const journal = await host.exec('journalctl --no-pager -o export')
    expect(journal.stdout.length).toBeGreaterThan(1000)
    expect(foundIn(journal.stdout, needles)).toEqual([])
  }
  expect(foundIn(await told(), needles)).toEqual([])
  const kept = (await textsBelow(folder)).filter(([file]) => !file.startsWith(keys))
  expect(kept.length).toBeGreaterThan(50)
  expect(kept.map(([file]) => file).filter((file) => file.endsWith('/history.sqlite'))).not.toEqual([])
  // A hash for crypt(5) stands in its manifest as it is.
  const finds = kept.flatMap(([file, text]) => foundIn(text, needles).map((name) => `${file.slice(folder.length)}: ${name}`))
  expect(finds.sort()).toEqual(['/fleet/box.yaml: password of Ann', '/fleet/he.yaml: password of Ann'])
  expect(foundIn(await objectsBelow(folder), needles)).toEqual(['password of Ann'])
  expect([...watch.found]).toEqual([])
  expect(watch.seen).toBeGreaterThan(50)
  expect(await readFile(`/proc/${started.process.pid}/limits`, 'utf8')).toMatch(/Max core file size +0 +0 /)
}

describe('canaries', () => {
  it('reach their targets and are found nowhere else, and once they are changed, the old ones nowhere at all', async () => {
    watch = watchProcesses(needles, isOfController)
    await start('files')
    token = reeve(started.process.configFile, 'token', 'create', 'ci').stdout.trim()
    needles = [...needles, needle('API token', token)]
    watch.add(needles)
    await converged(await commitAll('All kinds that take a secret'))
    await expect.poll(onHosts, { timeout: 30_000, interval: 500 }).toEqual(targets(0))
    await seal(1)
    await converged(await commitAll('All of them anew'))
    expect(await pushHook(given.hookPort, ownValues.webhook)).toMatch(/^2/)
    expect(await pushHook(given.hookPort, ownValues.webhookByVariable)).toMatch(/^401/)
    for (const authorization of [`Bearer ${token}`, `Bearer ${token}x`, token])
      await fetch(`${started.process.url}/api/v1/reconcile`, { method: 'POST', headers: { authorization } })
    await expect.poll(() => forge.shown.map(({ state }) => state), { timeout: 20_000 }).toContain('success')
    await expectNowhereElse(1)
  })

  longTest('that a person changed on the hosts are put back, and the mail about it shows none, also by the second server', async () => {
    await catcher.setMode('down')
    await main.must("sed -i 's/^[^#]/x&/' /etc/bind/.reeve-*/keys.conf /etc/postfix/reeve-password")
    await main.must('usermod -p "\\$6\\$other\\$other" ann')
    command('plan')
    const mail = await fallback.waitFor((one) => one.raw.includes('drift corrected'), 90_000)
    expect(mail.raw).toContain('secret')
    await catcher.setMode('accept')
    await expectNowhereElse(1)
  })

  longTest(
    'that come by the environment stand in that of the controller alone, and no place is left that takes one and had none',
    async () => {
      await started.process[Symbol.asyncDispose]()
      await catcher[Symbol.asyncDispose]()
      catcher = await startSmtpCatcher({ login: { user: 'reeve', password: ownValues.ssmtp } })
      given = { ...given, smtpPort: catcher.port }
      await start('variables')
      await seal(0)
      await converged(await commitAll('The first ones again'))
      expect(await pushHook(given.hookPort, ownValues.webhookByVariable)).toMatch(/^2/)
      await main.must("sed -i 's/^[^#]/x&/' /etc/postfix/reeve-password")
      await catcher.waitFor((one) => one.raw.includes('drift corrected'), 90_000)
      await expectNowhereElse(0)
      expect([...filled].sort()).toEqual([...new Set([...placesOfKinds(), ...placesOfConfig()])].sort())
    },
  )
})
