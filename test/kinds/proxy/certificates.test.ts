import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import type { Reading, Vital } from '../../../controller/model/kind.ts'
import type { Placement } from '../../../controller/model/target.ts'
import { fleetOf, kindOf } from '../fleet.ts'
import { containers, proxyOf } from './fleets.ts'
import { makeCertificate, makeSite } from './local-nginx.ts'

const site = makeSite()
afterAll(() => site[Symbol.dispose]())

function vitalOf(files: Readonly<Record<string, string>>): Vital {
  const vhosts = Object.entries(files).map(
    ([name, file]) => `{name: ${name}, serverNames: [${name}.test], root: /srv, tls: {certificate: ${site.path(file)}, key: /k}}`,
  )
  const fleet = fleetOf(containers + proxyOf(`[${vhosts.join(', ')}]`))
  const kind = kindOf('Proxy')
  const proxy = fleet.all('Proxy')[0]
  const vital = proxy && kind.vitals?.(proxy, kind.place(proxy, fleet)[0] as Placement, fleet)[0]
  if (vital?.id !== 'certificates') throw new Error('no vital')
  return vital
}

/** What a shell says to its probe. */
function read(vital: Vital): Reading {
  const script = 'text' in vital.probe ? vital.probe.text : ''
  return { status: 'read', stdout: execFileSync('sh', ['-euc', script], { encoding: 'utf8' }), reason: '' }
}

function assess(files: Readonly<Record<string, string>>) {
  const vital = vitalOf(files)
  return vital.assess(read(vital))
}

const day = 86_400

test('certificates that last are well, and each tells when it ends', () => {
  makeCertificate(site, 'long', 90, ['one.test', 'two.test', 'three.test', 'fine.test', 'app.test', 'long.test'])
  const { healthy, reason, message, samples } = assess({ one: 'long.crt', two: 'long.crt', three: 'long.crt' })
  expect({ healthy, reason }).toEqual({ healthy: true, reason: 'CertificatesLast' })
  expect(message).toMatch(/^every certificate lasts (89|90) days or more$/)
  expect(samples.map(({ metric, labels }) => `${metric} ${labels?.['server']}`)).toEqual(
    ['one', 'two', 'three'].map((name) => `proxy_certificate_expiry_timestamp_seconds ${name}`),
  )
  expect(samples[0]?.value).toBeCloseTo(Date.now() / 1000 + 90 * day, -3)
})

test('one that ends soon is told with its days, its file and its vhost', () => {
  makeCertificate(site, 'soon', 5)
  const { healthy, reason, message } = assess({ fine: 'long.crt', app: 'soon.crt' })
  expect({ healthy, reason }).toEqual({ healthy: false, reason: 'CertificateExpires' })
  expect(message).toMatch(/^certificate of app \(\/.*\/soon\.crt\) expires \d{4}-\d\d-\d\d, in [45] days$/)
})

test('one that is over is told, by the target’s own clock', () => {
  const vital = vitalOf({ app: 'soon.crt' })
  const later = read(vital).stdout.replace(/^clock (\d+)$/m, (_, now: string) => `clock ${Number(now) + 30 * day}`)
  const { reason, message, samples } = vital.assess({ status: 'read', stdout: later, reason: '' })
  expect(reason).toBe('CertificateExpired')
  expect(message).toMatch(/expired .*, 2[56] days ago$/)
  expect(samples).toHaveLength(1)
})

const unreadable: readonly (readonly [string, string | Buffer | undefined])[] = [
  ['is not there', undefined],
  ['is empty', ''],
  ['holds no certificate', 'hello\n'],
  ['is cut', '-----BEGIN CERTIFICATE-----\nMIIB\n'],
  ['is a certificate of nonsense', '-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n'],
  ['is binary', Buffer.from([0, 1, 2, 255, 10, 0])],
  ['says the lines of another', `clock 1\nfile /etc/x\nend\n-----BEGIN CERTIFICATE-----\nclock 1\nfile ${site.path('bad.pem')}\nend\n`],
]
test.each(unreadable)('a file that %s makes its vhost unhealthy, and no other', (_, content) => {
  if (content !== undefined) writeFileSync(site.path('bad.pem'), content)
  const { healthy, reason, message, samples } = assess({ app: content === undefined ? 'none.pem' : 'bad.pem', fine: 'long.crt' })
  expect({ healthy, reason }).toEqual({ healthy: false, reason: 'CertificateUnreadable' })
  expect(message).toMatch(/^certificate of app \(\/.*\) cannot be read$/)
  expect(samples.map(({ labels }) => labels?.['server'])).toEqual(['fine'])
})

test('carriage returns and words around it do no harm', () => {
  writeFileSync(
    site.path('around.pem'),
    `subject=/CN=x\n${readFileSync(site.path('long.crt'), 'utf8')}some words\n`.replaceAll('\n', '\r\n'),
  )
  expect(assess({ long: 'around.pem' })).toMatchObject({ healthy: true })
})

