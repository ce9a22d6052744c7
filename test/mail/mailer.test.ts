import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../controller/shell/secret.ts'
import { freePort } from '../ssh/free-port.ts'
import { type Clock, mailerTo, mailOf } from './sending.ts'
import { catchMails, smtpError } from './smtp.ts'

let dir: string
let clock: Clock
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reeve-mail-'))
  clock = { seconds: 1000 }
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const waiting = () => readdirSync(join(dir, 'new'))
const refused = () => readdirSync(join(dir, 'failed'))
const header = (raw: string, name: string) => new RegExp(`^${name}: (.*(?:\r\n[ \t].*)*)`, 'm').exec(raw)?.[1]

describe('a mail', () => {
  it('arrives as plain text with its thread, and leaves the spool', async () => {
    await using server = await catchMails()
    await using mailer = await mailerTo(server.port, dir, clock)
    await mailer.submit(mailOf('second', { references: ['first'], text: `-${'x'.repeat(120)}\n+ ü \n context \n.\n` }))
    expect(await mailer.flush()).toBe(0)
    const { raw = '', to } = server.mails[0] ?? {}
    expect(to).toEqual(['ann@example.org'])
    expect(header(raw, 'Message-ID')).toBe('<second@ops.example>')
    expect(header(raw, 'References')).toBe('<first@ops.example>')
    expect(header(raw, 'Auto-Submitted')).toBe('auto-generated')
    expect(header(raw, 'Date')).toBe('Thu, 01 Jan 1970 00:16:40 +0000')
    expect(header(raw, 'Content-Type')).toBe('text/plain; charset=utf-8')
    expect(unquote(raw)).toContain(`-${'x'.repeat(120)}\r\n+ ü \r\n context \r\n.\r\n`)
    expect(waiting()).toEqual([])
  })

  it('cannot bring header lines or recipients of its own', async () => {
    await using server = await catchMails()
    await using mailer = await mailerTo(server.port, dir, clock)
    await mailer.submit(
      mailOf('evil', { subject: 'one\r\nBcc: eve@example.org\r\n\r\nbody', text: '\r\n.\r\nMAIL FROM:<eve@example.org>' }),
    )
    await mailer.flush()
    expect(server.mails).toHaveLength(1)
    expect(server.mails[0]?.to).toEqual(['ann@example.org'])
    expect(server.mails[0]?.raw).not.toMatch(/^Bcc/m)
  })

  it('is on disk, readable by us only, when submit resolves', async () => {
    await using mailer = await mailerTo(await freePort(), dir, clock)
    await mailer.submit(mailOf('kept'))
    expect(waiting()).toEqual(['kept.json'])
    expect(statSync(join(dir, 'new', 'kept.json')).mode & 0o777).toBe(0o600)
  })

  it('with the id of one that waits is not taken twice', async () => {
    await using server = await catchMails()
    await using mailer = await mailerTo(server.port, dir, clock)
    await Promise.all([mailer.submit(mailOf('same')), mailer.submit(mailOf('same'))])
    await mailer.submit(mailOf('same'))
    await mailer.flush()
    expect(server.mails).toHaveLength(1)
  })

  it('whose id would leave the spool is a bug that throws', async () => {
    await using mailer = await mailerTo(await freePort(), dir, clock)
    await expect(mailer.submit(mailOf('../evil'))).rejects.toThrow(/not the id of a mail/)
  })
})

