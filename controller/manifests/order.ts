import type { Diagnostic } from '../model/manifest.ts'

/** Findings by file, line and column. */
export function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
  return diagnostics.toSorted(
    (a, b) =>
      compare(a.at.file, b.at.file) ||
      a.at.line - b.at.line ||
      a.at.column - b.at.column ||
      compare(a.path, b.path) ||
      compare(a.summary, b.summary),
  )
}
