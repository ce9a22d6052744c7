import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { catchMails } from './smtp.ts'

const bin = join(import.meta.dirname, '../../bin')
let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'reeve-sendmail-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))
beforeEach(() => {
  rmSync(join(dir, 'spool'), { recursive: true, force: true })
  configure(9)
})

function configure(port: number, more = ''): void {
  writeFileSync(join(dir, 'ssmtp.conf'), `root=ops@foo.bar\nMailHub=127.0.0.1:${port}\nhostname=box.foo.bar\n${more}`)
}

const environment = () => ({ ...process.env, REEVE_MAIL_SPOOL: join(dir, 'spool'), HOME: dir })

function sendmail(args: readonly string[], input: string | Buffer = 'Subject: s\n\nhi\n', program = join(bin, 'sendmail')) {
  const { status, stderr, stdout } = spawnSync('sh', [program, ...args], { input, encoding: 'utf8', env: environment(), maxBuffer: 1e8 })
  return { status, stderr: stderr.replaceAll(dir, 'DIR'), stdout: stdout.replaceAll(dir, 'DIR') }
}

const conf = () => ['-C', join(dir, 'ssmtp.conf')]
const waiting = () =>
  existsSync(join(dir, 'spool/new')) ? readdirSync(join(dir, 'spool/new')).filter((name) => name.endsWith('.json')) : []

