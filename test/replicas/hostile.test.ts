import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { etcdAt } from './rig.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function etcdThat(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as { readonly port: number }).port}`
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const header = { revision: '7' }

describe('an etcd that lies', () => {
  it.each([
    ['no JSON', 'nonsense', /JSON/],
    ['a list', '[]', /no fields where an answer belongs/],
    ['null', 'null', /no fields where an answer belongs/],
    ['no revision', '{}', /no fields where a header belongs/],
    ['a revision of 0', JSON.stringify({ header: { revision: '0' } }), /without its revision/],
    ['a revision that is too long', JSON.stringify({ header: { revision: '99999999999999999999' } }), /where a revision belongs/],
    ['a negative revision', JSON.stringify({ header: { revision: '-7' } }), /where a revision belongs/],
    ['keys that are none', JSON.stringify({ header, kvs: {} }), /something else than keys/],
    [
      'a key that was not asked for',
      JSON.stringify({ header, kvs: [{ key: base64('/other/x') }] }),
      /a key that was not asked for: "\/other\/x"/,
    ],
    ['a value that is no text', JSON.stringify({ header, kvs: [{ key: base64('/reeve/x'), value: 7 }] }), /something else than text/],
    ['an answer that was cut', '{"header":{"revision":"7"},"kvs":[', /JSON/],
  ])('is not believed: %s', async (_what, text, message) => {
    using etcd = etcdAt(await etcdThat((_request, response) => response.end(text)))
    await expect(etcd.read('/reeve/')).rejects.toThrow(message)
  })

  it.each([
    ['a status and no reason', 500, '{}', 'etcd: HTTP status 500'],
    ['words that are no JSON', 400, 'CommonName of client will be ignored', 'etcd: CommonName of client will be ignored'],
    ['its own error', 503, JSON.stringify({ error: 'x', code: 14, message: 'etcdserver: no leader' }), 'etcd: etcdserver: no leader'],
    [
      'an error in an answer that is right',
      200,
      JSON.stringify({ error: { grpc_code: 5, message: 'lease not found' } }),
      'etcd: lease not found',
    ],
  ])('is quoted where it says no: %s', async (_what, status, text, message) => {
    using etcd = etcdAt(await etcdThat((_request, response) => void response.writeHead(status).end(text)))
    await expect(etcd.grant(5)).rejects.toThrow(message)
  })

  it('has so much time, and so many bytes', async () => {
    using slow = etcdAt(await etcdThat(() => {}), { timeoutMs: 200 })
    await expect(slow.read('/reeve/')).rejects.toThrow('etcd gave no answer within 200 ms')
    using huge = etcdAt(
      await etcdThat((_request, response) => {
        const pump = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(1 << 20, 32)));
          response.once('drain', pump)
        }
        response.on('error', () => {})
        pump()
      }),
      { timeoutMs: 20_000 },
    )
    await expect(huge.read('/reeve/')).rejects.toThrow('an answer of more than 33554432 bytes')
  })

  it('gives no lease that is none, and one that is not renewed is over', async () => {
    using etcd = etcdAt(
      await etcdThat((request, response) => response.end(request.url === '/v3/lease/grant' ? '{"ID":"0"}' : '{"result":{}}')),
    )
    await expect(etcd.grant(5)).rejects.toThrow('etcd gave no lease')
    expect(await etcd.renew('7')).toBe(false)
  })

  it('has done nothing of a transaction of which it does not say so', async () => {
    using etcd = etcdAt(await etcdThat((_request, response) => response.end(JSON.stringify({ header, responses: [{}, 'x', null] }))))
    const part = { when: [], changes: [] }
    expect((await etcd.transact([part, part, part, part])).map(({ isDone }) => isDone)).toEqual([false, false, false, false])
  })

  it.each([
    ['that the watch is over', { result: { header, canceled: true, cancel_reason: 'x' } }, 'etcd ended the watch: x'],
    [
      'that what was asked for is forgotten',
      { result: { header, canceled: true, compact_revision: '5' } },
      'etcd ended the watch: it was compacted away',
    ],
    ['events that are none', { result: { header, events: 'x' } }, 'something else than events'],
    [
      'an event of another sort',
      { result: { header, events: [{ type: 'MOVE', kv: { key: base64('/reeve/x') } }] } },
      'an event of no known type',
    ],
    ['nothing at all', {}, 'no fields where a line of a watch belongs'],
  ])('ends a watch by saying %s', async (_what, line, message) => {
    using etcd = etcdAt(await etcdThat((_request, response) => void response.write(`${JSON.stringify(line)}\n`)))
    await expect(etcd.watch('/reeve/', 1, () => {}, new AbortController().signal)).rejects.toThrow(message)
  })

  it('is left for the next server where it does not answer', async () => {
    const url = await etcdThat((_request, response) => response.end(JSON.stringify({ header })))
    using etcd = etcdAt('', { endpoints: ['http://127.0.0.1:1', url] })
    await expect(etcd.read('/reeve/')).rejects.toThrow('ECONNREFUSED')
    expect(await etcd.read('/reeve/')).toEqual({ entries: [], revision: 7 })
  })
})
