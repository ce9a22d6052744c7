import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSpool } from '../../controller/mail/spool.ts'
import { type Clock, mailerTo, mailOf } from './sending.ts'
import { catchMails, smtpError } from './smtp.ts'

let dir: string
let clock: Clock
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reeve-mail-'))
  clock = { seconds: 1_000_000 }
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Nothing can be written into the spool any more: a file stands where its folder for halves was. */
function breakSpool(): void {
  rmSync(join(dir, 'tmp'), { recursive: true, force: true })
  writeFileSync(join(dir, 'tmp'), '')
}

function mendSpool(): void {
  rmSync(join(dir, 'tmp'))
  mkdirSync(join(dir, 'tmp'))
}

describe('a clock that goes back', () => {
  it('does not keep a mail waiting for an hour that is years away', async () => {
    let isBusy = true
    await using server = await catchMails({ onMailFrom: (_a, _s, done) => done(isBusy ? smtpError(451, 'later') : null) })
    await using mailer = await mailerTo(server.port, dir, clock)
    clock.seconds += 1e8
    await mailer.submit(mailOf('tried'))
    expect(await mailer.flush()).toBe(1)
    isBusy = false
    await mailer.submit(mailOf('untried'))
    clock.seconds -= 1e8
    expect(await mailer.flush()).toBe(0)
    expect(server.mails).toHaveLength(2)
  })
})

describe('a spool that cannot be written after the server answered', () => {
  it('does not send again what somebody got already, until the disk can keep it', async () => {
    let isBusy = true
    await using server = await catchMails({
      onRcptTo({ address }, _session, done) {
        if (isBusy) breakSpool()
        if (address.startsWith('never')) return done(smtpError(550, 'nobody'))
        done(isBusy && address.startsWith('later') ? smtpError(450, 'later') : null)
      },
    })
    await using mailer = await mailerTo(server.port, dir, clock, {
      smarthost: { to: ['now@example.org', 'later@example.org', 'never@example.org'] },
    })
    await mailer.submit(mailOf('a'))
    await mailer.flush()
    await mailer.flush('all')
    isBusy = false
    mendSpool()
    clock.seconds += 1000
    expect(await mailer.flush()).toBe(0)
    expect(server.mails.map(({ to }) => to)).toEqual([['now@example.org'], ['later@example.org']])
    expect(readdirSync(join(dir, 'failed'))).toEqual(['a.json'])
  })
})

describe('a spool that cannot be written', () => {
  it('keeps a letter to several back, since nobody would know who has it; one to one goes', async () => {
    const spool = await openSpool(dir, silent)
    const letterTo = (...to: readonly string[]) => ({ from: 'a@b.c', to })
    const times = { createdSeconds: 1, attempts: 0, nextAttemptSeconds: 0 }
    await spool.add({ mail: mailOf('both'), letter: letterTo('a@example.org', 'b@example.org'), ...times }, Buffer.from('S: x\n\nx\n'))
    await spool.add({ mail: mailOf('one'), letter: letterTo('c@example.org'), ...times }, Buffer.from('S: x\n\nx\n'))
    await using server = await catchMails()
    await using mailer = await mailerTo(server.port, dir, clock)
    breakSpool()
    expect(await mailer.flush()).toBe(1)
    expect(server.mails.map(({ to }) => to)).toEqual([['c@example.org']])
    mendSpool()
    expect(await mailer.flush('all')).toBe(0)
    expect(server.mails).toHaveLength(2)
  })
})

