import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { tellReaders } from '../../controller/http/events.ts'

const event = 'event: change\ndata: {}\n\n'

it('a reader who takes nothing any more is let go, and one who reads goes on', () => {
  const [slow, quick] = [new PassThrough({ highWaterMark: 64 }), new PassThrough({ highWaterMark: 64 })]
  let heard = ''
  quick.on('data', (chunk: Buffer) => (heard += chunk.toString()))
  for (let times = 0; times < 10; times++)
    tellReaders(
      [slow, quick].filter((one) => !one.destroyed),
      event,
    )
  expect([slow.destroyed, quick.destroyed]).toEqual([true, false])
  expect(heard).toBe(event.repeat(10))
  expect(slow.readableLength).toBeLessThan(200)
})

it('so is one behind a real connection, once what the kernel keeps for him is full', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  const reader = (await import('node:net')).connect(port, '127.0.0.1')
  const [near] = (await once(server, 'connection')) as [Socket]
  reader.pause()
  near.on('error', () => {})
  let told = 0
  while (!near.destroyed && told < 4096) {
    tellReaders([near], event.repeat(2048))
    told++
    await new Promise((done) => setImmediate(done))
  }
  expect(near.destroyed).toBe(true)
  reader.destroy()
  server.close()
})
