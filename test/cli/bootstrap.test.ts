import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeKey, type Sshd, startSshd } from '../ssh/sshd.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'reeve-bootstrap-'))
const password = `it's $(no) "word" \\`

// An /etc and a /home that are thrown away: users are really made there, and this machine's stay as they are.
const namespace = [
  'set -eu; trap "" HUP',
  'for part in etc home; do mount -t tmpfs none /mnt; mkdir /mnt/up /mnt/work; mount -t overlay -o "lowerdir=/$part,upperdir=/mnt/up,workdir=/mnt/work" overlay "/$part"; umount -l /mnt; done',
  'rm -f /etc/sudoers.d/reeve; hostname edge7.example.org; mount --make-rprivate /',
  'useradd -m -s /bin/sh -p "$(openssl passwd -6 "$TEST_PASSWORD")" ann',
  'echo "ann ALL=(ALL) ALL" >/etc/sudoers.d/ann',
  'exec "$@"',
].join('\n')
const config = 'Match User reeve,ann\nPasswordAuthentication yes\nAuthorizedKeysFile .ssh/authorized_keys\nMatch all'

let sshd: Sshd
beforeAll(async () => {
  if (process.getuid?.() !== 0) throw new Error('this test needs root: it makes users in a namespace')
  makeKey(join(folder, 'own'), 'ed25519')
  const text = `fleet: f\nrepository: {url: ${folder}/repo}\nstateDir: ${folder}/state\nidentities: {default: {privateKeyFile: ${folder}/own}}\n`
  writeFileSync(join(folder, 'reeve.yaml'), text)
  sshd = await startSshd({ config, wrap: ['env', `TEST_PASSWORD=${password}`, 'unshare', '-m', '-u', 'sh', '-c', namespace, 'sh'] })
})
afterEach(() => void inside('userdel -r reeve 2>/dev/null; rm -f /etc/sudoers.d/reeve'))
afterAll(async () => {
  if (process.env['SHOW_LOG']) console.log(sshd.log())
  await sshd.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function commandOf(words: readonly string[]): readonly string[] {
  return ['sh', join(root, 'bin/reeve'), 'bootstrap', '--config', join(folder, 'reeve.yaml'), '-p', String(sshd.port), ...words]
}

function bootstrap(words: readonly string[], input = ''): Promise<Ended> {
  const [command = 'sh', ...rest] = commandOf(words)
  const child = spawn(command, rest, { env: { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1' }, stdio: ['pipe', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdin.end(input)
  return new Promise((resolve) =>
    child.once('close', (code) => {
      if (process.env['SHOW_LOG']) console.log(stderr, sshd.log())
      resolve({ code, stdout, stderr })
    }),
  )
}

function fingerprint(): string {
  return execFileSync('ssh-keygen', ['-lf', join(sshd.dir, 'host_ed25519.pub')], { encoding: 'utf8' }).split(' ')[1] ?? ''
}

/** As root, inside the namespace of the sshd. */
function inside(script: string): string {
  const words = ['-i', sshd.keyFile, '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR']
  return execFileSync('ssh', [...words, '-p', String(sshd.port), 'root@127.0.0.1', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

const manifest = (name: string, more = ''): string => `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata:
  name: "${name}"
spec:
  address: "127.0.0.1"
  ports: [${sshd.port}]
  user: "reeve"
  become: Sudo
  hostKeys:
    - ${sshd.hostKey().split(' ').slice(0, 2).join(' ')}
${more}`

describe('reeve bootstrap', { timeout: 60_000 }, () => {
  it('makes user, key and sudo by a password, prints the manifest and nothing else, and finds nothing to do the second time', async () => {
    const words = ['ann@127.0.0.1', '--name', 'he7', '--fingerprint', fingerprint(), '--password-stdin', '--yes']
    const first = await bootstrap(words, `${password}\n`)
    expect(first).toMatchObject({ code: 0, stdout: manifest('he7') })
    expect(first.stderr).toContain('proven: Reeve comes in as reeve and is root\n')
    expect(first.stderr).not.toContain(password)
    expect(
      inside('id -un reeve; stat -c "%a %U" /home/reeve/.ssh /home/reeve/.ssh/authorized_keys; stat -c "%a %U" /etc/sudoers.d/reeve'),
    ).toBe('reeve\n700 reeve\n600 reeve\n440 root\n')
    const again = await bootstrap(
      words.filter((word) => word !== '--yes'),
      `${password}\n`,
    )
    expect(again).toMatchObject({ code: 0, stdout: manifest('he7'), stderr: expect.stringContaining('nothing to do\n') })
    expect(inside('wc -l </home/reeve/.ssh/authorized_keys')).toBe('1\n')
    const fleet = mkdtempSync(join(folder, 'fleet-'))
    writeFileSync(join(fleet, 'he7.yaml'), first.stdout)
    execFileSync('sh', [join(root, 'bin/reeve'), 'validate', fleet])
  })

  it('uses a key that is let in already, asks for no password then, and takes what the host calls itself as the name', async () => {
    const ended = await bootstrap(['root@127.0.0.1', '--key', sshd.keyFile, '--fingerprint', fingerprint(), '--yes'])
    expect(ended).toMatchObject({ code: 0, stdout: manifest('edge7') })
  })

  it('asks on a terminal: the host key first, the password without showing it, then what is to be done', async () => {
    const shown = await onTerminal(
      ['ann@127.0.0.1', '--name', 'he7'],
      [
        ['Is it the same? [y/N]', 'y\r'],
        ['Password of ann on 127.0.0.1:', `wrong\x7f\x7f\x7f\x7f\x7f${password}\r`],
        ['Do this? [y/N]', 'yes\r'],
      ],
    )
    expect(shown).toContain(`ssh-ed25519 ${fingerprint()}`)
    expect(shown).toContain('proven: Reeve comes in as reeve and is root')
    expect(shown).not.toContain('no) "word"')
    expect(inside('id -un reeve')).toBe('reeve\n')
  })

  it('changes nothing and prints no manifest where something is missing or wrong, and says what', async () => {
    const given = ['--yes', '--fingerprint', fingerprint()]
    const cases: readonly (readonly [words: readonly string[], input: string, says: string])[] = [
      [['--yes'], '', `nothing was sent to 127.0.0.1; once it is compared: --fingerprint ${fingerprint()}`],
      [['--yes', '--fingerprint', 'SHA256:abc'], '', 'none of them SHA256:abc: it is another machine, or somebody is between'],
      [[...given, '--password-stdin'], 'wrong\n', '127.0.0.1 does not let ann in'],
      [[...given, '--password-stdin'], '\n', '--password-stdin: the first line of stdin is no password'],
      [[...given.slice(1), '--password-stdin'], `${password}\n`, 'nothing was changed; to do it: --yes'],
      [['--identity', 'other'], '', 'reeve.yaml has no identity "other"; write it under identities'],
      [['--user', '-rf'], '', '--user: "-rf" is no name of a user'],
    ]
    const ended = await Promise.all(cases.map(([words, input]) => bootstrap(['ann@127.0.0.1', '--name', 'he7', ...words], input)))
    for (const [index, [, , says]] of cases.entries())
      expect(ended[index]).toMatchObject({
        code: expect.toSatisfy((code) => code === 1 || code === 2),
        stdout: '',
        stderr: expect.stringContaining(says),
      })
    expect(inside('getent passwd reeve || echo none')).toBe('none\n')
  })

  it('goes through a jump host all the way, proves itself through it, and writes it into the manifest', async () => {
    await using gate = await startSshd()
    const through = join(folder, 'jump.yaml')
    const jump = `jumpHosts: {gate: {address: 127.0.0.1, port: ${gate.port}, user: ${gate.user}, identity: gate, hostKeys: ['${gate.hostKey().split(' ').slice(0, 2).join(' ')}']}}\n`
    const identities = `identities: {default: {privateKeyFile: ${folder}/own}, gate: {privateKeyFile: ${gate.keyFile}}}\n`
    writeFileSync(through, `fleet: f\nrepository: {url: ${folder}/repo}\nstateDir: ${folder}/state\n${identities}${jump}`)
    const given = ['root@127.0.0.1', '--config', through, '--key', sshd.keyFile, '--fingerprint', fingerprint(), '--yes', '--name', 'he7']
    const ended = await bootstrap([...given, '--jump', 'gate'])
    expect(ended).toMatchObject({
      code: 0,
      stdout: manifest('he7', '  jump: "gate"\n'),
      stderr: expect.stringContaining('proven: Reeve comes in'),
    })
    const ways = gate.log().match(/Accepted publickey/g)?.length ?? 0
    expect(ways).toBe(1)
    const lost = await bootstrap([...given, '--jump', 'gaet'])
    expect(lost).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('the repository cannot be read') })
  })

  it('leaves a file of sudo that says something else to a person', async () => {
    inside('echo "# mine" >/etc/sudoers.d/reeve')
    const ended = await bootstrap(['root@127.0.0.1', '--key', sshd.keyFile, '--fingerprint', fingerprint(), '--yes', '--name', 'he7'])
    expect(ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('/etc/sudoers.d/reeve exists and says something else'),
    })
    expect(inside('cat /etc/sudoers.d/reeve')).toBe('# mine\n')
  })
})

/** Runs it on a pseudo-terminal of script(1), answering each question when it is asked. */
function onTerminal(words: readonly string[], answers: readonly (readonly [question: string, answer: string])[]): Promise<string> {
  const line = commandOf(words)
    .map((word) => `'${word}'`)
    .join(' ')
  const child = spawn('script', ['-qefc', line, '/dev/null'], {
    env: { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting = [...answers]
  let [shown, read] = ['', 0]
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    const [next] = waiting
    if (next === undefined || !shown.slice(read).includes(next[0])) return
    waiting.shift()
    read = shown.length
    child.stdin.write(next[1])
  })
  return new Promise((resolve) => child.once('close', () => resolve(shown)))
}
