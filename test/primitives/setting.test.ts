import { expect, test } from 'vitest'
import { settingPrimitive } from '../../controller/primitives/setting/index.ts'
import { fileOfSetting, setting } from '../../controller/primitives/setting/spec.ts'
import { runShell, temporaryDirectory } from '../machine/shell.ts'
import { readFixture } from './fixture.ts'

const primitive = settingPrimitive
const specs = ['relayhost', 'mydestination', 'smtpd_banner', 'mynetworks'].map((key) => setting({ key, value: 'x' }))
const subjects = specs.map((spec) => ({ id: spec.id, spec }))
const captured = readFixture('setting-probe.txt')

test('what a real Postfix said is read', () => {
  expect([...primitive.parse(captured, subjects).items.values()]).toEqual([
    { status: 'absent', around: { isThere: true } },
    { status: 'present', state: { value: 'a.example, b.example c.example' } },
    { status: 'present', state: { value: '$myhostname "a b" #c = \\d' } },
    { status: 'present', state: { value: '' } },
  ])
})

const damaged: readonly (readonly [string, string])[] = [
  ['a line less', captured.replace(/^set mydestination.*\n/m, '')],
  ['a line more', captured.replace('end 4', 'unset relayhost\nend 4')],
  ['another order', captured.replace('unset relayhost', 'unset mydestination')],
  ['its end cut', captured.slice(0, -7)],
  ['another word', captured.replace('unset relayhost', 'onset relayhost')],
]
test.each(damaged)('an answer with %s is not believed', (_, text) => {
  expect(() => primitive.parse(text, subjects)).toThrow()
})

test('a value that is not UTF-8 is unknown, for it could not be given back', () => {
  const { items } = primitive.parse('settings 1\nset relayhost a\ufffd\nend 1\n', subjects.slice(0, 1))
  expect([...items.values()]).toEqual([{ status: 'unknown', reason: 'the value of relayhost is not UTF-8' }])
})

test('without a configuration it is absent, and without its tool unknown', async () => {
  using directory = temporaryDirectory()
  const spec = setting({ directory: directory.path, key: 'relayhost', value: 'x', needs: [] })
  const own = [{ id: spec.id, spec }]
  const gone = await runShell(primitive.probe(own, 'f').text)
  const absent = primitive.parse(gone.stdout, own).items.get(spec.id)
  expect(absent).toEqual({ status: 'absent', around: { isThere: false } })
  expect(primitive.diff(spec, absent as never, undefined)).toMatchObject({ status: 'change', change: { action: 'create' } })
  const missing = await runShell(`: >${directory.path}/main.cf\nPATH=/nowhere\n${primitive.probe(own, 'f').text}`)
  expect(primitive.parse(missing.stdout, own).items.get(spec.id)).toMatchObject({
    status: 'unknown',
    reason: expect.stringContaining('postconf: not found'),
  })
})

const nonsense: readonly (readonly [string, string, string])[] = [
  ['a=b', 'x', 'not a name of a setting'],
  ['a\nb', 'x', 'not a name of a setting'],
  ['', 'x', 'not a name of a setting'],
  ['-e', 'x', 'not a name of a setting'],
  ['relayhost', 'x\ny', 'not a value of relayhost'],
  ['relayhost', 'x  y', 'not a value of relayhost'],
  ['relayhost', ' x', 'not a value of relayhost'],
  ['relayhost', 'x\0', 'not a value of relayhost'],
  ['relayhost', 'x'.repeat(8001), 'not a value of relayhost'],
]
test.each(nonsense)('%j set to %j is no setting', (key, value, says) => {
  expect(() => setting({ key, value })).toThrow(says)
})

test('its file is known from its id, for a service that loads it', () => {
  const [spec] = specs
  expect(spec && [spec.id, fileOfSetting(spec.id)]).toEqual(['setting:postconf:/etc/postfix#relayhost', '/etc/postfix/main.cf'])
})
