import type { Writable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { complain } from './door.ts'

/** Readers at once; who comes later asks now and then. */
const mostReaders = 64
/** Readers hear at most so often, and proxies see that the line lives. */
const quietMs = 1000
const heartbeatMs = 15_000

/** Who takes nothing any more would have all of it kept for him, for ever: he is let go. */
export function tellReaders(readers: Iterable<Writable>, text: string): void {
  for (const reader of readers) if (!reader.write(text)) reader.destroy()
}

/** Says that something changed; what, is asked for. Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export function addEvents(app: FastifyInstance, subscribe: (listener: () => void) => () => void): void {
  const readers = new Set<FastifyReply['raw']>()
  const response = { 200: { description: 'An event `change` each time', content: { 'text/event-stream': { schema: { type: 'string' } } } } }
  let pending: NodeJS.Timeout | undefined
  const tell = (text: string): void => tellReaders(readers, text)
  const unsubscribe = subscribe(() => {
    pending ??= setTimeout(() => {
      pending = undefined
      tell('event: change\ndata: {}\n\n')
    }, quietMs)
  })
  const beating = setInterval(() => tell(': still here\n\n'), heartbeatMs).unref()
  app.addHook('preClose', async () => {
    unsubscribe()
    clearTimeout(pending)
    clearInterval(beating)
    for (const reader of readers) reader.end()
  })
  app.get('/api/v1/events', { schema: { summary: 'Says when there is something new', tags: ['read'], response } }, (_request, reply) => {
    if (readers.size >= mostReaders) return complain(reply, 503, `${mostReaders} readers follow already; ask /api/v1/status now and then`)
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    raw.write('retry: 5000\n\n')
    readers.add(raw)
    raw.once('close', () => readers.delete(raw))
    return reply
  })
}