describe('reeve sendmail', () => {
  it('says 0 when envelope and message are on disk, for nobody else to read', () => {
    expect(sendmail([...conf(), '-odq', '-i', 'root', 'ann@foo.bar'])).toEqual({ status: 0, stderr: '', stdout: '' })
    const [name = ''] = waiting()
    const entry = JSON.parse(readFileSync(join(dir, 'spool/new', name), 'utf8'))
    expect(entry).toMatchObject({ letter: { to: ['ops@foo.bar', 'ann@foo.bar'] }, attempts: 0 })
    expect(readFileSync(join(dir, 'spool/new', name.replace('.json', '.eml')), 'utf8')).toMatch(
      /^Received: [\s\S]*\nSubject: s\n[\s\S]*\n\nhi\n$/,
    )
    const modes = spawnSync('stat', ['-c', '%a', 'spool', 'spool/drop', 'spool/new', 'spool/failed', `spool/new/${name}`], {
      cwd: dir,
      encoding: 'utf8',
    })
    expect(modes.stdout.trim().split('\n')).toEqual(['711', '1777', '700', '700', '600'])
  })

  it.each<readonly [number, string, readonly string[], string | Buffer, string]>([
    [64, 'no recipient', [], 'x', 'sendmail: no recipients; name them, or use -t to take them from the header\n'],
    [
      64,
      'no recipient in the header',
      ['-t'],
      'Subject: s\n\nx',
      'sendmail: the message was not taken: no recipients: neither To, Cc or Bcc nor an argument names one\n',
    ],
    [64, 'a mode that is none of ours', ['-bs'], '', 'sendmail: -bs: Reeve speaks no SMTP on standard input; hand the message in on it\n'],
    [
      65,
      'a header with a NUL',
      ['root'],
      'Subject: \0\n\nx',
      'sendmail: the message was not taken: line 1 of its header has a NUL byte in it\n',
    ],
    [
      65,
      'too large a message',
      ['root'],
      Buffer.alloc(10_240_001, 'x'),
      'sendmail: the message was not taken: it is larger than 10240000 bytes\n',
    ],
    [67, 'a bad address', ['a@b..c'], 'x', 'sendmail: the message was not taken: "a@b..c" is no mail address\n'],
  ])('says %i for %s, and spools nothing', (status, _name, args, input, stderr) => {
    expect(sendmail([...conf(), ...args], input)).toEqual({ status, stderr, stdout: '' })
    expect(waiting()).toEqual([])
  })

  it('says 78 for files that are wrong, with their lines, and for one that is missing', () => {
    configure(465)
    expect(sendmail([...conf(), 'root'])).toEqual({
      status: 78,
      stdout: '',
      stderr:
        'DIR/ssmtp.conf:2:9: error: MailHub: port 465 speaks TLS from the first byte, and ssmtp does not by itself; write UseTLS=YES, and no UseSTARTTLS\nsendmail: the message was not taken: DIR/ssmtp.conf is not usable\n',
    })
    expect(sendmail(['-C', join(dir, 'none'), 'root']).stderr).toBe(
      'DIR/none: error: cannot be read: there is no such file or folder; write one, with MailHub=HOST:PORT in it at least\nsendmail: the message was not taken: DIR/none is not usable\n',
    )
    configure(25, 'UseTLS=NO\nTLS_CA_File=/nosuch\nAuthUser=me\nAuthPassFile=/nosuch\n')
    expect(sendmail([...conf(), '-bi'])).toMatchObject({
      status: 78,
      stderr: 'DIR/ssmtp.conf: error: AuthPassFile: /nosuch cannot be read: there is no such file or folder\n',
    })
  })

  it('says 73 where the spool cannot be written', () => {
    writeFileSync(join(dir, 'spool'), 'a file')
    expect(sendmail([...conf(), 'root'])).toEqual({
      status: 73,
      stderr: 'sendmail: the message was not taken: the spool DIR/spool cannot be written: something else is there already\n',
      stdout: '',
    })
  })

  it('says 75 when the spool is full, and tells root what was left out when there is room again', async () => {
    sendmail([...conf(), '-bi'])
    for (let count = 0; count < 1000; count++) writeFileSync(join(dir, 'spool/new', `x${count}.json`), '')
    expect(sendmail([...conf(), 'ann@foo.bar'], 'Subject: disk on fire\n\nhi')).toMatchObject({
      status: 75,
      stderr: 'sendmail: the message was not taken: the spool DIR/spool is full; sendmail -bp shows why it does not empty\n',
    })
    await using server = await catchMails()
    configure(server.port)
    const run = spawn('sh', [join(bin, 'sendmail'), '-q', ...conf()], { env: environment(), stdio: 'ignore' })
    await new Promise((resolve) => run.once('close', resolve))
    expect(server.mails.map(({ to }) => to)).toEqual([['ops@foo.bar']])
    expect(server.mails[0]?.raw).toMatch(/^Subject: box\.foo\.bar: 1 mail was left out: the mail spool was full\r$/m)
    expect(server.mails[0]?.raw).toMatch(/disk on fire\r\n {4}from \S+@box\.foo\.bar to ann@foo\.bar\r\n/)
    expect(readdirSync(join(dir, 'spool')).filter((name) => name.startsWith('overflow'))).toEqual([])
  })

  it('ends a message at a line with a dot alone, but for -i', () => {
    sendmail([...conf(), '-odq', 'a@foo.bar'], 'Subject: s\n\none\n.\ntwo\n')
    sendmail([...conf(), '-odq', '-i', 'b@foo.bar'], 'Subject: s\n\none\n.\ntwo\n')
    const bodies = readdirSync(join(dir, 'spool/new'))
      .filter((name) => name.endsWith('.eml'))
      .map((name) => readFileSync(join(dir, 'spool/new', name), 'utf8').split('\n\n')[1])
    expect(bodies.sort()).toEqual(['one\n', 'one\n.\ntwo\n'])
  })

  it('is mailq and newaliases under these names', () => {
    for (const name of ['mailq', 'newaliases']) symlinkSync(join(bin, 'sendmail'), join(dir, name))
    expect(sendmail([], '', join(dir, 'mailq'))).toEqual({ status: 0, stderr: '', stdout: 'Mail queue is empty\n' })
    expect(sendmail(conf(), '', join(dir, 'newaliases'))).toEqual({
      status: 0,
      stderr: '',
      stdout: 'DIR/ssmtp.conf is right; mails go to 127.0.0.1:9 (TLS: none)\n',
    })
    expect(sendmail(['sendmail', '-bp'], '', join(bin, 'reeve')).stdout).toBe('Mail queue is empty\n')
  })

  it('throws away what no user handed in: links, pipes, nonsense; and takes the rest', async () => {
    sendmail([...conf(), '-bi'])
    const drop = join(dir, 'spool/drop')
    const name = (digit: string) => join(drop, digit.repeat(32))
    symlinkSync('/etc/passwd', name('0'))
    spawnSync('mkfifo', [name('1')])
    mkdirSync(name('2'))
    mkdirSync(name('8'))
    writeFileSync(join(name('8'), 'inner'), 'kept')
    symlinkSync(dir, join(name('8'), 'link'))
    writeFileSync(name('3'), 'nonsense')
    writeFileSync(name('4'), '{"recipients":"x"}\n\nhi')
    writeFileSync(name('5'), '{"recipients":["a@b..c"],"readsHeader":false}\n\nhi')
    spawnSync('ln', [name('4'), join(dir, 'linked')])
    writeFileSync(join(drop, 'odd name'), '{"recipients":["a@b.c"],"readsHeader":false}\n\nhi')
    writeFileSync(name('6'), '{"recipients":["ann@foo.bar"],"readsHeader":false}\nSubject: good\n\nhi')
    writeFileSync(join(drop, `.${'7'.repeat(32)}`), '{"recip')
    chmodSync(name('6'), 0o600)
    await using server = await catchMails()
    configure(server.port)
    const run = spawn('sh', [join(bin, 'sendmail'), '-qdue', ...conf()], { env: environment(), stdio: 'ignore' })
    await new Promise((resolve) => run.once('close', resolve))
    expect(server.mails.map(({ to, raw }) => [to, /^Subject: (.*)\r$/m.exec(raw)?.[1]])).toEqual([[['ann@foo.bar'], 'good']])
    // A folder that holds something stays, with all in it: what root goes through there its owner could move meanwhile.
    expect(readdirSync(drop).sort()).toEqual([`.${'7'.repeat(32)}`, '8'.repeat(32)])
    expect(readdirSync(name('8'))).toEqual(['inner', 'link'])
    expect(readFileSync('/etc/passwd', 'utf8')).toContain('root:')
  })

  it('sends what waits also where the disk has no room for what was dropped, and keeps that', async () => {
    sendmail([...conf(), '-bi'])
    sendmail([...conf(), '-odq', 'ann@foo.bar'], 'Subject: small\n\nhi')
    const name = '6'.repeat(32)
    writeFileSync(
      join(dir, 'spool/drop', name),
      `{"recipients":["ann@foo.bar"],"readsHeader":false}\nSubject: large\n\n${'x\n'.repeat(500_000)}`,
    )
    await using server = await catchMails()
    configure(server.port)
    const queue = (limit: string) =>
      new Promise((resolve) =>
        spawn('sh', ['-c', `ulimit -f ${limit}; exec sh "$0" -qdue "$@"`, join(bin, 'sendmail'), ...conf()], {
          env: environment(),
          stdio: 'ignore',
        }).once('close', resolve),
      )
    await queue('600')
    expect(server.mails.map(({ raw }) => /^Subject: (.*)\r$/m.exec(raw)?.[1])).toEqual(['small'])
    expect(readdirSync(join(dir, 'spool/drop'))).toEqual([name])
    await queue('unlimited')
    expect(server.mails.map(({ raw }) => /^Subject: (.*)\r$/m.exec(raw)?.[1])).toEqual(['small', 'large'])
    expect(readdirSync(join(dir, 'spool/drop'))).toEqual([])
  })

  it('leaves a dropped message where it is while the spool is full: its user was told 0', async () => {
    sendmail([...conf(), '-bi'])
    for (let count = 0; count < 1000; count++) writeFileSync(join(dir, 'spool/new', `x${count}.json`), 'nonsense')
    writeFileSync(join(dir, 'spool/drop', '6'.repeat(32)), '{"recipients":["ann@foo.bar"],"readsHeader":false}\nSubject: kept\n\nhi')
    await using server = await catchMails()
    configure(server.port)
    for (let run = 0; run < 2; run++)
      await new Promise((resolve) =>
        spawn('sh', [join(bin, 'sendmail'), '-qdue', ...conf()], { env: environment(), stdio: 'ignore' }).once('close', resolve),
      )
    expect(server.mails.map(({ raw }) => /^Subject: (.*)\r$/m.exec(raw)?.[1])).toEqual(['kept'])
  })

  it('hands in for a user who may read ssmtp.conf and not the file of the password', () => {
    sendmail([...conf(), '-bi'])
    chmodSync(dir, 0o755)
    writeFileSync(join(dir, 'password'), 'word', { mode: 0o000 })
    writeFileSync(join(dir, 'other.conf'), `MailHub=127.0.0.1:9\nAuthUser=me\nAuthPassFile=${join(dir, 'password')}\n`)
    const asUser = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
    const handIn = () => {
      const options = { input: 'hi', encoding: 'utf8', env: environment(), ...asUser } as const
      const { status, stderr } = spawnSync('sh', [join(bin, 'sendmail'), '-C', join(dir, 'other.conf'), 'ann@foo.bar'], options)
      return { status, stderr }
    }
    expect(handIn()).toEqual({ status: 0, stderr: '' })
    expect(readdirSync(join(dir, 'spool/drop'))).toHaveLength(1)
    for (let count = 1; count < 1000; count++) writeFileSync(join(dir, 'spool/drop', `x${count}`), '')
    expect(handIn()).toMatchObject({ status: 75 })
  })

  it('loses nothing when the runs of the queue are killed at random: doubled mails have the same Message-ID', async () => {
    const [count, writers] = process.env['REEVE_TEST_LONG'] === '1' ? [150, 10] : [8, 4]
    await using server = await catchMails()
    configure(server.port)
    const writing = Array.from({ length: writers }, async (_, writer) => {
      for (let mail = writer; mail < count; mail += writers) {
        const child = spawn('sh', [join(bin, 'sendmail'), ...conf(), '-i', '-odq', 'ann@foo.bar'], {
          env: environment(),
          stdio: ['pipe', 'ignore', 'ignore'],
        })
        child.stdin.end(`Subject: number ${mail}\n\nhi\n`)
        expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0)
        const queue = spawn('sh', [join(bin, 'mail-queue'), join(dir, 'spool'), '-q', 'all', 'quiet', join(dir, 'ssmtp.conf')], {
          stdio: 'ignore',
        })
        const wait = Math.random() * 600
        await Promise.race([new Promise((resolve) => queue.once('close', resolve)), new Promise((resolve) => setTimeout(resolve, wait))])
        queue.kill('SIGKILL')
      }
    })
    await Promise.all(writing)
    // What a run that was killed had in hand is let go of by its sender, a moment later; a run leaves it to that.
    const runLast = async (): Promise<readonly string[]> => {
      const last = spawn('sh', [join(bin, 'mail-queue'), join(dir, 'spool'), '-q', 'all', 'quiet', join(dir, 'ssmtp.conf')], {
        stdio: 'ignore',
      })
      await new Promise((resolve) => last.once('close', resolve))
      return waiting()
    }
    await expect.poll(runLast, { timeout: 60_000, interval: 200 }).toEqual([])
    const got = new Map<string, Set<string>>()
    for (const { raw } of server.mails) {
      const subject = /^Subject: (.*)\r$/m.exec(raw)?.[1] ?? ''
      got.set(subject, new Set([...(got.get(subject) ?? []), /^Message-ID: (.*)\r$/m.exec(raw)?.[1] ?? '']))
    }
    expect([...got.keys()].sort()).toEqual(Array.from({ length: count }, (_, mail) => `number ${mail}`).sort())
    expect([...got.values()].every(({ size }) => size === 1)).toBe(true)
    expect(waiting()).toEqual([])
  }, 300_000)
})
