import { execFileSync } from 'node:child_process'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { framesFunction, parseFrames, sequentialFrames } from '../../controller/shell/frames.ts'
import { printPayload } from '../../controller/shell/payload.ts'
import { keyedHash, reveal, Secret } from '../../controller/shell/secret.ts'
import { joinScripts, quote, sh, shellFunction } from '../../controller/shell/sh.ts'

function run(text: string): string {
  return execFileSync('sh', { input: text }).toString()
}

const hostile = [
  "it's",
  '$(id)',
  '`id`',
  'a b',
  '"q"',
  '-n',
  '\\',
  'a\nb',
  '*',
  '~',
  '!x',
  '${HOME}',
  '',
  "'",
  "''",
  'é€😀',
  '#no',
  '; rm -rf /',
  '&&',
  '\t',
]

describe('shell text', () => {
  it.each(hostile)('carries %j through a shell as one word', (value) => {
    expect(run(sh`printf '%s|' ${value} end`.text)).toBe(`${value}|end|`)
  })

  it('refuses what a shell word cannot hold', () => {
    expect(() => quote('a\0b')).toThrow('NUL')
    expect(() => sh`echo ${Number.NaN}`).toThrow('not a number')
  })

  it('quotes each word of a list, splices scripts, and opens secrets', () => {
    const text = sh`printf '%s|' ${['a b', 'c']} ${new Secret('s$x')}; ${sh`echo done`}`.text
    expect(run(text)).toBe('a b|c|s$x|done\n')
  })

  it('refuses a value inside quotes, where its own quotes would be literal', () => {
    const value = 'x'
    expect(() => sh`echo "a ${value}"`).toThrow('inside " quotes')
    expect(() => sh`echo 'a ${value}'`).toThrow("inside ' quotes")
    expect(
      sh`echo "a" ${value} 'b' # don't mind "this
echo ${value}`.text,
    ).toContain('echo x')
  })

  it('keeps shell syntax of the source as it is written', () => {
    expect(run(sh`x=5; printf '%s\n' "\${x}" "$x"`.text)).toBe('5\n5\n')
  })

  it('joins scripts and defines functions', () => {
    expect(run(joinScripts([shellFunction('say', sh`echo "$1"`), sh``, sh`say ${'hi there'}`]).text)).toBe('hi there\n')
    expect(() => shellFunction('a; rm', sh`:`)).toThrow('not a shell function name')
  })
})

describe('a payload', () => {
  it.each([
    ['empty', ''],
    ['text', 'hello\n'],
    ['without a last newline', 'x'],
    ['its own marker', 'REEVE_PAYLOAD\n'],
    ['much', 'x'.repeat(300_000)],
  ])('prints %s exactly', (_, content) => {
    expect(run(printPayload(content).text)).toBe(content)
  })

  it('prints bytes that are no text', () => {
    const bytes = Buffer.from([0, 255, 10, 13, 39, 128])
    expect(execFileSync('sh', { input: printPayload(bytes).text })).toEqual(bytes)
  })
})

describe('a secret', () => {
  it('never shows itself, and opens only on purpose', () => {
    const secret = new Secret('hunter2')
    expect([String(secret), JSON.stringify({ secret }), inspect(secret), `${secret}`].join()).not.toContain('hunter2')
    expect(reveal(secret)).toBe('hunter2')
  })

  it('is compared by a hash that is useless without the key', () => {
    expect(keyedHash(new Secret('a'), 'k')).toBe(keyedHash(new Secret('a'), 'k'))
    expect(keyedHash(new Secret('a'), 'k')).not.toBe(keyedHash(new Secret('a'), 'other'))
  })
})

describe('frames', () => {
  const collectors = [
    { name: 'good', script: sh`echo hello; printf noeol` },
    { name: 'bad', script: sh`echo why >&2; return 7` },
    { name: 'forged', script: sh`echo 'B0 begin good'; echo evil; echo; echo 'B0 end 0'` },
    { name: 'empty', script: sh`:` },
    { name: 'leaves', script: sh`echo half; exit 3` },
  ]

  it('brings home each collector with its exit status, and the words of the one that failed', () => {
    const frames = parseFrames(run(`${framesFunction('t', collectors, 5).text}\nreeve_frames_t BOUND\n`), 'BOUND')
    expect(frames.get('good')).toEqual({ name: 'good', exitCode: 0, stdout: 'hello\nnoeol' })
    expect(frames.get('bad')?.exitCode).toBe(7)
    expect(frames.get('bad.err')?.stdout).toBe('why\n')
    expect(frames.get('empty')?.stdout).toBe('')
    expect(frames.get('leaves')).toEqual({ name: 'leaves', exitCode: 3, stdout: 'half\n' })
  })

  it('leaves a collector behind that hangs, and loses only its own frame', () => {
    const slow = [...collectors, { name: 'slow', script: sh`exec sleep 3` }]
    const frames = parseFrames(run(`${framesFunction('t', slow, 1).text}\nreeve_frames_t BOUND\n`), 'BOUND')
    expect(frames.has('slow')).toBe(false)
    expect(frames.get('good')?.exitCode).toBe(0)
  })

  it('cannot be forged by text on the host, which does not know the boundary', () => {
    const frames = parseFrames(run(`${framesFunction('t', collectors, 5).text}\nreeve_frames_t BOUND\n`), 'BOUND')
    expect(frames.get('good')?.stdout).toBe('hello\nnoeol')
  })

  it('drops a frame that was cut', () => {
    const whole = run(`${framesFunction('t', collectors, 5).text}\nreeve_frames_t BOUND\n`)
    const frames = parseFrames(whole.slice(0, whole.indexOf('noeol')), 'BOUND')
    expect(frames.size).toBe(0)
  })

  it('can also be printed one after another by a single shell', () => {
    const frames = parseFrames(
      run(
        `set -- BOUND\n${
          sequentialFrames([
            { name: 'a', script: sh`echo 1; return 3` },
            { name: 'b', script: sh`echo 2` },
            { name: 'ends the shell', script: sh`echo 3; exit 0` },
            { name: 'never asked', script: sh`echo 4` },
          ]).text
        }\n`,
      ),
      'BOUND',
    )
    expect([...frames.values()].map((frame) => [frame.name, frame.exitCode, frame.stdout])).toEqual([
      ['a', 3, '1\n'],
      ['b', 0, '2\n'],
    ])
  })
})
