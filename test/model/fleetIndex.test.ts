import { expect, it } from 'vitest'
import { createFleet } from '../../controller/manifests/fleet.ts'
import { manifestsBy } from '../../controller/model/fleetIndex.ts'
import type { Manifest } from '../../controller/model/manifest.ts'

const on = ({ spec }: { readonly spec: unknown }): readonly string[] => [(spec as { readonly hypervisor: string }).hypervisor]
const manifest = (kind: string, name: string): Manifest =>
  ({ kind, name, id: `${kind}/${name}`, spec: { hypervisor: 'he1' } }) as unknown as Manifest

it('keeps kinds apart that are found by the same words', () => {
  const fleet = createFleet('f', 'c1', [manifest('Container', 'web'), manifest('Volume', 'data')])
  const found = (kind: 'Container' | 'Volume') => manifestsBy(fleet, kind, on as never, 'he1').map(({ id }) => id)
  expect([found('Container'), found('Volume'), found('Container')]).toEqual([['Container/web'], ['Volume/data'], ['Container/web']])
})
