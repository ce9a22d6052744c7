import type { Diagnostic } from '../model/manifest.ts'

/** Version of the JSON form: a stable contract. */
export const diagnosticsFormat = 1

export interface DiagnosticsOptions {
  readonly format: 'text' | 'json' | 'github'
  /** Text of a file at the diagnostic's commit, for showing the line; undefined where it is not at hand. */
  readonly textOf?: (file: string) => string | undefined
  /** What a path is relative to, such as `fleet/`, put before each file. */
  readonly prefix?: string
}

const widest = 160

/** Findings as people (text), programs (json) or GitHub's annotations read them. Ends with a newline unless there is nothing to say. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], options: DiagnosticsOptions): string {
  if (options.format === 'json')
    return `${JSON.stringify({ version: diagnosticsFormat, diagnostics: diagnostics.map((each) => jsonForm(each, options)) }, null, 2)}\n`
  const lines = diagnostics.map((each) => (options.format === 'github' ? annotation(each, options) : textForm(each, options)))
  return lines.map((line) => `${line}\n`).join('')
}

/** What is wrong and what to do, in one line, without the place: `spec.cpus: must be a whole number; write it without quotes`. */
export function sentenceOf({ path, summary, hint }: Diagnostic): string {
  return `${path === '' ? '' : `${path}: `}${summary}${hint === undefined ? '' : `; ${hint}`}`
}

/** `file:line:column`; the file alone where the finding is about the whole of it. */
export function placeOf({ at }: Diagnostic, prefix = ''): string {
  return at.line === 0 ? `${prefix}${at.file}` : `${prefix}${at.file}:${at.line}:${at.column}`
}

function textForm(diagnostic: Diagnostic, { textOf, prefix }: DiagnosticsOptions): string {
  const head = printable(`${placeOf(diagnostic, prefix)}: ${diagnostic.severity}: ${sentenceOf(diagnostic)}`)
  const excerpt = excerptOf(diagnostic, textOf?.(diagnostic.at.file))
  return excerpt === undefined ? head : `${head}\n${excerpt}`
}

/** The line of the file with a caret under the column; a long line is cut around it. */
function excerptOf({ at }: Diagnostic, text: string | undefined): string | undefined {
  const line = at.line === 0 ? undefined : text?.split('\n')[at.line - 1]?.replace(/\r$/, '')
  if (line === undefined) return undefined
  const start = Math.max(0, Math.min(at.column - 1 - widest / 2, line.length - widest))
  const shown = printable(line.slice(start, start + widest).replaceAll('\t', ' '))
  const number = String(at.line).padStart(5)
  return `${number} | ${shown}\n${' '.repeat(number.length)} | ${' '.repeat(at.column - 1 - start)}^`
}

/** Control characters must not reach a terminal: a manifest is not to be trusted with escape sequences. */
function printable(text: string): string {
  return text.replace(/[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
}

function jsonForm({ severity, at, path, summary, hint, manifest }: Diagnostic, { prefix = '' }: DiagnosticsOptions): object {
  return {
    severity,
    file: `${prefix}${at.file}`,
    line: at.line,
    column: at.column,
    path,
    summary,
    hint: hint ?? null,
    manifest: manifest ?? null,
  }
}

/** A workflow command of GitHub Actions; its escapes are those of @actions/core. */
function annotation(diagnostic: Diagnostic, { prefix = '' }: DiagnosticsOptions): string {
  const { severity, at } = diagnostic
  const where = [`file=${property(`${prefix}${at.file}`)}`, ...(at.line === 0 ? [] : [`line=${at.line}`, `col=${at.column}`])].join(',')
  return `::${severity} ${where}::${data(sentenceOf(diagnostic))}`
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