/** `NAME.crt` of the authority `authority.crt`, from a day on, for so many days. */
function sign(name: string, authority: string, days: number, from = '-1'): void {
  const openssl = (...words: readonly string[]) => execFileSync('openssl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', site.path(`${name}.key`), '-out', site.path(`${name}.csr`))
  const date = (offset: number) => new Date(Date.now() + offset * day * 1000).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  writeFileSync(
    site.path('ca.cnf'),
    `[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=${site.path('.')}\ndatabase=${site.path('index')}\nserial=${site.path('serial')}\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n[e]\nbasicConstraints=CA:TRUE\n`,
  )
  writeFileSync(site.path('index'), '')
  writeFileSync(site.path('serial'), `${1000 + Math.floor(Math.random() * 8999)}\n`)
  const ca = ['-cert', site.path(`${authority}.crt`), '-keyfile', site.path(`${authority}.key`), '-extensions', 'e', '-notext', '-batch']
  const times = ['-startdate', date(Number(from)), '-enddate', date(days)]
  openssl('ca', '-config', site.path('ca.cnf'), ...ca, ...times, '-in', site.path(`${name}.csr`), '-out', site.path(`${name}.crt`))
}

function chainOf(file: string, ...names: readonly string[]): string {
  writeFileSync(site.path(file), names.map((name) => readFileSync(site.path(`${name}.crt`), 'utf8')).join(''))
  return file
}

test('a chain is asked for its order, its ends and its beginning', () => {
  makeCertificate(site, 'root', 400)
  sign('middle', 'root', 300)
  sign('app.test', 'middle', 90)
  const found = (...names: readonly string[]) => assess({ app: chainOf('chain.pem', ...names) })
  expect(found('app.test', 'middle')).toMatchObject({ healthy: true, reason: 'CertificatesLast' })
  expect(found('app.test', 'middle', 'root')).toMatchObject({ healthy: true, reason: 'CertificatesLast' })
  expect(found('app.test')).toMatchObject({
    healthy: true,
    reason: 'CertificateNotForAll',
    message: expect.stringContaining('without that of its authority'),
  })
  expect(found('app.test', 'root')).toMatchObject({
    reason: 'CertificateChain',
    message: expect.stringMatching(/number 2 of its file, "CN=root", is not of the authority that issued the one before it$/),
  })
  expect(found('middle', 'app.test')).toMatchObject({ healthy: false, reason: 'CertificateChain' })
  sign('middle', 'root', 5)
  sign('app.test', 'middle', 90)
  expect(found('app.test', 'middle')).toMatchObject({
    reason: 'CertificateExpires',
    message: expect.stringMatching(/: one of its authorities expires .* in [45] days$/),
  })
  sign('app.test', 'root', 90, '3')
  expect(found('app.test', 'root')).toMatchObject({
    reason: 'CertificateNotYetValid',
    message: expect.stringMatching(/ is valid only from \d{4}-\d\d-\d\d on$/),
  })
})

test('a second certificate that is none is told', () => {
  writeFileSync(
    site.path('torn.pem'),
    `${readFileSync(site.path('long.crt'), 'utf8')}-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n`,
  )
  expect(assess({ long: 'torn.pem' })).toMatchObject({
    reason: 'CertificateChain',
    message: expect.stringContaining('number 2 of its file is no certificate'),
  })
})

test('a name that it is not for is told, and no reason to be ill', () => {
  makeCertificate(site, 'other.test')
  expect(assess({ app: 'other.test.crt' })).toMatchObject({
    healthy: true,
    reason: 'CertificateNotForAll',
    message: expect.stringMatching(/ is not for app\.test$/),
  })
})

test.each(['', 'clock soon\n', 'clock 99999999999999999999\n'])(
  'a target that does not tell its time is unknown, not expired: %j',
  (stdout) => {
    expect(vitalOf({ app: 'long.crt' }).assess({ status: 'read', stdout, reason: '' })).toMatchObject({ healthy: 'unknown', samples: [] })
  },
)

test('the probe leaves the shell that runs it as it was, and shellcheck has nothing to say', () => {
  const { probe } = vitalOf({ app: 'long.crt' })
  const text = 'text' in probe ? probe.text : ''
  const state = `printf '%s\\n' "$PWD" "$-" "\${IFS-unset}" "$*"; umask`
  const script = `set -- b x\nprobe() {\n${text}\n}\n${state}\necho SPLIT\nprobe "$@" >/dev/null\n${state}\n`
  const [before, after] = execFileSync('sh', ['-eu'], { input: script, encoding: 'utf8' }).split('SPLIT\n')
  expect(after).toBe(before)
  // SC2043: a loop over one file runs once.
  const words = ['-s', 'sh', '-e', 'SC2043', '-']
  expect(execFileSync('shellcheck', words, { input: `set -eu\n${text}`, encoding: 'utf8' })).toBe('')
})

test('a hundred certificates are read by two processes', () => {
  const vital = vitalOf(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`v${index}`, 'long.crt'])))
  const script = 'text' in vital.probe ? vital.probe.text : ''
  const count = `date() { echo fork >&2; command date "$@"; }; awk() { echo fork >&2; command awk "$@"; }\n${script}`
  const stderr = execFileSync('sh', ['-euc', `exec 2>&1 >/dev/null\n${count.replace('2>/dev/null ||', '||')}`], { encoding: 'utf8' })
  expect(stderr).toBe('fork\nfork\n')
  expect(vital.assess(read(vital)).samples).toHaveLength(100)
})
