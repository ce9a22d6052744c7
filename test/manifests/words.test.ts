import { expect, it } from 'vitest'
import { findCycles } from '../../controller/manifests/cycles.ts'
import { formatPath, parsePath } from '../../controller/manifests/path.ts'
import { didYouMean } from '../../controller/model/nearest.ts'

it.each([
  ['addres', ['address', 'ports'], 'did you mean "address"?'],
  ['adderss', ['address'], 'did you mean "address"?'],
  ['CPUS', ['cpus'], 'did you mean "cpus"?'],
  ['prox', ['proxy', 'prompt'], 'did you mean "proxy"?'],
  ['he', ['he1', 'he2', 'he3', 'he4'], 'did you mean "he1" or "he2" or "he3"?'],
  ['banana', ['proxy', 'zone'], undefined],
  ['x'.repeat(100_000), ['proxy'], undefined],
])('for %.20j of %j says %j', (written, candidates, said) => {
  expect(didYouMean(written, candidates)).toBe(said)
})

it.each([
  ['spec.rules[2].ports', ['spec', 'rules', 2, 'ports']],
  ['metadata.labels["example.org/a b"]', ['metadata', 'labels', 'example.org/a b']],
  ['a["\\"]"]', ['a', '"]']],
  ['[0][1]', [0, 1]],
  ['', []],
])('%j is a path and back', (path, steps) => {
  expect(parsePath(path)).toEqual(steps)
  expect(formatPath(steps)).toBe(path)
})

it.each([
  [{ a: ['b'], b: ['c'], c: [] }, []],
  [{ a: ['a'] }, [['a']]],
  [{ a: ['b'], b: ['a'], c: ['a'] }, [['a', 'b']]],
  [
    { b: ['c'], c: ['d', 'b'], d: ['b'] },
    [
      ['b', 'c'],
      ['d', 'b', 'c'],
    ],
  ],
  [
    { x: ['y'], y: ['x'], p: ['q'], q: ['p', 'x'] },
    [
      ['p', 'q'],
      ['x', 'y'],
    ],
  ],
])('the circles of %j are %j', (edges: Record<string, string[]>, circles) => {
  expect(findCycles(new Map(Object.entries(edges)))).toEqual(circles)
})
