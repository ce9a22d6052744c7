import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { markOf } from './proof/instrument.ts'
import { alikeRows, type Proof, schemaGolden, schemaGoldenFile, tableOf } from './proof/proof.ts'
import { claimsOf, edited, gatesOf, sitesOf } from './proof/sites.ts'

/** Guards against bugs of ours: what they say can only be seen where another part of Reeve is wrong. By file and sentence, with the reason. */
const guards: Readonly<Record<string, string>> = {
  'controller/manifests/plain.ts "this is no value"': 'yaml has no further sort of node',
  'controller/manifests/sentence.ts "… is not allowed here"': 'a branch of a union that a value does not fit says why',
  'controller/system/files.ts "control characters but tab, line feed and carriage return are not allowed"':
    'no value of a manifest holds any (manifests/text.ts); this one would reach a file of a host',
}

/**
 * What the first run of this proof found (22 November 2026, 732 places and 1,580 constraints): 225 places that no row of these tables reached, now reached by about 150 new rows; of those that
 * were reached none could be taken away unseen; 1,435 constraints that no row broke. In the long run, with each schema compiled without the word, none of 1,100 was needless.
 * Found wrong on the way and put right: a value of another type was also told to hold fields that exclude each other; a text that must be one of some values was told to be put in
 * quotes; a short RSA key was said to be 8 bits longer; a sentence that nothing could reach; descriptions that named a thing and not its form ("That network", "File").
 */
const isLong = process.env['REEVE_TEST_LONG'] === '1'
let proof: Proof
const withoutLine = (name: string): string => name.replace(/:\d+ /, ' ')

describe('every row of bad input fails when what it tests is taken away', () => {
  beforeAll(() => {
    const root = join(import.meta.dirname, '../..')
    proof = JSON.parse(
      execFileSync(process.execPath, ['test/bad-input/proof/prove.ts', ...(isLong ? ['--long'] : [])], {
        cwd: root,
        maxBuffer: 1 << 27,
        encoding: 'utf8',
      }),
    )
  }, 3_600_000)

  it('says the same while it is watched', () => {
    expect(proof.wrongRows).toEqual([])
  })

  it('each sentence of the code about what people write, and each claim, is missed by a row of a table', () => {
    expect(proof.sites).toBeGreaterThan(700)
    const missing = proof.unproven.filter((name) => !(withoutLine(name) in guards))
    expect(missing.map((name) => `${name}: no row fails without it; add one to ${tableOf(name)}`)).toEqual([])
  })

  it('what is called a guard is one', () => {
    expect(Object.keys(guards).filter((guard) => !proof.unproven.some((name) => withoutLine(name) === guard))).toEqual([])
  })

  it('each constraint of a schema is missed by a row, or by a made value of which a golden list holds what is said', () => {
    expect(proof.constraints).toBeGreaterThan(1400)
    const silent = proof.made.filter(({ says }) => says.length === 0)
    expect(
      silent.map(
        ({ name }) => `${name}: no made value breaks it; add a row to test/bad-input/${name.split(' ')[0]?.toLowerCase()}.cases.ts`,
      ),
    ).toEqual([])
    const golden = readFileSync(join(import.meta.dirname, '../..', schemaGoldenFile), 'utf8')
    expect(
      schemaGolden(proof),
      `${schemaGoldenFile} is stale: sh bin/node test/bad-input/proof/prove.ts --write, and read what is said`,
    ).toBe(golden)
  })

  it('a value of another type is told so', () => {
    const said = proof.made.filter(({ keyword }) => keyword === 'type').flatMap(({ says }) => says)
    expect(said.filter((line) => !/: (must be |"seven" is not allowed here; )/.test(line))).toEqual([])
  })

  it('each finding has a line, a field and what to do', () => {
    const said = proof.made.flatMap(({ says }) => says)
    expect(said.filter((line) => !/^(bad|reeve|reeve\.approvals)\.yaml:\d+:\d+: error: (\S+: )?\S/.test(line))).toEqual([])
    expect(said.filter((line) => line.includes('it must match'))).toEqual([])
  })

  it('no two rows say the same for the same reason', () => {
    expect(alikeRows(proof.rows)).toEqual([])
  })

  it('no constraint is needless: compiled without it, a schema takes what it should not', () => {
    expect(proof.compiledSurvivors).toEqual([])
  })
})

describe('a place in the code that says something is found', () => {
  const judge = [
    'function check(m: M): readonly Diagnostic[] {',
    "  const problem = problemOf(m, 'not a sentence'.length)",
    "  return [complain(m, 'spec', `${m.name} is wrong here`, 'put it right'), complain(m, 'spec', problem)]",
    '}',
    "function problemOf(m: M): string | undefined { return m.at === 'of two words' ? undefined : 'it is too long' }",
    "const claims = () => [{ scope: 'a port', value: m.port, path: 'spec.port' }]",
  ].join('\n')

  it('by what it says, and by what it passes on', () => {
    const names = [...sitesOf('a.ts', judge, markOf), ...claimsOf('a.ts', judge, markOf)].map(({ name }) => name)
    expect(names).toEqual([
      'a.ts:3 "… is wrong here"',
      'a.ts:3 "put it right"',
      'a.ts:3 passes on a reason',
      'a.ts:5 "it is too long"',
      'a.ts:6 claims what must be unique',
    ])
  })

  it('and can be marked and taken away', () => {
    const sites = sitesOf('a.ts', judge, markOf)
    const text = edited(judge, [...sites.flatMap(({ edits }) => edits), ...gatesOf(judge)])
    expect(text).toContain(`is wrong here${markOf(0)}\``)
    expect(text).toContain('return reeveProof.passed([complain(')
    expect(text).toContain(`reeveProof.marked("${markOf(2)}", complain(m, 'spec', problem))`)
  })

  it('but not in a renderer', () => {
    expect(sitesOf('a.ts', "function render(): string { return 'listen on all ports' }", markOf)).toEqual([])
  })
})
