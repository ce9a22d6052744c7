import { expect, it } from 'vitest'
import { primitives } from '../../controller/primitives/registry.ts'
import { labSamples } from './lab.samples.ts'
import { localSamples } from './local.samples.ts'
import { nativeSamples } from './native.samples.ts'
import { openvzSamples } from './openvz.samples.ts'

it('every registered primitive has a sample, and every sample a primitive', () => {
  const samples = [...localSamples, ...nativeSamples, ...openvzSamples, ...labSamples({ path: '/a', sha256: 'a'.repeat(64) })]
  expect([...new Set(samples.map(({ type }) => type))].sort()).toEqual(primitives.map(({ type }) => type).sort())
})
