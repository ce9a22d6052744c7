import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SMTPServerOptions } from 'smtp-server'
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

const entry = (id: string, folder = 'new') => JSON.parse(readFileSync(join(dir, folder, `${id}.json`), 'utf8'))
const plain = (port: number) => ({ host: '127.0.0.1', port, tls: 'none' }) as const

describe('a second mail server', () => {
  it.each<readonly [string, SMTPServerOptions]>([
    ['says 4xx to the recipient', { onRcptTo: (_a, _s, done) => done(smtpError(450, 'later')) }],
    ['says 4xx to the sender', { onMailFrom: (_a, _s, done) => done(smtpError(451, 'later')) }],
    ['does not let us in', { onConnect: (_s, done) => done(smtpError(554, 'go away')) }],
    ['takes no mail', { onData: (stream, _s, done) => stream.resume().on('end', () => done(smtpError(452, 'full'))) }],
  ])('is asked where the first one %s', async (_name, first) => {
    await using one = await catchMails(first)
    await using two = await catchMails()
    await using mailer = await mailerTo(0, dir, clock, { smarthost: { hubs: [plain(one.port), plain(two.port)] } })
    await mailer.submit(mailOf('a'))
    expect(await mailer.flush()).toBe(0)
    expect(two.mails).toHaveLength(1)
  })

  it('is not asked where the first one refuses for good', async () => {
    await using one = await catchMails({ onRcptTo: (_a, _s, done) => done(smtpError(550, 'nobody')) })
    await using two = await catchMails()
    await using mailer = await mailerTo(0, dir, clock, { smarthost: { hubs: [plain(one.port), plain(two.port)] } })
    await mailer.submit(mailOf('a'))
    expect(await mailer.flush()).toBe(0)
    expect(two.mails).toEqual([])
    expect(entry('a', 'failed').lastError).toBe(`127.0.0.1:${one.port}: ann@example.org: 550 nobody`)
  })

  it('that would refuse does not decide for the first one, which is away; both reasons are kept', async () => {
    const away = await freePort()
    await using two = await catchMails({ onRcptTo: (_a, _s, done) => done(smtpError(554, 'no relay')) })
    await using mailer = await mailerTo(0, dir, clock, { smarthost: { hubs: [plain(away), plain(two.port)] } })
    await mailer.submit(mailOf('a'))
    expect(await mailer.flush()).toBe(1)
    expect(entry('a').lastError).toBe(
      `127.0.0.1:${away}: connect ECONNREFUSED 127.0.0.1:${away}; 127.0.0.1:${two.port}: ann@example.org: 554 no relay`,
    )
  })

  it('leaves the first one its turn: it is asked again by the next run, and only once in each', async () => {
    let knocks = 0
    const mute = createServer((socket) => {
      knocks++
      socket.destroy()
    })
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const address = mute.address()
    await using two = await catchMails()
    const hubs = [plain(typeof address === 'object' && address ? address.port : 0), plain(two.port)]
    await using mailer = await mailerTo(0, dir, clock, { smarthost: { hubs } })
    for (const id of ['a', 'b', 'c']) await mailer.submit(mailOf(id))
    expect(await mailer.flush()).toBe(0)
    expect([knocks, two.mails.length]).toEqual([1, 3])
    await mailer.submit(mailOf('d'))
    await mailer.flush()
    expect([knocks, two.mails.length]).toEqual([2, 4])
    mute.close()
  })
})

describe('each recipient has a result', () => {
  it('one has it, one is refused, one waits: the one who waits gets it, and the one who is refused is told for good', async () => {
    let isBusy = true
    await using server = await catchMails({
      onRcptTo({ address }, _session, done) {
        if (address.startsWith('never')) return done(smtpError(550, 'no such user'))
        done(isBusy && address.startsWith('later') ? smtpError(450, 'greylisted') : null)
      },
    })
    const to = ['now@example.org', 'never@example.org', 'later@example.org']
    const results: string[] = []
    await using mailer = await mailerTo(server.port, dir, clock, { smarthost: { to }, onResult: (result) => results.push(result) })
    await mailer.submit(mailOf('a'))
    expect(await mailer.flush()).toBe(1)
    expect(entry('a')).toMatchObject({
      remaining: ['later@example.org'],
      refused: [{ recipient: 'never@example.org', reply: '550 no such user' }],
    })
    isBusy = false
    clock.seconds += 11
    expect(await mailer.flush()).toBe(0)
    expect(server.mails.map((mail) => mail.to)).toEqual([['now@example.org'], ['later@example.org']])
    expect(entry('a', 'failed')).toMatchObject({ remaining: [], lastError: 'never@example.org: 550 no such user' })
    expect(results).toEqual(['retried', 'sent'])
  })
})

