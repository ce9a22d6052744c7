import { Exit, Leave, type Process, pause, signal } from './process.ts'
import type { Command } from './syntax.ts'
import { test } from './test.ts'

export interface Runner {
  run(process: Process, command: Command): Promise<number>
  invoke(name: string, words: readonly string[]): Promise<number>
}

type Builtin = (process: Process, words: readonly string[], runner: Runner) => number | Promise<number>

export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  [':', () => 0],
  ['true', () => 0],
  ['false', () => 1],
  ['echo', (process, words) => print(process, `${words[0] === '-n' ? words.slice(1).join(' ') : `${words.join(' ')}\n`}`)],
  [
    'printf',
    (process, [format = '', ...words]) =>
      print(process, format === '--' ? formatted(words[0] ?? '', words.slice(1)) : formatted(format, words)),
  ],
  ['test', (process, words) => test(process, words)],
  ['[', (process, words) => test(process, words.slice(0, -1))],
  ['read', read],
  ['set', set],
  ['shift', shift],
  ['exit', (process, [status]) => thrown(new Exit(status === undefined ? process.status : Number(status)))],
  ['return', (process, [status]) => thrown(new Leave('return', status === undefined ? process.status : Number(status)))],
  ['break', (_, [count]) => thrown(new Leave('break', Number(count ?? 1)))],
  ['continue', (_, [count]) => thrown(new Leave('continue', Number(count ?? 1)))],
  ['trap', trap],
  ['kill', kill],
  ['wait', wait],
  ['umask', umask],
  ['export', exportNames],
  ['unset', unset],
  ['cd', cd],
  ['command', command],
])

function thrown(error: Error): never {
  throw error
}

