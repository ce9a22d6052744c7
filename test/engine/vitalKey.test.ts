import { expect, it } from 'vitest'
import { vitalKey } from '../../controller/engine/observe.ts'
import { type ContainerName, hypervisorName, type ManifestId } from '../../controller/model/ids.ts'
import type { OwnedVital } from '../../controller/model/kind.ts'

it('a vital is told from all others by its place, its manifest and its name', () => {
  const [owner, target] = ['Proxy/web' as ManifestId, { hypervisor: hypervisorName('he1') }]
  const vital = (more: Partial<OwnedVital>) => vitalKey({ id: 'tls', owner, target, ...more } as OwnedVital)
  expect(vital({})).toBe('he1 Proxy/web tls')
  const inside = { ...target, inside: 'a' as ContainerName, provider: 'lxc' } as const
  expect(new Set([vital({}), vital({ id: 'http' }), vital({ owner: 'Proxy/other' as ManifestId }), vital({ target: inside })]).size).toBe(4)
})
