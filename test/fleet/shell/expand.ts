import type { Disk } from '../disk.ts'
import { arithmetic } from './arithmetic.ts'
import { escapePattern, isGlob, patternOf, trim, unescapePattern } from './pattern.ts'
import { Exit, type Process } from './process.ts'
import type { Command, Part, Word } from './syntax.ts'

/** Runs `$(…)` and answers its output without the last newlines. */
export type Substitute = (process: Process, body: Command) => Promise<string>

/** Words as fields: split, with file names in place of patterns. */
export async function expandWords(process: Process, words: readonly Word[], substitute: Substitute): Promise<string[]> {
  const fields: string[] = []
  for (const word of words) {
    const [only] = word
    if (word.length === 1 && only?.type === 'text' && (only.isQuoted || !/[*?[]/.test(only.text))) fields.push(only.text)
    else fields.push(...(await fieldsOf(process, word, substitute)))
  }
  return fields
}

/** One text, neither split nor taken as a pattern. */
export async function expandText(process: Process, word: Word, substitute: Substitute): Promise<string> {
  let text = ''
  for (const part of word) text += part.type === 'text' ? part.text : (await valuesOf(process, part, substitute)).join(' ')
  return text
}

/** One pattern: what is quoted stands for itself. */
export async function expandPattern(process: Process, word: Word, substitute: Substitute): Promise<string> {
  let text = ''
  for (const part of word) {
    const value = part.type === 'text' ? part.text : (await valuesOf(process, part, substitute)).join(' ')
    text += part.isQuoted ? escapePattern(value) : value
  }
  return text
}

async function fieldsOf(process: Process, word: Word, substitute: Substitute): Promise<string[]> {
  const fields: string[] = []
  let open: string | undefined
  const add = (text: string): void => {
    open = (open ?? '') + text
  }
  const close = (): void => {
    if (open !== undefined) fields.push(open)
    open = undefined
  }
  for (const part of word) {
    const values = part.type === 'text' ? [part.text] : await valuesOf(process, part, substitute)
    if (part.isQuoted || part.type === 'text') {
      values.forEach((value, index) => {
        if (index > 0) close()
        add(part.isQuoted ? escapePattern(value) : value)
      })
      continue
    }
    values.forEach((value, index) => {
      if (index > 0) close()
      splitInto(value, process.variables.get('IFS') ?? ' \t\n', (text) => add(text.replaceAll('\\', '\\\\')), close)
    })
  }
  close()
  return fields.flatMap((field) => (isGlob(field) && !process.options.has('f') ? found(process, field) : [unescapePattern(field)]))
}

/** POSIX XCU 2.6.5. */
function splitInto(value: string, separators: string, add: (text: string) => void, close: () => void): void {
  if (separators === '') {
    add(value)
    return
  }
  let piece = ''
  let isOpen = false
  for (const character of value) {
    if (!separators.includes(character)) {
      piece += character
      isOpen = true
      continue
    }
    if (isOpen || !/\s/.test(character)) add(piece)
    close()
    piece = ''
    isOpen = false
  }
  if (isOpen) add(piece)
}

/** What a part that is no text stands for; several values for `$@`. */
async function valuesOf(process: Process, part: Exclude<Part, { type: 'text' }>, substitute: Substitute): Promise<readonly string[]> {
  if (part.type === 'command') return [await substitute(process, part.body)]
  if (part.type === 'arithmetic') {
    const text = await expandText(process, part.word, substitute)
    return [String(arithmetic(text, (name) => process.variables.get(name) ?? ''))]
  }
  if (part.type === 'length') return [String((parameter(process, part.name) ?? '').length)]
  if (part.name === '@' || (part.name === '*' && !part.isQuoted)) return process.positional
  const value = parameter(process, part.name)
  if (part.operator !== '') return [await operated(process, part, value, substitute)]
  if (value === undefined && process.options.has('u') && !'*!'.includes(part.name)) throw unbound(process, part.name)
  return [value ?? '']
}

async function operated(
  process: Process,
  { name, operator, word }: Extract<Part, { type: 'parameter' }>,
  value: string | undefined,
  substitute: Substitute,
): Promise<string> {
  const isMissing = value === undefined || (operator.startsWith(':') && value === '')
  switch (operator.replace(':', '')) {
    case '-':
      return isMissing ? expandText(process, word, substitute) : (value ?? '')
    case '+':
      return isMissing ? '' : expandText(process, word, substitute)
    case '=': {
      if (isMissing) process.variables.set(name, await expandText(process, word, substitute))
      return process.variables.get(name) ?? ''
    }
    case '?':
      if (isMissing) throw unbound(process, name)
      return value ?? ''
    default:
      if (value === undefined && process.options.has('u')) throw unbound(process, name)
      return trim(value ?? '', operator, await expandPattern(process, word, substitute))
  }
}

function unbound(process: Process, name: string): Exit {
  process.fds.get(2)?.write?.(`sh: ${name}: parameter not set\n`)
  return new Exit(2)
}

function parameter(process: Process, name: string): string | undefined {
  switch (name) {
    case '#':
      return String(process.positional.length)
    case '?':
      return String(process.status)
    case '$':
      return String(process.shellPid)
    case '!':
      return process.lastBackground === 0 ? '' : String(process.lastBackground)
    case '-':
      return [...process.options].join('')
    case '@':
    case '*':
      return process.positional.join((process.variables.get('IFS') ?? ' ')[0] ?? '')
    case '0':
      return 'sh'
    default:
      return /^\d/.test(name) ? process.positional[Number(name) - 1] : process.variables.get(name)
  }
}

/** Paths that match, or the pattern itself. */
function found(process: Process, pattern: string): readonly string[] {
  const names = pattern.split('/')
  const isAbsolute = pattern.startsWith('/')
  let paths = [isAbsolute ? '' : process.directory.replace(/\/$/, '')]
  for (const name of names.slice(isAbsolute ? 1 : 0)) paths = paths.flatMap((path) => below(process.machine.disk, path, name))
  const prefix = isAbsolute ? 0 : process.directory.replace(/\/$/, '').length + 1
  return paths.length === 0 ? [unescapePattern(pattern)] : paths.map((path) => path.slice(prefix))
}

function below(disk: Disk, folder: string, name: string): readonly string[] {
  if (name === '') return disk.at(folder || '/')?.type === 'directory' ? [`${folder}/`] : []
  if (!isGlob(name)) {
    const path = `${folder.replace(/\/$/, '')}/${unescapePattern(name)}`
    return disk.at(path, false) === undefined ? [] : [path]
  }
  const node = disk.at(folder || '/')
  if (node?.type !== 'directory') return []
  const matcher = patternOf(name)
  const names = [...node.entries.keys()].filter((one) => matcher.test(one) && (name.startsWith('.') || !one.startsWith('.')))
  return names.sort().map((one) => `${folder}/${one}`)
}
