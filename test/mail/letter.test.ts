import { describe, expect, it } from 'vitest'
import { isAddress } from '../../controller/mail/address.ts'
import { bytesOf, type LetterRules, makeLetter, type Submission } from '../../controller/mail/letter.ts'
import { mailboxesOf } from '../../controller/mail/mailboxes.ts'
import { readMessage } from '../../controller/mail/message.ts'

const rules: LetterRules = {
  domain: 'foo.bar',
  hostname: 'box.foo.bar',
  root: 'ops@foo.bar',
  fromLineOverride: true,
  aliases: [{ local: 'root', from: 'me@foo.bar', line: 1 }],
  addedHeaders: ['X-Added: yes'],
  isSystemUser: (name) => ['root', 'daemon'].includes(name),
}

interface Change {
  readonly rules?: Partial<LetterRules>
  readonly call?: Partial<Submission>
}

function make(text: string | Buffer, { rules: more, call }: Change = {}) {
  const read = readMessage(Buffer.from(text as string))
  if (!read.ok) return { refused: read.reason }
  const submission = { message: read.message, login: 'ann', uid: 1000, fullName: 'Ann', recipients: ['bob'], readsHeader: false, ...call }
  const made = makeLetter(submission, { ...rules, ...more }, { nowSeconds: 1_000_000_000, id: 'id' })
  return made.ok ? { ...made.letter, text: bytesOf(made.message).toString('latin1') } : { refused: made.reason }
}

const received = 'Received: by box.foo.bar (Reeve, from userid 1000)\n\tid id; Sun, 09 Sep 2001 01:46:40 +0000\n'
const added = 'Date: Sun, 09 Sep 2001 01:46:40 +0000\nMessage-ID: <id@box.foo.bar>\nX-Added: yes\n'

describe('the envelope', () => {
  it.each<readonly [string, string, Change, { readonly from: string; readonly to: readonly string[] }]>([
    ['of a bare name', 'x', {}, { from: 'ann@foo.bar', to: ['bob@foo.bar'] }],
    [
      'of system users is root',
      'x',
      { call: { recipients: ['root', 'daemon', 'root@foo.bar'] } },
      { from: 'ann@foo.bar', to: ['ops@foo.bar', 'root@foo.bar'] },
    ],
    [
      'of a root that is a bare name',
      'x',
      { rules: { root: 'admin' }, call: { recipients: ['root'] } },
      { from: 'ann@foo.bar', to: ['admin@foo.bar'] },
    ],
    [
      'of arguments with lists in them',
      'x',
      { call: { recipients: ['a@b.c, "x, y" <d@e.f>'] } },
      { from: 'ann@foo.bar', to: ['a@b.c', 'd@e.f'] },
    ],
    [
      'of -t and arguments is both',
      'To: One <one@foo.bar>,\n two (the second)\nCc: team: three@foo.bar, <four@foo.bar>;\nBcc: five@foo.bar\n\nx',
      { call: { readsHeader: true, recipients: ['six@foo.bar'] } },
      { from: 'ann@foo.bar', to: ['six@foo.bar', 'one@foo.bar', 'two@foo.bar', 'three@foo.bar', 'four@foo.bar', 'five@foo.bar'] },
    ],
    [
      'of a message sent on',
      'To: one@foo.bar\nResent-To: two@foo.bar\n\nx',
      { call: { readsHeader: true, recipients: [] } },
      { from: 'ann@foo.bar', to: ['two@foo.bar'] },
    ],
    ['with the header’s From', 'From: W <w@x.y>\n\nx', {}, { from: 'w@x.y', to: ['bob@foo.bar'] }],
    [
      'without, where the header does not decide',
      'From: W <w@x.y>\n\nx',
      { rules: { fromLineOverride: false } },
      { from: 'ann@foo.bar', to: ['bob@foo.bar'] },
    ],
    ['with revaliases for the user', 'x', { call: { login: 'root' } }, { from: 'me@foo.bar', to: ['bob@foo.bar'] }],
    ['with revaliases for a bare From', 'From: root\n\nx', {}, { from: 'me@foo.bar', to: ['bob@foo.bar'] }],
    ['with -f before all', 'From: W <w@x.y>\n\nx', { call: { sender: 'f@x.y' } }, { from: 'f@x.y', to: ['bob@foo.bar'] }],
    ['with the null sender', 'x', { call: { sender: '<>' } }, { from: '', to: ['bob@foo.bar'] }],
  ])('%s', (_name, text, change, wanted) => {
    expect(make(text, change)).toMatchObject(wanted)
  })
})

