import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRefusals } from '../../controller/http/door.ts'
import { type Server, startServer } from '../../controller/http/server.ts'
import type { Commands, StatusSource } from '../../controller/http/source.ts'
import { createTokenJudge, parseTokens, tokenHash, tokenLine, tokenText } from '../../controller/http/tokens.ts'

let dir: string
let file: string
let logged: string[]
let done: string[]
const token = tokenText(Buffer.alloc(32, 7))
const other = tokenText(Buffer.alloc(32, 8))
const nowSeconds = 1_800_000_000

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reeve-tokens-'))
  file = join(dir, 'tokens')
  logged = []
  done = []
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const note = (fields: object, message?: string) =>
  void logged.push(`${message} ${JSON.stringify(fields, (_key, value) => (value instanceof Error ? value.message : value))}`)
const log = { debug: note, info: note, warn: note, error: note }
const commands = {
  reconcile(_name: string | undefined, by: string) {
    done.push(by)
    return { ok: true, message: 'queued' }
  },
} as unknown as Commands

function write(untilSeconds?: number): void {
  writeFileSync(file, `# who may write\n\n${tokenLine({ name: 'ci', hash: tokenHash(token), untilSeconds })}\n`)
}

function serve(): Promise<Server> {
  return startServer({
    source: { subscribe: () => () => {} } as unknown as StatusSource,
    commands,
    log,
    listen: { host: '127.0.0.1', port: 0 },
    socketPath: join(dir, 'sock'),
    admit: createTokenJudge(file, () => nowSeconds, log),
  })
}

async function post(
  authorization: string | undefined,
  body: object = {},
): Promise<{ readonly status: number; readonly body: string; readonly asks: string | null }> {
  await using server = await serve()
  const headers = { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) }
  const answer = await fetch(`http://127.0.0.1:${server.port}/api/v1/reconcile`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, body: await answer.text(), asks: answer.headers.get('www-authenticate') }
}

describe('over TCP', () => {
  it('a token lets in, and its name stands beside what its holder calls himself', async () => {
    write()
    expect((await post(`Bearer ${token}`)).status).toBe(202)
    expect((await post(`bearer ${token}`, { by: 'ann' })).status).toBe(202)
    expect(done).toEqual(['token ci', 'ann, token ci'])
  })

  it('a token that was revoked, or whose time is over, is refused at once', async () => {
    write(nowSeconds)
    expect(await post(`Bearer ${token}`)).toMatchObject({ status: 401, body: expect.stringContaining('the token ci has expired') })
    write(nowSeconds + 1)
    expect((await post(`Bearer ${token}`)).status).toBe(202)
    writeFileSync(file, '')
    expect((await post(`Bearer ${token}`)).status).toBe(401)
    rmSync(file)
    expect((await post(`Bearer ${token}`)).status).toBe(401)
  })

  const strangers: readonly (readonly [string, string | undefined])[] = [
    ['nothing', undefined],
    ['another token', `Bearer ${other}`],
    ['the hash of the token', `Bearer sha256:${tokenHash(token)}`],
    ['the hash alone', `Bearer ${tokenHash(token)}`],
    ['the name', 'Bearer ci'],
    ['a password', `Basic ${Buffer.from(`ci:${token}`).toString('base64')}`],
    ['a part of the token', `Bearer ${token.slice(0, -1)}`],
    ['two tokens', `Bearer ${token} ${token}`],
    ['a huge one', `Bearer ${'x'.repeat(9000)}`],
  ]
  it.each(strangers)('%s is refused before the body is read, and is not logged', async (_name, authorization) => {
    write()
    const answer = await post(authorization, { hypervisor: '$(reboot)' })
    expect(answer).toMatchObject({ status: 401, asks: 'Bearer' })
    expect(done).toEqual([])
    for (const secret of [token, other, tokenHash(token), 'x'.repeat(300)]) expect(logged.join() + answer.body).not.toContain(secret)
    expect(logged.join()).toContain('a command was refused')
  })

  it('a flood of them is a line a minute in the log for each reason, with how many were left out', async () => {
    write()
    let nowMs = 0
    const refused = createRefusals(log, () => nowMs)
    const request = { ip: '192.0.2.1', routeOptions: { url: '/api/v1/reconcile' } } as Parameters<typeof refused>[0]
    for (let times = 0; times < 1000; times++) refused(request, 'not known')
    refused(request, 'expired')
    expect(logged).toHaveLength(2)
    nowMs = 60_000
    refused(request, 'not known')
    expect(logged[2]).toMatch(/^a command was refused: not known \(and 999 more since the last such line\) .*"unsaid":999/)
    await using server = await serve()
    for (let times = 0; times < 20; times++) await fetch(`http://127.0.0.1:${server.port}/api/v1/approve`, { method: 'POST' })
    expect(logged.filter((line) => line.includes('/api/v1/approve'))).toHaveLength(1)
  })
})

describe('the file of tokens', () => {
  it('that others may write lets nobody in', async () => {
    write()
    chmodSync(file, 0o666)
    expect((await post(`Bearer ${token}`)).status).toBe(401)
    expect(logged.join()).toContain('chmod go-w')
  })

  it('that is a link lets nobody in', async () => {
    write()
    symlinkSync(file, `${file}.link`)
    file = `${file}.link`
    expect((await post(`Bearer ${token}`)).status).toBe(401)
  })

  const wrong: readonly (readonly [string, string, string])[] = [
    ['a token itself', token, 'f:1: is not'],
    ['a short hash', 'ci sha256:abcd never', 'f:1: is not'],
    ['no time', `ci sha256:${'a'.repeat(64)}`, 'f:1: is not'],
    ['a time that is none', `ci sha256:${'a'.repeat(64)} soon`, 'f:1: is not'],
    ['a name that is none', `C$ sha256:${'a'.repeat(64)} never`, 'f:1: is not'],
    ['a scope that is none', `ci sha256:${'a'.repeat(64)} never operate,rule`, 'f:1: its fourth word is not of operate, approve'],
    ['a fifth word', `ci sha256:${'a'.repeat(64)} never operate approve`, 'f:1: is not'],
    ['a name twice', `ci sha256:${'a'.repeat(64)} never\nci sha256:${'b'.repeat(64)} never`, 'f: the name ci is there twice'],
  ]
  it.each(wrong)('with %s is refused as a whole, and the line is not repeated', (_name, content, says) => {
    const parsed = parseTokens('f', content)
    expect(parsed.ok ? '' : parsed.reason).toContain(says)
    expect(JSON.stringify(parsed)).not.toContain(token)
  })

  it('is read back as it was written', () => {
    const entries = [
      { name: 'ci', hash: tokenHash(token), untilSeconds: nowSeconds },
      { name: 'bot', hash: tokenHash(other), untilSeconds: undefined },
      { name: 'pager', hash: tokenHash('x'), untilSeconds: undefined, scopes: ['operate' as const] },
    ]
    expect(parseTokens('f', entries.map(tokenLine).join('\n'))).toEqual({ ok: true, value: entries })
  })
})
