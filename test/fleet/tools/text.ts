import { createHash } from 'node:crypto'
import { type FileNode, textOf } from '../disk.ts'
import type { Call, Tool } from '../shell/process.ts'
import { absolute } from '../shell/redirect.ts'
import { sed } from './sed.ts'

/** Content of a file, or why there is none. */
function contentOf(call: Call, path: string, tool: string): string | undefined {
  const node = fileAt(call, path)
  if (node === undefined) {
    call.err(`${tool}: ${path}: No such file or directory\n`)
    return undefined
  }
  return textOf(node)
}

function fileAt({ process, machine }: Call, path: string): FileNode | undefined {
  const node = machine.disk.at(absolute(process, path))
  return node?.type === 'file' ? node : undefined
}

/** What the named files hold together, or stdin. Status 1 where one is missing. */
function inputsOf(call: Call, paths: readonly string[], tool: string): { readonly text: string; readonly status: number } {
  if (paths.length === 0) return { text: call.input(), status: 0 }
  const texts = paths.map((path) => (path === '/dev/null' ? '' : contentOf(call, path, tool)))
  return { text: texts.map((text) => text ?? '').join(''), status: Number(texts.includes(undefined)) }
}

function cat(call: Call): number {
  const { text, status } = inputsOf(call, operands(call.words), 'cat')
  call.out(text)
  return status
}

function operands(words: readonly string[]): readonly string[] {
  return words.filter((word) => !word.startsWith('-') || word === '-')
}

/** `-c N` or `-n N`, and what is left. */
function counted(words: readonly string[]): { readonly unit: 'c' | 'n'; readonly count: number; readonly rest: readonly string[] } {
  const at = words.findIndex((word) => word === '-c' || word === '-n')
  if (at === -1) return { unit: 'n', count: 10, rest: operands(words) }
  return {
    unit: words[at] === '-c' ? 'c' : 'n',
    count: Number(words[at + 1]),
    rest: operands([...words.slice(0, at), ...words.slice(at + 2)]),
  }
}

function head(call: Call): number {
  const { unit, count, rest } = counted(call.words)
  const { text, status } = inputsOf(call, rest, 'head')
  call.out(unit === 'c' ? text.slice(0, count) : linesOf(text).slice(0, count).join(''))
  return status
}

function tail(call: Call): number {
  const { unit, count, rest } = counted(call.words)
  const { text, status } = inputsOf(call, rest, 'tail')
  if (count > 0) call.out(unit === 'c' ? text.slice(-count) : linesOf(text).slice(-count).join(''))
  return status
}

/** Each with its newline. */
export function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

const sums = new WeakMap<FileNode, { readonly content: string; readonly sum: string }>()

function sumOf(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex')
}

/** A host's processor does this again and again; ours need not. */
function sumOfFile(node: FileNode): string {
  const content = textOf(node)
  const known = sums.get(node)
  if (known?.content === content) return known.sum
  const sum = sumOf(content)
  sums.set(node, { content, sum })
  return sum
}

function sha256sum(call: Call): number {
  if (call.words.includes('-c')) return checkSums(call)
  const paths = operands(call.words)
  if (paths.length === 0) {
    call.out(`${sumOf(call.input())}  -\n`)
    return 0
  }
  let status = 0
  let text = ''
  for (const path of paths) {
    const node = fileAt(call, path)
    if (node === undefined) {
      call.err(`sha256sum: ${path}: No such file or directory\n`)
      status = 1
    } else text += `${sumOfFile(node)}  ${path}\n`
  }
  call.out(text)
  return status
}

function checkSums(call: Call): number {
  const isRight = linesOf(call.input()).every((line) => {
    const [, sum, path] = /^([0-9a-f]{64}) [ *](.*)\n?$/.exec(line) ?? []
    const node = path === undefined ? undefined : fileAt(call, path)
    return node !== undefined && sumOfFile(node) === sum
  })
  return Number(!isRight)
}

function base64(call: Call): number {
  const isDecoding = call.words.includes('-d')
  const { text } = inputsOf(call, call.words.includes('-w') ? operands(call.words.slice(2)) : operands(call.words), 'base64')
  if (isDecoding) {
    call.out(Buffer.from(text, 'base64').toString('latin1'))
    return 0
  }
  const encoded = Buffer.from(text, 'latin1').toString('base64')
  call.out(call.words.includes('-w') ? encoded : encoded.replace(/.{1,76}/g, '$&\n'))
  return 0
}

function grep(call: Call): number {
  const options = call.words.filter((word) => /^-[A-Za-z]+$/.test(word)).join('')
  const [pattern = '', ...paths] = call.words.filter((word) => !/^-[A-Za-z]+$/.test(word) && word !== '--')
  const matcher = options.includes('F') ? (line: string) => line.includes(pattern) : basic(pattern)
  let isFound = false
  const look = (text: string, prefix: string): void => {
    for (const line of linesOf(text)) {
      if (matcher(line.replace(/\n$/, '')) === options.includes('v')) continue
      isFound = true
      if (!options.includes('q')) call.out(`${prefix}${line.endsWith('\n') ? line : `${line}\n`}`)
    }
  }
  if (paths.length === 0) look(call.input(), '')
  for (const path of paths) {
    const node = fileAt(call, path)
    if (node !== undefined) look(textOf(node), options.includes('H') ? `${path}:` : '')
    else if (!options.includes('s')) call.err(`grep: ${path}: No such file or directory\n`)
  }
  return Number(!isFound)
}

function basic(pattern: string): (line: string) => boolean {
  const source = new RegExp(pattern.replace(/[+?{}|()]/g, '\\$&'))
  return (line) => source.test(line)
}

function wc(call: Call): number {
  const { text } = inputsOf(call, operands(call.words), 'wc')
  call.out(`${call.words.includes('-c') ? text.length : text.split('\n').length - 1}\n`)
  return 0
}

function cmp(call: Call): number {
  const [one, other] = operands(call.words).map((path) => fileAt(call, path))
  if (one === undefined || other === undefined) return 2
  return Number(textOf(one) !== textOf(other))
}

function sort(call: Call): number {
  const { text } = inputsOf(call, operands(call.words), 'sort')
  const lines = text.split('\n').filter((line, index, all) => line !== '' || index < all.length - 1)
  const sorted = call.words.includes('-u') ? [...new Set(lines)].sort() : lines.sort()
  call.out(sorted.map((line) => `${line}\n`).join(''))
  return 0
}

function runSed(call: Call): number {
  const isQuiet = call.words.includes('-n')
  const [script = '', ...paths] = call.words.filter((word) => word !== '-n' && word !== '-e' && word !== '--')
  const { text, status } = inputsOf(call, paths, 'sed')
  const done = sed(script, text, isQuiet)
  call.out(done.text)
  return status || done.status
}

export const textTools: ReadonlyMap<string, Tool> = new Map<string, Tool>([
  ['cat', cat],
  ['head', head],
  ['tail', tail],
  ['sha256sum', sha256sum],
  ['base64', base64],
  ['grep', grep],
  ['wc', wc],
  ['cmp', cmp],
  ['sort', sort],
  ['sed', runSed],
])
