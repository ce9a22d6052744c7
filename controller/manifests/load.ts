import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  type YAMLMap,
} from 'yaml'
import type { Diagnostic, SourceRef } from '../model/manifest.ts'
import type { TreeFile } from '../model/tree.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { type PathStep, parsePath } from './path.ts'
import { plainValue } from './plain.ts'
import { openedBefore, syntaxSentence } from './syntax.ts'
import { decodeText } from './text.ts'

/** One YAML document of a file, as plain data with positions. */
export interface YamlDocument {
  readonly value: unknown
  /** Position of a field by path; the nearest parent where it is absent. */
  at(path: string): SourceRef
  /** Position of the field's name, for complaints about the name itself. */
  atName(path: string): SourceRef
  readonly diagnostics: readonly Diagnostic[]
}

export interface YamlFile {
  readonly path: string
  /** Documents that could be read; empty ones (comments only) are left out. */
  readonly documents: readonly YamlDocument[]
  /** What concerns the file and not one readable document: encoding, syntax, limits. */
  readonly diagnostics: readonly Diagnostic[]
  /** Its text, for showing the line of a finding. */
  readonly text: string
}

/**
 * Reads a file of several YAML documents (YAML 1.2, core schema) with positions. Never throws on input: what cannot be read is a diagnostic,
 * and the documents beside it are still there.
 */
export function readYaml(file: TreeFile, limits: Limits = defaultLimits): YamlFile {
  if (file.bytes.length > limits.fileBytes)
    return unreadable(file.path, '', {
      line: 0,
      column: 0,
      summary: `the file has ${file.bytes.length} bytes; ${limits.fileBytes} are allowed`,
      hint: 'split it into several files',
    })
  const { text, problem } = decodeText(file.bytes)
  if (problem) return unreadable(file.path, text, { ...placeIn(text, problem.offset), ...problem })
  return parseText(file.path, text, limits)
}

interface Place {
  readonly line: number
  readonly column: number
}

interface Finding extends Place {
  readonly summary: string
  readonly hint?: string
}

function unreadable(path: string, text: string, finding: Finding): YamlFile {
  return { path, documents: [], diagnostics: [diagnostic({ file: path, ...place(finding) }, '', finding)], text }
}

function place({ line, column }: Place): Place {
  return { line, column }
}

function placeIn(text: string, offset: number): Place {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

function diagnostic(at: SourceRef, path: string, { summary, hint }: { readonly summary: string; readonly hint?: string }): Diagnostic {
  return { severity: 'error', at, path, summary, ...(hint === undefined ? {} : { hint }) }
}

function parseText(path: string, text: string, limits: Limits): YamlFile {
  const lines = new LineCounter()
  const tokens = tokenise(text, lines, limits)
  if ('summary' in tokens) return unreadable(path, text, tokens)
  const opened = (before: number): number | undefined => {
    const offset = openedBefore(tokens, before)
    return offset === undefined ? undefined : lines.linePos(offset).line
  }
  const composed: (Document | undefined)[] = []
  const diagnostics: Diagnostic[] = []
  for (const document of new Composer(yamlOptions).compose(tokens)) {
    const error = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])[0]
    if (error) {
      diagnostics.push(diagnostic(sourceRef(path, lines, error.pos[0]), '', syntaxSentence(error, text, opened)))
      composed.push(undefined)
    } else if (document.contents !== null) composed.push(document as Document)
    else composed.push(undefined)
  }
  const trees = createTrees({ documents: composed, lines }, text, limits)
  const documents = composed.flatMap((document, index) =>
    document === undefined ? [] : [readDocument(document, index, trees, path, lines, limits)],
  )
  return { path, documents, diagnostics, text }
}

/** The documents of a text as trees with positions: many times as large as the text, and asked for again only to place a finding. */
interface Trees {
  readonly documents: readonly (Document | undefined)[]
  readonly lines: LineCounter
}

/** Trees that may be forgotten at any time, and are made again from the text. */
function createTrees(trees: Trees, text: string, limits: Limits): () => Trees {
  let kept = new WeakRef(trees)
  return () => {
    const known = kept.deref() ?? composeAgain(text, limits)
    kept = new WeakRef(known)
    return known
  }
}

