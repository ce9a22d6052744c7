import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootMachine, bringTree, type Machine } from '../machine/machine.ts'
import { type Catcher, startCatcher } from './catcher.ts'

let machine: Machine
let catcher: Catcher
const subjects = (): readonly string[] => catcher.mails.map(({ subject }) => subject)

async function must(text: string): Promise<string> {
  const { code, stdout, stderr } = await machine.run(text)
  if (code !== 0) throw new Error(`${text.slice(0, 200)}: exit ${code}: ${stderr}${stdout}`)
  return stdout.trim()
}

beforeAll(async () => {
  machine = await bootMachine()
  await bringTree(machine, '/opt/reeve', ['node_modules'])
  catcher = await startCatcher(machine)
  const { port } = catcher
  await must(`set -e
    mkdir -p /etc/ssmtp /etc/systemd/system/reeve-mail.timer.d
    ln -sf /opt/reeve/bin/sendmail /usr/sbin/sendmail
    printf 'MailHub=127.0.0.1:${port}\\nRoot=ops@example.org\\nHostName=box.example.org\\n' >/etc/ssmtp/ssmtp.conf
    chown root:mail /etc/ssmtp/ssmtp.conf; chmod 0640 /etc/ssmtp/ssmtp.conf
    /usr/sbin/sendmail -bi
    cp /opt/reeve/packaging/reeve-mail.* /etc/systemd/system/
    # The same timer, for people who do not want to wait a minute.
    printf '[Timer]\\nOnActiveSec=1s\\nOnUnitInactiveSec=1s\\nAccuracySec=100ms\\n' >/etc/systemd/system/reeve-mail.timer.d/quick.conf
    systemctl daemon-reload`)
}, 120_000)

afterAll(async () => {
  catcher?.[Symbol.dispose]()
  await machine[Symbol.asyncDispose]()
})

describe('the units of reeve sendmail', () => {
  it('say nothing to systemd-analyze verify, and expose little', async () => {
    const verify = await machine.run(
      'cd /etc/systemd/system; systemd-analyze verify reeve-mail.service reeve-mail.timer reeve-mail.path 2>&1',
    )
    expect(verify).toMatchObject({ code: 0, stdout: '' })
    const security = await machine.run('systemd-analyze security --no-pager --threshold=40 reeve-mail.service')
    expect(security.code, security.stdout).toBe(0)
  })

  it('send at once what a user hands in who may not read the password', async () => {
    await must('systemctl start reeve-mail.path')
    await must(`printf 'Subject: by path\\n\\nhi\\n' | setpriv --reuid=nobody --regid=nogroup --clear-groups sendmail -i root`)
    await expect.poll(subjects, { timeout: 30_000 }).toContain('by path')
    // The server has it a moment before the queue lets go of it.
    await expect
      .poll(() => must('ls -A /var/spool/reeve-mail/drop /var/spool/reeve-mail/new'), { timeout: 10_000 })
      .not.toMatch(/[0-9a-f]{32}/)
    expect(await must('systemctl is-active reeve-mail.path')).toBe('active')
    await must('systemctl stop reeve-mail.path')
  })

  it('try again by the clock what nobody runs the queue for', async () => {
    await must(`printf 'Subject: by timer\\n\\nhi\\n' | sendmail -odq root; systemctl start reeve-mail.timer`)
    await expect.poll(subjects, { timeout: 30_000 }).toContain('by timer')
    expect(subjects()).toHaveLength(2)
  })
})
