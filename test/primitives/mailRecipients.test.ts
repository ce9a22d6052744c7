import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Observed } from '../../controller/model/observation.ts'
import type { PeerFacts } from '../../controller/model/primitive.ts'
import type { Target } from '../../controller/model/target.ts'
import { diff, wantedText } from '../../controller/primitives/mailRecipients/diff.ts'
import { type MailRecipientsState, parse, probe } from '../../controller/primitives/mailRecipients/probe.ts'
import { type Copy, recipientCopy, recipientSource, sourceId } from '../../controller/primitives/mailRecipients/spec.ts'
import { retire } from '../../controller/primitives/mailRecipients/steps.ts'
import { sha256 } from '../../controller/shell/inspect.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'

const at = (hypervisor: string): Target => ({ hypervisor }) as unknown as Target
const head = '# Managed by Reeve, fleet f, MailRoute/main\n'
const copyOf = (domains: readonly string[], confirmed?: string) =>
  recipientCopy(
    {
      path: '/etc/postfix/reeve-recipients',
      head,
      domains: domains.map((domain) => ({ domain, source: { target: at('he2'), id: sourceId(domain) } })),
      ...(confirmed === undefined ? {} : { confirmed }),
    },
    [],
  )
const copy = copyOf(['example.com'])

type Fact = Observed<MailRecipientsState>
const told = (...addresses: readonly string[]): Fact => ({ status: 'present', state: { type: 'source', addresses } })
const silent: Fact = { status: 'unknown', reason: 'container maila is stopped' }
const facts = (of: Fact | Readonly<Record<string, Fact>>): PeerFacts => ({
  of: ({ id }) => ('status' in of ? (of as Fact) : ((of as Readonly<Record<string, Fact>>)[id.split('@')[1] ?? ''] ?? silent)),
})
const summed = (...addresses: readonly string[]) => {
  const lines = addresses.map((one) => `${one} known\n`).join('')
  return `${head}# as their servers said (${sha256(lines).slice(0, 12)})\n${lines}`
}
const mapOf = (...addresses: readonly string[]) => ({
  status: 'present' as const,
  state: {
    type: 'copy' as const,
    content: summed(...addresses),
    sha256: 'a'.repeat(64),
    access: '644 root:root',
    isNamed: true,
  },
})
const absent = { status: 'absent' } as const
const many = Array.from({ length: 20 }, (_, index) => `u${String(index).padStart(2, '0')}@example.com`)

