import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSweep, type Swept } from '../../controller/cli/releaseText.ts'
import { sweepMessage } from '../../controller/engine/apply/sweep.ts'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { planOnce, reconcile } from '../../controller/engine/reconcile.ts'
import { planRelease } from '../../controller/engine/release.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { emptyMemory, type HostMemory } from '../../controller/engine/session.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { block } from '../../controller/primitives/block/spec.ts'
import { file, markLine } from '../../controller/primitives/file/spec.ts'
import { link } from '../../controller/primitives/link/spec.ts'
import { primitives } from '../../controller/primitives/registry.ts'
import { tree } from '../../controller/primitives/tree/spec.ts'
import { joinScripts, sh } from '../../controller/shell/sh.ts'
import { mainWith, tableOf } from '../kinds/firewall/fleet.ts'
import { depsOf, wantedOf } from './deps.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

let host: ShellHost
let memory: HostMemory

// The folders of Reeve are plain ones here, as on a host: what is a mount point cannot be removed.
const plainFolders =
  'umount /etc/reeve /var/lib/reeve /run/reeve && rm -rf /var/lib/reeve && mount -t tmpfs none /run && mkdir -p /run/reeve /var/lib/reeve && echo mine >/etc/motd'
beforeEach(async () => {
  host = await startShellHost({ ownNetwork: true, overlays: ['/etc', '/var/lib', '/var/backups'] })
  await host.run(plainFolders)
  memory = emptyMemory()
})
afterEach(() => host.close())

const table = tableOf(mainWith('policy: {input: drop}\nrules:\n  - {name: ssh, chain: input, protocol: tcp, ports: [22], action: accept}'))
const plain = { mode: '0640', owner: 'root:root' }
const mark = markLine('test', 'Note/one')
const fleet: readonly Spec[] = [
  file({ path: '/etc/motd', content: `${mark}ours\n`, ...plain, adopt: 'Replace' }),
  file({ path: '/etc/plain', content: 'no mark here', ...plain }),
  block({ path: '/etc/hosts', name: 'fleet', content: '192.0.2.1 he1\n' }),
  tree({ path: '/etc/sites', files: { 'a.conf': { content: `${mark}a;\n`, ...plain } } }),
  link({ path: '/etc/enabled', to: 'sites' }),
  table,
]

const deps = (more: Partial<ReconcileDeps> = {}): ReconcileDeps =>
  depsOf(host, { memory, primitives: new Map(primitives.map((one) => [one.type, one])), ...more })
const releasing = (leavesUnknown = false): ReconcileDeps => deps({ planFrom: (input) => planRelease(input, { leavesUnknown }) })
const release = (): Promise<Cycle> => reconcile(wantedOf([]), releasing())

async function sweep(): Promise<Swept> {
  const sum = memory.ledger.status === 'none' ? '' : memory.ledgerSum
  return readSweep(await host.exchange(sweepMessage(sum), { deadlineMs: 20_000, maxBytes: 1 << 20 }))
}

async function converge(): Promise<void> {
  const cycle = await reconcile(wantedOf(fleet), deps())
  expect(cycle).toMatchObject({ status: 'converged' })
}

const traces = 'ls -d /var/lib/reeve /run/reeve /etc/reeve 2>/dev/null; grep -rIls -e "reeve test" -e "Reeve, fleet" /etc'

