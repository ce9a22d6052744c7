import { reveal, Secret } from './secret.ts'

/** POSIX shell text. Made only by `sh` and the functions of this folder; its values are quoted. */
export interface Script {
  readonly text: string
}

/** What may stand in a template: text and numbers are quoted as one word, lists as several words, scripts are spliced as they are. */
export type ShellValue = string | number | Secret | Script | readonly (string | number | Secret)[]

const checkedTemplates = new WeakSet<TemplateStringsArray>()

/**
 * Builds shell text. Every value is quoted; text can only enter as a value or as the literal of the source.
 * Throws (a bug, never input) where a value stands inside quotes, since its own quotes would then be literal.
 */
export function sh(strings: TemplateStringsArray, ...values: readonly ShellValue[]): Script {
  refuseValuesInsideQuotes(strings)
  const text = strings.raw
    .map((literal, index) => literal.replaceAll('\\`', '`').replaceAll('\\${', '${') + (index < values.length ? render(values[index]) : ''))
    .join('')
  return { text }
}

/** Scripts one after another, each on lines of its own; empty ones are left out. */
export function joinScripts(scripts: readonly Script[]): Script {
  return {
    text: scripts
      .map((script) => script.text.trim())
      .filter((text) => text !== '')
      .join('\n'),
  }
}

/** The empty script: does nothing, successfully. */
export const nothing: Script = { text: ':' }

/** Defines a shell function. The name is checked, the body spliced. */
export function shellFunction(name: string, body: Script): Script {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new Error(`not a shell function name: ${name}`)
  return { text: `${name}() {\n${body.text.trim() || ':'}\n}` }
}

/** Quotes one value as one shell word (POSIX XCU 2.2.2). NUL cannot exist in a shell word and throws. */
export function quote(value: string): string {
  if (value.includes('\0')) throw new Error('a NUL byte cannot be a shell word')
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(value)) return value
  return `'${value.replaceAll("'", "'\\''")}'`
}

function render(value: ShellValue | undefined): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return renderNumber(value)
  if (value instanceof Secret) return quote(reveal(value))
  if (Array.isArray(value)) return value.map(render).join(' ')
  if (value !== undefined && 'text' in value) return value.text
  throw new Error('a value of shell text is missing')
}

function renderNumber(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`not a number for shell text: ${value}`)
  return String(value)
}

function refuseValuesInsideQuotes(strings: TemplateStringsArray): void {
  if (checkedTemplates.has(strings)) return
  let open = ''
  for (const literal of strings.raw.slice(0, -1)) {
    open = quoteOpenAfter(literal, open)
    if (open !== '') throw new Error(`a value stands inside ${open} quotes in shell text after: ${literal.slice(-40)}`)
  }
  checkedTemplates.add(strings)
}

function quoteOpenAfter(literal: string, openBefore: string): string {
  let open = openBefore
  for (let index = 0; index < literal.length; index++) {
    const character = literal[index] ?? ''
    if (character === '\\' && open !== "'") index++
    else if (open === '' && character === '#' && /(^|\s)$/.test(literal.slice(0, index))) index = endOfLine(literal, index)
    else if (open === character) open = ''
    else if (open === '' && (character === '"' || character === "'")) open = character
  }
  return open
}

function endOfLine(literal: string, from: number): number {
  const end = literal.indexOf('\n', from)
  return end === -1 ? literal.length : end
}
