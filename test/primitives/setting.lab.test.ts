import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { hashFields } from '../../controller/engine/ledger.ts'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { Known } from '../../controller/model/observation.ts'
import { settingPrimitive } from '../../controller/primitives/setting/index.ts'
import { type SettingSpec, setting } from '../../controller/primitives/setting/spec.ts'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import type { Run } from '../machine/shell.ts'
import { carryOut, contextOf, known, observe, stepsFor, undo } from '../machine/transaction.ts'

const primitive = settingPrimitive
const directory = '/srv/post fix'
const main = `'${directory}/main.cf'`
const text = `# mine
mydestination = a.example,
   b.example
  # between
\tc.example   \nrelay_domains =
mynetworks=127.0.0.0/8   10.0.0.0/8
myhostname = old.example
myhostname = new.example
`

let host: NativeHost
let run: Run
let times = 0
beforeAll(async () => {
  host = await startNativeHost()
  run = async (script) => {
    const { code, stdout, stderr } = await host.exec('sh -s', { stdin: script })
    return { code: code ?? -1, stdout, stderr }
  }
})
afterAll(() => host?.[Symbol.asyncDispose]())
beforeEach(async () => {
  times++
  await write(text)
})

async function write(content: string): Promise<void> {
  const base64 = Buffer.from(content).toString('base64')
  await run(
    `rm -rf '${directory}'; mkdir -p '${directory}'; cp /etc/postfix/master.cf '${directory}/'; echo ${base64} | base64 -d >${main}; touch -d '1 minute ago' ${main}`,
  )
}

async function read(): Promise<string> {
  return (await run(`cat ${main}`)).stdout
}

function wanted(key: string, value: string): SettingSpec {
  return setting({ directory, key, value })
}

async function apply(...specs: readonly SettingSpec[]) {
  const steps = await stepsFor(
    specs.map((spec) => ({ primitive, spec })),
    run,
  )
  const before = `/srv/before-${times}-${Math.floor(Math.random() * 1e9)}`
  return { result: await carryOut(steps, before, run), undo: () => undo(steps, before, run) }
}

function entryOf(spec: SettingSpec, before: Known<unknown>): LedgerEntry {
  const previous = primitive.previous?.(spec, before)
  const fields = hashFields(primitive.fields(spec), '')
  const rest = { target: 'he1', owners: [], files: [], deletionPolicy: 'Delete', state: 'done', commit: 'c0ffee' } as const
  return { ...rest, id: spec.id, fields, ...(previous === undefined ? {} : { previous }) }
}

const values: readonly (readonly [string, string, string])[] = [
  ['relayhost', '[gate.example]:25', 'was a default'],
  ['relay_domains', 'x.example, $mydestination', 'was empty'],
  ['mydestination', '', 'is made empty'],
  ['mydestination', 'x', 'was on several lines, with a comment between them'],
  ['smtpd_banner', '$myhostname `touch /srv/pwned` "a" \'b\' #c = \\d ü %s *', 'has hostile characters'],
  ['myhostname', 'x.example', 'was written twice'],
]
test.each(values)('%s can be set to %j where it %s, is then the same, undone byte for byte, and given back', async (key, value) => {
  const spec = wanted(key, value)
  const before = await known(primitive, spec, run)
  const { result, undo: back } = await apply(spec)
  expect(result).toMatchObject({ status: 'done' })
  const after = await known(primitive, spec, run)
  expect(after).toEqual({ status: 'present', state: { value } })
  expect(primitive.diff(spec, after, undefined)).toEqual({ status: 'same' })
  expect((await run(`ls -A '${directory}'; ls /srv/pwned`)).stdout).toBe('main.cf\nmaster.cf\n')
  await back()
  expect(await read()).toBe(text)
  await apply(spec)
  const retired = primitive.retire?.(entryOf(spec, before), await known(primitive, spec, run), contextOf())
  expect((await carryOut(retired?.steps ?? [], `/srv/retired-${times}`, run)).status).toBe('done')
  expect(await known(primitive, spec, run)).toEqual(before)
  expect((await read()).startsWith('# mine\n')).toBe(true)
})

