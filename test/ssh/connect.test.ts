import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { printPayload } from '../../controller/shell/payload.ts'
import { sh } from '../../controller/shell/sh.ts'
import type { Identity } from '../../controller/ssh/connect.ts'
import { dial } from '../../controller/ssh/connect.ts'
import { offeredHostKeys } from '../../controller/ssh/hostkey.ts'
import { fingerprint, parseHostKey } from '../../controller/ssh/pin.ts'
import { startAgent } from './agent.ts'
import { ample, hostOf } from './connecting.ts'
import { freePort } from './free-port.ts'
import { type KeyType, type Sshd, startSshd } from './sshd.ts'
import { startProxy } from './tcp-proxy.ts'

let sshd: Sshd
let stranger: Sshd

beforeAll(async () => {
  sshd = await startSshd({ hostKeys: ['ed25519', 'ecdsa', 'rsa'] })
  stranger = await startSshd()
})
afterAll(async () => {
  await sshd?.stop()
  await stranger?.stop()
})

describe('host keys', () => {
  for (const type of ['ed25519', 'ecdsa', 'rsa'] satisfies readonly KeyType[]) {
    it(`a host is known by its ${type} key alone`, async () => {
      await using host = hostOf(sshd, { settings: { hostKeys: [sshd.hostKey(type)] } })
      expect(await host.exchange(sh`echo in`, ample)).toBe('in\n')
    })
  }

  it('one right key among several pinned ones is enough', async () => {
    await using host = hostOf(sshd, { settings: { hostKeys: [stranger.hostKey(), sshd.hostKey('rsa')] } })
    await expect(host.exchange(sh`echo in`, ample)).rejects.toMatchObject({ kind: 'hostKey' })
    await using both = hostOf(sshd, { settings: { hostKeys: [stranger.hostKey(), sshd.hostKey()] } })
    expect(await both.exchange(sh`echo in`, ample)).toBe('in\n')
  })

  it('a changed key is refused before authentication, with both fingerprints and what to do', async () => {
    await using host = hostOf(stranger, { settings: { hostKeys: [sshd.hostKey()] } })
    const refused = host.exchange(sh`echo in`, ample)
    await expect(refused).rejects.toMatchObject({ kind: 'hostKey' })
    await expect(refused).rejects.toThrow(fingerprint(parseHostKey(stranger.hostKey()).blob))
    await expect(refused).rejects.toThrow(fingerprint(parseHostKey(sshd.hostKey()).blob))
    await expect(refused).rejects.toThrow(/ssh-keygen -lf on its console/)
    expect(stranger.log()).not.toContain('Accepted publickey')
  })

  it('a host without any key of the pinned type is refused, and its keys are named', async () => {
    await using host = hostOf(stranger, { settings: { hostKeys: [sshd.hostKey('rsa')] } })
    const refused = host.exchange(sh`echo in`, ample)
    await expect(refused).rejects.toMatchObject({ kind: 'hostKey' })
    await expect(refused).rejects.toThrow(fingerprint(parseHostKey(stranger.hostKey()).blob))
  })

  const badPins: readonly { readonly name: string; readonly pins: readonly string[]; readonly says: RegExp }[] = [
    { name: 'no pin at all', pins: [], says: /no host key is pinned/ },
    { name: 'a pin of an unknown type', pins: ['ssh-dss AAAA'], says: /begins with no known type/ },
    { name: 'a pin that was cut', pins: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI'], says: /cut or altered/ },
    { name: 'a pin whose type and key differ', pins: ['ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIBBBB'], says: /cut or altered/ },
  ]
  for (const { name, pins, says } of badPins) {
    it(`${name} connects to nothing`, async () => {
      await using host = hostOf(sshd, { settings: { hostKeys: pins } })
      await expect(host.exchange(sh`:`, ample)).rejects.toThrow(says)
    })
  }

  it('all offered keys of an address are shown, in the form that a manifest takes', async () => {
    const offered = await offeredHostKeys({ address: '127.0.0.1', port: sshd.port, deadlineMs: 5000, forward: dial })
    expect(offered.map((key) => key.type)).toEqual(['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'])
    expect(offered[0]?.line).toBe(sshd.hostKey().split(' ').slice(0, 2).join(' '))
  })
})

describe('authentication', () => {
  it('a key that the host does not know is refused as auth, naming user and remedy', async () => {
    await using host = hostOf(sshd, { identity: () => ({ type: 'key', privateKey: stranger.privateKey }) })
    const refused = host.exchange(sh`:`, ample)
    await expect(refused).rejects.toMatchObject({ kind: 'auth' })
    await expect(refused).rejects.toThrow(/authorized_keys/)
  })

  it('what is no key is refused as auth, without showing it', async () => {
    const nonsense: Identity = { type: 'key', privateKey: Buffer.from('hunter2 hunter2') }
    await using host = hostOf(sshd, { identity: () => nonsense })
    const refused = await host.exchange(sh`:`, ample).catch((error: unknown) => error)
    expect(refused).toMatchObject({ kind: 'auth' })
    expect(String(refused)).not.toContain('hunter2')
  })

  it('a private key behind a passphrase is refused as auth, saying so', async () => {
    const path = join(sshd.dir, 'locked')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret-words', '-f', path])
    await using host = hostOf(sshd, { identity: () => ({ type: 'key', privateKey: readFileSync(path) }) })
    await expect(host.exchange(sh`:`, ample)).rejects.toThrow(/[Ee]ncrypted/)
  })

  it('a key that cannot be had is auth, and is asked for again at the next connection', async () => {
    let key: Uint8Array | undefined
    const identity = (): Identity => {
      if (key === undefined) throw new Error('identity default: /key cannot be read')
      return { type: 'key', privateKey: key }
    }
    await using host = hostOf(sshd, { identity })
    await expect(host.exchange(sh`:`, ample)).rejects.toMatchObject({ kind: 'auth', message: 'he1: identity default: /key cannot be read' })
    key = sshd.privateKey
    expect(await host.exchange(sh`echo in`, ample)).toBe('in\n')
  })

  it('an ssh-agent that holds the key lets us in', async () => {
    await using agent = await startAgent([sshd.keyFile])
    await using host = hostOf(sshd, { identity: () => ({ type: 'agent', socket: agent.socket }) })
    expect(await host.exchange(sh`echo in`, ample)).toBe('in\n')
  })

  it('an agent without the right key, and an agent that is gone, are auth', async () => {
    await using agent = await startAgent([stranger.keyFile])
    for (const socket of [agent.socket, join(sshd.dir, 'no-agent')]) {
      await using host = hostOf(sshd, { identity: () => ({ type: 'agent', socket }) })
      await expect(host.exchange(sh`:`, ample)).rejects.toMatchObject({ kind: 'auth' })
    }
  })
})

describe('reaching a host', () => {
  it('tries the ports in order and takes the first that answers', async () => {
    await using host = hostOf(sshd, { settings: { ports: [await freePort(), sshd.port] } })
    expect(await host.exchange(sh`echo in`, ample)).toBe('in\n')
  })

  it('names every port when none answers', async () => {
    const [one, two] = [await freePort(), await freePort()]
    await using host = hostOf(sshd, { settings: { ports: [one, two] } })
    const refused = host.exchange(sh`:`, ample)
    await expect(refused).rejects.toMatchObject({ kind: 'unreachable' })
    await expect(refused).rejects.toThrow(new RegExp(`port ${one}: .*port ${two}: `))
  })

  it('a port that accepts and says nothing is unreachable when the deadline passes', async () => {
    await using proxy = await startProxy(sshd.port)
    proxy.blackHole()
    await using host = hostOf(sshd, { settings: { ports: [proxy.port] }, deadlines: { connectMs: 300, keepaliveMs: 10_000 } })
    await expect(host.exchange(sh`:`, ample)).rejects.toMatchObject({ kind: 'unreachable' })
  })

  it('a queue of callers makes one attempt at a machine that is gone, and the next caller another', async () => {
    await using proxy = await startProxy(sshd.port)
    proxy.blackHole()
    await using host = hostOf(sshd, { settings: { ports: [proxy.port] }, deadlines: { connectMs: 3000, keepaliveMs: 10_000 } })
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => host.exchange(sh`:`, ample)))
    expect(outcomes.every((outcome) => outcome.status === 'rejected')).toBe(true)
    expect(proxy.connections()).toBe(1)
    proxy.open()
    expect(await host.exchange(sh`echo back`, ample)).toBe('back\n')
    expect(proxy.connections()).toBe(2)
  })

  it('keepalives find a peer that died in silence, and the next message connects anew', async () => {
    await using proxy = await startProxy(sshd.port)
    await using host = hostOf(sshd, { settings: { ports: [proxy.port] }, deadlines: { connectMs: 5000, keepaliveMs: 400 } })
    await host.exchange(sh`:`, ample)
    proxy.blackHole()
    await expect(host.exchange(sh`echo never`, ample)).rejects.toMatchObject({ kind: 'closed' })
    proxy.open()
    expect(await host.exchange(sh`echo back`, ample)).toBe('back\n')
  })

  it('a connection that broke between two messages is opened again by the next', async () => {
    await using proxy = await startProxy(sshd.port)
    await using host = hostOf(sshd, { settings: { ports: [proxy.port] } })
    await host.exchange(sh`:`, ample)
    proxy.cutAfter(1)
    await expect(host.exchange(sh`:`, ample)).rejects.toMatchObject({ kind: 'closed' })
    expect(await host.exchange(sh`echo back`, ample)).toBe('back\n')
  })

  it('a fresh exchange comes by a TCP connection of its own and leaves the kept shell alone', async () => {
    await using proxy = await startProxy(sshd.port)
    await using host = hostOf(sshd, { settings: { ports: [proxy.port] } })
    await host.exchange(sh`kept() { echo yes; }`, ample)
    expect(await host.freshExchange(sh`kept 2>/dev/null || echo fresh`, ample)).toBe('fresh\n')
    expect(proxy.connections()).toBe(2)
    expect(await host.exchange(sh`kept`, ample)).toBe('yes\n')
  })

  it('an account whose login shell refuses is closed, with its words', async () => {
    await using refusing = await startSshd({ config: 'ForceCommand echo This account is not available; exit 1' })
    await using host = hostOf(refusing)
    const refused = host.exchange(sh`:`, ample)
    await expect(refused).rejects.toMatchObject({ kind: 'closed' })
    await expect(refused).rejects.toThrow(/This account is not available/)
  })

  it('a banner that the account prints before the shell does not stand in an answer', async () => {
    await using noisy = await startSshd({ config: 'ForceCommand echo Welcome; sh -c "$SSH_ORIGINAL_COMMAND"' })
    await using host = hostOf(noisy)
    expect(await host.exchange(sh`echo answer`, ample)).toBe('answer\n')
  })
})

