import { Composer, type CST, type Document, Lexer, type LineCounter, Parser } from 'yaml'
import type { Limits } from './limits.ts'

/** A place in a text, both from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** What is wrong at a place. */
export interface Finding extends Place {
  readonly summary: string
  readonly hint?: string
}

const yamlOptions = { version: '1.2', schema: 'core', strict: true, uniqueKeys: false, merge: false, resolveKnownTags: false } as const

/** Documents of YAML 1.2 (core schema), each with its own errors. */
export function* compose(tokens: readonly CST.Token[]): Generator<Document> {
  for (const document of new Composer(yamlOptions).compose(tokens)) yield document as Document
}

/** Tokens of the whole text, or the place where it goes too deep or too far: a bomb is refused before anything recursive sees it. */
export function tokenise(text: string, lines: LineCounter, limits: Limits): readonly CST.Token[] | Finding {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  const tokens: CST.Token[] = []
  let documents = 1
  const here = (): Place => {
    const { line, col } = lines.linePos(parser.offset)
    return { line, column: col }
  }
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (lexeme === '---') documents++
    if (parser.stack.length > limits.depth * 2 + 10)
      return { ...here(), summary: `the document is nested more than ${limits.depth} deep`, hint: 'no manifest needs that' }
    if (documents > limits.documents + 1)
      return { ...here(), summary: `the file holds more than ${limits.documents} documents`, hint: 'split it into several files' }
  }
  for (const token of parser.end()) tokens.push(token)
  return tokens
}
