import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { bootMachine, bringTree, type Machine } from '../machine/machine.ts'
import { type Ran, runWith } from '../machine/shell.ts'
import { type Commands, commandsOf } from './guide.ts'

// Two machines on a cable: one to run the controller on, with systemd and nothing of Reeve, and one to keep. Every command of the guide is typed as it stands, in its order.
const stack = new AsyncDisposableStack()
let controller: Machine
let host: NativeHost

/** The first block that did not end as it should: what follows builds on it. */
let failed: string | undefined

beforeAll(async () => {
  host = stack.use(await startNativeHost({ name: 'he1' }))
  controller = stack.use(await bootMachine())
  await lay(controller.pid, host.pid)
  await bring()
  await must(prepare())
  // The installer of Debian writes this half too.
  await host.must('ssh-keygen -yf /etc/ssh/ssh_host_ed25519_key >/etc/ssh/ssh_host_ed25519_key.pub')
}, 300_000)
afterAll(() => stack.disposeAsync())

/** 192.0.2.1 is the controller, 192.0.2.10 is he1. */
async function lay(near: number, far: number): Promise<void> {
  const ends = `ip link add guide0 netns ${near} type veth peer name guide0 netns ${far}`
  const end = (pid: number, address: string) =>
    `nsenter -t ${pid} -n sh -c 'ip address add ${address}/24 dev guide0; ip link set guide0 up'`
  const { code, stderr } = await runWith(['sh', '-s'], `set -e\n${ends}\n${end(near, '192.0.2.1')}\n${end(far, '192.0.2.10')}`)
  if (code !== 0) throw new Error(stderr)
}

/** What a network would bring: a repository with this tree as it is, and npm's own cache of what was installed here. */
async function bring(): Promise<void> {
  await bringTree(controller, '/srv/reeve')
  const there = `/proc/${controller.pid}/root/srv/npm`
  const { code, stderr } = await runWith(['sh', '-s'], `mkdir -p ${there} && cp -a "$(npm config get cache)/_cacache" ${there}/`)
  if (code !== 0) throw new Error(stderr)
  await must("cd /srv/reeve && git init -q -b main && git add . && git -c user.name=a -c user.email=a@example.org commit -qm 'the tree'")
}

/** What the reader has and this machine has not: his key on he1, the address that Reeve is cloned from, a registry (npm's cache of this machine). */
function prepare(): string {
  const key = readFileSync(host.identityFile, 'utf8')
  return `set -e
rm -rf /root/.ssh /root/.cache/reeve /etc/reeve /opt/reeve
install -d -m 0700 /root/.ssh; umask 077
cat >/root/.ssh/id_ed25519 <<'KEY'\n${key}KEY
umask 022
cat >/root/.gitconfig <<'CONFIG'
[url "file:///srv/reeve"]
insteadOf = https://git.example.org/reeve.git
[safe]
directory = *
CONFIG
npm config set --location=global offline=true cache=/srv/npm`
}

async function must(text: string): Promise<Ran> {
  const ran = await controller.run(text)
  if (ran.code !== 0) throw new Error(`${text}\nended with ${ran.code}: ${ran.stdout}${ran.stderr}`)
  return ran
}

/** As on a terminal, where a yes is typed to each question. Folders stay between blocks as in one session. */
async function typeOn({ on, text }: Commands): Promise<Ran> {
  if (on !== 'controller') return host.exec(text).then(({ stdout, stderr, code }) => ({ stdout, stderr, code: code ?? -1 }))
  const typed = `cd "$(cat /tmp/where 2>/dev/null || echo ~)"\nset -e\n${text}pwd >/tmp/where\n`
  return controller.run(
    `export HOME=/root TERM=xterm NO_COLOR=1 PATH=/usr/local/sbin:/usr/local/bin:$PATH\ncat >/tmp/typed <<'TYPED'\n${typed}TYPED\nwhile sleep 1; do echo yes; done | timeout 300 script -qec 'bash /tmp/typed' /dev/null`,
  )
}

describe.each(['docs/guide.md', 'docs/troubleshooting.md'])('%s, typed as it stands', (page) => {
  test.each(commandsOf(page).map((commands, index) => ({ ...commands, index })))(
    '$heading ($index, on $on)',
    { timeout: 300_000, retry: 0 },
    async (commands) => {
      if (failed !== undefined) throw new Error(`not typed, since this went wrong before it:\n${failed}`)
      failed = commands.text
      const ran = await typeOn(commands)
      if (process.env['SHOW_LOG'] !== undefined) console.log(`${commands.text}---\n${ran.stdout}${ran.stderr}`)
      expect(ran.code, `${commands.text}\n${ran.stdout}${ran.stderr}`).toBe(commands.exitStatus)
      failed = undefined
    },
  )
})

test('the host is as the reader wrote it', async () => {
  await expect.poll(() => host.must('cat /etc/motd'), { timeout: 120_000 }).toContain('kept as a Git repository says')
  await expect.poll(() => host.must('nft list ruleset'), { timeout: 120_000 }).toContain('policy drop')
  expect((await must('/usr/local/bin/reeve --version')).stdout).toMatch(/^\d/)
  expect((await controller.run('sudo -u reeve /usr/local/bin/reeve history --sort drift')).stdout).toContain('/etc/motd')
}, 300_000)
