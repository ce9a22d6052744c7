import { describe, expect, it } from 'vitest'
import type { Diagnostic } from '../../controller/model/manifest.ts'
import { formatDiagnostics } from '../../controller/report/diagnostics.ts'

const one: Diagnostic = {
  severity: 'error',
  at: { file: 'a,b.yaml', line: 2, column: 9 },
  path: 'spec.cpus',
  summary: 'must be a whole number, not the text "2"',
  hint: 'write it without quotes',
}
const whole: Diagnostic = { severity: 'warning', at: { file: 'b.yaml', line: 0, column: 0 }, path: '', summary: '100% odd' }

describe('findings are shown', () => {
  it('as text, with the line and a caret', () => {
    const text = formatDiagnostics([one, whole], { format: 'text', prefix: 'fleet/', textOf: () => 'spec:\n  cpus: "2"\r\n' })
    expect(text).toBe(`fleet/a,b.yaml:2:9: error: spec.cpus: must be a whole number, not the text "2"; write it without quotes
    2 |   cpus: "2"
      |         ^
fleet/b.yaml: warning: 100% odd
`)
  })

  it('with a very long line cut around the place', () => {
    const line = `${'x'.repeat(5000)}HERE${'y'.repeat(5000)}`
    const text = formatDiagnostics([{ ...one, at: { ...one.at, line: 1, column: 5001 } }], { format: 'text', textOf: () => line })
    const [, excerpt = '', caret = ''] = text.split('\n')
    expect(excerpt.length).toBeLessThan(180)
    expect(excerpt.slice(caret.indexOf('^')).startsWith('HERE')).toBe(true)
  })

  it('without escape sequences for the terminal', () => {
    const text = formatDiagnostics([{ ...one, summary: 'a\u001b[2Jb' }], { format: 'text', textOf: () => '\n\u001b]0;x\u0007' })
    expect(text).not.toMatch(/[\u001b\u0007]/)
  })

  it('as JSON with a version', () => {
    expect(JSON.parse(formatDiagnostics([one], { format: 'json' }))).toEqual({
      version: 1,
      diagnostics: [
        {
          severity: 'error',
          file: 'a,b.yaml',
          line: 2,
          column: 9,
          path: 'spec.cpus',
          summary: one.summary,
          hint: one.hint,
          manifest: null,
        },
      ],
    })
  })

  it('as annotations of GitHub, escaped', () => {
    expect(formatDiagnostics([one, whole], { format: 'github' })).toBe(
      `::error file=a%2Cb.yaml,line=2,col=9::spec.cpus: must be a whole number, not the text "2"; write it without quotes\n::warning file=b.yaml::100%25 odd\n`,
    )
  })

  it('as nothing where there is nothing to say', () => {
    expect(formatDiagnostics([], { format: 'text' })).toBe('')
  })
})