/** Of a text that could be read before. */
function composeAgain(text: string, limits: Limits): Trees {
  const lines = new LineCounter()
  const tokens = tokenise(text, lines, limits)
  if ('summary' in tokens) throw new Error(`a text that could be read cannot be read again: ${tokens.summary}`)
  const documents = [...new Composer(yamlOptions).compose(tokens)]
  return { lines, documents: documents.map((document) => (document.contents === null ? undefined : (document as Document))) }
}

const yamlOptions = { version: '1.2', schema: 'core', strict: true, uniqueKeys: false, merge: false, resolveKnownTags: false } as const

/** Tokens of the whole text, or the place where it goes too deep or too far: a bomb is refused before anything recursive sees it. */
function tokenise(text: string, lines: LineCounter, limits: Limits): readonly CST.Token[] | Finding {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  const tokens: CST.Token[] = []
  let documents = 1
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (lexeme === '---') documents++
    const here = (): Place => ({ line: lines.linePos(parser.offset).line, column: lines.linePos(parser.offset).col })
    if (parser.stack.length > limits.depth * 2 + 10)
      return { ...here(), summary: `the document is nested more than ${limits.depth} deep`, hint: 'no manifest needs that' }
    if (documents > limits.documents + 1)
      return { ...here(), summary: `the file holds more than ${limits.documents} documents`, hint: 'split it into several files' }
  }
  for (const token of parser.end()) tokens.push(token)
  return tokens
}

function sourceRef(file: string, lines: LineCounter, offset: number): SourceRef {
  const { line, col } = lines.linePos(offset)
  return { file, line, column: col }
}

function readDocument(
  document: Document,
  index: number,
  trees: () => Trees,
  file: string,
  lines: LineCounter,
  limits: Limits,
): YamlDocument {
  const { value, problems } = plainValue(document, limits, (offset) => lines.linePos(offset).line)
  const ref = (offset: number): SourceRef => sourceRef(file, lines, offset)
  const shown = problems.slice(0, limits.findings).map((problem) => diagnostic(ref(problem.offset), problem.path, problem))
  const placeOf = positions(index, trees, file)
  return { value, at: (path) => placeOf(path, 'value'), atName: (path) => placeOf(path, 'name'), diagnostics: shown }
}

/** Holds on to no tree: what is made here is kept as long as the manifest. */
function positions(index: number, trees: () => Trees, file: string): (path: string, aim: 'value' | 'name') => SourceRef {
  return (path, aim) => {
    const { documents, lines } = trees()
    const document = documents[index]
    if (document === undefined) throw new Error(`${file}: document ${index + 1} cannot be found again`)
    return sourceRef(file, lines, locate(document, parsePath(path), aim))
  }
}

/** Offset of the nearest node on the way to a path. */
function locate(document: Document, steps: readonly PathStep[], aim: 'value' | 'name'): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [index, step] of steps.entries()) {
    const next = child(isAlias(node) ? node.resolve(document) : node, step)
    if (next === undefined) return offset
    const isLast = index === steps.length - 1
    offset = isLast && aim === 'name' ? next.name : next.value
    node = next.node
  }
  return offset
}

/** A child with the offsets of its name and of its value; a block collection or nothing at all is shown at its name. */
function child(parent: unknown, step: PathStep): { readonly node: unknown; readonly name: number; readonly value: number } | undefined {
  if (isSeq(parent)) {
    const node = parent.items[Number(step)]
    const start = startOf(node)
    return start === undefined ? undefined : { node, name: start, value: start }
  }
  if (!isMap(parent)) return undefined
  const pair = parent.items.find((each) => isPair(each) && isScalar(each.key) && String(each.key.source ?? each.key.value) === String(step))
  const name = startOf(pair?.key)
  if (pair === undefined || name === undefined) return undefined
  return { node: pair.value, name, value: isShownAtName(pair.value) ? name : (startOf(pair.value) ?? name) }
}

function isShownAtName(value: unknown): boolean {
  if (isCollection(value)) return !(value as YAMLMap).flow
  return !isScalar(value) ? !isAlias(value) : value.source === ''
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0]
}
