import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Host } from '../../controller/engine/host.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { createSshHost, type SshHost } from '../../controller/ssh/host.ts'
import { depsOf, desired } from '../conformance/engine.ts'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { run } from '../lab/process.ts'
import { sshArgs } from '../lab/ssh-client.ts'
import { container, specsOf } from './place.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
let host: NativeHost
let key: string
const open: SshHost[] = []
beforeAll(async () => {
  host = await startNativeHost()
})
beforeEach(async () => {
  await host.reset()
  key = (await host.must('cut -d" " -f1,2 /root/.ssh/authorized_keys')).trim()
})
afterEach(() => Promise.all(open.splice(0).map((one) => one[Symbol.asyncDispose]())))
afterAll(() => host?.[Symbol.asyncDispose]())

/** The controller's own SSH, to these ports in turn. */
function connect(user: string, ports: readonly number[]): SshHost {
  const made = createSshHost({
    settings: { name: host.name, address: host.address, ports, user, become: 'none', hostKeys: [host.hostKey] },
    identity: () => ({ type: 'key', privateKey: readFileSync(host.identityFile) }),
    deadlines: { connectMs: 5000, keepaliveMs: 30_000 },
    log: silent,
  })
  open.push(made)
  return made
}

/** Logs in anew, and says who that is; or why it was not let in. */
async function login(user: string, port: number, script = 'id -un'): Promise<string> {
  const said = connect(user, [port]).freshExchange({ text: script }, { deadlineMs: 5000, maxBytes: 10_000 })
  return (await said.catch((error: unknown) => `refused: ${error instanceof Error ? error.message : error}`)).trim()
}

/** What ssh(1) prints of a command, by an account's name. */
async function ssh(user: string, command: string): Promise<string> {
  const at = sshArgs(host).map((word) =>
    word === `root@${host.address}` ? `${user}@${host.address}` : word.startsWith('ControlPath=') ? 'ControlPath=none' : word,
  )
  const { stdout, stderr } = await run('ssh', [...at, '--', command], { timeoutMs: 20_000 })
  return stdout + stderr
}

/** One cycle over that way; a change that must be confirmed is given a few seconds. */
async function cycle(way: SshHost, specs: readonly Spec[]): Promise<string> {
  const quick = specs.map((spec) => (spec.confirm ? { ...spec, confirm: { ...spec.confirm, withinMs: 6000 } } : spec))
  const deps = { ...depsOf({ host: way, run: (script) => host.must('sh -s', { stdin: script }) }), confirmTimeoutMs: 5000 }
  const { status, message } = await reconcile(desired(quick), deps)
  return `${status} ${message}`.trim()
}

const effective = (words: string) => host.must(`sshd -T | grep -E '^(${words}) '`)
const ports = (list: string) => `  ports: [${list}]\n`

test('sshd moves to another port, proven by coming in there; people and root log in as the manifest says', {
  timeout: 120_000,
}, async () => {
  const way = connect('root', [2200, 22])
  const ann = `{name: ann, shell: /bin/sh, authorizedKeys: ["${key}"], sudo: NoPassword}`
  const fields = 'passwordAuthentication: false, permitRootLogin: KeyOnly, allowUsers: [root, ann]'
  const both = specsOf(`{users: [${ann}], sshd: {ports: [2200, 22], ${fields}}}`, ports('2200, 22'))
  expect(await cycle(way, both)).toBe('converged')
  expect(await cycle(way, both)).toBe('noop')
  expect(
    (await effective('port|passwordauthentication|kbdinteractiveauthentication|permitrootlogin|allowusers')).split('\n').sort(),
  ).toEqual([
    '',
    'allowusers ann',
    'allowusers root',
    'kbdinteractiveauthentication no',
    'passwordauthentication no',
    'permitrootlogin without-password',
    'port 22',
    'port 2200',
  ])
  expect(await login('ann', 2200, 'id -un; sudo -n id -un')).toBe('ann\nroot')
  await host.must('useradd -m bob; cp -r /root/.ssh /home/bob/; chown -R bob: /home/bob')
  expect(await login('bob', 22)).toMatch(/^refused/)
  const moved = specsOf(`{sshd: {ports: [2200], ${fields}}}`, ports('2200, 22'))
  expect(await cycle(way, moved)).toMatch(/^converged/)
  expect(await login('root', 22)).toMatch(/^refused/)
  expect(await login('root', 2200)).toBe('root')
  expect(await login('ann', 2200)).toMatch(/^refused/)
  expect(await host.must('ls -d /home/ann; getent shadow ann')).toMatch(/^\/home\/ann\nann:!:\d*:0:99999:7::1:\n$/)
})

