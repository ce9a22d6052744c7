import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { complaints, fleetOf } from './fleet.ts'
import { containers } from './proxy/fleets.ts'

const examples = join(import.meta.dirname, '../../manifests-example')

test.each(['he1.yaml', 'edge.yaml'])('the example %s is valid, beside its containers', (name) => {
  const fleet = fleetOf(`${containers}---\n${readFileSync(join(examples, name), 'utf8')}`)
  expect([...complaints(fleet, 'Hypervisor'), ...complaints(fleet, 'Proxy')]).toEqual([])
})