function print(process: Process, text: string): number {
  return process.fds.get(1)?.write?.(text) === false ? 1 : 0
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', a: '\x07', b: '\b', f: '\f', v: '\v', '"': '"' }

/** printf(1): the format is used again until no word is left. */
export function formatted(format: string, words: readonly string[]): string {
  const left = [...words]
  let text = ''
  do {
    const before = left.length
    text += format.replace(/%%|%(-?\d*)(?:\.(\d+))?([sdiucbx])|\\([0-7]{1,3}|.)/gs, (whole, width, precision, conversion, escaped) => {
      if (whole === '%%') return '%'
      if (escaped !== undefined)
        return /^[0-7]/.test(escaped) ? String.fromCharCode(Number.parseInt(escaped, 8)) : (escapes[escaped] ?? whole)
      const value = converted(left.shift() ?? '', conversion)
      const cut = precision === undefined ? value : value.slice(0, Number(precision))
      const size = Math.abs(Number(width || 0))
      return String(width).startsWith('-') ? cut.padEnd(size) : cut.padStart(size)
    })
    if (left.length === before) break
  } while (left.length > 0)
  return text
}

function converted(word: string, conversion: string): string {
  if ('diu'.includes(conversion)) return String(Math.trunc(Number(word || 0)))
  if (conversion === 'x') return Number(word || 0).toString(16)
  return conversion === 'c' ? word.slice(0, 1) : word
}

async function read(process: Process, words: readonly string[]): Promise<number> {
  const isRaw = words[0] === '-r'
  const names = isRaw ? words.slice(1) : words
  const stream = process.fds.get(0)
  let line: string | undefined
  const found = stream?.readLine?.()
  if (found instanceof Promise) {
    if (
      !(await pause(
        process,
        found.then((text) => (line = text)),
      ))
    )
      return 143
  } else line = found
  const text = (line ?? '').replace(/\n$/, '')
  assign(process, names, isRaw ? text : text.replace(/\\(.)/gs, '$1'))
  return line?.endsWith('\n') ? 0 : 1
}

/** The last name takes what is left (POSIX XCU read). */
function assign(process: Process, names: readonly string[], text: string): void {
  const separators = process.variables.get('IFS') ?? ' \t\n'
  const blanks = [...separators].filter((one) => ' \t\n'.includes(one)).join('')
  const trimmed = blanks === '' ? text : trimBlanks(text, blanks)
  let rest = trimmed
  names.forEach((name, index) => {
    if (index === names.length - 1) {
      process.variables.set(name, rest)
      return
    }
    const at = separators === '' ? -1 : [...rest].findIndex((character) => separators.includes(character))
    process.variables.set(name, at === -1 ? rest : rest.slice(0, at))
    if (at === -1) rest = ''
    else {
      const isBlank = blanks.includes(rest[at] ?? '')
      rest = trimStart(rest.slice(at + 1), blanks)
      if (isBlank && separators.includes(rest[0] ?? '\0') && !blanks.includes(rest[0] ?? '')) rest = trimStart(rest.slice(1), blanks)
    }
  })
}

function trimStart(text: string, blanks: string): string {
  let from = 0
  while (from < text.length && blanks.includes(text[from] ?? '')) from++
  return text.slice(from)
}

function trimBlanks(text: string, blanks: string): string {
  let to = text.length
  while (to > 0 && blanks.includes(text[to - 1] ?? '')) to--
  return trimStart(text.slice(0, to), blanks)
}

function set(process: Process, words: readonly string[]): number {
  const options = new Set(process.options)
  let index = 0
  for (; index < words.length; index++) {
    const word = words[index] ?? ''
    if (word === '--' || !/^[-+][a-zA-Z]+$/.test(word)) break
    for (const letter of word.slice(1)) {
      if (word.startsWith('-')) options.add(letter)
      else options.delete(letter)
    }
  }
  process.options = options
  if (words[index] === '--') process.positional = words.slice(index + 1)
  else if (index < words.length) process.positional = words.slice(index)
  return 0
}

function shift(process: Process, [count = '1']: readonly string[]): number {
  if (process.positional.length < Number(count)) throw new Exit(2)
  process.positional = process.positional.slice(Number(count))
  return 0
}

function trap(process: Process, [action = '', ...names]: readonly string[]): number {
  for (const name of names) {
    if (action === '-') process.traps.delete(name)
    else process.traps.set(name, action)
  }
  return 0
}

function kill(process: Process, words: readonly string[]): number {
  const isHard = words.includes('KILL') || words.includes('-9') || words.includes('-KILL')
  const targets = words.filter((word, index) => /^-?\d+$/.test(word) && word !== '-9' && words[index - 1] !== '-s').map(Number)
  const all = [...process.machine.processes.values()]
  const struck = all.filter(({ pid, group }) => targets.some((target) => (target < 0 ? group === -target : pid === target)))
  for (const one of struck) signal(one, isHard ? 'KILL' : 'TERM')
  return struck.length > 0 ? 0 : 1
}

async function wait(process: Process, [pid]: readonly string[]): Promise<number> {
  const jobs = pid === undefined ? [...process.jobs.values()] : [process.jobs.get(Number(pid)) ?? Promise.resolve(127)]
  let status = 0
  const all = Promise.all(jobs).then((statuses) => {
    status = statuses.at(-1) ?? 0
  })
  return (await pause(process, all)) ? status : 143
}

function umask(process: Process, [mask]: readonly string[]): number {
  if (mask !== undefined) process.umask = Number.parseInt(mask, 8)
  return 0
}

function exportNames(process: Process, words: readonly string[]): number {
  for (const word of words) {
    const at = word.indexOf('=')
    if (at !== -1) process.variables.set(word.slice(0, at), word.slice(at + 1))
    process.exported.add(at === -1 ? word : word.slice(0, at))
  }
  return 0
}

function unset(process: Process, words: readonly string[]): number {
  for (const word of words) process.variables.delete(word)
  return 0
}

function cd(process: Process, [path = '/']: readonly string[]): number {
  if (process.machine.disk.at(path)?.type !== 'directory') return 2
  process.directory = path
  return 0
}

/** `command -v NAME`. */
function command(process: Process, [, name = '']: readonly string[]): number {
  const isThere = process.functions.has(name) || builtins.has(name) || process.machine.tools.has(name)
  return isThere ? print(process, `${name}\n`) : 127
}
