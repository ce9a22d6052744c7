import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootMachine, bringTree, type Machine } from '../machine/machine.ts'
import { type Catcher, startCatcher } from './catcher.ts'

let machine: Machine
let catcher: Catcher

async function must(text: string): Promise<string> {
  const { code, stdout, stderr } = await machine.run(text)
  if (code !== 0) throw new Error(`${text.slice(0, 200)}: exit ${code}: ${stderr}${stdout}`)
  return stdout.trim()
}

function show(property: string): Promise<string> {
  return must(`systemctl show reeve -P ${property}`)
}

beforeAll(async () => {
  machine = await bootMachine()
  await bringTree(machine, '/opt/reeve', ['node_modules'])
  catcher = await startCatcher(machine)
  const { port } = catcher
  // As the unit's head says, with this tree in the place of a clone.
  await must(`set -e
    useradd --system --home-dir /var/lib/reeve-controller --shell /usr/sbin/nologin reeve
    install -d -o root -g reeve -m 0750 /etc/reeve
    git init -q -b main /srv/fleet; chown -R reeve: /srv/fleet
    cat >/etc/reeve/reeve.yaml <<END
fleet: service
repository: {url: /srv/fleet}
mail: {smarthost: {host: 127.0.0.1, port: ${port}}, from: reeve@example.org, to: [ops@example.org]}
alerts: {groupWait: 0s}
END
    chgrp reeve /etc/reeve/reeve.yaml; chmod 0640 /etc/reeve/reeve.yaml
    cp /opt/reeve/packaging/reeve.service /etc/systemd/system/
    mkdir -p /etc/systemd/system/reeve.service.d
    # The same watchdog, for people who do not want to wait a minute; the network is never online here.
    printf '[Service]\\nWatchdogSec=3\\nRestartSec=1\\n' >/etc/systemd/system/reeve.service.d/quick.conf
    systemctl daemon-reload`)
}, 120_000)

afterAll(async () => {
  catcher?.[Symbol.dispose]()
  await machine[Symbol.asyncDispose]()
})

describe('reeve.service', () => {
  it('says nothing to systemd-analyze verify, and exposes little', async () => {
    const verify = await machine.run('systemd-analyze verify /etc/systemd/system/reeve.service 2>&1')
    expect(verify).toMatchObject({ code: 0, stdout: '' })
    const security = await machine.run('systemd-analyze security --no-pager --threshold=20 reeve.service')
    console.log(security.stdout.trim().split('\n').at(-1))
    // A tenth of what systemd prints: 2.0 of 10 where nothing is hardened.
    expect(security.code, security.stdout).toBe(0)
  })

  it('counts as started when it answers, keeps no socket of systemd for its children, and ends in order without a mail', async () => {
    await must('systemctl start reeve')
    expect(await show('ActiveState')).toBe('active')
    const pid = await show('MainPID')
    expect(await must(`tr '\\0' '\\n' </proc/${pid}/cmdline | grep -c controller/main.ts`)).toBe('1')
    expect(await must('curl -sS --unix-socket /var/lib/reeve-controller/reeve.sock http://reeve/healthz')).toContain('ok')
    expect(await must('cat /var/lib/reeve-controller/running.json')).toContain(`"pid":${pid}`)
    // Longer than the watchdog waits: it is fed.
    const fed = await must('systemctl show reeve -P WatchdogTimestampMonotonic')
    await expect.poll(() => must('systemctl show reeve -P WatchdogTimestampMonotonic'), { timeout: 20_000 }).not.toBe(fed)
    await must('systemctl stop reeve')
    expect(await show('Result')).toBe('success')
    // That it stops is told in words that this systemd-notify has.
    expect(await must('journalctl -u reeve --no-pager -o cat')).not.toContain('systemd-notify failed')
    expect((await machine.run('test -e /var/lib/reeve-controller/running.json')).code).toBe(1)
  })

  it('that hangs is ended by the watchdog, runs again, and says so by mail', async () => {
    await must('systemctl start reeve')
    const hung = await show('MainPID')
    await must(`kill -STOP ${hung}`)
    await expect.poll(() => show('MainPID'), { timeout: 60_000, interval: 200 }).not.toMatch(new RegExp(`^(${hung}|0)$`))
    await expect.poll(() => show('ActiveState'), { timeout: 30_000, interval: 200 }).toBe('active')
    expect(Number(await show('NRestarts'))).toBeGreaterThan(0)
    expect(await must('journalctl -u reeve --no-pager')).toContain('Watchdog timeout')
    const subject = '[reeve] Reeve itself: it did not stop in order, and runs again'
    await expect
      .poll(() => catcher.mails.find((mail) => mail.subject === subject)?.body ?? '', { timeout: 20_000 })
      .toMatch(/Seen last:[\s\S]*In hand:\s+nothing/)
    expect(await must('find /var/lib/reeve-controller /var/lib/systemd/coredump -name "*core*" -type f 2>/dev/null; true')).toBe('')
  })
})