describe('the map of a gateway', () => {
  test('is what the server of the users said', () => {
    expect(diff(copy, absent, facts(told('alice@example.com', 'bob@example.com')))).toMatchObject({
      status: 'change',
      change: { action: 'create', fields: [{ field: 'recipients', after: summed('alice@example.com', 'bob@example.com') }] },
    })
    expect(diff(copy, mapOf('alice@example.com'), facts(told('alice@example.com')))).toEqual({ status: 'same' })
  })

  test('stays as it is while that server is silent, however often it is asked', () => {
    expect(diff(copy, mapOf(...many), facts(silent))).toEqual({ status: 'same' })
  })

  test('loses nobody of a silent server when another one speaks', () => {
    const both = copyOf(['example.com', 'example.org'])
    const seen = mapOf('alice@example.com', 'carol@example.org')
    const peers = facts({ 'example.org': told('carol@example.org', 'dave@example.org') })
    expect(wantedText(both.role as Copy, seen, peers)).toBe(summed('alice@example.com', 'carol@example.org', 'dave@example.org'))
  })

  test('is not made before everybody was heard once', () => {
    expect(diff(copy, absent, facts(silent))).toEqual({
      status: 'refused',
      reasons: ['who is in example.com is not known: he2: container maila is stopped'],
    })
  })

  test('is never emptied', () => {
    const reasons = ['nobody is in example.com on he2: all its mail would be refused; if that is so, take the domain out']
    expect(diff(copy, absent, facts(told()))).toEqual({ status: 'refused', reasons })
    expect(diff(copy, mapOf('alice@example.com'), facts(told()))).toEqual({ status: 'refused', reasons })
  })

  test('that would lose more than 30 % and more than five waits for a person', () => {
    expect(diff(copy, mapOf(...many), facts(told(...many.slice(6))))).toMatchObject({ status: 'change' })
    const held = diff(copy, mapOf(...many), facts(told(...many.slice(7))))
    const [reason = ''] = held.status === 'refused' ? held.reasons : []
    expect(reason).toMatch(
      /^7 of 20 recipients of example\.com would be refused from now on \(more than 30 %\); annotate reeve\.dev\/confirm=[0-9a-f]{12}$/,
    )
    const hash = reason.slice(-12)
    expect(diff(copyOf(['example.com'], hash), mapOf(...many), facts(told(...many.slice(7))))).toMatchObject({ status: 'change' })
    // Consent is for those who go, and for nobody else.
    expect(diff(copyOf(['example.com'], hash), mapOf(...many), facts(told(...many.slice(8))))).toMatchObject({ status: 'refused' })
    expect(diff(copy, mapOf(...many.slice(0, 8)), facts(told(...many.slice(3, 8))))).toMatchObject({ status: 'change' })
  })

  test('that follows its server is no drift, and one that a person edited is', () => {
    const causeOf = (content: string) => {
      const { state } = mapOf('alice@example.com')
      const found = diff(copy, { status: 'present', state: { ...state, content } }, facts(told('alice@example.com', 'bob@example.com')))
      return found.status === 'change' ? found.change.fields.map(({ byPeer }) => byPeer ?? false) : []
    }
    const written = summed('alice@example.com')
    expect(causeOf(written)).toEqual([true])
    expect(causeOf(`${written}eve@example.com known\n`)).toEqual([false])
    expect(causeOf(written.replace('alice', 'alicia'))).toEqual([false])
    expect(causeOf('')).toEqual([false])
  })

  test('is neither followed nor replaced where it is a link', () => {
    expect(diff(copy, { status: 'present', state: { type: 'other' } }, facts(told('alice@example.com')))).toEqual({
      status: 'refused',
      reasons: ['/etc/postfix/reeve-recipients is no regular file; it is neither followed nor replaced'],
    })
  })
})

