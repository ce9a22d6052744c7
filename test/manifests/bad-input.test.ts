import { describe, expect, it } from 'vitest'
import { formatDiagnostics } from '../../controller/report/diagnostics.ts'
import { badFiles, sameMistakes } from './bad-input.cases.ts'
import { good, loadSample } from './sample.ts'
import { syntaxFiles } from './syntax.cases.ts'

const taken = new Set(['a port that is taken'])

describe('a manifest that is wrong is told at its line, and the rest of the fleet stays', () => {
  it.each([...badFiles, ...syntaxFiles, ...sameMistakes])('$name', ({ name, file, says, isAlone }) => {
    const result = loadSample(isAlone ? { 'bad.yaml': file } : { 'good.yaml': good, 'bad.yaml': file })
    const told = formatDiagnostics(result.diagnostics, { format: 'text' }).trimEnd().split('\n')
    expect(told).toEqual(says)
    const inForce = result.fleet.manifests.map((manifest) => manifest.id)
    const neighbours = taken.has(name) ? ['Machine/he1'] : ['App/shop', 'Machine/he1']
    expect(inForce.filter((id) => !/^Machine\/m\d$/.test(id))).toEqual(isAlone ? [] : neighbours)
  })

  it('no two cases are alike', () => {
    expect(new Set([...badFiles, ...syntaxFiles, ...sameMistakes].map((each) => each.name)).size).toBe(
      badFiles.length + syntaxFiles.length + sameMistakes.length,
    )
    expect(badFiles.length).toBeGreaterThanOrEqual(100)
  })

  it('a file with one bad document keeps its other documents', () => {
    const result = loadSample({
      'a.yaml': `${good}---\nkind: [\n---\napiVersion: reeve.dev/v1\nkind: Machine\nmetadata: {name: he2}\nspec: {address: a}\n`,
    })
    expect(result.fleet.manifests.map((manifest) => manifest.id)).toEqual(['App/shop', 'Machine/he1', 'Machine/he2'])
    expect(result.files.get('a.yaml')?.status).toBe('broken')
  })
})