describe('a host that is let go of', () => {
  it('keeps every thing as it is and loses every mark, then the ledger and the folders; what was before Reeve is kept for the person', async () => {
    await converge()
    const rules = (await host.run('nft -s list table inet reeve')).stdout
    await host.run('mkdir -p /etc/.sites-000000000000')
    expect((await release()).status).toBe('converged')
    const swept = await sweep()
    expect(swept).toMatchObject({ left: [], named: expect.arrayContaining(['table inet reeve', '/etc/nftables-reeve.nft']) })
    expect(swept.refused).toBeUndefined()
    expect(await text('cat /etc/motd /etc/plain /etc/sites/a.conf; readlink /etc/enabled; stat -c %a /etc/motd')).toBe(
      'ours\nno mark herea;\nsites\n640',
    )
    expect(await text('tail -n 1 /etc/hosts; ls -d /etc/.sites-000000000000 2>/dev/null')).toBe('192.0.2.1 he1')
    const commentless = rules.replace(/^\tcomment "test\/.*"\n/m, '').replaceAll('"reeve:', '"')
    expect(rules).not.toBe(commentless)
    expect((await host.run('nft -s list table inet reeve')).stdout).toBe(commentless)
    await host.run('nft flush ruleset; nft -f /etc/nftables-reeve.nft')
    expect((await host.run('nft -s list table inet reeve')).stdout).toBe(commentless)
    expect(await text(traces)).toBe('')
    expect(await text(`cat ${swept.kept[0] ?? 'nothing'}/file-* | grep -c mine`)).toBe('1')
    expect(swept.kept[0]).toMatch(/^\/var\/backups\/before-reeve-\d{8}T\d{6}Z$/)
  })

  it('is let go of again without a word, and when the first time was cut off at any moment', async () => {
    await converge()
    const cut = { planFrom: (input: Parameters<typeof planRelease>[0]) => slow(planRelease(input, { leavesUnknown: false })) }
    const first = reconcile(wantedOf([]), deps(cut)).catch(String)
    await untilText('ls /run/slow 2>/dev/null', '/run/slow')
    host.cut()
    await first
    await host.run('kill -9 $(cat /run/slow); rm -f /run/slow')
    memory = emptyMemory()
    const second = await release()
    expect(second).toMatchObject({ status: 'converged', recovered: [expect.anything()] })
    expect((await sweep()).refused).toBeUndefined()
    host.cut()
    await expect.poll(() => host.sessionId()).toBe(0)
    memory = emptyMemory()
    expect((await release()).status).toBe('noop')
    expect((await sweep()).refused).toBeUndefined()
    expect(await text(traces)).toBe('')
    expect(await text('head -n 1 /etc/motd; tail -n 1 /etc/hosts')).toBe('ours\n192.0.2.1 he1')
  })

  it('is let go of by its marks where the ledger was lost', async () => {
    await converge()
    await host.run('rm /var/lib/reeve/ledger')
    memory = emptyMemory()
    const cycle = await reconcile(wantedOf(fleet), releasing())
    expect(cycle.status).toBe('converged')
    expect((await sweep()).refused).toBeUndefined()
    expect(await text(traces)).toBe('')
  })

  it('stays as it is while a part of it cannot be seen, unless that part is to be left behind', async () => {
    await converge()
    const blind = new Map(primitives.map((one) => [one.type, one.type === 'block' ? { ...one, probe: () => sh`return 1` } : one]))
    const { plan } = await planOnce(wantedOf([]), { ...releasing(), primitives: blind })
    expect({ transactions: plan.transactions, forgotten: plan.forgotten, unknown: plan.unknown.map(({ id }) => id) }).toEqual({
      transactions: [],
      forgotten: [],
      unknown: ['block:/etc/hosts#fleet'],
    })
    expect(await reconcile(wantedOf([]), { ...releasing(true), primitives: blind })).toMatchObject({ status: 'converged' })
    expect(await text('grep -c reeve /etc/hosts; cat /etc/motd')).toBe('2\nours')
  })

  it.each([
    [
      'a hold',
      'mkdir -p /etc/reeve; echo reason: mine >/etc/reeve/hold',
      'a person holds this host: remove /etc/reeve/hold when that is over',
    ],
    ['another controller', 'echo >>/var/lib/reeve/ledger', 'the ledger moved meanwhile: another controller is at work here'],
    [
      'an apply in hand',
      'mkdir -p /var/lib/reeve/journal/f00d; : >/var/lib/reeve/journal/f00d/apply',
      'an apply is in hand: /var/lib/reeve/journal/f00d/',
    ],
  ])('is not swept under %s', async (_, act, says) => {
    await converge()
    await release()
    await host.run(act)
    expect((await sweep()).refused).toBe(says)
    expect(await text('ls /var/lib/reeve/ledger')).toBe('/var/lib/reeve/ledger')
  })

  it('is swept by words that shellcheck knows no fault of', () => {
    execFileSync('shellcheck', ['-s', 'sh', '-'], {
      input: `#!/bin/sh\n${sweepMessage('f00d').text}\n`,
      stdio: ['pipe', 'inherit', 'inherit'],
    })
  })

  it('is swept inside its running containers too, and told of those that cannot be', async () => {
    const fake = String.raw`#!/bin/sh
case $0 in *lxc-ls) printf 'a\nb\n'; exit ;; esac
[ "$2" = a ] || exit 1
exec unshare -m sh -c 'mount -t tmpfs none /var/lib && mount -t tmpfs none /var/backups && mkdir -p /var/lib/reeve/retired && echo x >/var/lib/reeve/retired/file-1 && exec sh -s'
`
    const text = Buffer.from(fake).toString('base64')
    await host.run(
      `mkdir -p /run/fake; echo ${text} | base64 -d >/run/fake/lxc-ls; chmod 755 /run/fake/lxc-ls; ln -s lxc-ls /run/fake/lxc-attach`,
    )
    const said = await host.exchange(joinScripts([sh`PATH=/run/fake:$PATH`, sweepMessage('')]), { deadlineMs: 20_000, maxBytes: 1 << 20 })
    const { kept, left, refused } = readSweep(said)
    expect({ kept, left, refused }).toEqual({
      kept: [expect.stringMatching(/^in container a: \/var\/backups\/before-reeve-/)],
      left: ['what Reeve kept inside container b'],
      refused: undefined,
    })
  })

  it.each([
    ['cut in its middle', 'kept /var/backups/x', 'the sweep was cut off; ask again'],
    ['full of what nobody knows', 'rm: cannot remove\nnamed /etc/x', 'rm: cannot remove'],
    ['empty', '', 'the sweep was cut off; ask again'],
    ['whole', 'kept /var/backups/x\nswept\nnamed /etc/x', undefined],
  ])('is told of by a sweep that is %s', (_, said, refused) => expect(readSweep(said).refused).toBe(refused))
})

async function text(script: string): Promise<string> {
  return (await host.run(script)).stdout.trim()
}

async function untilText(script: string, wanted: string): Promise<void> {
  await expect.poll(() => text(script), { timeout: 10_000, interval: 20 }).toBe(wanted)
}

/** The second step of the second transaction notes who runs it, and hangs. */
function slow(plan: ReturnType<typeof planRelease>): ReturnType<typeof planRelease> {
  const transactions = plan.transactions.map((transaction, position) =>
    position === 1
      ? { ...transaction, steps: [...transaction.steps, { title: 'hang', run: sh`echo $PPID $$ >/run/slow; sleep 60` }] }
      : transaction,
  )
  return { ...plan, transactions }
}
