import { describe, expect, it } from 'vitest'
import { type Mutant, type MutationReport, pickOf, rangesOf, sampleText, tableOf, unnoticed } from './mutationReport.ts'
import { randomFrom } from './random.ts'

const mutant = (line: number, status: string, more: Partial<Mutant> = {}): Mutant => ({
  mutatorName: 'BooleanLiteral',
  replacement: 'true',
  status,
  location: { start: { line, column: 3 }, end: { line, column: 8 } },
  ...more,
})
const long = { location: { start: { line: 1, column: 1 }, end: { line: 9, column: 2 } } }
const report: MutationReport = {
  files: {
    'a/one.ts': {
      mutants: [mutant(1, 'Killed'), mutant(2, 'Survived'), mutant(3, 'NoCoverage'), mutant(4, 'Ignored'), mutant(1, 'NoCoverage', long)],
    },
    'b/two.ts': { mutants: [mutant(5, 'Timeout')] },
  },
}
const picks = pickOf(report, 10, randomFrom(1))

describe('what is told of mutants', () => {
  it('is counted by folder; what is no mutant counts for nothing', () => {
    expect(tableOf(report)).toContain('| a | 4 | 1 | 1 | 2 | 25 % |\n| b | 1 | 1 | 0 | 0 | 100 % |\n')
  })

  it('is sampled from those that are alive and short, each once', () => {
    expect(picks.map(({ mutant: { location } }) => location.start.line).sort()).toEqual([2, 3])
    expect(rangesOf(picks).toSorted()).toEqual(['a/one.ts:2:2-2:7', 'a/one.ts:3:2-3:7'])
    expect(pickOf(report, 1, randomFrom(2))).toHaveLength(1)
  })

  it('says what the sample means for all of them, and names those that nothing noticed', () => {
    const result = { files: { 'a/one.ts': { mutants: [mutant(2, 'Killed'), mutant(3, 'Survived'), mutant(4, 'Killed')] } } }
    const text = sampleText(report, picks, [result], 1)
    expect(text).toContain('a/one.ts:3:3 BooleanLiteral → true: Survived\n')
    expect(text).toContain(
      '2 of 5 mutants were noticed by the last run; of 2 of the 3 others (seed 1) the tests on a shell, in memory and then a real one, notice 1.',
    )
    expect(text).toContain('about 70 % of all, give or take 42 %')
    expect(sampleText(report, picks, [], 1)).toContain('not tried')
  })

  it('asks the slower tests only about what the faster ones did not notice', () => {
    const faster = { files: { 'a/one.ts': { mutants: [mutant(2, 'Timeout'), mutant(3, 'Survived')] } } }
    const slower = { files: { 'a/one.ts': { mutants: [mutant(3, 'Killed')] } } }
    expect(unnoticed(picks, [])).toEqual(picks)
    expect(unnoticed(picks, [faster]).map(({ mutant: { location } }) => location.start.line)).toEqual([3])
    expect(unnoticed(picks, [faster, slower])).toEqual([])
    expect(sampleText(report, picks, [faster, slower], 1)).toContain('notice 2.')
  })
})
