import { type Cursor, Incomplete } from './cursor.ts'
import type { Command, Part, Word } from './syntax.ts'

const plain = /[^\s'"\\$`<>&|;()#]+/y
const name = /[A-Za-z_][A-Za-z0-9_]*/y

/** What may stand in a word and is no part of one. */
export interface Nested {
  /** The commands of `$(…)`, from the same place on. */
  list(): Command
  /** Another text, as within double quotes. */
  quoted(text: string): Word
}

/** Reads words at a place in a text, with all that stands in them (XCU 2.2, 2.6). */
export class Words {
  readonly #cursor: Cursor
  readonly #nested: Nested

  constructor(cursor: Cursor, nested: Nested) {
    this.#cursor = cursor
    this.#nested = nested
  }

  /** All of the text, as within double quotes. */
  quotedParts(): Word {
    const parts: Part[] = []
    while (this.#cursor.at < this.#cursor.text.length) this.#quotedPart(parts, false)
    return parts
  }

  word(isInBraces = false): Word | undefined {
    this.#cursor.skipBlanks()
    const parts: Part[] = []
    for (;;) {
      const character = this.#cursor.text[this.#cursor.at]
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
      if (this.#cursor.text[this.#cursor.at + 1] !== '\n')
        parts.push({ type: 'text', text: this.#cursor.text[this.#cursor.at + 1] ?? '', isQuoted: true })
      this.#cursor.at += 2
    } else if (character === '$') parts.push(this.#dollar(false))
    else {
      const text = isInBraces
        ? (this.#cursor.match(/[^'"\\$`}]+/y) ?? '')
        : (this.#cursor.match(plain) ?? this.#cursor.text[this.#cursor.at++] ?? '')
      if (text === '') throw this.#cursor.unexpected()
      parts.push({ type: 'text', text, isQuoted: false })
    }
  }

  #single(): string {
    const end = this.#cursor.text.indexOf("'", this.#cursor.at + 1)
    if (end === -1) throw new Incomplete('a quote has no end')
    const text = this.#cursor.text.slice(this.#cursor.at + 1, end)
    this.#cursor.at = end + 1
    return text
  }

  #double(parts: Part[]): void {
    this.#cursor.at += 1
    const before = parts.length
    while (this.#cursor.text[this.#cursor.at] !== '"') {
      if (this.#cursor.at >= this.#cursor.text.length) throw new Incomplete('a quote has no end')
      this.#quotedPart(parts, true)
    }
    // An empty string is a word too; "$@" of nothing is none.
    if (parts.length === before) parts.push({ type: 'text', text: '', isQuoted: true })
    this.#cursor.at += 1
  }

  #quotedPart(parts: Part[], endsAtQuote: boolean): void {
    const character = this.#cursor.text[this.#cursor.at]
    if (character === '$') {
      parts.push(this.#dollar(true))
      return
    }
    if (character === '\\') {
      const next = this.#cursor.text[this.#cursor.at + 1] ?? ''
      this.#cursor.at += 2
      if (next !== '\n')
        parts.push({ type: 'text', text: (endsAtQuote ? '$`\\"' : '$`\\').includes(next) ? next : `\\${next}`, isQuoted: true })
      return
    }
    const text = this.#cursor.match(endsAtQuote ? /[^"$\\]+/y : /[^$\\]+/y)
    if (text === undefined) throw this.#cursor.unexpected()
    parts.push({ type: 'text', text, isQuoted: true })
  }

  #dollar(isQuoted: boolean): Part {
    this.#cursor.at += 1
    if (this.#cursor.text.startsWith('((', this.#cursor.at)) return this.#arithmetic(isQuoted)
    if (this.#cursor.text[this.#cursor.at] === '(') {
      this.#cursor.at += 1
      const body = this.#nested.list()
      this.#cursor.expect(')')
      return { type: 'command', body, isQuoted }
    }
    if (this.#cursor.text[this.#cursor.at] === '{') return this.#braced(isQuoted)
    const found = this.#cursor.match(name) ?? this.#cursor.match(/[0-9@*#?$!-]/y)
    return found === undefined
      ? { type: 'text', text: '$', isQuoted: true }
      : { type: 'parameter', name: found, operator: '', word: [], isQuoted }
  }

  #arithmetic(isQuoted: boolean): Part {
    this.#cursor.at += 2
    const from = this.#cursor.at
    let depth = 0
    for (; this.#cursor.at < this.#cursor.text.length; this.#cursor.at++) {
      const character = this.#cursor.text[this.#cursor.at]
      if (character === '(') depth++
      else if (character === ')' && depth-- === 0) break
    }
    if (this.#cursor.text.slice(this.#cursor.at, this.#cursor.at + 2) !== '))') throw this.#cursor.unexpected()
    const inner = this.#cursor.text.slice(from, this.#cursor.at)
    this.#cursor.at += 2
    return { type: 'arithmetic', word: this.#nested.quoted(inner), isQuoted }
  }

  #braced(isQuoted: boolean): Part {
    this.#cursor.at += 1
    if (this.#cursor.text[this.#cursor.at] === '#' && this.#cursor.text[this.#cursor.at + 1] !== '}') {
      this.#cursor.at += 1
      const counted = this.#cursor.match(/[A-Za-z0-9_@*?]+/y) ?? ''
      this.#cursor.expect('}')
      return { type: 'length', name: counted, isQuoted }
    }
    const found = this.#cursor.match(name) ?? this.#cursor.match(/\d+|[@*#?$!-]/y)
    if (found === undefined) throw this.#cursor.unexpected()
    const operator = this.#cursor.match(/:?[-=?+]|%%?|##?/y) ?? ''
    const word = operator === '' ? [] : this.#bracedWord(isQuoted && !/[%#]/.test(operator))
    if (this.#cursor.text[this.#cursor.at] !== '}') throw this.#cursor.unexpected()
    this.#cursor.at += 1
    return { type: 'parameter', name: found, operator, word, isQuoted }
  }

  #bracedWord(isQuoted: boolean): Word {
    if (!isQuoted) {
      const parts: Part[] = []
      while (this.#cursor.at < this.#cursor.text.length && this.#cursor.text[this.#cursor.at] !== '}')
        this.#unquotedPart(this.#cursor.text[this.#cursor.at] ?? '', parts, true)
      return parts
    }
    const parts: Part[] = []
    while (this.#cursor.at < this.#cursor.text.length && this.#cursor.text[this.#cursor.at] !== '}') {
      const character = this.#cursor.text[this.#cursor.at]
      if (character === '"') this.#double(parts)
      else if (character === '$' || character === '\\') this.#quotedPart(parts, true)
      else parts.push({ type: 'text', text: this.#cursor.match(/[^}"$\\]+/y) ?? '', isQuoted: true })
    }
    return parts
  }
}