describe('what only a person can put right', () => {
  it('is tried rarely, and at once when Reeve starts anew', async () => {
    let password = 'new'
    let tries = 0
    await using server = await catchMails({
      authOptional: false,
      onAuth(auth, _session, done) {
        tries++
        auth.password === password ? done(null, { user: 'reeve' }) : done(smtpError(535, 'bad credentials'))
      },
    })
    const hub = { auth: { user: 'reeve', password: new Secret('old') } }
    {
      await using mailer = await mailerTo(server.port, dir, clock, { hub })
      await mailer.submit(mailOf('a'))
      for (let step = 0; step < 9; step++, clock.seconds += 11) await mailer.flush()
      expect(tries).toBe(1)
      expect(entry('a')).toMatchObject({ isMisconfigured: true, lastError: expect.stringContaining('535 bad credentials') })
    }
    password = 'old'
    await using mailer = await mailerTo(server.port, dir, clock, { hub })
    mailer.start()
    await expect.poll(() => server.mails.length).toBe(1)
  })
})

describe('a spool that is full', () => {
  it('takes no more, and tells of all that was left out in one mail when there is room', async () => {
    const port = await freePort()
    await using mailer = await mailerTo(port, dir, clock, { room: { maxMessages: 2, maxBytes: 1e6 } })
    for (const id of ['a', 'b', 'c', 'd']) await mailer.submit(mailOf(id))
    expect(await mailer.flush()).toBe(2)
    clock.seconds += 11
    await using server = await catchMails({}, port)
    expect(await mailer.flush()).toBe(0)
    const subjects = server.mails.map(({ raw }) => /^Subject: (.*(?:\r\n .*)*)/m.exec(raw)?.[1]?.replace(/\r\n/g, ''))
    expect(subjects).toEqual(['[reeve] a', '[reeve] b', '[reeve] 2 mails were left out: the mail spool was full'])
    expect(server.mails[2]?.raw).toContain('1970-01-01 00:16:40  [reeve] c')
    expect(await mailer.flush()).toBe(0)
    expect([server.mails.length, readdirSync(dir).sort()]).toEqual([3, ['failed', 'new', 'tmp']])
  })

  it('keeps the digest where its own mail finds no room yet, and counts what is more than it can name', async () => {
    await using mailer = await mailerTo(await freePort(), dir, clock, { room: { maxMessages: 1, maxBytes: 1e6 } })
    for (let count = 0; count < 700; count++) await mailer.submit(mailOf(`m${count}`, { subject: 'x'.repeat(200) }))
    expect(await mailer.flush()).toBe(1)
    const text = readFileSync(join(dir, 'overflow'), 'utf8')
    expect(text.split('\n')).toHaveLength(700)
    expect(text.length).toBeLessThan(70_000)
  })
})

describe('a server that lies or breaks off', () => {
  it.each<readonly [string, string]>([
    ['speaks nonsense', 'hello\r\n'],
    ['answers without end', `220-${'x'.repeat(100)}\r\n`.repeat(50_000)],
    ['hangs up at once', ''],
    ['says it is closing', '421 closing\r\n'],
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ])('%s: the mail waits', async (_name, banner) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.end(banner)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    await using mailer = await mailerTo(typeof address === 'object' && address ? address.port : 0, dir, clock)
    await mailer.submit(mailOf('a'))
    expect(await mailer.flush()).toBe(1)
    expect(entry('a').attempts).toBe(1)
    server.close()
  })
})