test('blanks and lines as a person wrote them are no drift, and nothing is written', async () => {
  for (const [key, value] of [
    ['mydestination', 'a.example, b.example c.example'],
    ['mynetworks', '127.0.0.0/8 10.0.0.0/8'],
    ['relay_domains', ''],
    ['myhostname', 'new.example'],
  ] as const) {
    const spec = wanted(key, value)
    expect(primitive.diff(spec, await known(primitive, spec, run), undefined), key).toEqual({ status: 'same' })
  }
})

test('several go live at once, and come back as one', async () => {
  const { result, undo: back } = await apply(
    wanted('relayhost', 'x'),
    wanted('mynetworks', '10.0.0.0/8'),
    wanted('myhostname', 'z.example'),
  )
  expect(result).toMatchObject({ status: 'done' })
  expect((await run(`postconf -c '${directory}' -h relayhost mynetworks myhostname 2>/dev/null`)).stdout).toBe('x\n10.0.0.0/8\nz.example\n')
  await back()
  expect(await read()).toBe(text)
})

test('a key that Postfix does not know is refused before anything is live: postconf itself would take it', async () => {
  const { result } = await apply(wanted('relay_domain', 'x'))
  expect(result).toMatchObject({
    status: 'failed',
    stderr: expect.stringContaining('postconf knows no setting relay_domain, or changes its value: it says unset relay_domain'),
  })
  expect(await read()).toBe(text)
})

test('a value that Postfix cannot read is refused before anything is live, with its own words', async () => {
  const { result } = await apply(wanted('smtpd_banner', '$(touch /srv/pwned)'))
  expect(result).toMatchObject({ status: 'failed', stderr: expect.stringContaining('fatal: macro processing error') })
  expect(await read()).toBe(text)
})

test('what a person changed after the plan is refused on the host', async () => {
  const spec = wanted('relay_domains', 'x')
  const steps = await stepsFor([{ primitive, spec }], run)
  await run(`postconf -c '${directory}' -e relay_domains=theirs`)
  expect(await carryOut(steps, '/srv/before-guard', run)).toMatchObject({
    status: 'refused',
    stderr: `relay_domains in ${directory}/main.cf changed meanwhile: set relay_domains theirs\n`,
  })
  expect(await read()).toContain('relay_domains = theirs\n')
})

test('what a person changed before the undo stays, but for our key', async () => {
  const { undo: back } = await apply(wanted('relayhost', 'x'))
  await run(`postconf -c '${directory}' -e relay_domains=theirs`)
  await back()
  expect(await read()).toContain('relay_domains = theirs\n')
  expect(await read()).not.toContain('relayhost')
})

test('what is not as Reeve last wrote it stays when its manifest goes', async () => {
  const spec = wanted('mynetworks', '10.0.0.0/8')
  const retired = primitive.retire?.(entryOf(spec, { status: 'absent' }), await known(primitive, spec, run), contextOf())
  expect(retired).toMatchObject({ steps: [], keptBecause: 'its value is not what Reeve last wrote' })
})

test('a configuration that is broken is unknown, with postconf’s own words; one that is not there is refused', async () => {
  const spec = wanted('relayhost', 'x')
  await write('no line of it\n')
  expect(await observe(primitive, spec, run)).toEqual({
    status: 'unknown',
    reason: `postconf: fatal: ${directory}/main.cf, line 1: missing '=' after attribute name: "no line of it"`,
  })
  await run(`rm ${main}`)
  expect(primitive.diff(spec, await known(primitive, spec, run), undefined)).toEqual({
    status: 'refused',
    reasons: [`${directory}/main.cf is not there: is Postfix installed?`],
  })
})

test('costs one postconf for each configuration, however many keys there are', async () => {
  const keys = ['relayhost', 'mynetworks', 'myhostname', 'relay_domains', 'mydestination']
  const specs = [...keys.map((key) => wanted(key, 'x')), setting({ key: 'myorigin', value: 'x' })]
  const subjects = specs.map((spec) => ({ id: spec.id, spec }))
  const probed = await run(
    `postconf() { echo postconf >&2; command postconf "$@"; }\n${primitive.probe(subjects, 'f').text.replaceAll('2>/dev/null', '')}`,
  )
  expect(probed.stderr.split('\n').filter((line) => line === 'postconf')).toHaveLength(2)
  expect([...primitive.parse(probed.stdout, subjects).items.keys()].sort()).toEqual(specs.map(({ id }) => id).sort())
})