describe('the message', () => {
  it.each<readonly [string, string, Change, string]>([
    ['without a header gets one', 'hello\nthere', {}, `${received}From: "Ann" <ann@foo.bar>\n${added}\nhello\nthere\n`],
    ['that is empty', '', {}, `${received}From: "Ann" <ann@foo.bar>\n${added}\n`],
    [
      'with a header keeps it',
      'From: a@b.c\nDate: then\nMessage-ID: <x@y>\n\nhi\n',
      {},
      `${received}From: a@b.c\nDate: then\nMessage-ID: <x@y>\nX-Added: yes\n\nhi\n`,
    ],
    [
      'loses what is not for others',
      'From: a@b.c\nBcc: secret@x.y,\n other@x.y\nReturn-Path: <z>\n\nhi\n',
      {},
      `${received}From: a@b.c\n${added}\nhi\n`,
    ],
    [
      'has whole addresses',
      'From: root (Cron Daemon)\nTo: root, "a, b" <bob>\n\nhi\n',
      {},
      `${received}From: me@foo.bar (Cron Daemon)\nTo: root@foo.bar, "a, b" <bob@foo.bar>\n${added}\nhi\n`,
    ],
    [
      'with a name of -F',
      'hi\n',
      { call: { senderName: 'A "B"\r\nBcc: x@y' } },
      `${received}From: "A \\"B\\"  Bcc: x@y" <ann@foo.bar>\n${added}\nhi\n`,
    ],
    ['of an mbox', 'From ann Sun Sep  9\nSubject: s\n\nhi\n', {}, `${received}Subject: s\nFrom: "Ann" <ann@foo.bar>\n${added}\nhi\n`],
    ['of DOS', 'Subject: s\r\n\r\nhi\r\n', {}, `${received}Subject: s\nFrom: "Ann" <ann@foo.bar>\n${added}\nhi\n`],
    [
      'whose header stops at what is none',
      'Subject: s\nno header\nTo: x@y\n\nhi\n',
      {},
      `${received}Subject: s\nFrom: "Ann" <ann@foo.bar>\n${added}\nno header\nTo: x@y\n\nhi\n`,
    ],
    [
      'with folds of blanks alone',
      'Subject: s\n \t\n more\n\nhi\n',
      {},
      `${received}Subject: s\n more\nFrom: "Ann" <ann@foo.bar>\n${added}\nhi\n`,
    ],
    [
      'with 8 bits and no MIME',
      'Subject: Jörg ü\n\nä=b \n',
      {},
      `${received}Subject: =?utf-8?B?SsO2cmcgw7w=?=\nFrom: "Ann" <ann@foo.bar>\n${added}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n=C3=A4=3Db=20\n`,
    ],
    [
      'with 8 bits of MIME',
      'From: a@b.c\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nä\n',
      {},
      `${received}From: a@b.c\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n${added}Content-Transfer-Encoding: quoted-printable\n\n=C3=A4\n`,
    ],
    [
      'with names of 8 bits',
      'From: "Jörg, M" <a@b.c>\nTo: Jörg <ö@b.c>\n\nhi\n',
      {},
      `${received}From: =?utf-8?B?SsO2cmcsIE0=?= <a@b.c>\nTo: =?utf-8?B?SsO2cmc=?= <=?utf-8?B?w7ZAYi5j?=>\n${added}\nhi\n`,
    ],
    [
      'with names of more than one word of 8 bits',
      'From: José Müller Ä <a@b.c>\nTo: Jörg Ä, Ö B Ü <c@d.e>\n\nhi\n',
      { call: { recipients: ['x@y.z'] } },
      `${received}From: =?utf-8?B?Sm9zw6k=?= =?utf-8?B?IE3DvGxsZXI=?= =?utf-8?B?IMOE?= <a@b.c>\nTo: =?utf-8?B?SsO2cmc=?= =?utf-8?B?IMOE?=, =?utf-8?B?w5Y=?= B =?utf-8?B?w5w=?= <c@d.e>\n${added}\nhi\n`,
    ],
    [
      'with a file name of 8 bits',
      'From: a@b.c\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b; name="Ü ä.pdf"\n\nhi\n',
      {},
      `${received}From: a@b.c\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b; name="=?utf-8?B?w5w=?= =?utf-8?B?IMOkLnBkZg==?="\n${added}\nhi\n`,
    ],
    [
      'with a name of -F that is not Latin',
      'hi\n',
      { call: { senderName: 'Żak Ċ' } },
      `${received}From: =?utf-8?B?xbthayDEig==?= <ann@foo.bar>\n${added}\nhi\n`,
    ],
    [
      'with a NUL in its text',
      'a\0b\n',
      {},
      `${received}From: "Ann" <ann@foo.bar>\n${added}MIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: quoted-printable\n\na=00b\n`,
    ],
    [
      'with bare carriage returns in its text',
      'a\n\n1%\r2%\r.\r\nend\n',
      {},
      `${received}From: "Ann" <ann@foo.bar>\n${added}\na\n\n1%\n2%\n.\nend\n`,
    ],
  ])('%s', (_name, text, change, wanted) => {
    expect(make(text, change)).toHaveProperty('text', wanted)
  })

  it.each([
    ['a line too long', `Subject: s\n\n${'x'.repeat(3000)}\n`],
    ['a line too long of a message with parts', `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n${'x'.repeat(3000)}\n`],
    [
      'a line twice too long of a message with parts',
      `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n${'x'.repeat(1995)}\n`,
    ],
    ['a header too long', `Subject: ${'word '.repeat(600)}\nX: ${'y'.repeat(3000)}\n\nhi\n`],
    ['a header of 8 bits too long', `Subject: ${'ü'.repeat(2000)}\n\nhi\n`],
    ['a thousand recipients', `To: ${Array.from({ length: 1000 }, (_, index) => `a${index}@foo.bar`).join(', ')}\n\nhi\n`],
  ])('is carried by every server with %s: no line has more than 998 bytes', (_name, text) => {
    const { text: made = '' } = make(text) as { readonly text?: string }
    expect(Math.max(...made.split('\n').map((line) => line.length))).toBeLessThanOrEqual(998)
    expect(
      made
        .split('\n\n')[0]
        ?.split('\n')
        .every((line) => /^([!-9;-~]+:|[ \t])/.test(line)),
    ).toBe(true)
  })
})

