const reserved = new Set(['if', 'then', 'elif', 'else', 'fi', 'do', 'done', 'case', 'esac', 'while', 'until', 'for', '{', '}', '!', 'in'])
const operators = ['<<-', '&&', '||', ';;', '<<', '>>', '<&', '>&', '<>', '>|', '<', '>', '&', '|', ';', '(', ')']

/** The text ends in the middle of a command. */
export class Incomplete extends Error {}

/** Owns the place in a shell text. */
export class Cursor {
  readonly text: string
  at = 0
  readonly #onNewline: () => void

  /** `onNewline`: called behind each newline between commands, where here-documents stand. */
  constructor(text: string, onNewline: () => void = () => {}) {
    this.text = text
    this.#onNewline = onNewline
  }

  unexpected(): Error {
    if (this.at >= this.text.length) return new Incomplete('the text ends in the middle')
    const line = this.text.slice(0, this.at).split('\n').length
    return new Error(`line ${line}: unexpected ${JSON.stringify(this.text.slice(this.at, this.at + 40))}`)
  }

  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }

  skipBlanks(): void {
    for (;;) {
      const character = this.text[this.at]
      if (character === ' ' || character === '\t') this.at += 1
      else if (character === '\\' && this.text[this.at + 1] === '\n') this.at += 2
      else if (character === '#') this.at = endOfLine(this.text, this.at)
      else return
    }
  }

  isNewline(): boolean {
    this.skipBlanks()
    return this.text[this.at] === '\n'
  }

  skipNewlines(): void {
    while (this.isNewline()) {
      this.at += 1
      this.#onNewline()
    }
  }

  peekOperator(): string | undefined {
    this.skipBlanks()
    const character = this.text[this.at]
    if (character === undefined || !'<>&|;()'.includes(character)) return undefined
    return operators.find((one) => this.text.startsWith(one, this.at))
  }

  peekReserved(): string | undefined {
    this.skipBlanks()
    const pattern = /(?:[a-z]+|[{}!])(?=[\s;&|()<>]|$)/y
    pattern.lastIndex = this.at
    const word = pattern.exec(this.text)?.[0]
    return word !== undefined && reserved.has(word) ? word : undefined
  }

  takeReserved(word: string): boolean {
    if (this.peekReserved() !== word) return false
    this.at += word.length
    return true
  }

  take(word: string): void {
    this.skipBlanks()
    this.at += word.length
  }

  must(word: string): void {
    this.skipNewlines()
    if (!this.takeReserved(word)) throw this.unexpected()
  }

  expect(operator: string): void {
    this.skipNewlines()
    if (!this.text.startsWith(operator, this.at)) throw this.unexpected()
    this.at += operator.length
  }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}
