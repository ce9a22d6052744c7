import { type CST, LineCounter, type Node } from 'yaml'
import type { Diagnostic, SourceRef } from '../model/manifest.ts'
import type { TreeFile } from '../model/tree.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { plainValue } from './plain.ts'
import { openedBefore, syntaxSentence } from './syntax.ts'
import { compose, type Finding, type Place, tokenise } from './syntaxTree.ts'
import { decodeText } from './text.ts'

/** One document of a file, as plain data. */
export interface ParsedDocument {
  /** Which of the file's documents it is, from 0, with those that are left out. */
  readonly index: number
  readonly value: unknown
  /** Where it begins. */
  readonly start: SourceRef
  readonly diagnostics: readonly Diagnostic[]
}

/** A file as plain data: it may come from another thread. */
export interface ParsedFile {
  readonly path: string
  /** Documents that could be read; empty ones (comments only) are left out. */
  readonly documents: readonly ParsedDocument[]
  /** What concerns the file and not one readable document: encoding, syntax, limits. */
  readonly diagnostics: readonly Diagnostic[]
  /** Its text, for showing the line of a finding. */
  readonly text: string
}

/** Parses a file of several YAML documents (YAML 1.2, core schema). Never throws on input: what cannot be read is a diagnostic, and the documents beside it are still there. */
export function parseFile({ path, bytes }: Pick<TreeFile, 'path' | 'bytes'>, limits: Limits = defaultLimits): ParsedFile {
  if (bytes.length > limits.fileBytes)
    return unreadable(path, '', {
      line: 0,
      column: 0,
      summary: `the file has ${bytes.length} bytes; ${limits.fileBytes} are allowed`,
      hint: 'split it into several files',
    })
  const { text, problem } = decodeText(bytes)
  if (problem) return unreadable(path, text, { ...placeIn(text, problem.offset), ...problem })
  return parseText(path, text, limits)
}

function unreadable(path: string, text: string, finding: Finding): ParsedFile {
  return { path, documents: [], diagnostics: [diagnostic({ file: path, line: finding.line, column: finding.column }, '', finding)], text }
}

function placeIn(text: string, offset: number): Place {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

function diagnostic(at: SourceRef, path: string, { summary, hint }: { readonly summary: string; readonly hint?: string }): Diagnostic {
  return { severity: 'error', at, path, summary, ...(hint === undefined ? {} : { hint }) }
}

function parseText(path: string, text: string, limits: Limits): ParsedFile {
  const lines = new LineCounter()
  const tokens = tokenise(text, lines, limits)
  if ('summary' in tokens) return unreadable(path, text, tokens)
  const refTo = (offset: number): SourceRef => {
    const { line, col } = lines.linePos(offset)
    return { file: path, line, column: col }
  }
  const documents: ParsedDocument[] = []
  const diagnostics: Diagnostic[] = []
  let index = 0
  for (const document of compose(tokens)) {
    const at = index++
    const error = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])[0]
    if (error) diagnostics.push(diagnostic(refTo(error.pos[0]), '', syntaxSentence(error, text, lineOfOpening(tokens, lines))))
    else if (document.contents !== null) {
      const { value, problems } = plainValue(document, limits, (offset) => lines.linePos(offset).line)
      const shown = problems.slice(0, limits.findings).map((problem) => diagnostic(refTo(problem.offset), problem.path, problem))
      documents.push({ index: at, value, start: refTo((document.contents as Node).range?.[0] ?? 0), diagnostics: shown })
    }
  }
  return { path, documents, diagnostics, text }
}

/** Line of what was opened last before an offset. */
function lineOfOpening(tokens: readonly CST.Token[], lines: LineCounter): (before: number) => number | undefined {
  return (before) => {
    const offset = openedBefore(tokens, before)
    return offset === undefined ? undefined : lines.linePos(offset).line
  }
}