describe('a server that does not take it', () => {
  it('is down: the mail waits, with back-off, and arrives when it is back', async () => {
    const port = await freePort()
    await using mailer = await mailerTo(port, dir, clock)
    await mailer.submit(mailOf('patient'))
    expect(await mailer.flush()).toBe(1)
    await using server = await catchMails({}, port)
    expect(await mailer.flush()).toBe(1)
    clock.seconds += 11
    expect(await mailer.flush()).toBe(0)
    expect(server.mails).toHaveLength(1)
  })

  it('is down: one attempt is made, not one for each mail, and the order is kept', async () => {
    const port = await freePort()
    const results: string[] = []
    await using mailer = await mailerTo(port, dir, clock, { onResult: (result, mail) => results.push(`${mail.id} ${result}`) })
    for (const id of ['a', 'b', 'c']) {
      await mailer.submit(mailOf(id))
      clock.seconds++
    }
    await mailer.flush()
    expect(results).toEqual(['a retried'])
    clock.seconds += 100
    await using server = await catchMails({}, port)
    await mailer.flush()
    expect(server.mails.map((mail) => header(mail.raw, 'Subject'))).toEqual(['[reeve] a', '[reeve] b', '[reeve] c'])
  })

  it('says 4xx: it is tried again, while other mails go out', async () => {
    let isBusy = true
    await using server = await catchMails({
      onRcptTo: (_address, session, done) =>
        done(isBusy && JSON.stringify(session.envelope.mailFrom).includes('reeve') ? smtpError(450, 'greylisted') : null),
    })
    await using mailer = await mailerTo(server.port, dir, clock)
    await mailer.submit(mailOf('grey'))
    expect(await mailer.flush()).toBe(1)
    expect(JSON.parse(readFileSync(join(dir, 'new', 'grey.json'), 'utf8'))).toMatchObject({
      attempts: 1,
      lastError: expect.stringContaining('greylisted'),
    })
    isBusy = false
    clock.seconds += 11
    expect(await mailer.flush()).toBe(0)
    expect(server.mails).toHaveLength(1)
  })

  for (const [name, more] of [
    ['the recipient', { onRcptTo: (_a: unknown, _s: unknown, done: (error?: Error) => void) => done(smtpError(550, 'no such user')) }],
    ['the sender', { onMailFrom: (_a: unknown, _s: unknown, done: (error?: Error) => void) => done(smtpError(553, 'not you')) }],
  ] as const) {
    it(`says 5xx to ${name}: the mail is put into failed/ with the reason, once, and told`, async () => {
      const results: string[] = []
      await using server = await catchMails(more)
      await using mailer = await mailerTo(server.port, dir, clock, { onResult: (result) => results.push(result) })
      await mailer.submit(mailOf('unwanted'))
      expect(await mailer.flush()).toBe(0)
      await mailer.flush()
      expect(results).toEqual(['failed'])
      expect(waiting()).toEqual([])
      expect(JSON.parse(readFileSync(join(dir, 'failed', 'unwanted.json'), 'utf8')).lastError).toMatch(/no such user|not you/)
    })
  }

  it('says 5xx to what is in the mail: failed', async () => {
    await using server = await catchMails({
      onData(stream, _session, done) {
        stream.resume()
        stream.on('end', () => done(smtpError(554, 'looks like spam')))
      },
    })
    await using mailer = await mailerTo(server.port, dir, clock)
    await mailer.submit(mailOf('spam'))
    expect(await mailer.flush()).toBe(0)
    expect(refused()).toEqual(['spam.json'])
  })

  it('knows only one of two recipients: that one gets it once, the other is tried again alone', async () => {
    let isBusy = true
    await using server = await catchMails({
      onRcptTo: (address, _session, done) => done(isBusy && address.address === 'bob@example.org' ? smtpError(450, 'later') : null),
    })
    await using mailer = await mailerTo(server.port, dir, clock, { smarthost: { to: ['ann@example.org', 'bob@example.org'] } })
    await mailer.submit(mailOf('both'))
    expect(await mailer.flush()).toBe(1)
    isBusy = false
    clock.seconds += 11
    expect(await mailer.flush()).toBe(0)
    expect(server.mails.map((mail) => mail.to)).toEqual([['ann@example.org'], ['bob@example.org']])
  })

  it('refuses our password: the mail waits for a person to put it right, and the password stays out of the spool', async () => {
    let password = 'new-word'
    await using server = await catchMails({
      authOptional: false,
      onAuth: (auth, _session, done) =>
        auth.password === password ? done(null, { user: 'reeve' }) : done(smtpError(535, 'bad credentials')),
    })
    const hub = { auth: { user: 'reeve', password: new Secret('old-word') } }
    await using mailer = await mailerTo(server.port, dir, clock, { hub })
    await mailer.submit(mailOf('locked'))
    expect(await mailer.flush()).toBe(1)
    expect(readFileSync(join(dir, 'new', 'locked.json'), 'utf8')).not.toContain('old-word')
    password = 'old-word'
    clock.seconds += 11
    expect(await mailer.flush()).toBe(1)
    clock.seconds += 100
    expect(await mailer.flush()).toBe(0)
    expect(server.mails).toHaveLength(1)
  })

  it('offers no TLS where TLS is required: nothing is sent in the clear', async () => {
    await using server = await catchMails()
    await using mailer = await mailerTo(server.port, dir, clock, { hub: { tls: 'starttls' } })
    await mailer.submit(mailOf('private'))
    expect(await mailer.flush()).toBe(1)
    expect(server.mails).toEqual([])
  })

  it('accepts the connection and is silent: given up at the timeout, tried again', async () => {
    const mute = createServer((socket) => socket.on('error', () => socket.destroy()))
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const address = mute.address()
    const port = typeof address === 'object' && address ? address.port : 0
    await using mailer = await mailerTo(port, dir, clock, { smarthost: { timeoutMs: 200 } })
    await mailer.submit(mailOf('slow'))
    expect(await mailer.flush()).toBe(1)
    mute.close()
  })

  it('stays down for longer than a mail is kept: failed', async () => {
    await using mailer = await mailerTo(await freePort(), dir, clock)
    await mailer.submit(mailOf('old'))
    clock.seconds += 5001
    expect(await mailer.flush()).toBe(0)
    expect(refused()).toEqual(['old.json'])
  })
})