describe('a server that is slow', () => {
  it('with its answer to the message has that one once', async () => {
    const got: string[] = []
    await using server = await catchMails({
      onData: (stream, session, done) => {
        stream.resume().on('end', () => {
          got.push(session.id)
          setTimeout(done, 500)
        })
      },
    })
    await using mailer = await mailerTo(server.port, dir, clock, { smarthost: { timeoutMs: 250 } })
    await mailer.submit(mailOf('a'))
    expect(await mailer.flush()).toBe(0)
    expect(got).toHaveLength(1)
  })

  it('and never ends what it says does not keep the queue for ever', async () => {
    const server = createServer((socket) => {
      socket.write('220 hello\r\n')
      const talk = setInterval(() => socket.write('250-more\r\n'), 5)
      socket.on('error', () => {}).on('close', () => clearInterval(talk))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    await using mailer = await mailerTo(typeof address === 'object' && address ? address.port : 0, dir, clock, {
      smarthost: { timeoutMs: 250 },
    })
    await mailer.submit(mailOf('a'))
    expect(await mailer.flush()).toBe(1)
    expect(readFileSync(join(dir, 'new/a.json'), 'utf8')).toContain('no end of its answers in 10 s')
    server.close()
  }, 60_000)
})

describe('one mail that cannot be used', () => {
  it('holds up no other: a message that is gone is put aside', async () => {
    const spool = await openSpool(dir, silent)
    const entry = (id: string) => ({
      mail: mailOf(id),
      letter: { from: 'a@b.c', to: ['ann@example.org'] },
      createdSeconds: 1,
      attempts: 0,
      nextAttemptSeconds: 0,
    })
    await spool.add(entry('first'), Buffer.from('Subject: first\n\nx\n'))
    await spool.add(entry('second'), Buffer.from('Subject: second\n\nx\n'))
    rmSync(join(dir, 'new/first.eml'))
    await using server = await catchMails()
    await using mailer = await mailerTo(server.port, dir, clock)
    expect(await mailer.flush()).toBe(0)
    expect(server.mails).toHaveLength(1)
    expect(JSON.parse(readFileSync(join(dir, 'failed/first.json'), 'utf8')).lastError).toMatch(/its message is gone/)
  })

  it('stays where it is while the disk does not let it be read', async () => {
    const spool = await openSpool(dir, silent)
    // Reading from there is an I/O error.
    symlinkSync('/proc/self/mem', join(dir, 'new/a.json'))
    expect(await spool.list()).toEqual([])
    expect(readdirSync(join(dir, 'new'))).toEqual(['a.json'])
  })
})

describe('what a kill left behind', () => {
  it('does not fill the spool: messages without an envelope go after an hour', async () => {
    const spool = await openSpool(dir, silent, { maxMessages: 10, maxBytes: 1000 })
    const old = join(dir, 'new/old.eml')
    writeFileSync(old, 'x'.repeat(1000))
    utimesSync(old, Date.now() / 1000 - 4000, Date.now() / 1000 - 4000)
    writeFileSync(join(dir, 'new/young.eml'), 'x')
    await spool.forget(0)
    expect(readdirSync(join(dir, 'new'))).toEqual(['young.eml'])
  })

  it('is no digest of nothing', async () => {
    await using server = await catchMails()
    await using mailer = await mailerTo(server.port, dir, clock)
    writeFileSync(join(dir, 'overflow'), '')
    await mailer.flush()
    expect(server.mails).toEqual([])
    expect(readdirSync(dir)).toEqual(['failed', 'new', 'tmp'])
  })
})

describe('a connection that nobody uses', () => {
  it('is ended: on the way it may be forgotten, and the next mail would wait for an answer', async () => {
    let [made, over] = [0, 0]
    await using server = await catchMails({
      onConnect(_session, done) {
        made++
        done()
      },
      onClose: () => void over++,
    })
    await using mailer = await mailerTo(server.port, dir, clock)
    for (const name of ['a', 'b']) {
      await mailer.submit(mailOf(name))
      expect(await mailer.flush()).toBe(0)
    }
    expect(made).toBe(1)
    await expect.poll(() => over, { timeout: 12_000 }).toBe(1)
    await mailer.submit(mailOf('c'))
    expect(await mailer.flush()).toBe(0)
    expect([made, server.mails.length]).toEqual([2, 3])
  })
})
