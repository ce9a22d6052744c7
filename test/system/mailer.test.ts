import { describe, expect, test } from 'vitest'
import { hypervisorName } from '../../controller/model/ids.ts'
import type { Manifest } from '../../controller/model/manifest.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { reveal, Secret } from '../../controller/shell/secret.ts'
import { checkMailer } from '../../controller/system/mailer/check.ts'
import { compileMailer } from '../../controller/system/mailer/compile.ts'
import type { SystemPlace } from '../../controller/system/place.ts'
import type { SystemSpec } from '../../controller/system/spec.ts'

type Mailer = NonNullable<SystemSpec['mailer']>

function placeOf(mailer: Mailer, password = 'geheim'): SystemPlace {
  const at = () => ({ file: 'a.yaml', line: 1, column: 1 })
  const manifest = { id: 'Hypervisor/he1', at } as unknown as Manifest
  return { manifest, system: { mailer }, target: { hypervisor: hypervisorName('he1') }, secret: () => new Secret(password), policies: {} }
}

const hub = { host: 'smtp.example.org' }
const auth = { user: 'box@example.org', secretRef: 'hub' }
const complaints = (place: SystemPlace) => checkMailer(place).map(({ path, summary, hint }) => `${path}: ${summary}; ${hint}`)

describe('what a mailer must not do', () => {
  test.each<readonly [string, Mailer, string, readonly string[]]>([
    [
      'give a password away',
      { hub: { ...hub, tls: 'None' }, auth, root: 'ops@example.org' },
      'geheim',
      ['spec.system.mailer.auth: a password would go over the network in the clear; write tls: StartTls or Implicit'],
    ],
    ['ask for TLS on the machine itself', { hub: { host: '127.0.0.1', tls: 'None' }, auth, root: 'ops@example.org' }, 'geheim', []],
    [
      'take the line feed for a part of the password',
      { hub, auth, root: 'ops@example.org' },
      'geheim\n',
      ['spec.system.mailer.auth.secretRef: this password has a control character in it; was a line feed encrypted with it?'],
    ],
    [
      'lose the mail of others unsaid',
      { provider: 'msmtp', hub, auth, root: 'ops@example.org' },
      'geheim',
      [
        'spec.system.mailer.auth: the password is for root alone, so what other accounts send by msmtp (cron of www-data, PHP) is lost; use postfix, which sends for all of them',
      ],
    ],
    [
      'cut a password',
      { provider: 'ssmtp', hub, auth, root: 'ops@example.org' },
      'p#ss',
      [
        'spec.system.mailer.auth.secretRef: ssmtp cannot hold this password: it cuts at #, = and blanks; use provider postfix or msmtp',
        'spec.system.mailer.auth: the password is for root alone, so what other accounts send by ssmtp (cron of www-data, PHP) is lost; use postfix, which sends for all of them',
        'spec.system.mailer.provider: ssmtp verifies no certificate and loses what the hub does not take at once; use postfix, which does neither',
      ],
    ],
  ])('%s', (_name, mailer, password, says) => {
    expect([...complaints(placeOf(mailer, password))].sort()).toEqual(says)
  })
})

const full: Mailer = {
  hub: { host: 'smtp.example.org', tls: 'Implicit', caFile: '/etc/ssl/own.pem' },
  auth,
  from: 'box@example.org',
  domain: 'example.org',
  root: 'ops@example.org',
  mailCommand: true,
}

function textOf(spec: Spec): string {
  const { content, key, value } = spec as Spec & { readonly content?: string | Secret; readonly key?: string; readonly value?: string }
  if (key !== undefined) return `${key} = ${value}`
  const text = content instanceof Secret ? `(all of it a secret)\n${reveal(content)}` : content
  return text === undefined ? String(spec.id) : `--- ${spec.id}\n${text}`
}

test.each(['postfix', 'msmtp', 'ssmtp'] as const)('%s renders as it did', async (provider) => {
  const specs = compileMailer(placeOf({ ...full, provider }), [], 'testfleet')
  await expect(`${specs.map(textOf).join('\n')}\n`).toMatchFileSnapshot(`golden/mailer-${provider}.txt`)
})

test('a test mail is asked for by a word, and comes after all that sends it', () => {
  const specs = compileMailer(placeOf({ ...full, test: '2026-11-22' }), [], 'testfleet')
  const [unit] = specs.filter(({ id }) => id === 'service:reeve-mailer-test.service')
  const before = compileMailer(placeOf(full), [], 'testfleet').filter(({ type }) => type !== 'package')
  expect(unit?.needs?.map(({ id }) => id)).toEqual(expect.arrayContaining(before.map(({ id }) => id)))
  expect(compileMailer(placeOf(full), [], 'testfleet').filter(({ id }) => id.includes('mailer-test'))).toEqual([])
})
