import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { panelQueries, startPrometheus } from '../dashboards/prometheus.ts'
import type { ActResult, Seen } from './demo/acts.ts'
import type { Outcome } from './demo/outcome.ts'
import { foldersOf } from './state.ts'

const program = join(import.meta.dirname, 'demo/demo.ts')

let folder: string
let demo: ChildProcess | undefined
let said = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reeve-demo-test-'))
  said = ''
})
afterEach(async () => {
  demo?.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

function start(args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): ChildProcess & { readonly pid: number } {
  demo = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  for (const stream of [demo.stdout, demo.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (said += text))
  return demo as ChildProcess & { readonly pid: number }
}

async function ended(child: ChildProcess): Promise<number | null> {
  const [code] = child.exitCode === null ? await once(child, 'close') : [child.exitCode]
  return code
}

async function untilSaid(words: string): Promise<void> {
  while (!said.includes(words)) {
    if (demo?.exitCode !== null) throw new Error(`the demo ended before it said ${words}: ${said}`)
    await sleep(20)
  }
}

/** Every process below this one, by /proc. */
function descendants(pid: number): readonly number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), parentOf(name)] as const)
  const below = (of: number): readonly number[] => parents.filter(([, parent]) => parent === of).flatMap(([one]) => [one, ...below(one)])
  return below(pid)
}

function parentOf(pid: string): number {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1])
  } catch {
    return 0
  }
}

/** Dead, or a zombie that nobody has buried yet: it holds nothing any more. */
function isGone(pid: number): boolean {
  try {
    return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, ''))
  } catch {
    return true
  }
}

async function expectNothingLeft(pid: number, children: readonly number[]): Promise<void> {
  await expect.poll(() => children.filter((one) => !isGone(one)), { timeout: 20_000 }).toEqual([])
  const { run, disks } = foldersOf(`t${pid}-1`)
  expect([run, disks, join(tmpdir(), `reeve-demo-${pid}`)].filter(existsSync)).toEqual([])
}

/** Panels that the demo's own faults and its machine must show. */
const seenInDemo = [
  'fleet: Hypervisors',
  'fleet: Fields that drift',
  'fleet: Commit in force',
  'drift: Found',
  'drift: Put right',
  'hypervisor: Reached',
  'hypervisor: Up since',
  'disks: Space left',
  'controller: Last mail',
]

describe('the demo', () => {
  test('plays its script: a commit goes live, harm is found, named, repaired, counted and mailed', async () => {
    const file = join(folder, 'outcome.json')
    const child = start(['--script', '--json', file])
    await untilSaid('The example fleet')
    const fromSeconds = Date.now() / 1000
    await using prometheus = await startPrometheus(Number(/controller started: .*:(\d+)$/m.exec(said)?.[1]), '1s')
    await untilSaid('all of it was seen to be true')
    const toSeconds = Date.now() / 1000
    const code = await ended(child)
    const outcome = JSON.parse(await readFile(file, 'utf8')) as Outcome
    const told = (act: ActResult) => [act.name, act.seen.map((seen: Seen) => `${seen.what} ${seen.isTrue}`)]
    expect(outcome.acts.map(told), said).toEqual([
      ['commit', ['live true', 'proven true']],
      ['file', ['named true', 'repaired true', 'counted true', 'mailed true']],
      ['container', ['named true', 'repaired true', 'counted true', 'mailed true']],
    ])
    expect([outcome.isTrue, code]).toEqual([true, 0])
    expect(said).toContain('all of it was seen to be true')
    expect(said).not.toContain('\x1b')
    await expectNothingLeft(child.pid, [])
    // What a person at the dashboard would have seen while the demo ran.
    const seen = await Promise.all(
      panelQueries('1m').map(async ({ where, expression }) => ({
        where,
        series: await prometheus.countOver(expression, fromSeconds, toSeconds),
      })),
    )
    const shown = new Set(seen.filter(({ series }) => series > 0).map(({ where }) => where))
    console.log(
      `panels without a series in the demo: ${[...new Set(seen.map(({ where }) => where))].filter((where) => !shown.has(where)).join('; ')}`,
    )
    // Every query was answered; what is not in a demo of one machine (a forge, a zone, a second disk) has nothing to show.
    expect([...shown]).toEqual(expect.arrayContaining([...seenInDemo]))
  })

  test.each([
    ['while it boots', 'starting the lab', 'SIGINT', 130],
    ['when the machine is just up', 'he1 is up', 'SIGTERM', 143],
    ['while the host is being changed', 'pass 1 makes', 'SIGINT', 130],
    ['while the host is being changed, killed outright', 'pass 1 makes', 'SIGKILL', null],
  ] as const)('leaves nothing running when it is ended %s', async (_name, words, signal, expected) => {
    const child = start()
    await untilSaid(words)
    await sleep(200)
    const children = descendants(child.pid)
    const code = child.kill(signal) && (await ended(child))
    expect(code).toBe(expected)
    if (signal !== 'SIGKILL') return expectNothingLeft(child.pid, children)
    await expect.poll(() => children.filter((one) => !isGone(one)), { timeout: 20_000 }).toEqual([])
  })

  test('ends the build of the image with it', async () => {
    const child = start([], { XDG_CACHE_HOME: folder })
    await untilSaid('downloading packages')
    const children = descendants(child.pid)
    child.kill('SIGTERM')
    expect(await ended(child)).toBe(143)
    expect(children.length).toBeGreaterThan(0)
    await expectNothingLeft(child.pid, children)
  })

  test.each([
    ['an option that is none', ['--three'], /unknown option '--three'/],
    ['a file that cannot be written', ['--script', '--json', '/nonexistent/x.json'], /^demo: .*\/nonexistent\/x\.json/m],
  ])('says in a line what is wrong with %s', async (_name, args, words) => {
    const code = await ended(start(args))
    expect(said).toMatch(words)
    expect(code).not.toBe(0)
  })
})