test('a port that nobody can come in by is given up again, and the old one is open', { timeout: 120_000 }, async () => {
  await host.must(
    'nft add table inet t; nft add chain inet t c "{ type filter hook input priority 0; }"; nft add rule inet t c tcp dport 2201 drop',
  )
  const way = connect('root', [2201, 22])
  expect(await cycle(way, specsOf('{sshd: {ports: [2201]}}', ports('2201, 22')))).toMatch(/sshd_config\.d/)
  expect(await login('root', 22)).toBe('root')
  expect(
    await host.must(
      'ls /etc/ssh/sshd_config.d; sshd -T | grep ^port; ls /var/lib/reeve/journal; systemctl is-enabled reeve-undo.service 2>&1 || :',
    ),
  ).toBe('lab.conf\nport 22\ndisabled\n')
})

test('what sshd would not do is said, and nothing goes live', { timeout: 120_000 }, async () => {
  const way = connect('root', [22])
  const wanted = specsOf('{sshd: {passwordAuthentication: false}}')
  const before = await host.must('sshd -T')
  await host.must('echo "PasswordAuthentication yes" >/etc/ssh/sshd_config.d/00-a.conf')
  expect(await cycle(way, wanted)).toContain(
    'passwordauthentication no of /etc/ssh/sshd_config.d/00-reeve.conf has no effect: an earlier line',
  )
  await host.must('rm /etc/ssh/sshd_config.d/00-a.conf; sed -i s/^Include/#Include/ /etc/ssh/sshd_config')
  expect(await cycle(way, wanted)).toContain('none says Include /etc/ssh/sshd_config.d/*.conf')
  await host.must('sed -i s/^#Include/Include/ /etc/ssh/sshd_config; echo "Port 2202" >>/etc/ssh/sshd_config')
  expect(await cycle(way, specsOf('{sshd: {ports: [22]}}'))).toContain('another file says port 2202 too')
  await host.must('sed -i "s/^Port 2202/Bogus yes/" /etc/ssh/sshd_config')
  expect(await cycle(way, wanted)).toContain('already broken without this change')
  await host.must('sed -i /Bogus/d /etc/ssh/sshd_config')
  expect(await host.must('sshd -T')).toBe(before)
  expect(await cycle(way, wanted)).toBe('converged')
  expect(await cycle(way, [])).toMatch(/^(noop|converged)/)
  expect(await effective('passwordauthentication')).toBe('passwordauthentication no\n')
})

test('a power cut before the word of the controller brings the old way in back at the boot', { timeout: 120_000 }, async () => {
  const way = connect('root', [2203, 22])
  const specs = specsOf('{sshd: {ports: [2203]}}', ports('2203')).map((spec) =>
    spec.confirm ? { ...spec, confirm: { ...spec.confirm, withinMs: 60_000 } } : spec,
  )
  const deaf: Host = {
    exchange: (message, options) => way.exchange(message, options),
    tell: (message) => way.tell(message),
    ask: (probe, deadlineMs) => way.ask(probe, deadlineMs),
    sessionId: () => way.sessionId(),
    freshExchange: () => new Promise(() => {}),
  }
  const stuck = reconcile(desired(specs), depsOf({ host: deaf, run: async () => '' }))
  stuck.catch(() => {})
  for (let tries = 0; !(await host.exec('ls /var/lib/reeve/journal/*/armed-disk')).stdout.includes('armed-disk'); tries++)
    if (tries > 100) throw new Error('it was never armed')
  await host.powerCycle()
  expect(await host.must('sshd -T | grep ^port; ls /etc/ssh/sshd_config.d')).toBe('port 22\nlab.conf\n')
})

