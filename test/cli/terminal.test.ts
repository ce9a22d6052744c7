import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listQueue } from '../../controller/cli/mailQueue.ts'
import { type Server, startServer } from '../../controller/http/server.ts'
import type { Commands, StatusSource } from '../../controller/http/source.ts'
import { createLog } from '../../controller/report/log.ts'
import { visibleJson } from '../../controller/report/visible.ts'
import { badHistory, badStatus } from '../http/views.ts'

/** A new title, a cleared screen, what xterm answers to by typing, C1, a turned direction, a carriage return over what was said. */
const hostile = '\u001b]0;owned\u0007\u001b[2J\u001bP$q"p\u001b\\\u009b31m\u009d0;x\u009c\u202e\u2066\r\u0000\u007f'
const unsafe = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/

/** Everything that a host, Git or a person could have named, with that at its end. Words of ours stay. */
function soiled<T>(value: T, key = ''): T {
  const ours = ['type', 'lastResult', 'status', 'sort', 'reason', 'hash', 'brake']
  if (typeof value === 'string') return (ours.includes(key) ? value : `${value}${hostile}`) as T
  if (Array.isArray(value)) return value.map((each) => soiled(each, key)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, soiled(each, name)])) as T
}

const folder = mkdtempSync(join(tmpdir(), 'reeve-terminal-'))
const configFile = join(folder, 'reeve.yaml')
let server: Server

beforeAll(async () => {
  const stateDir = join(folder, 'state')
  mkdirSync(stateDir)
  writeFileSync(configFile, `fleet: home\nrepository: {url: /none}\nstateDir: ${stateDir}\n`)
  const silent = { debug() {}, info() {}, warn() {}, error() {} }
  const source = {
    subscribe: () => () => {},
    status: () => soiled(badStatus),
    history: () => soiled(badHistory),
    readiness: () => ({ isReady: true, reason: hostile }),
  } as unknown as StatusSource
  const commands = { reconcile: () => ({ ok: false, message: `no such${hostile}` }) } as unknown as Commands
  server = await startServer({ source, commands, socketPath: join(stateDir, 'reeve.sock'), log: silent })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function reeve(...words: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('sh', [join(import.meta.dirname, '../../bin/reeve'), ...words, '--config', configFile], {
      env: { ...process.env, NO_COLOR: '1' },
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk.toString()))
    child.once('close', () => resolve(said))
  })
}

describe('what hosts, Git and people named sends nothing to a terminal', () => {
  it.each([['status'], ['status', '--all'], ['status', '-o', 'json'], ['history'], ['history', '-o', 'json'], ['reconcile']])(
    'reeve %s %s %s',
    async (...words) => {
      const said = await reeve(...words)
      expect(said).toMatch(/u001b|x1b/)
      expect(said).not.toMatch(unsafe)
    },
  )

  it('nor does an error that names it', async () => {
    const said = await reeve('status', `he1${hostile.replaceAll('\0', '')}`)
    expect(said).toContain('has neither a hypervisor nor a manifest')
    expect(said).not.toMatch(unsafe)
  })

  it('JSON reads back as it was', () => {
    const text = visibleJson(soiled(badStatus))
    expect(text).not.toMatch(unsafe)
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(soiled(badStatus))))
  })

  it('nor the log, which reads back as well', () => {
    const lines: string[] = []
    createLog({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } }).info({ hypervisor: hostile }, hostile)
    expect(lines.join('')).not.toMatch(unsafe)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ hypervisor: hostile, msg: hostile })
  })

  it('nor mailq: senders, receivers and what a server said', async () => {
    const spool = join(folder, 'spool')
    mkdirSync(join(spool, 'new'), { recursive: true })
    const letter = { from: `a${hostile}@x`, to: [`b${hostile}@x`], message: '' }
    const entry = {
      mail: { id: 'one', references: [], subject: '', text: '' },
      letter,
      createdSeconds: 1,
      attempts: 1,
      nextAttemptSeconds: 9,
    }
    writeFileSync(join(spool, 'new/one.json'), JSON.stringify({ ...entry, lastError: `550 ${hostile}` }))
    expect(await listQueue(spool)).not.toMatch(unsafe)
  })
})
