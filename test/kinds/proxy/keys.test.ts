// Keys and their certificates, asked by the real openssl of this machine.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Reading, Vital } from '../../../controller/model/kind.ts'
import type { Placement } from '../../../controller/model/target.ts'
import { fleetOf, kindOf } from '../fleet.ts'
import { containers, proxyOf } from './fleets.ts'
import { makeCertificate, makeSite } from './local-nginx.ts'

const site = makeSite()
afterAll(() => site[Symbol.dispose]())
beforeAll(() => {
  chmodSync(site.folder, 0o755)
  for (const name of ['one', 'two']) makeCertificate(site, name)
  for (const name of ['one', 'two']) chmodSync(site.path(`${name}.key`), 0o600)
  mkdirSync(site.path('closed'))
})

type Pair = readonly [certificate: string, key: string]

function vitalOf(pairs: readonly Pair[]): Vital {
  const vhosts = pairs.map(
    ([certificate, key], index) =>
      `{name: v${index}, serverNames: [v${index}.test], root: /srv, tls: {certificate: ${site.path(certificate)}, key: ${site.path(key)}}}`,
  )
  const fleet = fleetOf(containers + proxyOf(`[${vhosts.join(', ')}]`))
  const [proxy] = fleet.all('Proxy')
  const kind = kindOf('Proxy')
  const all = proxy === undefined ? [] : (kind.vitals?.(proxy, kind.place(proxy, fleet)[0] as Placement, fleet) ?? [])
  const vital = all.find(({ id }) => id === 'certificate-keys')
  if (vital === undefined) throw new Error('no vital')
  return vital
}

function scriptOf({ probe }: Vital): string {
  return 'text' in probe ? probe.text : ''
}

function read(vital: Vital, before = ''): Reading {
  return { status: 'read', stdout: execFileSync('sh', ['-euc', `${before}\n${scriptOf(vital)}`], { encoding: 'utf8' }), reason: '' }
}

function assess(...pairs: readonly Pair[]) {
  const vital = vitalOf(pairs)
  return vital.assess(read(vital))
}

describe('a key', () => {
  test('that belongs to its certificate and is closed is well', () => {
    expect(assess(['one.crt', 'one.key'], ['two.crt', 'two.key'])).toMatchObject({ healthy: true, reason: 'KeysBelong' })
  })

  test('of another certificate is told, with both', () => {
    const { healthy, reason, message } = assess(['two.crt', 'two.key'], ['one.crt', 'two.key'])
    expect({ healthy, reason }).toEqual({ healthy: false, reason: 'KeyMismatch' })
    expect(message).toBe(
      `key ${site.path('two.key')} does not belong to certificate ${site.path('one.crt')}: what is loaded serves on, and the next load fails`,
    )
  })

  test.each([
    ['is not there', undefined],
    ['is empty', ''],
    ['is none', 'hello\n'],
  ])('that %s is told', (_, content) => {
    if (content !== undefined) writeFileSync(site.path('bad.key'), content, { mode: 0o600 })
    expect(assess(['one.crt', content === undefined ? 'none.key' : 'bad.key'])).toMatchObject({ healthy: false, reason: 'KeyUnreadable' })
  })

  test('with a password is one that no daemon can read', () => {
    execFileSync('openssl', ['pkey', '-in', site.path('one.key'), '-aes256', '-passout', 'pass:x', '-out', site.path('locked.key')])
    chmodSync(site.path('locked.key'), 0o600)
    expect(assess(['one.crt', 'locked.key'])).toMatchObject({
      reason: 'KeyUnreadable',
      message: expect.stringContaining('not without a password'),
    })
  })

  test('that everybody can read is told, through links too, but not in a folder that is closed', () => {
    chmodSync(site.path('two.key'), 0o644)
    expect(assess(['two.crt', 'two.key'])).toMatchObject({
      healthy: false,
      reason: 'KeyReadable',
      message: expect.stringContaining('(mode 644): chmod 0600'),
    })
    symlinkSync('two.key', site.path('link.key'))
    expect(assess(['two.crt', 'link.key'])).toMatchObject({ reason: 'KeyReadable' })
    renameSync(site.path('two.key'), site.path('closed/two.key'))
    chmodSync(site.path('closed'), 0o700)
    expect(assess(['two.crt', 'closed/two.key'])).toMatchObject({ healthy: true })
    chmodSync(site.path('closed'), 0o711)
    expect(assess(['two.crt', 'closed/two.key'])).toMatchObject({ reason: 'KeyReadable' })
    chmodSync(site.path('closed/two.key'), 0o640)
    expect(assess(['two.crt', 'closed/two.key'])).toMatchObject({ healthy: true })
  })
})

describe('an answer', () => {
  const vital = () => vitalOf([['one.crt', 'one.key']])
  test('of a target without openssl is unknown', () => {
    const without = read(vital(), 'command() { return 1; }')
    expect(vital().assess(without)).toMatchObject({ healthy: 'unknown', message: 'openssl is not there: keys were not compared' })
  })

  test.each(['', 'pair 0 belongs\n', 'pair 1 belongs\nend\n', 'pair 0 maybe\nend\n'])('that is cut or strange is unknown: %j', (stdout) => {
    expect(vital().assess({ status: 'read', stdout, reason: '' })).toMatchObject({ healthy: 'unknown' })
  })

  test('is about all of them where nothing could be read', () => {
    expect(vital().assess({ status: 'unknown', stdout: '', reason: 'stopped' })).toMatchObject({ healthy: 'unknown', message: 'stopped' })
  })

  test('never holds a key, and its script is POSIX sh', () => {
    expect(read(vital()).stdout).toMatch(/^pair 0 belongs\nmode 0 600 [0-7 ]+\nend\n$/)
    expect(execFileSync('shellcheck', ['-s', 'sh', '-'], { input: `set -eu\n${scriptOf(vital())}`, encoding: 'utf8' })).toBe('')
  })
})
