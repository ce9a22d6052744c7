import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Headers, HookProvider } from '../../controller/forge/provider.ts'
import { isSigned, parseSecrets, type Verdict, verify } from '../../controller/forge/signature.ts'
import { Secret } from '../../controller/shell/secret.ts'
import { signed } from './sign.ts'

const body = Buffer.from('{"ref":"refs/heads/main","name":"Bj\u00f6rk \u{1f980}"}')
const secret = 'a secret of some length'
const other = 'another one of a length'
const now = 1_700_000_000

function judge(provider: HookProvider, headers: Headers, secrets: readonly string[] = [secret], bytes = body, at = now): Verdict {
  return verify(
    provider,
    headers,
    bytes,
    secrets.map((text) => new Secret(text)),
    at,
  )
}

describe('what the forges publish as examples', () => {
  it("is right: GitHub's of its documentation", () => {
    const headers = { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' }
    expect(judge('github', headers, ["It's a Secret to Everybody"], Buffer.from('Hello, World!'))).toBe('right')
  })

  it('is right: that of Standard Webhooks', () => {
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    }
    const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    const payload = Buffer.from('{"test": 2432232314}')
    for (const provider of ['generic', 'gitlab'] as const) {
      expect(judge(provider, headers, [key], payload, 1_614_265_330 + 299)).toBe('right')
      expect(judge(provider, headers, [key], payload, 1_614_265_330 + 301)).toBe('stale')
      expect(judge(provider, headers, [key], payload, 1_614_265_330 - 301)).toBe('stale')
    }
  })
})

const providers = ['github', 'gitlab', 'gitea', 'forgejo', 'generic'] as const

describe.each(providers)('a request of %s', (provider) => {
  const right = signed(provider, body, { secret, nowSeconds: now })

  it('is right with the secret, and with either of two', () => {
    expect(isSigned(provider, right)).toBe(true)
    expect(judge(provider, right)).toBe('right')
    expect(judge(provider, right, [other, secret])).toBe('right')
    expect(judge(provider, right, [secret, other])).toBe('right')
  })

  it('is wrong with another secret, with none, and after a letter of its signature changed', () => {
    expect(judge(provider, right, [other])).toBe('wrong')
    expect(judge(provider, right, [])).toBe('wrong')
    const spoiled = Object.entries(right).map(([name, value]) => [name, /signature|token/.test(name) ? changed(value) : value])
    expect(judge(provider, Object.fromEntries(spoiled))).toBe('wrong')
  })

  it('is not even read without its headers, or where they come twice', () => {
    expect(isSigned(provider, {})).toBe(false)
    expect(judge(provider, {})).toBe('wrong')
    const doubled = Object.fromEntries(Object.entries(right).map(([name, value]) => [name, `${value}, ${value}`]))
    expect(judge(provider, doubled)).toBe('wrong')
  })
})

it.each(providers.filter((provider) => provider !== 'gitlab'))('%s signs the bytes: one that changed is found', (provider) => {
  const right = signed(provider, body, { secret, nowSeconds: now })
  const bytes = Buffer.from(body)
  bytes.writeUInt8(bytes.readUInt8(5) ^ 1, 5)
  expect(judge(provider, right, [secret], bytes)).toBe('wrong')
  expect(judge(provider, right, [secret], Buffer.concat([body, Buffer.from(' ')]))).toBe('wrong')
})

it('gitlab with a signing token is not believed for a plain token', () => {
  const key = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  expect(judge('gitlab', { 'x-gitlab-token': key }, [key])).toBe('wrong')
  expect(judge('gitlab', signed('gitlab', body, { secret: key, nowSeconds: now }), [key])).toBe('right')
})

it('while a sender rotates its key any of its signatures will do, and those of other versions count for nothing', () => {
  const right = signed('generic', body, { secret, nowSeconds: now })
  const wrong = `v1,${createHmac('sha256', other).update(body).digest('base64')}`
  const many = (list: readonly string[]) => judge('generic', { ...right, 'webhook-signature': list.join(' ') })
  expect(many([wrong, `v1a,${'A'.repeat(88)}`, String(right['webhook-signature'])])).toBe('right')
  expect(many([wrong, String(right['webhook-signature']).replace('v1,', 'v2,')])).toBe('wrong')
  expect(many([...Array.from({ length: 10 }, () => wrong), String(right['webhook-signature'])])).toBe('wrong')
})

it('forgejo is judged by its own header where it has one, and by that of Gitea else', () => {
  const right = signed('gitea', body, { secret, nowSeconds: now })
  expect(judge('forgejo', right)).toBe('right')
  expect(judge('forgejo', { ...right, 'x-forgejo-signature': '0'.repeat(64) })).toBe('wrong')
  expect(judge('gitea', { 'x-forgejo-signature': String(right['x-gitea-signature']) })).toBe('wrong')
})

describe('secrets', () => {
  it.each([
    ['one line', 'abcdefghijklmnop\n', ['abcdefghijklmnop']],
    ['two, with a comment', '# since May\nabcdefghijklmnop\n\n  qrstuvwxyz0123456\r\n', ['abcdefghijklmnop', 'qrstuvwxyz0123456']],
  ])('are read: %s', (_name, text, secrets) => {
    expect(parseSecrets(text)).toEqual({ ok: true, secrets })
  })

  it.each([
    ['nothing', '\n# only words\n', 'it holds no secret'],
    ['three', 'abcdefghijklmnop\n'.repeat(3), 'it holds 3 secrets; two are the most, the one in use and the next'],
    ['a short one', 'secret\n', 'a secret of it is shorter than 16 characters; `openssl rand -hex 32` makes one'],
    ['a broken key', 'whsec_not-base64-at-all!!\n', 'after whsec_ it is not base64 of 15 bytes or more'],
  ])('are refused: %s', (_name, text, reason) => {
    expect(parseSecrets(text)).toEqual({ ok: false, reason })
  })
})

function changed(text: string): string {
  const at = text.length - 3
  return `${text.slice(0, at)}${text[at] === 'a' ? 'b' : 'a'}${text.slice(at + 1)}`
}
