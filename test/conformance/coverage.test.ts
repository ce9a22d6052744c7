import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { primitives } from '../../controller/primitives/registry.ts'
import { labSamples } from './lab.samples.ts'
import { localSamples } from './local.samples.ts'
import { nativeSamples } from './native.samples.ts'
import { openvzSamples } from './openvz.samples.ts'
import { countsOn, phantomsElsewhere } from './phantoms.ts'

it('every registered primitive has a sample, and every sample a primitive', () => {
  const samples = [...localSamples, ...nativeSamples, ...openvzSamples, ...labSamples({ path: '/a', sha256: 'a'.repeat(64) })]
  expect([...new Set(samples.map(({ type }) => type))].sort()).toEqual(primitives.map(({ type }) => type).sort())
})

it('every registered primitive is held against drift that is not there, by random specs here or in a test of its own', () => {
  const here = [...countsOn('shell'), ...countsOn('systemd')].map(([, type]) => type)
  expect([...here, ...Object.keys(phantomsElsewhere)].sort()).toEqual(primitives.map(({ type }) => type).sort())
  for (const [type, file] of Object.entries(phantomsElsewhere))
    expect(readFileSync(join(import.meta.dirname, '../..', file), 'utf8'), `${file} for ${type}`).toMatch(/random|phantom/i)
})
