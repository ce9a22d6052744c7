import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Hub, startHub } from './hub.ts'

let hub: Hub
beforeAll(async () => {
  hub = await startHub()
})
afterAll(() => hub?.[Symbol.asyncDispose]())

const overTls = (more = '') => `root=ops@foo.bar
mailhub=hub.test:465
UseTLS=YES
TLS_CA_File=${hub.dir}/ca.pem
hostname=box.foo.bar
FromLineOverride=YES
AuthUser=robot
AuthPassFile=/etc/ssmtp/password
${more}`

beforeEach(async () => {
  await hub.configure(overTls())
  await hub.must('rm -rf /var/spool/reeve-mail')
})

async function arrived(subject: string): Promise<string> {
  await expect.poll(() => hub.delivered().get(subject)?.length ?? 0, { timeout: 20_000 }).toBe(1)
  return hub.delivered().get(subject)?.[0] ?? ''
}

const securityMails = (): readonly string[] =>
  [...hub.delivered()].flatMap(([subject, texts]) => (subject.startsWith('*** SECURITY information for') ? texts : []))

const mail = (subject: string, body = 'words') => `printf 'Subject: %s\\n\\n%s\\n' '${subject}' '${body}'`

describe('sends to a real Postfix', () => {
  it.each([
    ['by TLS from the first byte', 'mailhub=hub.test:465\nUseTLS=YES\n', ''],
    ['by STARTTLS', 'mailhub=hub.test:587\nUseSTARTTLS=YES\n', ''],
    ['by CRAM-MD5', 'mailhub=hub.test:587\nUseSTARTTLS=YES\nAuthMethod=cram-md5\n', ''],
    ['by the second server where nothing listens on the first', 'mailhub=hub.test:4650\nUseTLS=YES\nFallbackMailHub=hub.test:465\n', ''],
    ['by the server that revaliases names', 'mailhub=hub.test:4650\nUseTLS=YES\n', 'root:me@foo.bar:hub.test:465\n'],
  ])('%s, and says who we are', async (how, servers, aliases) => {
    await hub.configure(`${overTls().replace(/mailhub=.*\nUseTLS=YES\n/, servers)}`, aliases)
    const { code, stderr, stdout } = await hub.run(`${mail(how)} | sendmail -v root`)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^mail sent: .*reply="hub\.test:(465|587): 250 2\.0\.0 Ok: queued as/)
    const text = await arrived(how)
    expect(text).toMatch(/^X-Original-To: ops@foo\.bar$/m)
    expect(text).toMatch(aliases === '' ? /^Return-Path: <root@box\.foo\.bar>$/m : /^Return-Path: <me@foo\.bar>$/m)
    expect(await hub.must('mailq')).toBe('Mail queue is empty\n')
  })

  it.each([
    [
      'the authority of its certificate is unknown',
      (conf: string) => conf.replace(/TLS_CA_File=.*\n/, ''),
      'signed by nobody that we trust',
    ],
    [
      'its certificate is for another name',
      (conf: string) => conf.replace('hub.test:465', 'hub.test:466'),
      'certificate is for another name',
    ],
    [
      'STARTTLS is not offered',
      (conf: string) => conf.replace('hub.test:465\nUseTLS', 'hub.test:2525\nUseSTARTTLS'),
      'does not speak TLS here, and nothing is sent without',
    ],
    ['the password is wrong', (conf: string) => conf.replace('AuthUser=robot', 'AuthUser=nobody'), '535 5.7.8'],
  ])('nothing where %s; the mail waits until somebody put it right', async (subject, change, why) => {
    if (subject.startsWith('STARTTLS'))
      await hub.must(
        "postconf -M 'plain/inet=127.0.0.1:2525 inet n - n - - smtpd -o smtpd_tls_security_level=none -o smtpd_sasl_auth_enable=no'; postfix reload",
      )
    await hub.configure(change(overTls()))
    const { code, stdout } = await hub.run(`${mail(subject)} | sendmail -v root`)
    expect(code).toBe(0)
    expect(stdout).toContain(why)
    expect(await hub.must('mailq')).toContain(why)
    expect(hub.delivered().has(subject)).toBe(false)
    await hub.configure(overTls())
    // Not due for an hour; a person does not wait that long.
    await hub.must('sendmail -q')
    await arrived(subject)
  })

  it('keeps a result for each recipient: one has it, one is tried again, one is told to the sender', async () => {
    const { stdout } = await hub.run(`${mail('three')} | sendmail -v -f me@foo.bar ann@foo.bar grey@foo.bar nobody@foo.bar`)
    expect(stdout).toContain('grey@foo.bar: 450 4.2.0')
    expect(await hub.must('mailq')).toMatch(/greylisted\)\n +grey@foo\.bar\n/)
    expect(await arrived('three')).toMatch(/^X-Original-To: ann@foo\.bar$/m)
    await hub.must("postconf -e 'smtpd_recipient_restrictions=permit_sasl_authenticated,reject'; postfix reload; sendmail -q; sendmail -q")
    expect(await hub.must('mailq')).toBe('Mail queue is empty\n')
    await expect.poll(() => hub.delivered().get('three')?.length, { timeout: 20_000 }).toBe(2)
    const bounce = await arrived('Undelivered mail returned to sender')
    expect(bounce).toMatch(/^Return-Path: <>$/m)
    expect(bounce).toContain('  nobody@foo.bar\n    550 5.1.1 <nobody@foo.bar>: Recipient address rejected: no such user')
    expect(bounce).toMatch(/^Subject: three$/m)
  })
})

