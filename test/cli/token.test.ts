import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createTokenJudge, readTokens } from '../../controller/http/tokens.ts'

const folder = mkdtempSync(join(tmpdir(), 'reeve-token-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'etc/tokens')
const log = { debug() {}, info() {}, warn() {}, error() {} }

function token(...words: readonly string[]): string {
  const argv = [join(import.meta.dirname, '../../bin/reeve'), 'token', ...words, '--file', file]
  return execFileSync('sh', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

it('a token is shown once, is good until its time or until it is revoked, and the file holds only its hash', () => {
  const [ci, bot] = [token('create', 'ci', '--for', '90d').trim(), token('create', 'bot').trim()]
  expect(ci).toMatch(/^reeve_[A-Za-z0-9_-]{43}$/)
  const text = readFileSync(file, 'utf8')
  expect([text.includes(ci), text.includes(bot), statSync(file).mode & 0o777]).toEqual([false, false, 0o644])
  const judge = (nowSeconds: number) => createTokenJudge(file, () => nowSeconds, log)
  const now = Date.now() / 1000
  expect(judge(now)(`Bearer ${ci}`)).toEqual({ ok: true, name: 'ci', scopes: ['operate', 'approve'] })
  expect(judge(now + 91 * 86_400)(`Bearer ${ci}`)).toMatchObject({ ok: false })
  expect(token('list')).toMatch(/^ci {2}until \d{4}-.* UTC\nbot {2}until it is revoked\n$/)
  expect(() => token('create', 'ci')).toThrow()
  const pager = token('create', 'pager', '--scope', 'operate').trim()
  expect(judge(now)(`Bearer ${pager}`)).toEqual({ ok: true, name: 'pager', scopes: ['operate'] })
  expect(token('list')).toMatch(/^pager {2}until it is revoked {2}operate$/m)
  expect(() => token('create', 'x', '--scope', 'rule')).toThrow()
  token('revoke', 'ci')
  expect(readTokens(file).map(({ name }) => name)).toEqual(['bot', 'pager'])
  expect([judge(now)(`Bearer ${ci}`).ok, judge(now)(`Bearer ${bot}`).ok]).toEqual([false, true])
})
