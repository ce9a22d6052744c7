import type { HookProvider } from '../../../controller/forge/provider.ts'
import { signed } from '../../forge/sign.ts'

/** 0 ≤ number < 1. */
export type Random = () => number

/** What is written to a socket, piece by piece, and what may come of it. */
export interface FuzzCase {
  readonly sort: string
  readonly pieces: readonly Buffer[]
  /** It is not ended: the sender stays silent and waits until the server has enough of it. */
  readonly isSilent: boolean
  /** Signed rightly, so that the server may answer with success. */
  readonly isSigned: boolean
  /** A push to our branch that was not sent before: exactly this has an effect. */
  readonly isPush: boolean
}

export interface FuzzWorld {
  readonly provider: HookProvider
  readonly secret: string
  /** What the branch is at, so that one question answers a push. */
  readonly head: string
  readonly nowSeconds: number
}

interface Parts {
  readonly method: string
  readonly path: string
  readonly version: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  readonly isChunked: boolean
}

type Made = Partial<FuzzCase> & { readonly parts?: Parts }

/** Tools of one case; `n` makes each of them another one. */
interface Maker {
  readonly random: Random
  readonly world: FuzzWorld
  readonly n: number
  pick<T>(from: readonly T[]): T
  upTo(limit: number): number
  noise(length: number): Buffer
}