describe('what is refused', () => {
  it.each<readonly [string, string, Change, string]>([
    ['a carriage return in a header', 'Subject: s\rBcc: eve@x.y\n\nhi', {}, 'line 1 of its header has a carriage return in it'],
    ['a NUL in a header', 'A: b\nSubject: s\0\n\nhi', {}, 'line 2 of its header has a NUL byte in it'],
    ['a huge header', `${'X: y\n'.repeat(60_000)}\nhi`, {}, 'its header has 300000 bytes; at most 262144 are taken'],
    ['no recipients', 'To: bob\n\nhi', { call: { recipients: [] } }, 'no recipients; name them, or use -t to take them from the header'],
    [
      'no recipients in the header',
      'To: undisclosed-recipients:;\n\nhi',
      { call: { recipients: [], readsHeader: true } },
      'no recipients: neither To, Cc or Bcc nor an argument names one',
    ],
    [
      'a line of SMTP in a recipient',
      'x',
      { call: { recipients: ['ops@x.y\r\nRCPT TO:<evil@x.y>'] } },
      '"ops@x.y\\r\\nRCPT TO:<evil@x.y>" is no mail address',
    ],
    ['a line of SMTP in the sender', 'x', { call: { sender: 'a@b.c>\r\nDATA' } }, '"a@b.c>\\r\\nDATA" is no mail address'],
    ['a source route', 'x', { call: { recipients: ['<@a.b:c@d.e>'] } }, '"@a.b:c@d.e" is no mail address'],
    ['8 bits in an address', 'x', { call: { recipients: ['jörg@x.y'] } }, '"jörg@x.y" is no mail address'],
    ['two ats', 'x', { call: { recipients: ['a@b@c.d'] } }, '"a@b@c.d" is no mail address'],
    [
      'an address of 1000 characters',
      'x',
      { call: { recipients: [`${'a'.repeat(1000)}@b.c`] } },
      `"${'a'.repeat(100)}…" is no mail address`,
    ],
  ])('%s', (_name, text, change, reason) => {
    expect(make(text, change)).toEqual({ refused: reason })
  })
})

describe('addresses', () => {
  it.each(['a@b', 'a.b+c@d-e.f', '"a b"@c.d', "o'neil@x.y", 'a@[192.0.2.1]', 'a@[IPv6:2001:db8::1]'])('%s is one', (text) => {
    expect(isAddress(text)).toBe(true)
  })

  it.each([
    '',
    'a',
    '@b',
    'a@',
    'a..b@c',
    '.a@b',
    'a@-b',
    'a@b..c',
    'a b@c',
    'a@b c',
    'a@b\n',
    '"a@b',
    '"a\n"@b',
    '<a@b>',
    'a,b@c',
    'a@[b]',
    `a@${'b.'.repeat(200)}c`,
  ])('%j is none', (text) => {
    expect(isAddress(text)).toBe(false)
  })

  it.each<readonly [string, readonly string[]]>([
    ['', []],
    [',,;', []],
    ['a, b', ['a', 'b']],
    ['"x, <y>" <a@b>, (c, d) e@f (g)', ['a@b', 'e@f']],
    ['team: a@b, c@d;, e@f', ['a@b', 'c@d', 'e@f']],
    ['"quoted part"@b', ['"quoted part"@b']],
    ['((nested) a@b) c@d', ['c@d']],
    ['"never closed <a@b>', ['"never closed <a@b>']],
    ['<a@b', ['a@b']],
    ['(never closed a@b', []],
  ])('are found in %j', (text, addresses) => {
    expect(mailboxesOf(text).map(({ address }) => address)).toEqual(addresses)
  })

  it('are found in a megabyte of nonsense without delay', () => {
    for (const nonsense of ['(', ')', '"', '\\"', '<', '>', ',', ':', 'a ', '"a" ', '(\\'])
      expect(mailboxesOf(nonsense.repeat(1_000_000 / nonsense.length)).length).toBeGreaterThanOrEqual(0)
  })
})
