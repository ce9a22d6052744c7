import { describe, expect, it } from 'vitest'
import { good, read, readRow } from './repository.ts'
import { kindCases } from './tables.ts'

const cases = await kindCases()
const fleet = ['Container/web', 'Firewall/main', 'Hypervisor/he1', 'Proxy/edge', 'Volume/data']

describe('what is wrong in a manifest of a real kind is told at its place, and the rest of the fleet is compiled as before', () => {
  it.each(cases)('$name', async (row) => {
    const { says, adds = [] } = row
    const before = await read({ 'good.yaml': good })
    const found = await readRow(row)
    expect(found.says).toEqual(says)
    expect(found.inForce).toEqual([...fleet, ...adds].sort())
    if (adds.length === 0) expect(found.items).toEqual(before.items)
  })

  it('there are hundreds, and each has a name of its own', () => {
    expect(cases.length).toBeGreaterThanOrEqual(500)
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
  })
})