/** Maker of requests that are not signed rightly, each of another sort of wrong. */
const wrongs: Readonly<Record<string, (make: Maker) => Made>> = {
  'another secret': (make) => ({ parts: request(make, push(make), { secret: `another secret ${make.n}` }) }),
  'no signature': (make) => ({ parts: onHeaders(request(make, push(make)), (headers) => headers.filter(([name]) => !isSignature(name))) }),
  'a spoilt signature': (make) => ({ parts: onSignature(request(make, push(make)), (value) => spoilt(make, value)) }),
  'a signature that comes twice': (make) => {
    const parts = request(make, push(make), { secret: `another secret ${make.n}` })
    const right = request(make, parts.body).headers.filter(([name]) => isSignature(name))
    return { parts: onHeaders(parts, (headers) => [...headers, ...right.map(([name]) => [name, spoilt(make, 'sha256=00')] as const)]) }
  },
  // GitLab's plain token signs no body: there it must be another one as well.
  'a changed body': (make) => ({
    parts: onBody(request(make, push(make), make.world.provider === 'gitlab' ? { secret: 'another secret' } : {}), (body) =>
      changed(make, body),
    ),
  }),
  'a replay under another signature': (make) => ({
    parts: onSignature(request({ ...make, n: 0 }, push({ ...make, n: 0 })), (value) => spoilt(make, value)),
  }),
  'another path': (make) => ({
    parts: { ...request(make, push(make), { secret: 'not the secret at all' }), path: make.pick(paths(make)) },
  }),
  'another method': (make) => ({
    parts: { ...request(make, push(make), { secret: 'not the secret at all' }), method: make.pick(methods) },
  }),
  'huge headers': (make) => ({
    parts: onHeaders(request(make, push(make), { secret: 'not the secret at all' }), (headers) => [
      ...headers,
      ...Array.from({ length: make.upTo(300) }, (_, n) => [`x-${n}`, 'v'.repeat(make.upTo(200))] as const),
    ]),
  }),
  'a header of letters that are none': (make) => ({
    parts: onSignature(request(make, push(make)), () =>
      make.pick(['sha256=é', '\u{1f980}', 'v1,\u00ff', '‮', ' '.repeat(50), 'sha256=\u0000']),
    ),
  }),
  'headers of noise': (make) => ({
    pieces: [
      Buffer.from(`POST /hooks/${make.world.provider} HTTP/1.1\r\nHost: a\r\n`),
      make.noise(make.upTo(2000)),
      Buffer.from('\r\n\r\n'),
    ],
  }),
  noise: (make) => ({ pieces: [make.noise(1 + make.upTo(3000))] }),
  'lies about the length': (make) => {
    const parts = request(make, push(make), { secret: 'not the secret at all' })
    const length = make.pick(['0', '5', String(parts.body.length + 50), '99999999999999999999', '-1', '0x10', '1e3', '1, 2', '+7', ''])
    return { pieces: [textOf(parts, [['Content-Length', length]]), parts.body], isSilent: make.random() < 0.04 }
  },
  'lies about chunks': (make) => {
    const parts = request(make, push(make), make.random() < 0.5 ? { secret: 'not the secret at all' } : {})
    const size = make.pick([
      'ffffffffffffffff',
      'zz',
      '-1',
      '5;ext=1',
      '00000',
      `${(parts.body.length + 9).toString(16)}`,
      '\r\n',
      ' 5',
      '1000000',
    ])
    const head = textOf(parts, [['Transfer-Encoding', make.pick(['chunked', 'chunked', 'gzip, chunked', 'xchunked', 'chunked, identity'])]])
    return { pieces: [head, Buffer.from(`${size}\r\n`), parts.body.subarray(0, 10), Buffer.from('\r\n')], isSilent: make.random() < 0.04 }
  },
  'a length and chunks': (make) => {
    const parts = request(make, push(make))
    const both = [
      ['Content-Length', String(make.upTo(50))],
      ['Transfer-Encoding', 'chunked'],
    ] as const
    return { pieces: [textOf(parts, both), chunksOf(parts.body)] }
  },
  'one request hidden in another': (make) => {
    const hidden = requestBytes(request(make, push(make), { secret: 'not the secret at all' }))
    const parts = { ...request(make, push(make), { secret: 'not the secret at all' }), body: hidden }
    return { pieces: [textOf(parts, [['Content-Length', String(make.upTo(hidden.length))]]), hidden] }
  },
  'many at once on one connection': (make) => ({
    pieces: Array.from({ length: 1 + make.upTo(10) }, () =>
      requestBytes(request(make, push(make), { secret: `another ${make.random()} secret` })),
    ),
  }),
  'a body without end': (make) => ({
    pieces: [
      textOf(
        onSignature(request(make, push(make)), (value) => value),
        [['Transfer-Encoding', 'chunked']],
      ),
      ...Array.from({ length: make.random() < 0.05 ? 40 : 2 }, () => Buffer.from(`8000\r\n${'['.repeat(0x8000)}\r\n`)),
    ],
    isSilent: make.random() < 0.05,
  }),
  'a slow sender': (make) => {
    const bytes = requestBytes(request(make, push(make), { secret: 'not the secret at all' }))
    const at = make.upTo(bytes.length)
    return { pieces: [bytes.subarray(0, at)], isSilent: make.random() < 0.02 }
  },
  'a bomb of JSON': (make) => ({ parts: request(make, bomb(make), { secret: 'not the secret at all' }) }),
  'odd versions and line ends': (make) => ({
    pieces: [
      Buffer.from(
        requestBytes(request(make, push(make), { secret: 'not the secret at all' }))
          .toString('latin1')
          .replace('HTTP/1.1', make.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'ICY', 'HTTP/1.1 ', '']))
          .replaceAll('\r\n', make.pick(['\r\n', '\n', '\r', '\n\r'])),
        'latin1',
      ),
    ],
  }),
  'asks to go on, or to be something else': (make) => ({
    parts: onHeaders(request(make, push(make), { secret: 'not the secret at all' }), (headers) => [
      ...headers,
      make.pick([
        ['expect', '100-continue'],
        ['expect', 'everything'],
        ['upgrade', 'websocket'],
        ['connection', 'upgrade'],
        ['content-encoding', 'gzip'],
        ['x-http-method-override', 'DELETE'],
        ['x-forwarded-for', `10.0.0.${make.upTo(255)}, "><`],
        ['x-original-url', '/api/v1/reconcile'],
      ] as const),
    ]),
  }),
}

