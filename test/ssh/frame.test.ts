import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { printPayload } from '../../controller/shell/payload.ts'
import { joinScripts, sh } from '../../controller/shell/sh.ts'
import { createFrameReader, frameExchange, frameTell } from '../../controller/ssh/frame.ts'

const dir = mkdtempSync(join(tmpdir(), 'reeve-frame-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const nonce = '0123456789abcdef0123456789abcdef'

describe('a message that is cut', () => {
  const file = join(dir, 'ran')
  const message = joinScripts([sh`: >${file}`, printPayload("it's"), sh`f() { echo "}"; }; case x in x) f;; esac`])
  for (const [name, framed] of [
    ['with an answer', frameExchange(message, nonce)],
    ['without an answer', frameTell(message)],
  ] as const) {
    it(`${name} runs nothing, whichever byte is its last`, () => {
      const whole = framed.trimEnd().length
      for (let length = 0; length < whole; length++) {
        spawnSync('sh', { input: framed.slice(0, length) })
        if (existsSync(file))
          throw new Error(`ran after ${length} of ${whole} bytes: ${JSON.stringify(framed.slice(Math.max(0, length - 40), length))}`)
      }
      spawnSync('sh', { input: framed })
      expect(existsSync(file)).toBe(true)
      rmSync(file)
    })
  }
})

describe('an answer', () => {
  const answer = (stdout: string, status = 0) => Buffer.from(`banner\nREEVE-BEGIN-${nonce} 77\n${stdout}\nREEVE-END-${nonce} ${status}\n`)

  it('is the same in whatever pieces it comes', () => {
    const bytes = answer('ü one\n\nREEVE-END-\n two\n', 127)
    for (let at = 1; at < bytes.length; at++) {
      const reader = createFrameReader(nonce, 1000)
      const first = reader.push(bytes.subarray(0, at))
      expect(first.status).toBe('incomplete')
      if (at > 60) expect(reader.pid()).toBe(77)
      expect(reader.push(bytes.subarray(at))).toEqual({ status: 'complete', stdout: 'ü one\n\nREEVE-END-\n two\n', exitCode: 127 })
    }
  })

  it('byte for byte is the same too', () => {
    const reader = createFrameReader(nonce, 1000)
    const results = [...answer('x')].map((byte) => reader.push(Uint8Array.of(byte)))
    expect(results.filter((result) => result.status === 'complete')).toEqual([{ status: 'complete', stdout: 'x', exitCode: 0 }])
  })

  // Each of them was searched and copied whole with each piece: minutes of the one thread that all hosts share.
  it('that ends ten thousand times and never began is looked at once', () => {
    const reader = createFrameReader(nonce, 16 << 20)
    const copied = vi.spyOn(Buffer, 'concat')
    const piece = Buffer.from(`\nREEVE-END-${nonce} 0\n`)
    for (let times = 0; times < 10_000; times++) expect(reader.push(piece).status).toBe('garbled')
    const bytesCopied = copied.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0)
    copied.mockRestore()
    expect(bytesCopied).toBeLessThan(5 * 10_000 * piece.length)
  })

  it('of a million pieces takes the room of its bytes', () => {
    const reader = createFrameReader(nonce, 16 << 20)
    const before = process.memoryUsage().rss
    const piece = Buffer.from('x')
    for (let times = 0; times < 1_000_000; times++) reader.push(piece)
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20)
    expect(reader.seen()).toHaveLength(1_000_000)
  })

  const bad: readonly { readonly name: string; readonly bytes: Buffer; readonly status: string }[] = [
    {
      name: 'to another message is none',
      bytes: Buffer.from(`REEVE-BEGIN-${'f'.repeat(32)} 77\nx\nREEVE-END-${'f'.repeat(32)} 0\n`),
      status: 'incomplete',
    },
    { name: 'that ends and never began is garbled', bytes: Buffer.from(`x\nREEVE-END-${nonce} 0\n`), status: 'garbled' },
    { name: 'without a status is garbled', bytes: Buffer.from(`REEVE-BEGIN-${nonce} 77\nx\nREEVE-END-${nonce} x\n`), status: 'garbled' },
    {
      name: 'that is too long is told while it comes',
      bytes: Buffer.from(`REEVE-BEGIN-${nonce} 77\n${'x'.repeat(2000)}`),
      status: 'tooLarge',
    },
    { name: 'that is a byte too long is too long', bytes: answer('x'.repeat(1001)), status: 'tooLarge' },
    { name: 'that just fits is whole', bytes: answer('x'.repeat(1000)), status: 'complete' },
  ]
  for (const { name, bytes, status } of bad) it(name, () => expect(createFrameReader(nonce, 1000).push(bytes).status).toBe(status))
})
