import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { printPayload } from '../../controller/shell/payload.ts'
import { joinScripts, type Script, sh } from '../../controller/shell/sh.ts'
import type { SshHost } from '../../controller/ssh/host.ts'
import { ample, hostOf } from './connecting.ts'
import { type Sshd, startSshd } from './sshd.ts'
import { startProxy } from './tcp-proxy.ts'

let sshd: Sshd
let host: SshHost

beforeAll(async () => {
  sshd = await startSshd()
  host = hostOf(sshd)
})
afterAll(async () => {
  await host?.[Symbol.asyncDispose]()
  await sshd?.stop()
})

const answers: readonly { readonly name: string; readonly message: Script; readonly stdout: string }[] = [
  { name: 'stdout comes back byte for byte', message: sh`printf 'one\n two '`, stdout: 'one\n two ' },
  { name: 'a message without output answers with nothing', message: sh`:`, stdout: '' },
  { name: 'an empty message answers with nothing', message: { text: '' }, stdout: '' },
  { name: 'output that ends in newlines keeps them', message: sh`printf 'x\n\n'`, stdout: 'x\n\n' },
  { name: 'a failing last command does not lose what was printed', message: sh`echo seen; false`, stdout: 'seen\n' },
  { name: 'commands that read stdin find it empty', message: sh`cat; read -r x || echo none`, stdout: 'none\n' },
  { name: 'a comment on the last line ends the message properly', message: sh`echo a # done`, stdout: 'a\n' },
  { name: 'stderr does not stand in the answer', message: sh`echo noise >&2; echo answer`, stdout: 'answer\n' },
  {
    name: 'a here document in the message arrives whole',
    message: printPayload('$(id) `id` "quoted" \\ end'),
    stdout: '$(id) `id` "quoted" \\ end',
  },
  {
    name: 'a message that prints markers with a nonce of its own is not believed',
    message: sh`printf '\nREEVE-END-%s 0\n' 00000000000000000000000000000000; printf '\nREEVE-END-\n'; echo real`,
    stdout: '\nREEVE-END-00000000000000000000000000000000 0\n\nREEVE-END-\nreal\n',
  },
  { name: 'set -eu of one message does not reach its last line', message: sh`set -eu; echo set`, stdout: 'set\n' },
  { name: 'after a message that set -eu, a failing command does not end the shell', message: sh`false; echo "$not_set."`, stdout: '.\n' },
]

describe('the kept-open shell', () => {
  for (const { name, message, stdout } of answers) {
    it(name, async () => expect(await host.exchange(message, ample)).toBe(stdout))
  }

  it('keeps the functions of an earlier message, under the same session', async () => {
    await host.exchange(sh`probe() { echo "probed $1"; }`, ample)
    const session = host.sessionId()
    expect(await host.exchange(sh`probe twice`, ample)).toBe('probed twice\n')
    expect(session).toBeGreaterThan(0)
    expect(host.sessionId()).toBe(session)
  })

  it('carries every byte value through the frame', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    const round = await host.exchange(joinScripts([sh`{`, printPayload(bytes), sh`} | od -An -v -tx1`]), ample)
    expect(round.replaceAll(/\s/g, '')).toBe(Buffer.from(bytes).toString('hex'))
    expect(await host.exchange(printPayload(bytes), ample)).toBe(Buffer.from(bytes).toString())
  })

  it('carries a message and an answer of 1 MB', async () => {
    const text = 'The quick brown fox. '.repeat(50_000)
    expect(await host.exchange(printPayload(text), ample)).toBe(text)
  })

  it('serves concurrent callers one after another, each with its own answer', async () => {
    const all = Array.from({ length: 20 }, (_, index) => host.exchange(sh`sleep 0.01; echo ${index}`, ample))
    expect(await Promise.all(all)).toEqual(all.map((_, index) => `${index}\n`))
  })

  it('counts one round trip for each message that waits, none for tell', async () => {
    let trips = 0
    await using counted = hostOf(sshd, { onRoundTrip: () => trips++ })
    await counted.exchange(sh`:`, ample)
    counted.tell(sh`echo lost`)
    expect(await counted.exchange(sh`echo kept`, ample)).toBe('kept\n')
    expect(trips).toBe(2)
  })

  it('carries out what it was told, in order', async () => {
    const file = join(sshd.dir, 'told')
    host.tell(sh`echo noise; echo noise >&2; touch ${file}`)
    expect(await host.exchange(sh`test -e ${file} && echo there`, ample)).toBe('there\n')
  })
})

