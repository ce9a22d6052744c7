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
  makeCertificate(site, 'long', 90)
  makeCertificate(site, 'longer', 400)
  const { healthy, reason, message, samples } = assess({ one: 'long.crt', two: 'longer.crt', three: 'long.crt' })
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

test('the first of a chain counts, also with carriage returns and words around', () => {
  const chain = ['long', 'soon'].map((name) => readFileSync(site.path(`${name}.crt`), 'utf8')).join('some words\n')
  writeFileSync(site.path('chain.pem'), `subject=/CN=x\n${chain}`.replaceAll('\n', '\r\n'))
  expect(assess({ app: 'chain.pem' })).toMatchObject({ healthy: true })
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
