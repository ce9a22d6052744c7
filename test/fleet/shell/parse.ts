import { Cursor, Incomplete } from './cursor.ts'
import type { Command, Redirect, Word } from './syntax.ts'
import { Words } from './words.ts'

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

/** Reads commands. */
class Parser {
  readonly #cursor: Cursor
  readonly #words: Words
  #pending: PendingHere[] = []

  constructor(text: string) {
    this.#cursor = new Cursor(text, () => this.#readHereDocuments())
    this.#words = new Words(this.#cursor, { list: () => this.list([]), quoted: (inner) => new Parser(inner).quotedParts() })
  }

  unexpected(): Error {
    return this.#cursor.unexpected()
  }

  /** All of the text, as within double quotes. */
  quotedParts(): Word {
    return this.#words.quotedParts()
  }

  isAtEnd(): boolean {
    this.#cursor.skipNewlines()
    return this.#cursor.at >= this.#cursor.text.length
  }

  list(ends: readonly string[]): Command {
    const items: { command: Command; isBackground: boolean }[] = []
    for (;;) {
      this.#cursor.skipNewlines()
      if (this.#cursor.at >= this.#cursor.text.length || this.#cursor.peekOperator() === ')' || this.#cursor.peekOperator() === ';;') break
      const word = this.#cursor.peekReserved()
      if (word !== undefined && ends.includes(word)) break
      const command = this.#andOr()
      const operator = this.#cursor.peekOperator()
      if (operator === '&' || operator === ';') this.#cursor.at += 1
      items.push({ command, isBackground: operator === '&' })
      const isParted = operator === '&' || operator === ';' || this.#cursor.isNewline()
      if (!isParted) break
    }
    return items.length === 1 && items[0]?.isBackground === false ? items[0].command : { type: 'list', items }
  }

  #andOr(): Command {
    const first = this.#pipeline()
    const rest: { operator: '&&' | '||'; command: Command }[] = []
    for (;;) {
      const operator = this.#cursor.peekOperator()
      if (operator !== '&&' && operator !== '||') break
      this.#cursor.at += 2
      this.#cursor.skipNewlines()
      rest.push({ operator, command: this.#pipeline() })
    }
    return rest.length === 0 ? first : { type: 'andOr', first, rest }
  }

  #pipeline(): Command {
    let isNegated = false
    while (this.#cursor.takeReserved('!')) isNegated = !isNegated
    const commands = [this.#command()]
    while (this.#cursor.peekOperator() === '|') {
      this.#cursor.at += 1
      this.#cursor.skipNewlines()
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
    if (this.#cursor.peekOperator() === '(') {
      this.#cursor.at += 1
      const body = this.list([])
      this.#cursor.expect(')')
      return { type: 'subshell', body }
    }
    switch (this.#cursor.peekReserved()) {
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
        this.#cursor.take('{')
        const body = this.list(['}'])
        this.#cursor.must('}')
        return { type: 'group', body }
      }
      default:
        return undefined
    }
  }

  #if(): Command {
    const clauses: { condition: Command; body: Command }[] = []
    let word = 'if'
    while (this.#cursor.takeReserved(word)) {
      const condition = this.list(['then'])
      this.#cursor.must('then')
      clauses.push({ condition, body: this.list(['elif', 'else', 'fi']) })
      word = 'elif'
    }
    const otherwise = this.#cursor.takeReserved('else') ? this.list(['fi']) : undefined
    this.#cursor.must('fi')
    return { type: 'if', clauses, otherwise }
  }

  #while(): Command {
    const isUntil = this.#cursor.peekReserved() === 'until'
    this.#cursor.take(isUntil ? 'until' : 'while')
    const condition = this.list(['do'])
    return { type: 'while', isUntil, condition, body: this.#doGroup() }
  }

  #for(): Command {
    this.#cursor.take('for')
    this.#cursor.skipBlanks()
    const variable = this.#cursor.match(name)
    if (variable === undefined) throw this.#cursor.unexpected()
    this.#cursor.skipNewlines()
    let words: Word[] | undefined
    if (this.#cursor.takeReserved('in')) {
      words = []
      for (let word = this.#words.word(); word !== undefined; word = this.#words.word()) words.push(word)
    }
    if (this.#cursor.peekOperator() === ';') this.#cursor.at += 1
    return { type: 'for', name: variable, words, body: this.#doGroup() }
  }

  #doGroup(): Command {
    this.#cursor.skipNewlines()
    this.#cursor.must('do')
    const body = this.list(['done'])
    this.#cursor.must('done')
    return body
  }

  #case(): Command {
    this.#cursor.take('case')
    const word = this.#words.word()
    if (word === undefined) throw this.#cursor.unexpected()
    this.#cursor.skipNewlines()
    this.#cursor.must('in')
    const items: { patterns: Word[]; body: Command }[] = []
    for (;;) {
      this.#cursor.skipNewlines()
      if (this.#cursor.takeReserved('esac')) return { type: 'case', word, items }
      if (this.#cursor.peekOperator() === '(') this.#cursor.at += 1
      items.push({ patterns: this.#patterns(), body: this.list(['esac']) })
      this.#cursor.skipNewlines()
      if (this.#cursor.peekOperator() === ';;') this.#cursor.at += 2
      else if (this.#cursor.peekReserved() !== 'esac') throw this.#cursor.unexpected()
    }
  }

  #patterns(): Word[] {
    const patterns: Word[] = []
    for (;;) {
      const pattern = this.#words.word()
      if (pattern === undefined) throw this.#cursor.unexpected()
      patterns.push(pattern)
      if (this.#cursor.peekOperator() !== '|') break
      this.#cursor.at += 1
    }
    this.#cursor.expect(')')
    return patterns
  }

  #simple(): Command {
    const from = this.#cursor.at
    const [assigns, words, redirects]: [{ name: string; word: Word }[], Word[], Redirect[]] = [[], [], []]
    for (;;) {
      const redirect = this.#redirect()
      if (redirect !== undefined) {
        redirects.push(redirect)
        continue
      }
      const word = this.#words.word()
      if (word === undefined) break
      const assign = words.length === 0 ? assignOf(word) : undefined
      if (assign) assigns.push(assign)
      else words.push(word)
      if (words.length === 1 && redirects.length + assigns.length === 0 && this.#cursor.text[this.#cursor.at] === '(')
        return this.#function(word)
    }
    if (assigns.length + words.length + redirects.length === 0) {
      this.#cursor.at = from
      throw this.#cursor.unexpected()
    }
    return { type: 'simple', assigns, words, redirects }
  }

  #function(word: Word): Command {
    this.#cursor.expect('(')
    this.#cursor.expect(')')
    this.#cursor.skipNewlines()
    const from = this.#cursor.at
    const parsed = this.#command()
    const text = this.#cursor.text.slice(from, this.#cursor.at)
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
    this.#cursor.skipBlanks()
    const from = this.#cursor.at
    const digits = this.#cursor.match(/\d+(?=[<>])/y)
    const operator = this.#cursor.peekOperator()
    if (operator === undefined || !/^[<>]/.test(operator)) {
      this.#cursor.at = from
      return undefined
    }
    this.#cursor.at += operator.length
    const fd = digits === undefined ? (operator.startsWith('<') ? 0 : 1) : Number(digits)
    const word = this.#words.word()
    if (word === undefined) throw this.#cursor.unexpected()
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
      const from = this.#cursor.at
      let at = from
      for (;;) {
        const newline = this.#cursor.text.indexOf('\n', at)
        const line = newline === -1 ? this.#cursor.text.slice(at) : this.#cursor.text.slice(at, newline)
        if (line === end) {
          const body = this.#cursor.text.slice(from, at)
          fill(isQuoted ? [{ type: 'text', text: body, isQuoted: true }] : new Parser(body).quotedParts())
          this.#cursor.at = newline === -1 ? this.#cursor.text.length : newline + 1
          break
        }
        if (newline === -1) throw new Incomplete(`here-document ${end} has no end`)
        at = newline + 1
      }
    }
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