describe('who is on a server of users', () => {
  let shell: ShellHost
  beforeAll(async () => {
    shell = await startShellHost({ overlays: ['/etc', '/home'] })
    await run(`useradd -m alice; useradd -m Bob --badname; useradd -r nomail
printf 'postmaster: root\\nabuse: alice\\n"odd one": alice\\n' >/etc/aliases; newaliases
cd /etc/postfix
printf 'info@example.com alice\\nInfo2 bob\\nother@elsewhere.example x\\n' >virtual
printf 'carol@boxes.example carol/\\nx@other.example x\\n$(id)@boxes.example y\\n' >boxes
printf '@all.example x/\\n' >all; : >none
postmap virtual boxes all none; touch -d '1 minute ago' *
printf 'in.a.file.example\\n' >names; touch -d '1 minute ago' *`)
  })
  afterAll(() => shell.close())

  async function run(script: string): Promise<string> {
    const { code, stdout } = await shell.run(script)
    if (code !== 0) throw new Error(`ended with ${code}: ${script}`)
    return stdout
  }

  const plain = ["'compatibility_level = 3.6'", "'alias_maps = hash:/etc/aliases'", "'mydestination ='"]

  /** Of each domain, by the real Postfix with these settings. */
  async function users(domain: string, ...settings: readonly string[]): Promise<Fact | undefined> {
    const subject = { id: sourceId(domain), spec: recipientSource(domain, []) }
    const written = [...plain, ...settings.map((one) => `'${one}'`)]
    return parse(
      await run(
        `printf '%s\n' ${written.join(' ')} >/etc/postfix/main.cf; touch -d '1 minute ago' /etc/postfix/main.cf\n( ${probe([subject]).text}\n) </dev/null`,
      ),
      [subject],
    ).items.get(subject.id)
  }
  const present = (...addresses: readonly string[]) => ({ status: 'present', state: { type: 'source', addresses } })
  const unknown = (reason: string) => ({ status: 'unknown', reason })

  test('a local domain has its people, its aliases and what is redirected', async () => {
    const found = await users('example.com', 'mydestination=localhost, Example.com', 'virtual_alias_maps=hash:/etc/postfix/virtual')
    const { addresses } = found?.status === 'present' && found.state.type === 'source' ? found.state : { addresses: [] }
    expect(addresses).toEqual(
      expect.arrayContaining(['root', 'alice', 'bob', 'postmaster', 'abuse', 'info', 'info2'].map((one) => `${one}@example.com`)),
    )
    expect(addresses.filter((one) => /nomail|daemon|www-data|yp_|elsewhere|odd/.test(one))).toEqual([])
    expect(addresses).toEqual([...addresses].sort())
  })

  test.each([
    ['in.a.file.example', 'mydestination=/etc/postfix/names', 'info2@in.a.file.example'],
    ['in.a.map.example', 'mydestination=inline:{{in.a.map.example=x}}', 'info2@in.a.map.example'],
  ])('a local domain may stand in a file or a map (%s)', async (domain, setting, one) => {
    const found = await users(domain, setting, 'virtual_alias_maps=texthash:/etc/postfix/virtual')
    expect(JSON.stringify(found)).toContain(`"${one}"`)
  })

  test('a domain of mailboxes has those of its map, and those alone', async () => {
    expect(
      await users('boxes.example', 'virtual_mailbox_domains=boxes.example', 'virtual_mailbox_maps=proxy:hash:/etc/postfix/boxes'),
    ).toEqual(present('carol@boxes.example'))
  })

  test('a domain of aliases has those of its map', async () => {
    expect(
      await users('elsewhere.example', 'virtual_alias_domains=elsewhere.example', 'virtual_alias_maps=hash:/etc/postfix/virtual'),
    ).toEqual(present('other@elsewhere.example'))
  })

  test.each([
    ['a map that has a whole domain', 'all', 'it has @all.example, by which it takes everybody: take mode Verify or Any'],
    ['a map that is not there', 'nosuch', 'hash:/etc/postfix/nosuch could not be read'],
  ])('%s makes all of it unknown', async (_name, map, reason) => {
    const settings = ['virtual_mailbox_domains=all.example', `virtual_mailbox_maps=hash:/etc/postfix/${map}`]
    expect(await users('all.example', ...settings)).toEqual(unknown(reason))
  })

  test.each([
    [
      'no map of mailboxes',
      ['virtual_mailbox_domains=x.example', 'virtual_mailbox_maps='],
      'virtual_mailbox_maps is empty, so it takes everybody',
    ],
    [
      'no list of local users',
      ['mydestination=x.example', 'local_recipient_maps='],
      'local_recipient_maps is empty, so it takes everybody',
    ],
    [
      'users in a database',
      ['virtual_mailbox_domains=x.example', 'virtual_mailbox_maps=proxy:mysql:/etc/postfix/users.cf'],
      'virtual_mailbox_maps has mysql:/etc/postfix/users.cf, which cannot be listed',
    ],
    [
      'another domain',
      ['mydestination=y.example'],
      'it is no domain of the Postfix there: neither mydestination nor virtual_mailbox_domains has it',
    ],
  ])('%s makes all of it unknown', async (_name, settings, reason) => {
    expect(await users('x.example', ...settings)).toEqual(unknown(reason))
  })

  test('an empty map is an answer: there is nobody', async () => {
    const settings = ['virtual_mailbox_domains=x.example', 'virtual_mailbox_maps=hash:/etc/postfix/none']
    expect(await users('x.example', ...settings)).toEqual(present())
  })

  test('a list that was cut off is none', async () => {
    const subject = { id: sourceId('x.example') }
    expect(parse('users x.example\nuser alice\n', [subject]).items.get(subject.id)).toEqual(
      unknown('who is in x.example was not told as a whole'),
    )
  })
})

test('the map goes only when main.cf names it no more', () => {
  const entry = { id: copy.id } as Parameters<typeof retire>[0]
  const seen = mapOf('alice@example.com')
  expect(retire(entry, seen)).toEqual({ impact: 'none', steps: [], keptBecause: 'main.cf names it' })
  expect(retire(entry, { ...seen, state: { ...seen.state, isNamed: false } }).steps.map(({ title }) => title)).toEqual([
    'remove /etc/postfix/reeve-recipients',
  ])
})