describe('a jump host', () => {
  it('carries connection, exchange and fresh exchange to a machine behind it', async () => {
    await using first = hostOf(stranger, { settings: { name: 'bastion' } })
    await using behind = hostOf(sshd, { jump: first })
    expect(await behind.exchange(sh`echo behind`, ample)).toBe('behind\n')
    expect(await behind.freshExchange(sh`echo fresh`, ample)).toBe('fresh\n')
  })

  it('still has the host behind it prove its own key', async () => {
    await using first = hostOf(stranger, { settings: { name: 'bastion' } })
    await using behind = hostOf(sshd, { jump: first, settings: { hostKeys: [stranger.hostKey()] } })
    await expect(behind.exchange(sh`:`, ample)).rejects.toMatchObject({ kind: 'hostKey' })
  })

  it('that reaches nobody makes the host unreachable', async () => {
    await using first = hostOf(stranger, { settings: { name: 'bastion' } })
    await using behind = hostOf(sshd, { jump: first, settings: { ports: [await freePort()] } })
    await expect(behind.exchange(sh`:`, ample)).rejects.toMatchObject({ kind: 'unreachable' })
  })
})

describe('sudo', () => {
  // A mount namespace of its own gives sshd and sudo an /etc in which there is a user reeve; the machine's is not touched.
  async function startAsReeve(sudoers: string): Promise<Sshd> {
    if (!existsSync('/etc/sudoers') || process.getuid?.() !== 0)
      throw new Error('this test needs a real sudo, and root: apt-get install sudo')
    const script = [
      'set -eu; reeve_etc=$(mktemp -d); trap "" HUP',
      'cp /etc/passwd /etc/shadow /etc/group "$reeve_etc"',
      'echo "reeve:x:4242:4242::/tmp:/bin/sh" >>"$reeve_etc/passwd"; echo "reeve:*:19000::::::" >>"$reeve_etc/shadow"; echo "reeve:x:4242:" >>"$reeve_etc/group"',
      'printf "%s\\n" "$REEVE_SUDOERS" >"$reeve_etc/sudoers"; chmod 0440 "$reeve_etc/sudoers"; chmod 0755 "$reeve_etc"',
      'for reeve_file in passwd shadow group sudoers; do mount --bind "$reeve_etc/$reeve_file" "/etc/$reeve_file"; done',
      'exec "$@"',
    ].join('\n')
    return startSshd({ wrap: ['env', `REEVE_SUDOERS=${sudoers}`, 'unshare', '-m', 'sh', '-c', script, 'sh'] })
  }

  it('without a password gives a root shell to a user who is not root', async () => {
    await using host = await startAsReeve('reeve ALL=(root) NOPASSWD: ALL')
    await using reeve = hostOf(host, { settings: { user: 'reeve', become: 'sudo' } })
    expect(await reeve.exchange(sh`id -u; echo "$SUDO_USER"`, ample)).toBe('0\nreeve\n')
    await using plain = hostOf(host, { settings: { user: 'reeve' } })
    expect(await plain.exchange(sh`id -u`, ample)).toBe('4242\n')
  })

  it('that is set to use a pseudo-terminal still carries every byte of 1 MB', async () => {
    await using host = await startAsReeve('Defaults use_pty\nreeve ALL=(root) NOPASSWD: ALL')
    await using reeve = hostOf(host, { settings: { user: 'reeve', become: 'sudo' } })
    const text = '\u0003\u0004\r\n\t "quoted" $(id)\n'.repeat(40_000)
    expect(await reeve.exchange(printPayload(text), ample)).toBe(text)
  })

  for (const defaults of ['', 'Defaults use_pty\n']) {
    it(`runs what is listened to as root, and its input ends with its channel${defaults === '' ? '' : ', with a pseudo-terminal too'}`, async () => {
      await using host = await startAsReeve(`${defaults}reeve ALL=(root) NOPASSWD: ALL`)
      await using reeve = hostOf(host, { settings: { user: 'reeve', become: 'sudo' } })
      await reeve.exchange(sh`:`, ample)
      const said: string[] = []
      const stream = await reeve.stream(sh`echo $$; id -u; exec cat`, { onText: (text) => void said.push(text), onEnd: () => {} })
      stream.write('heard\n')
      await expect.poll(() => said.join('').replaceAll('\r', ''), { timeout: 15_000 }).toMatch(/^\d+\n0\nheard\n$/)
      stream.close()
      const pid = said.join('').split(/\r?\n/)[0] ?? ''
      expect(await reeve.exchange(sh`while kill -0 ${pid} 2>/dev/null; do sleep 0.02; done; echo gone`, ample)).toBe('gone\n')
    })

    it(`gives up a root shell that hangs, and what hangs in it${defaults === '' ? '' : ', with a pseudo-terminal too'}`, async () => {
      await using host = await startAsReeve(`${defaults}reeve ALL=(root) NOPASSWD: ALL`)
      await using reeve = hostOf(host, { settings: { user: 'reeve', become: 'sudo' } })
      const file = join(host.dir, 'hung')
      const hang = sh`sh -c ${`echo $$ >${file}; exec sleep 600`}`
      await expect(reeve.exchange(hang, { deadlineMs: 1000, maxBytes: 1000 })).rejects.toMatchObject({ kind: 'timeout' })
      const gone = sh`while read -r reeve_pid <${file} && kill -0 "$reeve_pid" 2>/dev/null; do sleep 0.02; done; echo gone`
      expect(await reeve.exchange(gone, ample)).toBe('gone\n')
    })
  }

  for (const [name, sudoers] of [
    ['wants a password', 'reeve ALL=(ALL) ALL'],
    ['does not know the user', 'root ALL=(ALL) ALL'],
  ] as const) {
    it(`that ${name} is kind sudo, with its words and the line for sudoers`, async () => {
      await using host = await startAsReeve(sudoers)
      await using reeve = hostOf(host, { settings: { user: 'reeve', become: 'sudo' } })
      const refused = reeve.exchange(sh`id -u`, ample)
      await expect(refused).rejects.toMatchObject({ kind: 'sudo' })
      await expect(refused).rejects.toThrow(/sudo: a password is required.*NOPASSWD/s)
    })
  }
})

describe('what can be seen of us', () => {
  it('no message stands in the arguments of a process on the host', async () => {
    await using host = hostOf(sshd)
    const seen = await host.exchange(sh`reeve_word=hunter; ps -eo args | grep -c "[h]unter2-in-argv" || :; : hunter2-in-argv`, ample)
    expect(seen).toBe('0\n')
  })

  it('no private key and no message reaches the log', async () => {
    const lines: string[] = []
    const write = (fields: object, message: string) => void lines.push(JSON.stringify(fields) + message)
    await using host = hostOf(sshd, { log: { debug: write, info: write, warn: write, error: write } })
    await host.exchange(sh`: hunter2; false`, ample)
    await host.exchange(sh`exit 3`, ample).catch(() => undefined)
    expect(lines.join('\n')).not.toMatch(/hunter2|PRIVATE KEY/)
    expect(lines.length).toBeGreaterThan(0)
  })
})
