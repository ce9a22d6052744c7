import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { Known, Observed } from '../../controller/model/observation.ts'
import type { Target } from '../../controller/model/target.ts'
import { diff } from '../../controller/primitives/mailHoldings/diff.ts'
import { type MailHoldingsState, parse, probe } from '../../controller/primitives/mailHoldings/probe.ts'
import { holdingsId, mailHoldings } from '../../controller/primitives/mailHoldings/spec.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { diceFrom } from '../random.ts'

const first = { target: { hypervisor: 'he1' } as unknown as Target, id: holdingsId }
const spec = mailHoldings({ ownKeys: ['myhostname', 'message_size_limit'], ownMaps: '/etc/postfix/reeve', like: first })
const entry = {} as LedgerEntry

let shell: ShellHost
beforeAll(async () => {
  shell = await startShellHost({ overlays: ['/etc'] })
})
afterAll(() => shell.close())

/** What a Postfix with these lines of main.cf holds, and these entries in the map of others. */
async function held(settings: readonly string[], entries: readonly string[]): Promise<Observed<MailHoldingsState> | undefined> {
  const lines = (all: readonly string[]) => all.map((one) => `'${one}'`).join(' ')
  const { stdout } =
    await shell.run(`cd /etc/postfix; mkdir -p reeve; echo 'ours.example relay:x' >reeve/transport; cp reeve/transport reeve-recipients
printf '%s\\n' 'compatibility_level = 3.6' ${lines(settings)} >main.cf; printf '%s\\n' ${lines(entries)} >theirs; touch -d '1 minute ago' main.cf theirs reeve/* reeve-recipients
( ${probe([{ id: spec.id, spec }]).text}
)`)
  return parse(stdout, [{ id: spec.id, spec }]).items.get(spec.id)
}

const ours = 'transport_maps = texthash:/etc/postfix/reeve/transport, texthash:/etc/postfix/theirs'

function differences(here: Observed<MailHoldingsState> | undefined, there: Observed<MailHoldingsState> | undefined): readonly string[] {
  if (here === undefined || here.status === 'unknown' || there === undefined) throw new Error(JSON.stringify(here))
  const found = diff(spec, here, entry, { of: () => there })
  return found.status === 'change' ? found.change.fields.map(({ field, before, after }) => `${field}: ${before}; ${after}`) : [found.status]
}

test('entries of maps of others that differ are named, with what the first gateway has', async () => {
  const here = await held([ours], ['a.example relay:[192.0.2.1]', 'b.example relay:[192.0.2.2]', 'c.example relay:[192.0.2.3]'])
  const there = await held([ours], ['b.example relay:[192.0.2.2]', 'c.example relay:[192.0.2.9]', 'd.example relay:[192.0.2.4]'])
  expect(differences(here, there)).toEqual([
    'texthash:/etc/postfix/theirs a.example: relay:[192.0.2.1]; nothing, as on he1',
    'texthash:/etc/postfix/theirs c.example: relay:[192.0.2.3]; relay:[192.0.2.9], as on he1',
    'texthash:/etc/postfix/theirs d.example: undefined; relay:[192.0.2.4], as on he1',
  ])
  expect(differences(here, here)).toEqual(['same'])
})

test('settings of others are compared, those of ours and those of each machine not, and no password is shown', async () => {
  const here = await held(
    [
      'myhostname = b.example',
      'message_size_limit = 1',
      'mydestination = b.example',
      'smtpd_banner = x',
      'smtp_sasl_password_maps = static:a:b',
      ours,
    ],
    [],
  )
  const there = await held(
    [
      'myhostname = a.example',
      'message_size_limit = 2',
      'smtpd_helo_required = yes',
      'smtp_sasl_password_maps = static:c:d',
      'transport_maps = texthash:/etc/postfix/reeve/transport',
    ],
    [],
  )
  expect(differences(here, there)).toEqual([
    'main.cf smtp_sasl_password_maps: (not shown); (not shown), as on he1',
    'main.cf smtpd_banner: x; nothing, as on he1',
    'main.cf smtpd_helo_required: undefined; yes, as on he1',
    'main.cf transport_maps: texthash:/etc/postfix/theirs; nothing, as on he1',
  ])
})

test('of a large map that it differs is said, not where', async () => {
  const many = Array.from({ length: 1201 }, (_, index) => `u${index}.example relay:x`)
  expect(differences(await held([ours], many), await held([ours], [...many, 'more.example relay:x']))).toEqual([
    'texthash:/etc/postfix/theirs: many entries; others, as on he1',
  ])
})

test('a gateway that is new, and one whose first one is silent, are no drift', async () => {
  const here = (await held([ours], ['a.example relay:x'])) as Known<MailHoldingsState>
  const there = await held([ours], [])
  if (there === undefined) throw new Error('nothing')
  expect(diff(spec, here, undefined, { of: () => there })).toEqual({ status: 'same' })
  expect(diff(spec, here, entry, { of: () => ({ status: 'unknown', reason: 'no connection' }) })).toEqual({ status: 'same' })
  expect(diff(mailHoldings({ ownKeys: [], ownMaps: '/etc/postfix/reeve' }), here, entry, { of: () => there })).toEqual({ status: 'same' })
})

const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

test(`random settings and entries are read as they were written, and are no drift of themselves (seed ${seed})`, async () => {
  const dice = diceFrom(seed)
  const pieces = ['a', 'Z', '9', '.', '-', '_', '=', '/', ':', '[x]', '$myhostname', '%', 'map', 'end', 'large', 'holds']
  const word = () => Array.from({ length: 1 + dice(6) }, () => pieces[dice(pieces.length)]).join('')
  for (let turn = 0; turn < (process.env['REEVE_TEST_LONG'] === '1' ? 200 : 8); turn++) {
    const entries = new Map(Array.from({ length: dice(12) }, (_, index) => [`k${index}${word().toLowerCase()}`, `${word()} ${word()}`]))
    const settings = ['smtpd_banner', 'mail_name', 'syslog_name'].map((key) => `${key} = x${word()}`)
    const found = await held(
      [ours, ...settings],
      [...entries].map(([key, value]) => `${key} ${value}`),
    )
    expect(differences(found, found)).toEqual(['same'])
    const map = found?.status === 'present' ? found.state.maps.get('texthash:/etc/postfix/theirs') : undefined
    expect(map).toEqual({ entries })
    expect(found?.status === 'present' ? found.state.settings.get('smtpd_banner') : undefined).toBe(
      settings[0]?.slice('smtpd_banner = '.length),
    )
  }
})
