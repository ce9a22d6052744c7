import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { recentStarts, recordStart, restGuard, restsBecause, wishHash } from '../../../controller/primitives/lxcContainer/starts.ts'
import type { Script } from '../../../controller/shell/sh.ts'
import { web } from './specs.ts'

const now = 1_790_000_000
const wish = wishHash(web())
const tries = (count: number, outcome: string, at = now) => Array.from({ length: count }, () => `${outcome} ${at} ${wish}\n`).join('')
const because = (text: string) => restsBecause(web(), recentStarts(text, now))

describe('a container is not started for ever', () => {
  test.each<[string, string, boolean]>([
    ['nothing tried', '', false],
    ['two that failed', tries(2, 'failed'), false],
    ['three that failed', tries(3, 'failed'), true],
    ['three that failed a while ago', tries(3, 'failed', now - 601), false],
    ['four that came up', tries(4, 'tried'), false],
    ['five that came up and went down again', tries(5, 'tried'), true],
    ['three of another wish', tries(3, 'failed').replaceAll(wish, '0123456789abcdef'), false],
    ['lines that are none', 'failed yesterday\n'.repeat(9), false],
  ])('%s', (_name, text, rests) => {
    expect(because(text) !== undefined).toBe(rests)
  })

  test('what LXC said last is told, not what it said before', () => {
    const text = `${tries(2, 'failed')}log start - old\n${tries(1, 'failed')}log start - Failed to exec "/sbin/init"\nlog start - Failed to spawn\n`
    expect(because(text)).toMatch(
      /^web does not start, and is left alone for now\. LXC says: start - Failed to exec "\/sbin\/init" \| start - Failed to spawn; repair it \(lxc-start -n web -F/,
    )
  })

  test('where the time cannot be told, nothing is held back', () => {
    expect(restsBecause(web(), recentStarts(tries(9, 'failed'), undefined))).toBeUndefined()
  })

  test('another setting is another wish, and the same one is not', () => {
    expect(wishHash(web({}, { 'lxc.uts.name': 'www' }))).not.toBe(wish)
    expect(wishHash(web())).toBe(wish)
  })
})

describe('the record on the host', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-starts-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const inFolder = (script: Script): string => script.text.replaceAll('/run/reeve/lxc/', `${folder}/`)
  const run = (script: Script) => spawnSync('sh', ['-c', `set -eu\n(\n${inFolder(script)}\n)`], { encoding: 'utf8' })
  const record = () => recentStarts(readFileSync(join(folder, 'web.starts'), 'utf8'), Math.floor(Date.now() / 1000))

  beforeEach(() => rmSync(join(folder, 'web.starts'), { force: true }))

  test('counts, keeps what LXC said, and holds back a creation in the end', () => {
    const log = 'lxc-start web 20261122054605.123 ERROR    start - ../src/lxc/start.c:__lxc_start:2107 - Failed to spawn container "web"\n'
    writeFileSync(join(folder, 'web.log'), `${log}lxc-start web 20261122054605.124 WARN     conf - something\n`)
    expect(run(restGuard(web())).status).toBe(0)
    for (let turn = 0; turn < 3; turn++) {
      expect(run(recordStart('web', wish, 'tried'))).toMatchObject({ status: 0, stderr: '' })
      expect(run(recordStart('web', wish, 'failed'))).toMatchObject({ status: 0, stderr: '' })
    }
    expect(record().byWish).toEqual({ [wish]: { tried: 3, failed: 3 } })
    expect(record().log).toEqual(['start: Failed to spawn container "web"'])
    const guarded = run(restGuard(web()))
    expect(guarded.status).toBe(1)
    expect(guarded.stderr).toContain('web did not start 3 times, and is left alone for now')
    expect(guarded.stderr).toContain('Failed to spawn container')
    expect(run(restGuard(web({}, { 'lxc.uts.name': 'www' }))).status).toBe(0)
  })

  test('does not grow for ever', () => {
    for (let turn = 0; turn < 40; turn++) run(recordStart('web', wish, 'failed'))
    expect(readFileSync(join(folder, 'web.starts'), 'utf8').split('\n').length).toBeLessThan(80)
  })
})
