import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { hypervisorName } from '../../controller/model/ids.ts'
import type { Manifest } from '../../controller/model/manifest.ts'
import { primitives } from '../../controller/primitives/registry.ts'
import { Secret } from '../../controller/shell/secret.ts'
import { compileSystem } from '../../controller/system/compile.ts'
import type { SystemSpec } from '../../controller/system/spec.ts'
import { bootMachine, type Machine } from '../machine/machine.ts'
import { temporaryDirectory } from '../machine/shell.ts'
import { carryOut, type Item, known, stepsFor } from '../machine/transaction.ts'

// Postfix, msmtp and ssmtp as a machine's mailer, with a hub that asks for TLS and a password. What a program mails is what the hub has.
interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly user?: string
  readonly tls: boolean
  readonly raw: string
}

const folder = temporaryDirectory()
let machine: Machine
let hub: { readonly child: ChildProcess; readonly mails: Mail[] } | undefined
let times = 0

beforeAll(async () => {
  machine = await bootMachine()
  makeCertificates()
  const ca = readFileSync(join(folder.path, 'ca.crt'), 'utf8')
  await machine.run(`ip address add 10.77.1.1/24 dev lo; ip address add 10.77.1.2/24 dev lo
printf '10.77.1.1 hub.test\\n10.77.1.2 other.test\\n' >>/etc/hosts; hostname box; echo box.test >/etc/mailname
printf %s '${ca}' >/etc/ssl/test-ca.crt; postsuper -d ALL`)
})
afterEach(async () => {
  hub?.child.kill('SIGKILL')
  hub = undefined
})
afterAll(async () => {
  await machine?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

function makeCertificates(): void {
  const script = `cd ${folder.path}
openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=ca -keyout ca.key -out ca.crt
openssl req -newkey rsa:2048 -nodes -subj /CN=hub.test -keyout hub.key -out hub.csr
printf 'subjectAltName=DNS:hub.test' >ext
openssl x509 -req -in hub.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 9 -extfile ext -out hub.crt`
  execFileSync('sh', ['-ec', script], { stdio: 'ignore' })
}

const account = { user: 'reeve', secretRef: 'hub' }
const login = ['reeve', 'p#ss "x']

/** A mail server in the machine's network. Without a login it asks for none. */
async function startHub(port: number, mode: string, words: readonly string[] = login): Promise<Mail[]> {
  hub?.child.kill('SIGKILL')
  const certificate = [join(folder.path, 'hub.key'), join(folder.path, 'hub.crt')]
  const script = [process.execPath, join(import.meta.dirname, 'mail-hub.ts'), String(port), mode, ...certificate, ...words]
  const child = spawn('nsenter', ['-t', String(machine.pid), '-n', ...script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const mails: Mail[] = []
  const ready = once(child.stdout, 'data')
  createInterface({ input: child.stdout }).on('line', (line) => line !== '"ready"' && mails.push(JSON.parse(line) as Mail))
  await ready
  hub = { child, mails }
  return mails
}

function itemsOf(mailer: NonNullable<SystemSpec['mailer']>): readonly Item[] {
  const specs = compileSystem(
    {
      manifest: { id: 'Hypervisor/he1' } as unknown as Manifest,
      system: { mailer },
      target: { hypervisor: hypervisorName('he1') },
      secret: (name) => (name === 'hub' ? new Secret('p#ss "x') : undefined),
      policies: {},
    },
    'testfleet',
  )
  return specs
    .filter(({ type }) => type !== 'package')
    .map((spec) => ({ primitive: primitives.find(({ type }) => type === spec.type) as Item['primitive'], spec }))
}

async function apply(mailer: NonNullable<SystemSpec['mailer']>): Promise<void> {
  const items = itemsOf(mailer)
  const steps = await stepsFor(items, machine.run)
  expect(await carryOut(steps, `/var/lib/reeve/before-${++times}`, machine.run)).toMatchObject({ status: 'done' })
  for (const { primitive, spec } of items)
    expect(primitive.diff(spec, await known(primitive, spec, machine.run), undefined), spec.id).toEqual({ status: 'same' })
}

async function mailed(mails: readonly Mail[], subject: string): Promise<Mail> {
  const find = () => mails.find(({ raw }) => raw.includes(`Subject: ${subject}`))
  await expect.poll(find, { timeout: 20_000, interval: 100 }).toBeDefined()
  return find() as Mail
}

const send = (by: string, subject: string, to = 'root') =>
  machine.run(`printf 'From: whoever@somewhere.test\\nTo: ${to}\\nSubject: ${subject}\\n\\nhello\\n' | ${by} ${to}`)

/** As programs of Debian 12 call sendmail (the strings are in them): cron, mdadm, unattended-upgrades and sudo, at. */
const callers = {
  cron: '-FCronDaemon -i -B8BITMIME -oem root',
  mdadm: '-t',
  upgrades: '-oi -t',
  at: '-i root',
}

async function allAreHeard(mails: readonly Mail[], program: string): Promise<void> {
  for (const [name, words] of Object.entries(callers)) {
    const said = await machine.run(`printf 'To: root\\nSubject: of ${name}\\n\\nhello\\n' | ${program} ${words}`)
    expect({ name, said }).toMatchObject({ said: { code: 0, stderr: '' } })
    expect(await mailed(mails, `of ${name}`), name).toMatchObject({ to: ['ops@example.org'] })
  }
}

const caFile = '/etc/ssl/test-ca.crt'

test('Postfix gives all of the machine’s mail to the hub, by verified TLS and with the password, and takes none from outside', async () => {
  const mails = await startHub(465, 'implicit')
  await apply({
    hub: { host: 'hub.test', tls: 'Implicit', caFile },
    auth: account,
    root: 'ops@example.org',
    from: 'box@example.org',
    aliases: [{ local: 'ann', to: 'ann@example.org' }],
  })
  await send('sendmail', 'for root')
  await send('sendmail', 'for ann', 'ann')
  expect(await mailed(mails, 'for root')).toMatchObject({ from: 'box@example.org', to: ['ops@example.org'], user: 'reeve', tls: true })
  expect(await mailed(mails, 'for ann')).toMatchObject({ to: ['ann@example.org'] })
  await allAreHeard(mails, 'sendmail')
  expect((await machine.run('ss -Hltn "sport = :25"')).stdout).not.toMatch(/0\.0\.0\.0:25|\*:25|\[::\]:25/)
  expect((await machine.run('stat -c %a /etc/postfix/reeve-password; grep -rl "p#ss" /etc --include=* 2>/dev/null')).stdout).toBe(
    '600\n/etc/postfix/reeve-password\n',
  )
})

test('Postfix keeps what a hub with a foreign certificate would get, and sends it to the right one later', async () => {
  const mails = await startHub(587, 'starttls')
  await apply({
    hub: { host: 'other.test', caFile },
    auth: account,
    root: 'ops@example.org',
    senders: [{ local: 'root', from: 'machine@example.org' }],
  })
  await machine.run(`printf 'To: root\\nSubject: kept\\n\\nhello\\n' | sendmail root`)
  await expect.poll(async () => (await machine.run('postqueue -p')).stdout, { timeout: 20_000 }).toContain('certificate')
  expect(mails).toEqual([])
  await apply({
    hub: { host: 'hub.test', caFile },
    auth: account,
    root: 'ops@example.org',
    senders: [{ local: 'root', from: 'machine@example.org' }],
  })
  await machine.run('postqueue -f')
  expect(await mailed(mails, 'kept')).toMatchObject({ from: 'machine@example.org', to: ['ops@example.org'], tls: true })
  await machine.run('systemctl stop postfix')
})

test('a test mail goes once for each word, and one that the hub does not take undoes the word and says why', async () => {
  const mails = await startHub(587, 'starttls')
  const mailer = { hub: { host: 'hub.test', caFile }, auth: account, root: 'ops@example.org', from: 'box@example.org' }
  await apply({ ...mailer, test: 'one' })
  expect(await mailed(mails, 'TEST EMAIL one of Hypervisor/he1 on box')).toMatchObject({ to: ['ops@example.org'], tls: true })
  await machine.run('systemctl restart reeve-mailer-test')
  await apply({ ...mailer, test: 'two' })
  await mailed(mails, 'TEST EMAIL two')
  expect(mails.filter(({ raw }) => raw.includes('TEST EMAIL one'))).toHaveLength(1)
  const steps = await stepsFor(itemsOf({ ...mailer, hub: { host: 'other.test', caFile }, test: 'three' }), machine.run)
  const done = await carryOut(steps, `/var/lib/reeve/before-${++times}`, machine.run)
  expect(done.status).not.toBe('done')
  expect(JSON.stringify(done)).toMatch(/the hub did not take the test mail, and Postfix goes on trying: .*certificate/i)
  expect((await machine.run('cat /var/lib/reeve/stamps/mailer-test')).stdout).toBe('two\n')
  await machine.run('postsuper -d ALL; systemctl stop postfix')
})

test('msmtp sends by verified TLS with the password, and says no to a foreign certificate', async () => {
  const mails = await startHub(587, 'starttls')
  await apply({ provider: 'msmtp', hub: { host: 'hub.test', caFile }, auth: account, root: 'ops@example.org', domain: 'box.test' })
  expect((await send('msmtp', 'by msmtp')).stderr).toBe('')
  expect(await mailed(mails, 'by msmtp')).toMatchObject({ from: 'root@box.test', to: ['ops@example.org'], user: 'reeve', tls: true })
  await allAreHeard(mails, 'msmtp')
  await apply({ provider: 'msmtp', hub: { host: 'other.test', caFile }, auth: account, root: 'ops@example.org', domain: 'box.test' })
  expect(await send('msmtp', 'never')).toMatchObject({ code: 69, stderr: expect.stringContaining('certificate') as string })
})

test('ssmtp sends with what its files say, and the address of root is that of root', async () => {
  writeFileSync(join(folder.path, 'ssmtp'), debianProgram('ssmtp', 'usr/sbin/ssmtp'), { mode: 0o755 })
  await machine.run(
    `mkdir -p /etc/ssmtp; base64 -d >/usr/local/sbin/ssmtp <<'END'\n${readFileSync(join(folder.path, 'ssmtp')).toString('base64')}\nEND\nchmod 755 /usr/local/sbin/ssmtp`,
  )
  // It asks for no password, which ssmtp would give in the clear.
  const mails = await startHub(2525, 'plain', [])
  await apply({
    provider: 'ssmtp',
    hub: { host: 'hub.test', port: 2525, tls: 'None' },
    root: 'ops@example.org',
    domain: 'box.test',
    senders: [{ local: 'root', from: 'machine@example.org' }],
  })
  expect((await send('/usr/local/sbin/ssmtp', 'by ssmtp')).stderr).toBe('')
  expect(await mailed(mails, 'by ssmtp')).toMatchObject({ from: 'machine@example.org', to: ['ops@example.org'], tls: false })
  await allAreHeard(mails, '/usr/local/sbin/ssmtp')
})

test.each([
  ['without a recipient', "printf 'Subject: lost\\n\\nhello\\n' | /usr/local/sbin/ssmtp"],
  [
    'with recipients in two places',
    "printf 'To: ops@example.org\\nSubject: lost\\n\\nhello\\n' | /usr/local/sbin/ssmtp -t ops@example.org",
  ],
  ['that shall only be checked', '/usr/local/sbin/ssmtp -bv ops@example.org </dev/null'],
  ['that shall come by SMTP', "printf 'HELO x\\r\\nQUIT\\r\\n' | /usr/local/sbin/ssmtp -bs"],
])('of mail %s ssmtp says that all is well, and the hub has nothing: only what arrived counts', async (_name, command) => {
  const mails = await startHub(2525, 'plain', [])
  expect((await machine.run(command)).code).toBe(0)
  expect((await send('/usr/local/sbin/ssmtp', 'after it')).stderr).toBe('')
  await mailed(mails, 'after it')
  expect(mails).toHaveLength(1)
})

/** Out of Debian's package, which cannot be installed beside another mailer. */
function debianProgram(name: string, path: string): Buffer {
  execFileSync('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', name], { cwd: folder.path, stdio: 'ignore' })
  execFileSync('sh', ['-ec', `dpkg-deb -x ${name}_*.deb out`], { cwd: folder.path })
  return readFileSync(join(folder.path, 'out', path))
}