/** Signed rightly, and nothing to do. */
const idle: Readonly<Record<string, (make: Maker) => Made>> = {
  'another branch': (make) => ({ parts: request(make, ref(make, make.pick(refs))) }),
  'another event': (make) => {
    const { provider } = make.world
    if (provider === 'generic') return { parts: request(make, ref(make, 'refs/tags/v1')) }
    return { parts: request(make, push(make), { event: make.pick(['ping', 'issues', 'Tag Push Hook', 'PUSH', 'push,push', '']) }) }
  },
  'a bomb of JSON that is signed': (make) => ({ parts: request(make, bomb(make)) }),
  'noise that is signed': (make) => ({ parts: request(make, make.noise(make.upTo(3000))) }),
}

/** A request of any sort of wrong. */
export function wrongCase(random: Random, world: FuzzWorld, n: number): FuzzCase {
  return caseOf(makerOf(random, world, n), wrongs, false)
}

/** A request that is signed rightly and must do nothing. */
export function idleCase(random: Random, world: FuzzWorld, n: number): FuzzCase {
  return caseOf(makerOf(random, world, n), idle, true)
}

/** The push that is to be heard. The same `n` gives the same bytes: a replay. */
export function pushCase(random: Random, world: FuzzWorld, n: number): FuzzCase {
  const make = makerOf(random, world, n)
  return { sort: 'a push', pieces: [requestBytes(request(make, push(make)))], isSilent: false, isSigned: true, isPush: true }
}

export const wrongSorts: readonly string[] = Object.keys(wrongs)

function makerOf(random: Random, world: FuzzWorld, n: number): Maker {
  const upTo = (limit: number) => Math.floor(random() * limit)
  return {
    random,
    world,
    n,
    upTo,
    pick: (from) => from[upTo(from.length)] as (typeof from)[number],
    noise: (length) => Buffer.from(Array.from({ length }, () => upTo(256))),
  }
}

function caseOf(make: Maker, sorts: Readonly<Record<string, (make: Maker) => Made>>, isSigned: boolean): FuzzCase {
  const sort = make.pick(Object.keys(sorts))
  const { parts, pieces, isSilent = false, ...more } = sorts[sort]?.(make) ?? {}
  return { sort, isSilent, isSigned, isPush: false, pieces: pieces ?? [requestBytes(parts as Parts)], ...more }
}

function push(make: Maker): Buffer {
  return ref(make, 'refs/heads/main')
}

function ref({ world, n }: Maker, name: string): Buffer {
  return Buffer.from(JSON.stringify({ ref: name, after: world.head, n, pusher: { name: 'Zo\u00eb \u{1f980}' } }))
}

function request(make: Maker, body: Buffer, more: { readonly secret?: string; readonly event?: string } = {}): Parts {
  const { provider, secret, nowSeconds } = make.world
  const headers = signed(provider, body, { secret, nowSeconds, id: `fuzz-${make.n}`, ...more })
  return {
    method: 'POST',
    path: `/hooks/${provider}`,
    version: 'HTTP/1.1',
    headers: Object.entries(headers),
    body,
    isChunked: make.random() < 0.3,
  }
}

function isSignature(name: string): boolean {
  return /signature|token/.test(name)
}

function onHeaders(parts: Parts, change: (headers: Parts['headers']) => Parts['headers']): Parts {
  return { ...parts, headers: change(parts.headers) }
}

function onSignature(parts: Parts, change: (value: string) => string): Parts {
  return onHeaders(parts, (headers) => headers.map(([name, value]) => [name, isSignature(name) ? change(value) : value]))
}

function onBody(parts: Parts, change: (body: Buffer) => Buffer): Parts {
  return { ...parts, body: change(parts.body) }
}

/** Never the value itself, and never one that means the same. */
function spoilt({ pick, upTo, noise }: Maker, value: string): string {
  const other = spoiltOnce({ pick, upTo, noise }, value)
  return other === value ? `${value}0` : other
}