describe('is what the programs of a Debian need', () => {
  it('cron mails what a job printed', async () => {
    await hub.must(
      `printf 'MAILTO=root\\n@reboot root printf "J\\\\303\\\\266rg\\\\n"; echo .; echo end\\n' >/etc/cron.d/job; chmod 0644 /etc/cron.d/job; cron`,
    )
    await expect.poll(() => [...hub.delivered().keys()].some((one) => one.startsWith('Cron <root@')), { timeout: 20_000 }).toBe(true)
    const [text = ''] = [...hub.delivered()].find(([subject]) => subject.startsWith('Cron <root@'))?.[1] ?? []
    expect(text).toMatch(/^From: root@box\.foo\.bar \(Cron Daemon\)$/m)
    expect(text).toMatch(/^To: root@box\.foo\.bar$/m)
    expect(text).toMatch(/\n\nJ=C3=B6rg\n\.\nend\n/)
  })

  it('mail(1) of bsd-mailx sends a text with a subject, to more than one', async () => {
    await hub.must(`echo 'from mailx' | mail -s 'by mailx' -c bob@foo.bar ann@foo.bar`)
    await expect.poll(() => hub.delivered().get('by mailx')?.length, { timeout: 20_000 }).toBe(2)
    expect(hub.delivered().get('by mailx')?.[0]).toMatch(/\n\nfrom mailx\n$/)
  })

  it("smartd's own script of warnings mails by mail(1)", async () => {
    await hub.must(`export SMARTD_ADDRESS=root SMARTD_MAILER=mail SMARTD_FAILTYPE=EmailTest SMARTD_TFIRST='now' SMARTD_PREVCNT=0 \
      SMARTD_SUBJECT='SMART error (EmailTest)' SMARTD_MESSAGE='TEST EMAIL from smartd' SMARTD_FULLMESSAGE='TEST EMAIL from smartd' \
      SMARTD_DEVICE=/dev/sda SMARTD_DEVICETYPE=sat SMARTD_DEVICESTRING=/dev/sda SMARTD_DEVICEINFO=disk SMARTD_NEXTDAYS=
      sh /usr/share/smartmontools/smartd_warning.sh`)
    await expect.poll(() => [...hub.delivered().keys()].join(), { timeout: 20_000 }).toContain('SMART error (EmailTest)')
  })

  it('PHP mails by mail()', async () => {
    await hub.must(`php -r 'exit(mail("ann@foo.bar", "by PHP", "hi\\n.\\nthere", "From: www@foo.bar") ? 0 : 1);'`)
    expect(await arrived('by PHP')).toMatch(/^Return-Path: <www@foo\.bar>$[\s\S]*\n\nhi\n\.\nthere\n$/m)
  })

  it('sudo mails what a user did, as that user', async () => {
    await hub.must('sendmail -bi')
    await hub.must(
      `printf 'Defaults mailto=root, mail_always\\nnobody ALL=(ALL) NOPASSWD: ALL\\n' >/etc/sudoers.d/mail; chmod 0440 /etc/sudoers.d/mail`,
    )
    await hub.must('setpriv --reuid=nobody --regid=nogroup --clear-groups sudo -n true')
    await expect.poll(() => hub.must('ls /var/spool/reeve-mail/drop'), { timeout: 20_000 }).toMatch(/^([0-9a-f]{32}\n)+$/)
    await hub.must('sendmail -qdue')
    // Where sudo finds something odd about the machine, it mails that by itself, before what was done.
    await expect.poll(() => securityMails().find((text) => text.includes('COMMAND=/usr/bin/true')), { timeout: 20_000 }).toBeDefined()
    for (const text of securityMails()) {
      expect(text).toMatch(/^X-Original-To: ops@foo\.bar$/m)
      expect(text).toMatch(/ : nobody : /)
    }
  })

  it('a user who may not read the password hands in, and root sends it under the name of that user', async () => {
    await hub.must('sendmail -bi')
    const asNobody = (script: string) => `setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME=/nonexistent sh -c "${script}"`
    const { code, stderr } = await hub.run(asNobody(`printf 'Subject: from nobody\\n\\nhi\\n' | sendmail -i ann@foo.bar`))
    expect([code, stderr]).toEqual([0, ''])
    expect((await hub.run(asNobody('mailq'))).code).toBe(77)
    expect((await hub.run(asNobody('ls /var/spool/reeve-mail/new'))).code).toBe(2)
    await hub.must('sendmail -qdue')
    expect(await arrived('from nobody')).toMatch(/^From: "nobody" <nobody@box\.foo\.bar>$/m)
    expect(await hub.must('ls -A /var/spool/reeve-mail/drop')).toBe('')
  })
})