/** A hostile machine reads the nonce in the message; here it is what the shell's own printf is given. */
const garbling = sh`printf() { while :; do command printf '\nREEVE-END-%s x\n' "$2"; done; }`

describe('a shell that goes wrong', () => {
  const faults: readonly { readonly name: string; readonly message: Script; readonly kind: string; readonly maxBytes?: number }[] = [
    { name: 'exits', message: sh`echo dying words >&2; exit 7`, kind: 'closed' },
    { name: 'is killed', message: sh`kill -9 $$`, kind: 'closed' },
    { name: 'meets a syntax error', message: { text: 'if ; then' }, kind: 'closed' },
    { name: 'hangs', message: sh`sleep 600`, kind: 'timeout' },
    { name: 'prints without end', message: sh`yes`, kind: 'tooLarge' },
    { name: 'ends its answer without a status, again and again', message: garbling, kind: 'protocol' },
    { name: 'prints more than is allowed, though it ends', message: sh`printf 12345678901`, kind: 'tooLarge', maxBytes: 10 },
  ]
  for (const { name, message, kind, maxBytes = 1_000_000 } of faults) {
    it(`that ${name} is ${kind}, and the next message gets a new one`, async () => {
      await host.exchange(sh`cached() { echo yes; }`, ample)
      const before = host.sessionId()
      await expect(host.exchange(message, { deadlineMs: kind === 'timeout' ? 300 : 10_000, maxBytes })).rejects.toMatchObject({ kind })
      expect(host.sessionId()).toBe(0)
      expect(await host.exchange(sh`cached 2>/dev/null || echo gone`, ample)).toBe('gone\n')
      expect(host.sessionId()).toBeGreaterThan(before)
    })
  }

  it('that is given up takes what hangs in it along, and leaves alone what was detached', async () => {
    const [hung, detached] = [join(sshd.dir, 'hung'), join(sshd.dir, 'detached')]
    const hang = sh`setsid sh -c ${`echo $$ >${detached}; exec sleep 600`} >/dev/null 2>&1 & sh -c ${`echo $$ >${hung}; exec sleep 600`}`
    const waited = host.exchange(hang, { deadlineMs: 1000, maxBytes: 1000 })
    await expect(waited).rejects.toMatchObject({ kind: 'timeout' })
    await host.exchange(sh`while read -r reeve_pid <${hung} && kill -0 "$reeve_pid" 2>/dev/null; do sleep 0.02; done`, ample)
    expect(await host.exchange(sh`read -r reeve_pid <${detached}; kill "$reeve_pid" && echo lived`, ample)).toBe('lived\n')
  })

  it('that was disposed opens no new connection', async () => {
    const disposed = hostOf(sshd)
    await disposed[Symbol.asyncDispose]()
    await expect(disposed.exchange(sh`:`, ample)).rejects.toMatchObject({ kind: 'closed' })
  })

  it('hands over what the shell said last', async () => {
    await expect(host.exchange(sh`echo dying words >&2; exit 7`, ample)).rejects.toThrow(/exit status 7.*dying words/)
  })

  it('does not hold a message back because the one before it failed', async () => {
    const outcomes = await Promise.allSettled([host.exchange(sh`exit 1`, ample), host.exchange(sh`echo next`, ample)])
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'fulfilled'])
  })

  it('runs nothing of a message that was cut in the middle, wherever it was cut', async () => {
    for (const bytes of [400, 3000, 30_000, 90_000]) {
      await using proxy = await startProxy(sshd.port)
      await using cut = hostOf(sshd, { settings: { ports: [proxy.port] } })
      const file = join(sshd.dir, `cut-${bytes}`)
      const pid = (await cut.exchange(sh`echo $$`, ample)).trim()
      proxy.cutAfter(bytes)
      const message = joinScripts([sh`touch ${file}`, printPayload('x'.repeat(75_000)), sh`touch ${file}`])
      await expect(cut.exchange(message, ample)).rejects.toMatchObject({ kind: 'closed' })
      await host.exchange(sh`while kill -0 ${pid} 2>/dev/null; do sleep 0.02; done`, ample)
      expect(existsSync(file)).toBe(false)
    }
  })
})
