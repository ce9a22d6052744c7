import { describe, expect, it } from 'vitest'
import { formatDiagnostics } from '../../controller/report/diagnostics.ts'
import { badFiles } from './bad-input.cases.ts'
import { good, loadSample } from './sample.ts'

const taken = new Set(['a port that is taken'])

describe('a manifest that is wrong is told at its line, and the rest of the fleet stays', () => {
  it.each(badFiles)('$name', ({ name, file, says }) => {
    const result = loadSample({ 'good.yaml': good, 'bad.yaml': file })
    const told = formatDiagnostics(result.diagnostics, { format: 'text' }).trimEnd().split('\n')
    expect(told).toEqual(says)
    const inForce = result.fleet.manifests.map((manifest) => manifest.id)
    expect(inForce).toEqual(taken.has(name) ? ['Machine/he1'] : ['App/shop', 'Machine/he1'])
  })

  it('no two cases are alike', () => {
    expect(new Set(badFiles.map((each) => each.name)).size).toBe(badFiles.length)
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
