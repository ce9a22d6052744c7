import { describe, expect, it } from 'vitest'
import { createJudge } from '../../controller/forge/judge.ts'
import type { HookProvider } from '../../controller/forge/provider.ts'
import { createReplays } from '../../controller/forge/replay.ts'
import { Secret } from '../../controller/shell/secret.ts'
import { type Signing, signed } from './sign.ts'

const secret = 'a secret of some length'
const commit = 'a'.repeat(40)
const push = (ref: unknown, more: object = {}) => Buffer.from(JSON.stringify({ ref, after: commit, ...more }))

function judgeOf(provider: HookProvider) {
  const judge = createJudge({ provider, branch: 'main', secrets: () => [new Secret(secret)], nowSeconds: () => 1000 })
  return (body: Buffer, more: Partial<Signing> & { readonly headers?: Readonly<Record<string, string>> } = {}) =>
    judge({ ...signed(provider, body, { secret, nowSeconds: 1000, ...more }), ...more.headers }, body)
}

describe.each(['github', 'gitlab', 'gitea', 'forgejo', 'generic'] as const)('of %s', (provider) => {
  it('a push to the branch is accepted once, and its replay is none, under another id too', () => {
    const judge = judgeOf(provider)
    const taken = { result: 'accepted', message: 'the branch main is read now', push: { branch: 'main', commit } }
    expect(judge(push('refs/heads/main'))).toMatchObject(taken)
    expect(judge(push('refs/heads/main')).result).toBe('replayed')
    expect(judge(push('refs/heads/main'), { id: 'another' }).result).toBe('replayed')
    expect(judge(push('refs/heads/main', { n: 2 }), { id: 'another-one' })).toMatchObject(taken)
  })

  it('an unsigned copy of an accepted push is refused, and does not tell that it was seen', () => {
    const judge = judgeOf(provider)
    judge(push('refs/heads/main'))
    expect(judge(push('refs/heads/main'), { secret: 'a secret of somebody' })).toEqual({
      result: 'wrongSignature',
      message: 'the signature is missing or wrong',
    })
  })

  it.each([
    ['another branch', 'refs/heads/dev', 'only pushes to the branch main matter here'],
    ['a branch that begins like ours', 'refs/heads/main/x', 'only pushes to the branch main matter here'],
    ['a tag of its name', 'refs/tags/main', 'nothing to do for refs/tags/main, which is no branch'],
  ])('%s is told that it does not matter', (_name, ref, message) => {
    expect(judgeOf(provider)(push(ref))).toMatchObject({ result: 'ignored', message })
  })

  it.each([
    ['no JSON', Buffer.from('{"ref":')],
    ['a list', Buffer.from('["refs/heads/main"]')],
    ['null', Buffer.from('null')],
    ['no ref', push(undefined)],
    ['a ref that is no text', push({ toString: 'refs/heads/main' })],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['half a million brackets', Buffer.alloc(500_000, '[')],
  ])('a body with %s is malformed', (_name, body) => {
    expect(judgeOf(provider)(body).result).toBe('malformed')
  })

  it('a commit that is no hash is left out', () => {
    expect(judgeOf(provider)(push('refs/heads/main', { after: 'x\ny' })).push).toEqual({ branch: 'main', commit: undefined })
  })
})

describe('other events', () => {
  it('a ping is answered', () => {
    expect(judgeOf('github')(Buffer.from('{"zen":"Speak like a human."}'), { event: 'ping' })).toMatchObject({
      result: 'ignored',
      message: 'pong: pushes to the branch main will be heard',
    })
  })

  it.each([
    ['github', 'issues'],
    ['github', 'push, push'],
    ['gitlab', 'Tag Push Hook'],
    ['gitea', 'release'],
    ['forgejo', 'create'],
  ] as const)('%s: %s is nothing to us', (provider, event) => {
    expect(judgeOf(provider)(push('refs/heads/main'), { event })).toMatchObject({
      result: 'ignored',
      message: `nothing to do for the event ${event}`,
    })
  })

  it('what is repeated of an event in the answer is short and printable', () => {
    const { message } = judgeOf('github')(push('refs/heads/main'), { event: `a\r\nb\u0000é${'x'.repeat(500)}` })
    expect(message).toMatch(/^nothing to do for the event a\?\?b\?\?x+$/)
    expect(message.length).toBeLessThan(150)
  })
})

it('GitHub and Gitea may send a form, whose bytes are what is signed', () => {
  const form = Buffer.from(new URLSearchParams({ payload: push('refs/heads/main').toString() }).toString())
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  expect(judgeOf('github')(form, { headers }).result).toBe('accepted')
  expect(judgeOf('gitea')(form, { headers }).result).toBe('accepted')
  expect(judgeOf('github')(Buffer.from('other=1'), { headers }).result).toBe('malformed')
})

it('an id that is none is not kept', () => {
  expect(judgeOf('github')(push('refs/heads/main'), { id: 'x'.repeat(101) })).not.toHaveProperty('delivery')
  expect(judgeOf('github')(push('refs/heads/main'), { id: 'a b' })).not.toHaveProperty('delivery')
})

it('where the secret cannot be read nothing is accepted', () => {
  const judge = createJudge({ provider: 'github', branch: 'main', secrets: () => undefined, nowSeconds: () => 1000 })
  const body = push('refs/heads/main')
  expect(judge(signed('github', body, { secret, nowSeconds: 1000 }), body).result).toBe('noSecret')
})

it('deliveries are remembered up to a number, and the oldest are forgotten first', () => {
  const replays = createReplays(20)
  for (let n = 0; n < 1000; n += 1) replays.take(`id${n}`, Buffer.from(String(n)))
  const known = Array.from({ length: 1000 }, (_, n) => n).filter((n) => replays.isKnown(`id${n}`, Buffer.from('new')))
  expect(known).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999])
})
