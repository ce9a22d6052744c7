import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endsReeve, optionsProblem, splitKeyLine } from '../../controller/system/keyOptions.ts'
import { run } from '../lab/process.ts'
import { type Sshd, startSshd } from '../ssh/sshd.ts'
import { hostKey } from './place.ts'

function problemOf(options: string, key = hostKey): string | undefined {
  const line = splitKeyLine(`${options} ${key}`)
  return typeof line === 'string' ? line : optionsProblem(line)
}

describe('options of a key', () => {
  it.each([
    ['from="192.0.2.7"', undefined],
    ['from="192.0.2.0/24,!192.0.2.7,2001:db8::/32,*.example.com"', undefined],
    ['from="192.0.2.1/24"', 'from: 192.0.2.1/24 is no network: address/length, with no bit set after its length'],
    ['from="2001:db8::1/32"', 'from: 2001:db8::1/32 is no network: address/length, with no bit set after its length'],
    ['from="192.0.2.0/33"', 'from: 192.0.2.0/33 is no network: address/length, with no bit set after its length'],
    ['from="!192.0.2.7"', 'from only excludes, so that nobody can come in by this key'],
    ['from="a b"', 'from: "a b" is no address, network or host name'],
    ['from="192.0.2.7,"', 'from: "" is no address, network or host name'],
    ['from', 'option from needs a value: from="…"'],
    ['command="rsync --server \\"a b\\""', undefined],
    ['command=" "', 'command names none'],
    ['command="a', 'option command: after it comes neither a comma nor a blank and the key; a value stands in double quotes'],
    ['command=id', 'option command: after it comes neither a comma nor a blank and the key; a value stands in double quotes'],
    ['command="a\\\\b"', 'option command: after it comes neither a comma nor a blank and the key; a value stands in double quotes'],
    ['command="a",command="b"', 'option command stands there twice'],
    ['no-pty="yes"', 'option no-pty takes no value'],
    ['no-pty,no-port-forwarding,no-agent-forwarding,no-X11-forwarding,no-user-rc', undefined],
    ['restrict,port-forwarding,permitopen="localhost:80",permitopen="[::1]:*",permitlisten="8080"', undefined],
    ['pty', 'option pty does nothing without restrict'],
    ['restrict,no-pty,pty', 'options no-pty and pty exclude each other'],
    ['permitopen="localhost"', 'permitopen localhost is not HOST:PORT'],
    ['permitlisten="a:b"', 'permitlisten a:b is not PORT or HOST:PORT'],
    ['expiry-time="20270229"', 'expiry-time 20270229 is not YYYYMMDD or YYYYMMDDHHMM, with Z for UTC'],
    ['expiry-time="202702280930Z"', undefined],
    ['verify-required', 'option verify-required is for keys of hardware (sk-…) alone'],
    ['environment="LD_PRELOAD=/tmp/x"', 'environment needs PermitUserEnvironment of sshd, by which a person gets past his command'],
    ['cert-authority', 'cert-authority lets in whomever that key signs: write their keys'],
    ['principals="a"', 'principals belongs to cert-authority, which is not taken'],
    ['tunnel="0"', 'tunnel is not taken'],
    ['No-Pty', expect.stringContaining('there is no option No-Pty of a key')],
    [',no-pty', 'it does not begin with the type of a key, such as ssh-ed25519, or with options and a key'],
  ])('%s', (options, problem) => {
    expect(problemOf(options)).toEqual(problem)
  })

  it('are told apart from the key at the first blank that is not quoted', () => {
    expect(splitKeyLine(`command="a \\"b\\" c",no-pty ${hostKey} x y`)).toEqual({
      options: [
        { name: 'command', value: 'a "b" c' },
        { name: 'no-pty', value: undefined },
      ],
      key: `${hostKey} x y`,
    })
    expect(splitKeyLine('no-pty')).toBe('there is no key after no-pty')
  })

  it('by which Reeve could not work are named', () => {
    const named = (options: string) => {
      const line = splitKeyLine(`${options} ${hostKey}`)
      return typeof line === 'string' ? line : endsReeve(line)
    }
    expect(named('from="192.0.2.1",no-pty,no-X11-forwarding,no-agent-forwarding,no-user-rc')).toBeUndefined()
    for (const one of ['restrict', 'command="x"', 'no-port-forwarding', 'permitopen="a:1"', 'permitlisten="1"', 'expiry-time="20300101"'])
      expect(named(one)).toBe(one.split('=')[0])
  })
})

describe('a real sshd', () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd?.stop())

  it.each([
    ['from="127.0.0.0/8,!127.0.0.2"', 'said'],
    ['from="192.0.2.0/24"', 'Permission denied'],
    ['command="echo \\"for ced\\"",restrict', 'for ced'],
    ['expiry-time="20200101"', 'Permission denied'],
    ['expiry-time="29990101",no-pty,no-user-rc', 'said'],
    ['restrict,pty,permitopen="localhost:1",permitlisten="2"', 'said'],
  ])('takes what is taken here, and does so: %s', async (options, expected) => {
    const key = readFileSync(`${sshd.keyFile}.pub`, 'utf8').trim()
    expect(problemOf(options, key)).toBeUndefined()
    writeFileSync(join(sshd.dir, 'authorized_keys'), `${options} ${key}\n`)
    const words = [
      '-i',
      sshd.keyFile,
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      '-o',
      'LogLevel=ERROR',
      '-o',
      'BatchMode=yes',
    ]
    const { stdout, stderr } = await run('ssh', [...words, '-p', String(sshd.port), `${sshd.user}@127.0.0.1`, 'echo said'], {
      timeoutMs: 10_000,
    })
    expect(stdout + stderr).toContain(expected)
  })
})
