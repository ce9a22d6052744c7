import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sh } from '../../controller/shell/sh.ts'
import { ample, hostOf } from './connecting.ts'
import { type Sshd, startSshd } from './sshd.ts'
import { startStubbornWire } from './stubborn-wire.ts'

let sshd: Sshd

beforeAll(async () => {
  sshd = await startSshd()
})
afterAll(() => sshd?.stop())

describe('a host that was let go of', () => {
  it('is not connected to again by whoever still has a question', async () => {
    await using wire = await startStubbornWire(sshd.port)
    const host = hostOf(sshd, { settings: { ports: [wire.port] } })
    await host.exchange(sh`:`, ample)
    await host[Symbol.asyncDispose]()
    const port = { type: 'tcp', host: '127.0.0.1', port: sshd.port } as const
    expect(await host.ask(port, 5000)).toEqual({ ok: false, message: 'he1: Reeve has let go of this host' })
    await expect(host.freshExchange(sh`:`, ample)).rejects.toMatchObject({ kind: 'closed' })
    expect(wire.connections()).toBe(1)
  })
})

describe('a machine that does not hang up', () => {
  it('keeps no connection that was let go of', async () => {
    await using wire = await startStubbornWire(sshd.port)
    const host = hostOf(sshd, { settings: { ports: [wire.port] } })
    await host.exchange(sh`:`, ample)
    await host[Symbol.asyncDispose]()
    await expect.poll(() => wire.say('\0')).toBe(false)
  })

  it('keeps none that was for one message', async () => {
    await using wire = await startStubbornWire(sshd.port)
    await using host = hostOf(sshd, { settings: { ports: [wire.port] } })
    expect(await host.freshExchange(sh`echo in`, ample)).toBe('in\n')
    await expect.poll(() => wire.say('\0')).toBe(false)
  })

  it('keeps none on which it said what is no SSH', async () => {
    await using wire = await startStubbornWire(sshd.port)
    await using host = hostOf(sshd, { settings: { ports: [wire.port] } })
    await host.exchange(sh`:`, ample)
    wire.say('\0'.repeat(4096))
    await expect.poll(() => host.sessionId()).toBe(0)
    await expect.poll(() => wire.say('\0')).toBe(false)
    expect(await host.exchange(sh`echo back`, ample)).toBe('back\n')
  })
})

describe('a command beside the shell', () => {
  it('that begins only when nobody waits for it any more is ended', async () => {
    const file = join(sshd.dir, 'late')
    await using wire = await startStubbornWire(sshd.port)
    await using host = hostOf(sshd, { settings: { ports: [wire.port] }, deadlines: { connectMs: 2000, keepaliveMs: 60_000 } })
    await host.exchange(sh`:`, ample)
    wire.stall()
    const listener = { onText() {}, onEnd() {} }
    await expect(host.stream(sh`echo $$ >${file}; cat`, listener)).rejects.toMatchObject({ kind: 'timeout' })
    wire.flow()
    await expect.poll(() => readFileSync(file, { encoding: 'utf8', flag: 'a+' })).toMatch(/\d/)
    const process = readFileSync(file, 'utf8').trim()
    expect(await host.exchange(sh`while kill -0 ${process} 2>/dev/null; do sleep 0.02; done; rm ${file}; echo ended`, ample)).toBe(
      'ended\n',
    )
  })
})
