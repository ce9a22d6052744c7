import type { Command, Part, Redirect, Word } from './syntax.ts'

/** The text ends in the middle of a command. */
export class Incomplete extends Error {}

const reserved = new Set(['if', 'then', 'elif', 'else', 'fi', 'do', 'done', 'case', 'esac', 'while', 'until', 'for', '{', '}', '!', 'in'])
const operators = ['<<-', '&&', '||', ';;', '<<', '>>', '<&', '>&', '<>', '>|', '<', '>', '&', '|', ';', '(', ')']
const plain = /[^\s'"\\$`<>&|;()#]+/y
const name = /[A-Za-z_][A-Za-z0-9_]*/y

/** Bodies of functions with the same text share one tree: a thousand hosts are asked with the same probe. */
const shared = new Map<string, WeakRef<Command>>()

/** Parses a whole text. Throws `Incomplete` where it ends too early, and an error where it is no shell text. */
export function parseScript(text: string): Command {
  const parser = new Parser(text)
  const command = parser.list([])
  if (!parser.isAtEnd()) throw parser.unexpected()
  return command
}

interface PendingHere {
  readonly end: string
  readonly isQuoted: boolean
  readonly fill: (word: Word) => void
}

/** Owns the place in the text. */
class Parser {
  readonly #text: string
  #at = 0
  #pending: PendingHere[] = []

  constructor(text: string) {
    this.#text = text
  }

  isAtEnd(): boolean {
    this.#skipNewlines()
    return this.#at >= this.#text.length
  }

  unexpected(): Error {
    if (this.#at >= this.#text.length) return new Incomplete('the text ends in the middle')
    const line = this.#text.slice(0, this.#at).split('\n').length
    return new Error(`line ${line}: unexpected ${JSON.stringify(this.#text.slice(this.#at, this.#at + 40))}`)
  }

  list(ends: readonly string[]): Command {
    const items: { command: Command; isBackground: boolean }[] = []
    for (;;) {
      this.#skipNewlines()
      if (this.#at >= this.#text.length || this.#peekOperator() === ')' || this.#peekOperator() === ';;') break
      const word = this.#peekReserved()
      if (word !== undefined && ends.includes(word)) break
      const command = this.#andOr()
      const operator = this.#peekOperator()
      if (operator === '&' || operator === ';') this.#at += 1
      items.push({ command, isBackground: operator === '&' })
      const isParted = operator === '&' || operator === ';' || this.#isNewline()
      if (!isParted) break
    }
    return items.length === 1 && items[0]?.isBackground === false ? items[0].command : { type: 'list', items }
  }

  #andOr(): Command {
    const first = this.#pipeline()
    const rest: { operator: '&&' | '||'; command: Command }[] = []
    for (;;) {
      const operator = this.#peekOperator()
      if (operator !== '&&' && operator !== '||') break
      this.#at += 2
      this.#skipNewlines()
      rest.push({ operator, command: this.#pipeline() })
    }
    return rest.length === 0 ? first : { type: 'andOr', first, rest }
  }

  #pipeline(): Command {
    let isNegated = false
    while (this.#takeReserved('!')) isNegated = !isNegated
    const commands = [this.#command()]
    while (this.#peekOperator() === '|') {
      this.#at += 1
      this.#skipNewlines()
      commands.push(this.#command())
    }
    return commands.length === 1 && !isNegated ? (commands[0] as Command) : { type: 'pipeline', commands, isNegated }
  }

  #command(): Command {
    const command = this.#compound() ?? this.#simple()
    if (command.type === 'simple' || command.type === 'function') return command
    const redirects = this.#redirects()
    return redirects.length === 0 ? command : { type: 'redirected', command, redirects }
  }

  #compound(): Command | undefined {
    if (this.#peekOperator() === '(') {
      this.#at += 1
      const body = this.list([])
      this.#expect(')')
      return { type: 'subshell', body }
    }
    switch (this.#peekReserved()) {
      case 'if':
        return this.#if()
      case 'while':
      case 'until':
        return this.#while()
      case 'for':
        return this.#for()
      case 'case':
        return this.#case()
      case '{': {
        this.#take('{')
        const body = this.list(['}'])
        this.#must('}')
        return { type: 'group', body }
      }
      default:
        return undefined
    }
  }

  #if(): Command {
    const clauses: { condition: Command; body: Command }[] = []
    let word = 'if'
    while (this.#takeReserved(word)) {
      const condition = this.list(['then'])
      this.#must('then')
      clauses.push({ condition, body: this.list(['elif', 'else', 'fi']) })
      word = 'elif'
    }
    const otherwise = this.#takeReserved('else') ? this.list(['fi']) : undefined
    this.#must('fi')
    return { type: 'if', clauses, otherwise }
  }

  #while(): Command {
    const isUntil = this.#peekReserved() === 'until'
    this.#take(isUntil ? 'until' : 'while')
    const condition = this.list(['do'])
    return { type: 'while', isUntil, condition, body: this.#doGroup() }
  }

  #for(): Command {
    this.#take('for')
    this.#skipBlanks()
    const variable = this.#match(name)
    if (variable === undefined) throw this.unexpected()
    this.#skipNewlines()
    let words: Word[] | undefined
    if (this.#takeReserved('in')) {
      words = []
      for (let word = this.#word(); word !== undefined; word = this.#word()) words.push(word)
    }
    if (this.#peekOperator() === ';') this.#at += 1
    return { type: 'for', name: variable, words, body: this.#doGroup() }
  }

  #doGroup(): Command {
    this.#skipNewlines()
    this.#must('do')
    const body = this.list(['done'])
    this.#must('done')
    return body
  }

  #case(): Command {
    this.#take('case')
    const word = this.#word()
    if (word === undefined) throw this.unexpected()
    this.#skipNewlines()
    this.#must('in')
    const items: { patterns: Word[]; body: Command }[] = []
    for (;;) {
      this.#skipNewlines()
      if (this.#takeReserved('esac')) return { type: 'case', word, items }
      if (this.#peekOperator() === '(') this.#at += 1
      items.push({ patterns: this.#patterns(), body: this.list(['esac']) })
      this.#skipNewlines()
      if (this.#peekOperator() === ';;') this.#at += 2
      else if (this.#peekReserved() !== 'esac') throw this.unexpected()
    }
  }

  #patterns(): Word[] {
    const patterns: Word[] = []
    for (;;) {
      const pattern = this.#word()
      if (pattern === undefined) throw this.unexpected()
      patterns.push(pattern)
      if (this.#peekOperator() !== '|') break
      this.#at += 1
    }
    this.#expect(')')
    return patterns
  }

  #simple(): Command {
    const from = this.#at
    const [assigns, words, redirects]: [{ name: string; word: Word }[], Word[], Redirect[]] = [[], [], []]
    for (;;) {
      const redirect = this.#redirect()
      if (redirect !== undefined) {
        redirects.push(redirect)
        continue
      }
      const word = this.#word()
      if (word === undefined) break
      const assign = words.length === 0 ? assignOf(word) : undefined
      if (assign) assigns.push(assign)
      else words.push(word)
      if (words.length === 1 && redirects.length + assigns.length === 0 && this.#text[this.#at] === '(') return this.#function(word)
    }
    if (assigns.length + words.length + redirects.length === 0) {
      this.#at = from
      throw this.unexpected()
    }
    return { type: 'simple', assigns, words, redirects }
  }

  #function(word: Word): Command {
    this.#expect('(')
    this.#expect(')')
    this.#skipNewlines()
    const from = this.#at
    const parsed = this.#command()
    const text = this.#text.slice(from, this.#at)
    const body = shared.get(text)?.deref() ?? parsed
    if (body === parsed) shared.set(text, new WeakRef(parsed))
    const [part] = word
    return { type: 'function', name: part?.type === 'text' ? part.text : '', body }
  }

  #redirects(): Redirect[] {
    const redirects: Redirect[] = []
    for (let one = this.#redirect(); one !== undefined; one = this.#redirect()) redirects.push(one)
    return redirects
  }

  #redirect(): Redirect | undefined {
    this.#skipBlanks()
    const from = this.#at
    const digits = this.#match(/\d+(?=[<>])/y)
    const operator = this.#peekOperator()
    if (operator === undefined || !/^[<>]/.test(operator)) {
      this.#at = from
      return undefined
    }
    this.#at += operator.length
    const fd = digits === undefined ? (operator.startsWith('<') ? 0 : 1) : Number(digits)
    const word = this.#word()
    if (word === undefined) throw this.unexpected()
    if (operator !== '<<') return { fd, operator: operator as Redirect['operator'], word }
    const here = { fd, operator, word: [] as Word } as { fd: number; operator: '<<'; word: Word }
    const isQuoted = word.some((part) => part.isQuoted)
    const end = word.map((part) => (part.type === 'text' ? part.text : '')).join('')
    this.#pending.push({ end, isQuoted, fill: (text) => Object.assign(here, { word: text }) })
    return here
  }

  #readHereDocuments(): void {
    const pending = this.#pending
    this.#pending = []
    for (const { end, isQuoted, fill } of pending) {
      const from = this.#at
      let at = from
      for (;;) {
        const newline = this.#text.indexOf('\n', at)
        const line = newline === -1 ? this.#text.slice(at) : this.#text.slice(at, newline)
        if (line === end) {
          const body = this.#text.slice(from, at)
          fill(isQuoted ? [{ type: 'text', text: body, isQuoted: true }] : new Parser(body).quotedParts())
          this.#at = newline === -1 ? this.#text.length : newline + 1
          break
        }
        if (newline === -1) throw new Incomplete(`here-document ${end} has no end`)
        at = newline + 1
      }
    }
  }

  /** All of the text, as within double quotes. */
  quotedParts(): Word {
    const parts: Part[] = []
    while (this.#at < this.#text.length) this.#quotedPart(parts, false)
    return parts
  }

  #word(isInBraces = false): Word | undefined {
    this.#skipBlanks()
    const parts: Part[] = []
    for (;;) {
      const character = this.#text[this.#at]
      if (character === undefined) break
      if (isInBraces ? character === '}' : /[\s<>&|;()]/.test(character)) break
      if (character === '#' && parts.length === 0 && !isInBraces) break
      this.#unquotedPart(character, parts, isInBraces)
    }
    return parts.length === 0 ? undefined : parts
  }

  #unquotedPart(character: string, parts: Part[], isInBraces: boolean): void {
    if (character === "'") parts.push({ type: 'text', text: this.#single(), isQuoted: true })
    else if (character === '"') this.#double(parts)
    else if (character === '\\') {
      if (this.#text[this.#at + 1] !== '\n') parts.push({ type: 'text', text: this.#text[this.#at + 1] ?? '', isQuoted: true })
      this.#at += 2
    } else if (character === '$') parts.push(this.#dollar(false))
    else {
      const text = isInBraces ? (this.#match(/[^'"\\$`}]+/y) ?? '') : (this.#match(plain) ?? this.#text[this.#at++] ?? '')
      if (text === '') throw this.unexpected()
      parts.push({ type: 'text', text, isQuoted: false })
    }
  }

  #single(): string {
    const end = this.#text.indexOf("'", this.#at + 1)
    if (end === -1) throw new Incomplete('a quote has no end')
    const text = this.#text.slice(this.#at + 1, end)
    this.#at = end + 1
    return text
  }

  #double(parts: Part[]): void {
    this.#at += 1
    const before = parts.length
    while (this.#text[this.#at] !== '"') {
      if (this.#at >= this.#text.length) throw new Incomplete('a quote has no end')
      this.#quotedPart(parts, true)
    }
    // An empty string is a word too; "$@" of nothing is none.
    if (parts.length === before) parts.push({ type: 'text', text: '', isQuoted: true })
    this.#at += 1
  }

  #quotedPart(parts: Part[], endsAtQuote: boolean): void {
    const character = this.#text[this.#at]
    if (character === '$') {
      parts.push(this.#dollar(true))
      return
    }
    if (character === '\\') {
      const next = this.#text[this.#at + 1] ?? ''
      this.#at += 2
      if (next !== '\n')
        parts.push({ type: 'text', text: (endsAtQuote ? '$`\\"' : '$`\\').includes(next) ? next : `\\${next}`, isQuoted: true })
      return
    }
    const text = this.#match(endsAtQuote ? /[^"$\\]+/y : /[^$\\]+/y)
    if (text === undefined) throw this.unexpected()
    parts.push({ type: 'text', text, isQuoted: true })
  }

  #dollar(isQuoted: boolean): Part {
    this.#at += 1
    if (this.#text.startsWith('((', this.#at)) return this.#arithmetic(isQuoted)
    if (this.#text[this.#at] === '(') {
      this.#at += 1
      const body = this.list([])
      this.#expect(')')
      return { type: 'command', body, isQuoted }
    }
    if (this.#text[this.#at] === '{') return this.#braced(isQuoted)
    const found = this.#match(name) ?? this.#match(/[0-9@*#?$!-]/y)
    return found === undefined
      ? { type: 'text', text: '$', isQuoted: true }
      : { type: 'parameter', name: found, operator: '', word: [], isQuoted }
  }

  #arithmetic(isQuoted: boolean): Part {
    this.#at += 2
    const from = this.#at
    let depth = 0
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]
      if (character === '(') depth++
      else if (character === ')' && depth-- === 0) break
    }
    if (this.#text.slice(this.#at, this.#at + 2) !== '))') throw this.unexpected()
    const inner = this.#text.slice(from, this.#at)
    this.#at += 2
    return { type: 'arithmetic', word: new Parser(inner).quotedParts(), isQuoted }
  }

  #braced(isQuoted: boolean): Part {
    this.#at += 1
    if (this.#text[this.#at] === '#' && this.#text[this.#at + 1] !== '}') {
      this.#at += 1
      const counted = this.#match(/[A-Za-z0-9_@*?]+/y) ?? ''
      this.#expect('}')
      return { type: 'length', name: counted, isQuoted }
    }
    const found = this.#match(name) ?? this.#match(/\d+|[@*#?$!-]/y)
    if (found === undefined) throw this.unexpected()
    const operator = this.#match(/:?[-=?+]|%%?|##?/y) ?? ''
    const word = operator === '' ? [] : this.#bracedWord(isQuoted && !/[%#]/.test(operator))
    if (this.#text[this.#at] !== '}') throw this.unexpected()
    this.#at += 1
    return { type: 'parameter', name: found, operator, word, isQuoted }
  }

  #bracedWord(isQuoted: boolean): Word {
    if (!isQuoted) {
      const parts: Part[] = []
      while (this.#at < this.#text.length && this.#text[this.#at] !== '}') this.#unquotedPart(this.#text[this.#at] ?? '', parts, true)
      return parts
    }
    const parts: Part[] = []
    while (this.#at < this.#text.length && this.#text[this.#at] !== '}') {
      const character = this.#text[this.#at]
      if (character === '"') this.#double(parts)
      else if (character === '$' || character === '\\') this.#quotedPart(parts, true)
      else parts.push({ type: 'text', text: this.#match(/[^}"$\\]+/y) ?? '', isQuoted: true })
    }
    return parts
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #skipBlanks(): void {
    for (;;) {
      const character = this.#text[this.#at]
      if (character === ' ' || character === '\t') this.#at += 1
      else if (character === '\\' && this.#text[this.#at + 1] === '\n') this.#at += 2
      else if (character === '#') this.#at = endOfLine(this.#text, this.#at)
      else return
    }
  }

  #isNewline(): boolean {
    this.#skipBlanks()
    return this.#text[this.#at] === '\n'
  }

  #skipNewlines(): void {
    while (this.#isNewline()) {
      this.#at += 1
      this.#readHereDocuments()
    }
  }

  #peekOperator(): string | undefined {
    this.#skipBlanks()
    const character = this.#text[this.#at]
    if (character === undefined || !'<>&|;()'.includes(character)) return undefined
    return operators.find((one) => this.#text.startsWith(one, this.#at))
  }

  #peekReserved(): string | undefined {
    this.#skipBlanks()
    const pattern = /(?:[a-z]+|[{}!])(?=[\s;&|()<>]|$)/y
    pattern.lastIndex = this.#at
    const word = pattern.exec(this.#text)?.[0]
    return word !== undefined && reserved.has(word) ? word : undefined
  }

  #takeReserved(word: string): boolean {
    if (this.#peekReserved() !== word) return false
    this.#at += word.length
    return true
  }

  #take(word: string): void {
    this.#skipBlanks()
    this.#at += word.length
  }

  #must(word: string): void {
    this.#skipNewlines()
    if (!this.#takeReserved(word)) throw this.unexpected()
  }

  #expect(operator: string): void {
    this.#skipNewlines()
    if (!this.#text.startsWith(operator, this.#at)) throw this.unexpected()
    this.#at += operator.length
  }
}

function assignOf(word: Word): { name: string; word: Word } | undefined {
  const [first, ...rest] = word
  if (first?.type !== 'text' || first.isQuoted) return undefined
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(first.text)
  if (match?.[1] === undefined) return undefined
  const value = first.text.slice(match[0].length)
  return { name: match[1], word: value === '' ? rest : [{ ...first, text: value }, ...rest] }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}