function spoiltOnce({ pick, upTo, noise }: Pick<Maker, 'pick' | 'upTo' | 'noise'>, value: string): string {
  const at = Math.max(0, value.length - 2 - upTo(20))
  return pick([
    `${value.slice(0, at)}${value[at] === 'b' ? 'c' : 'b'}${value.slice(at + 1)}`,
    value.slice(0, at),
    `${value}0`,
    value.toUpperCase().replace('SHA256', 'SHA1'),
    value.replace(/^(sha256=|v1,)/, pick(['sha1=', '', 'v2,', 'SHA256=', 'sha256:'])).replace(/^(?=[0-9a-f]{64}$)/, 'x'),
    '',
    'sha256=',
    '0'.repeat(upTo(3000)),
    `${value},${value}`,
    `[${JSON.stringify(value)}]`,
    noise(64).toString('hex'),
    `sha256=${noise(32).toString('hex')}`,
    `v1,${noise(32).toString('base64')}`,
  ])
}

function changed({ pick, upTo, noise }: Maker, body: Buffer): Buffer {
  const at = upTo(body.length)
  const flipped = Buffer.from(body)
  flipped.writeUInt8(flipped.readUInt8(at) ^ (1 + upTo(255)), at)
  return pick([
    flipped,
    body.subarray(0, at),
    Buffer.concat([body, noise(1 + upTo(20))]),
    Buffer.concat([Buffer.from('\ufeff'), body]),
    Buffer.alloc(0),
  ])
}

function bomb({ pick, upTo }: Maker): Buffer {
  const deep = 1000 + upTo(20_000)
  return Buffer.from(
    pick([
      '['.repeat(deep),
      `{"ref":${'['.repeat(deep)}${']'.repeat(deep)}}`,
      `${'{"ref":'.repeat(deep)}1${'}'.repeat(deep)}`,
      `{"ref":"refs/heads/dev","__proto__":{"ref":"refs/heads/main"},"constructor":{"prototype":{}}}`,
      `{"ref":"refs/heads/${'x'.repeat(deep)}"}`,
      `{"ref":${'9'.repeat(deep)}}`,
      `{"ref":null,"ref":["refs/heads/main"]}`,
      `{${Array.from({ length: 500 }, (_, n) => `"k${n}":${n}e308`).join(',')}}`,
      `"refs/heads/main"`,
      '\u0000',
    ]),
  )
}

const refs = [
  'refs/heads/dev',
  'refs/heads/Main',
  ' refs/heads/main',
  'refs/heads/main ',
  'refs/heads/main\u0000',
  'refs/heads/m\u0430in',
  'refs/heads/../heads/main',
  'main',
  'refs/tags/main',
  'refs/heads/',
  '',
]
const methods = ['GET', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT', 'PRI', 'post', 'BREW', '']

function paths({ world, upTo }: Maker): readonly string[] {
  const own = `/hooks/${world.provider}`
  return [
    '/',
    '*',
    `${own}/`,
    `/${own}`,
    `${own}/..`,
    `/hooks/../api/v1/reconcile`,
    '/api/v1/reconcile',
    '/metrics',
    `http://localhost${own}`,
    `${own}?${'a=1&'.repeat(upTo(500))}`,
    own.replace('h', '%68'),
    `${own}%00`,
    '/%',
    '/%zz',
    `/${'a'.repeat(upTo(5000))}`,
    '/hooks/\u{1f980}',
  ]
}

function requestBytes(parts: Parts): Buffer {
  if (parts.isChunked) return Buffer.concat([textOf(parts, [['Transfer-Encoding', 'chunked']]), chunksOf(parts.body)])
  return Buffer.concat([textOf(parts, [['Content-Length', String(parts.body.length)]]), parts.body])
}

function textOf({ method, path, version, headers }: Parts, more: Parts['headers']): Buffer {
  const lines = [['Host', 'reeve.example.org'] as const, ...headers, ...more].map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${path} ${version}\r\n${lines.join('')}\r\n`)
}

function chunksOf(body: Buffer): Buffer {
  const half = body.length >> 1
  const parts = [body.subarray(0, half), body.subarray(half)].filter((part) => part.length > 0)
  return Buffer.concat([
    ...parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]),
    Buffer.from('0\r\n\r\n'),
  ])
}
