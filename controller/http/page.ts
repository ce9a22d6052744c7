import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Schema } from './schemas.ts'

const files = [
  { at: '/', file: 'index.html', type: 'text/html; charset=utf-8', what: 'The status page' },
  { at: '/page.css', file: 'page.css', type: 'text/css; charset=utf-8', what: 'Its looks' },
  { at: '/page.js', file: 'page.js', type: 'text/javascript; charset=utf-8', what: 'Its script' },
  { at: '/diff.js', file: 'diff.js', type: 'text/javascript; charset=utf-8', what: 'Its differences' },
  { at: '/runbook', file: 'runbook.html', type: 'text/html; charset=utf-8', what: 'What each alert means and what to do: docs/runbook.md' },
  { at: '/icon.svg', file: 'icon.svg', type: 'image/svg+xml', what: 'Its icon' },
] as const

/** Nothing but our own files runs or loads, nobody may frame the page, and no text becomes a script. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
}

/** The status page (a document, a style sheet, two scripts, an icon), and the runbook. */
export function addPage(app: FastifyInstance): void {
  for (const { at, file, type, what } of files) {
    const bytes = readFileSync(join(import.meta.dirname, 'page', file))
    const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`
    const response: Schema = { 200: { description: what, content: { [type.split(';')[0] ?? '']: { schema: { type: 'string' } } } } }
    app.get(at, { schema: { summary: what, tags: ['page'], response } }, (request, reply) => {
      reply.headers({ ...headers, etag }).type(type)
      return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(bytes)
    })
  }
}