describe('a restart', () => {
  it('sends what was spooled before it, under the same Message-ID', async () => {
    {
      await using mailer = await mailerTo(await freePort(), dir, clock)
      await mailer.submit(mailOf('survivor'))
      await mailer.flush()
    }
    await using server = await catchMails()
    clock.seconds += 11
    await using mailer = await mailerTo(server.port, dir, clock)
    const arrived = Promise.withResolvers<void>()
    const poll = setInterval(() => server.mails.length > 0 && arrived.resolve(), 5)
    mailer.start()
    await arrived.promise
    clearInterval(poll)
    expect(header(server.mails[0]?.raw ?? '', 'Message-ID')).toBe('<survivor@ops.example>')
  })

  it('after a kill between sending and deleting sends again, recognisable by the same Message-ID', async () => {
    await using server = await catchMails()
    const killed = await runKilled(server.port)
    expect(killed).toBe('SIGKILL')
    expect(waiting()).toEqual(['once.json'])
    await using mailer = await mailerTo(server.port, dir, clock)
    expect(await mailer.flush()).toBe(0)
    expect(server.mails.map((mail) => header(mail.raw, 'Message-ID'))).toEqual(['<once@ops.example>', '<once@ops.example>'])
  })

  it('finds half a mail and nonsense in the spool: both are put aside, the rest is sent', async () => {
    await using server = await catchMails()
    {
      await using first = await mailerTo(server.port, dir, clock)
      await first.submit(mailOf('good'))
    }
    writeFileSync(join(dir, 'new', 'torn.json'), '{"mail": {"id": "to')
    writeFileSync(join(dir, 'new', 'other.json'), '{"mail": {"id": "../x", "text": "x"}, "nextAttemptSeconds": 0}')
    writeFileSync(join(dir, 'tmp', 'half.json'), '{"ma')
    await using mailer = await mailerTo(server.port, dir, clock)
    expect(await mailer.flush()).toBe(0)
    expect(server.mails).toHaveLength(1)
    expect(refused().sort()).toEqual(['other.json', 'torn.json'])
    expect(readdirSync(join(dir, 'tmp'))).toEqual([])
  })
})

function runKilled(port: number): Promise<string | null> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'kill.ts'), String(port), dir])
  return new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)))
}

function unquote(raw: string): string {
  const bytes = raw
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
