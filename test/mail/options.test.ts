import { describe, expect, it } from 'vitest'
import { readSendmailCall } from '../../controller/cli/sendmailOptions.ts'

const read = (line: string) => readSendmailCall(line === '' ? [] : line.split(' '))
const send = { recipients: [], readsHeader: false, ignoresDots: false, isVerbose: false, delivery: 'background' }

describe('a call of sendmail', () => {
  it.each([
    ['of cron', '-FCronDaemon -i -B8BITMIME -oem root', { senderName: 'CronDaemon', ignoresDots: true, recipients: ['root'] }],
    ['of mdadm and sudo', '-t', { readsHeader: true }],
    ['of unattended-upgrades', '-oi -t', { ignoresDots: true, readsHeader: true }],
    ['of PHP', '-t -i -fwww@foo.bar', { readsHeader: true, ignoresDots: true, sender: 'www@foo.bar' }],
    ['of PHP with another sender', '-t -i -f www@foo.bar', { readsHeader: true, ignoresDots: true, sender: 'www@foo.bar' }],
    ['of bsd-mailx', '-i ann@foo.bar bob', { ignoresDots: true, recipients: ['ann@foo.bar', 'bob'] }],
    ['of git send-email', '-i -f me@foo.bar -- -odd@foo.bar', { ignoresDots: true, sender: 'me@foo.bar', recipients: ['-odd@foo.bar'] }],
    ['with a value apart, which ssmtp takes for a recipient', '-B 8BITMIME -N never -R hdrs -V id root', { recipients: ['root'] }],
    ['with flags in one word', '-tivn', { readsHeader: true, ignoresDots: true, isVerbose: true, delivery: 'foreground' }],
    ['with -r', '-r me root', { sender: 'me', recipients: ['root'] }],
    ['with the null sender', '-f<> root', { sender: '<>', recipients: ['root'] }],
    ['with -bm', '-bm root', { recipients: ['root'] }],
    ['that only queues', '-odq root', { delivery: 'queue', recipients: ['root'] }],
    ['that waits', '-odi root', { delivery: 'foreground', recipients: ['root'] }],
    [
      'with long options',
      '-O DeliveryMode=d -O IgnoreDots=yes -OTimeout=1 root',
      { delivery: 'queue', ignoresDots: true, recipients: ['root'] },
    ],
    ['with another file', '-C/etc/other.conf root', { confFile: '/etc/other.conf', recipients: ['root'] }],
    ['with what changes nothing', '-G -U -om -oo -Am -Lx -X /dev/null -p smtp -h 3 -em root', { recipients: ['root'] }],
    ['with nothing', '', {}],
  ])('%s', (_name, line, more) => {
    expect(read(line)).toEqual({ mode: 'send', options: { ...send, ...more } })
  })

  it.each([
    ['-bp', { mode: 'list' }],
    ['-bi', { mode: 'check' }],
    ['-bi -C /x', { mode: 'check', confFile: '/x' }],
    ['-q', { mode: 'flush', which: 'all', isVerbose: false }],
    ['-qf -v', { mode: 'flush', which: 'all', isVerbose: true }],
    ['-qdue', { mode: 'flush', which: 'due', isVerbose: false }],
  ])('%s is about the queue', (line, call) => {
    expect(read(line)).toEqual(call)
  })

  it.each([
    ['-bs', '-bs: Reeve speaks no SMTP on standard input; hand the message in on it'],
    ['-bd', '-bd: Reeve is no mail server and does not listen; systemctl enable --now reeve-mail.timer runs the queue'],
    ['-bt', '-bt: Reeve has no address rewriting rules to test; sendmail -bi checks ssmtp.conf and revaliases'],
    ['-bv root', '-bv: whether an address exists, the mail server alone knows'],
    ['-bh', '-bh: Reeve keeps no host status'],
    ['-bx', 'there is no mode -bx'],
    ['-q30m', '-q30m: the queue is run once by -q; reeve-mail.timer runs it again and again'],
    ['-q root', '"root" means nothing here: no message is sent'],
    ['-f', '-f needs a value'],
    ['-ti -F', '-F needs a value'],
    ['-z root', 'there is no option "-z"; an address that begins so comes after --'],
    ['--help', 'there is no option "--help"; an address that begins so comes after --'],
    ['-apsecret root', '-au, -ap and -am of ssmtp show a password to everybody; write it into ssmtp.conf'],
  ])('%s is refused, never passed over', (line, reason) => {
    expect(read(line)).toEqual({ mode: 'wrong', reason })
  })
})
