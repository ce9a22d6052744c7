import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Running, startRunning } from '../bench/commit.ts'
import { manifestsOf } from '../bench/fleet.ts'
import { createApi } from '../lab/demo/api.ts'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { type CaughtMail, startSmtpCatcher } from '../lab/smtp-catcher.ts'

// The whole controller with a resync of an hour: what is put right here, the watch has found.
const size = { files: 6, vhosts: 1, settings: 2, packages: 1, services: 2 }
const patience = { timeout: 30_000, interval: 50 }

let host: NativeHost
let running: Running
const mails: CaughtMail[] = []

beforeAll(async () => {
  host = await startNativeHost()
  const fill = async (folder: string) => {
    await mkdir(folder, { recursive: true })
    const text = manifestsOf(host, size).replace(
      /^( *)system:\n/m,
      (line, space: string) => `${line}${space}  mounts: [{path: /srv/scratch, tmpfs: 16Mi}]\n`,
    )
    await writeFile(join(folder, 'fleet.yaml'), text)
  }
  running = await startRunning(host.identityFile, fill, async (_repository, _folder, stack) => {
    const { port } = stack.use(await startSmtpCatcher({ onMail: (mail) => void mails.push(mail) }))
    return { resync: '1h', mail: { smarthost: { host: '127.0.0.1', port }, from: 'reeve@example.org', to: ['ops@example.org'] } }
  })
}, 300_000)
afterAll(async () => {
  await running?.[Symbol.asyncDispose]()
  await host?.[Symbol.asyncDispose]()
})

const metric = (name: string, labels: Readonly<Record<string, string>> = {}) => createApi(running.controller.url).metric(name, labels)

/** What is done by hand, and what is printed once it is as Git says again. */
const drifts: readonly { readonly name: string; readonly done: string; readonly look: string; readonly right: string }[] = [
  {
    name: 'a file that is edited',
    done: 'echo more >>/etc/reeve-bench/1.conf',
    look: 'grep -c more /etc/reeve-bench/1.conf',
    right: '0\n',
  },
  { name: 'a file that is removed', done: 'rm /etc/reeve-bench/2.conf', look: 'grep -c option /etc/reeve-bench/2.conf', right: '20\n' },
  {
    name: 'a file whose mode is changed',
    done: 'chmod 666 /etc/reeve-bench/3.conf',
    look: 'stat -c %a /etc/reeve-bench/3.conf',
    right: '644\n',
  },
  {
    name: 'a folder that is moved away',
    done: 'mv /etc/reeve-bench /etc/moved',
    look: 'ls /etc/reeve-bench | wc -l',
    right: `${size.files}\n`,
  },
  {
    name: 'a file in a folder that came anew',
    done: 'echo more >>/etc/reeve-bench/4.conf',
    look: 'grep -c more /etc/reeve-bench/4.conf',
    right: '0\n',
  },
  {
    name: 'a rule that is added to the live table',
    done: 'nft add rule inet reeve input tcp dport 9999 accept',
    look: 'nft list table inet reeve | grep -c 9999',
    right: '0\n',
  },
  {
    name: 'a service that is stopped',
    done: 'systemctl stop cron',
    look: 'systemctl is-active cron',
    right: 'active\n',
  },
  {
    name: 'a service that is killed',
    done: 'systemctl kill -s KILL cron; systemctl stop cron',
    look: 'systemctl is-active cron',
    right: 'active\n',
  },
  { name: 'a mount that is taken away', done: 'umount /srv/scratch', look: 'findmnt -nro FSTYPE /srv/scratch', right: 'tmpfs\n' },
  { name: 'a service that is disabled', done: 'systemctl disable cron', look: 'systemctl is-enabled cron', right: 'enabled\n' },
  {
    name: 'a setting of the kernel',
    done: 'sysctl -w net.ipv4.conf.all.rp_filter=0',
    look: 'sysctl -n net.ipv4.conf.all.rp_filter',
    right: '1\n',
  },
]

describe('the watch of a host at native speed', () => {
  test('is open by what the host has items of', async () => {
    await expect.poll(() => metric('reeve_hypervisor_watch_up'), patience).toBe(3)
  })

  for (const { name, done, look, right } of drifts)
    test(`finds ${name}`, async () => {
      const found = await metric('reeve_drift_detection_seconds_count', { source: 'watch' })
      await host.must(done)
      await expect.poll(async () => (await host.exec(look)).stdout, patience).toBe(right)
      await expect.poll(() => metric('reeve_drift_detection_seconds_count', { source: 'watch' }), patience).toBeGreaterThan(found)
    })

  test('says in the mail and in the log which process changed the table', async () => {
    await expect
      .poll(() => mails.some(({ body }) => /table inet reeve \(nft, process \d+\)/.test(body.replaceAll(/\s+/g, ' '))), patience)
      .toBe(true)
    expect(running.records.some(({ noticed }) => /table inet reeve \(nft, process \d+\)/.test(String(noticed)))).toBe(true)
  })

  test('found them all: nothing was left to the resync', async () => {
    expect(await metric('reeve_drift_detection_seconds_count', { source: 'resync' })).toBe(0)
  })

  test('rests once all is as it should be', async () => {
    const cycles = () => metric('reeve_reconcile_total')
    let before = -1
    await expect
      .poll(
        async () => {
          const [earlier, now] = [before, await cycles()]
          before = now
          return now - earlier
        },
        { timeout: 60_000, interval: 3000 },
      )
      .toBe(0)
  })

  test('ends with the controller', async () => {
    process.kill(running.controller.pid, 'SIGTERM')
    await expect.poll(async () => (await host.exec('pgrep -x reeve-watch')).stdout, patience).toBe('')
  })
})