/** A stand-in for LXC, which this host has not: it tells its words, and runs the rest here. Its container has another file in /etc. */
const lxc = `cat >/usr/local/bin/lxc-info <<'SH'
#!/bin/sh
cat /state
SH
cat >/usr/local/bin/lxc-attach <<'SH'
#!/bin/sh
while [ "$1" != -- ]; do printf '<%s>' "$1"; shift; done
shift
exec unshare -m sh -c 'mount --bind /inside /etc/hostname; exec "$@"' sh "$@"
SH
chmod 755 /usr/local/bin/lxc-*; echo RUNNING >/state; echo web >/inside`

test('a person who logs in lands in his container, with a command as he wrote it, and nowhere else', { timeout: 120_000 }, async () => {
  await host.must(lxc)
  const specs = specsOf(
    `{users: [{name: ann, container: web, authorizedKeys: ["${key}"]}]}`,
    undefined,
    container('{users: [{name: ann}]}'),
  )
  expect(await cycle(connect('root', [22]), specs)).toBe('converged')
  expect(await cycle(connect('root', [22]), specs)).toBe('noop')
  // Inside, the account has a shell of its own.
  await host.must(
    'sed "s#/usr/local/lib/reeve/enter-ann#/bin/sh#" /etc/passwd >/passwd; sed -i "s#mount --bind /inside#mount --bind /passwd /etc/passwd; mount --bind /inside#" /usr/local/bin/lxc-attach',
  )
  expect(await ssh('ann', 'id -un; cat /etc/hostname')).toBe('<-n><web><--clear-env>ann\nweb\n')
  const odd = `printf '[%s]' "it's" '$(id)' a\\;b "\`id\`" --help`
  expect(await ssh('ann', odd)).toMatch(/^<-n><web><--clear-env>\[it's\]\[\$\(id\)\]\[a;b\]\[uid=\d+\(ann\) .*\]\[--help\]$/)
  expect(await ssh('ann', '-s /bin/false root')).not.toMatch(/root@|uid=0/)
  expect(await ssh('ann', 'sudo -n id')).not.toContain('uid=0')
  await host.must('echo STOPPED >/state')
  expect(await ssh('ann', 'id')).toBe('web is not running\n')
  expect(await cycle(connect('root', [22]), specsOf('{}', undefined, container('{}')))).toMatch(/^converged/)
  expect(await ssh('ann', 'id')).not.toContain('uid')
})

test('a job runs under cron as it is written', { timeout: 120_000 }, async () => {
  const words = ['sh', '-c', 'printf "%s|" "$(id -un)" "$@" >/tmp/said', 'job', "it's", '50%', '$(id)', 'a  b', '\\', '#']
  const specs = specsOf(`{cron: [{name: say, schedule: "@reboot", user: nobody, command: ${JSON.stringify(words)}}]}`)
  const way = connect('root', [22])
  expect(await cycle(way, specs)).toBe('converged')
  // What it runs at a boot, cron runs when it starts without this file.
  await host.must('rm -f /run/crond.reboot; systemctl restart cron; for i in 1 2 3 4 5 6 7 8 9; do [ -s /tmp/said ] || sleep 1; done')
  expect(await host.must('cat /tmp/said')).toBe(`nobody|${words.slice(4).join('|')}|`)
  expect(await cycle(way, specs)).toBe('noop')
})
