import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runningScenes } from '../docs/typed/all.ts'
import { leavingScenes } from '../docs/typed/leaving.ts'
import { type Scene, typedText } from '../docs/typed/line.ts'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { isLong } from '../longTest.ts'
import { bootMachine, bringTree, type Machine } from '../machine/machine.ts'
import { type Ran, runWith } from '../machine/shell.ts'
import { type Commands, commandsOf, typedPages } from './guide.ts'
import { anotherReader, between, twoVersions } from './states.ts'

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
async function typeOn({ on, text }: Pick<Commands, 'on' | 'text'>): Promise<Ran> {
  if (on !== 'controller') return host.exec(text).then(({ stdout, stderr, code }) => ({ stdout, stderr, code: code ?? -1 }))
  const typed = `cd "$(cat /tmp/where 2>/dev/null || echo ~)"\nset -e\n${text}pwd >/tmp/where\n`
  return controller.run(
    `export HOME=/root TERM=xterm NO_COLOR=1 PATH=/usr/local/sbin:/usr/local/bin:$PATH\ncat >/tmp/typed <<'TYPED'\n${typed}TYPED\nwhile sleep 0.2; do echo yes; done | timeout 300 script -qec 'bash /tmp/typed' /dev/null`,
  )
}

/** What stands for the words in capitals of a page. */
const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'docs/upgrade.md': { VERSION: 'v0.2.0', OLDER: 'v0.1.0' },
  'README.md': { REPOSITORY: 'https://git.example.org/reeve.git' },
}

function asTyped(page: string, text: string): string {
  return Object.entries(words[page] ?? {}).reduce((typed, [word, value]) => typed.replaceAll(word, value), text)
}

function typePage(page: string, from = 0): void {
  describe(`${page}, typed as it stands`, () => {
    test.each(
      commandsOf(page)
        .map((commands, index) => ({ ...commands, index }))
        .slice(from),
    )('$heading ($index, on $on)', { timeout: 300_000, retry: 0 }, ({ on, text, exitStatus, index }) =>
      inOrder(text, async () => {
        const ran = await typeOn({ on, text: asTyped(page, text) })
        if (process.env['SHOW_LOG'] !== undefined) console.log(`${text}---\n${ran.stdout}${ran.stderr}`)
        expect(ran.code, `${text}\n${ran.stdout}${ran.stderr}`).toBe(exitStatus)
        const more = between[page]?.[index]
        if (more !== undefined) expect(await runOn('controller', more)).toMatchObject({ code: 0 })
      }),
    )
  })
}

async function inOrder(text: string, work: () => Promise<void>): Promise<void> {
  if (failed !== undefined) throw new Error(`not typed, since this went wrong before it:\n${failed}`)
  failed = text
  await work()
  failed = undefined
}

/** Without a terminal, so that no pager waits for a key. */
async function runOn(on: Scene['on'], text: string): Promise<Ran> {
  if (on === 'he1') return typeOn({ on, text })
  return controller.run(
    `export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:$PATH\ncd ~/fleet 2>/dev/null\nbash -s <<'TYPED'\n${text}\nTYPED`,
  )
}

/** Commands that stand in sentences, in the state that these speak of. */
function typeScenes(scenes: readonly Scene[]): void {
  test.each(scenes)('$name (on $on)', { timeout: 300_000, retry: 0 }, ({ name, on, before, lines, after }) =>
    inOrder(name, async () => {
      if (before !== undefined) expect(await runOn(on, before)).toMatchObject({ code: 0 })
      const faults: string[] = []
      for (const line of lines) {
        const { code, stdout, stderr } = await runOn(on, typedText(line))
        const shown = `${line.text}: ${code}\n${stdout}${stderr}`
        if (process.env['SHOW_LOG'] !== undefined) console.log(shown)
        if (!(line.ends ?? [0]).includes(code) || line.says?.test(`${stdout}${stderr}`) === false) faults.push(shown)
      }
      const end = after === undefined ? undefined : await runOn(on, after)
      expect(faults).toEqual([])
      expect(end?.code ?? 0, `${after}\n${end?.stdout}${end?.stderr}`).toBe(0)
    }),
  )
}

for (const page of typedPages.slice(0, -1)) typePage(page)

test('the host is as the reader wrote it', async () => {
  await expect.poll(() => host.must('cat /etc/motd'), { timeout: 120_000 }).toContain('kept as a Git repository says')
  await expect.poll(() => host.must('nft list ruleset'), { timeout: 120_000 }).toContain('policy drop')
  expect((await must('/usr/local/bin/reeve --version')).stdout).toMatch(/^\d/)
  expect((await controller.run('sudo -u reeve /usr/local/bin/reeve history --sort drift')).stdout).toContain('/etc/motd')
}, 300_000)

typeScenes(runningScenes)

test('there are an older and a newer version', () => inOrder('versions', async () => void (await must(twoVersions))), 60_000)
typePage('docs/upgrade.md')
test('what the newer version kept was refused by the older one, and the host is as it was', async () => {
  const said = (await must('journalctl -u reeve --no-pager -o cat')).stdout
  expect(said).toMatch(/history\.sqlite was written by a newer Reeve \(layout \d+, this one knows \d+\)/)
  expect(said).toMatch(/the ledger cannot be read: it has format \d+, written by a newer Reeve/)
  expect(await host.must('cat /etc/motd')).toContain('kept as a Git repository says')
  expect(await host.must('ls /var/lib/reeve')).toContain('ledger.before-')
})

if (isLong) {
  typeScenes(leavingScenes)

  test(
    "the machine is another reader's",
    () => inOrder('another reader', async () => expect(await runOn('controller', anotherReader)).toMatchObject({ code: 0 })),
    60_000,
  )
  // Its first block is the first of the guide.
  typePage('README.md', 1)
  test('the host of the README is as it says', async () => {
    expect(await host.must('cat /etc/hello-reeve')).toBe('This machine is kept as a Git repository says.\n')
  })
}
