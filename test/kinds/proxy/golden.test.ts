import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Placement } from '../../../controller/model/target.ts'
import { mergeServices, type ServiceSpec } from '../../../controller/primitives/service/spec.ts'
import { mergeTrees, type TreeSpec } from '../../../controller/primitives/tree/spec.ts'
import { complaints, fleetOf, kindOf } from '../fleet.ts'

const golden = join(import.meta.dirname, 'golden')

/** Everything that a fleet's proxies ask for, joined as the engine joins it. */
function rendered(yaml: string): string {
  const fleet = fleetOf(yaml)
  expect(complaints(fleet, 'Proxy')).toEqual([])
  const kind = kindOf('Proxy')
  const specs = fleet.all('Proxy').flatMap((one) => kind.compile(one, kind.place(one, fleet)[0] as Placement, fleet))
  const trees = specs.filter((spec): spec is TreeSpec => spec.type === 'tree')
  const services = specs.filter((spec): spec is ServiceSpec => spec.type === 'service')
  const tree = trees.reduce((one, other) => joined(mergeTrees(one, other)))
  const service = services.reduce((one, other) => joined(mergeServices(one, other)))
  const files = Object.entries(tree.files).sort(([one], [other]) => (one < other ? -1 : 1))
  const ids = [...new Set(specs.map(({ id }) => id))].sort().join('\n')
  return `${ids}\n\nproven by ${JSON.stringify(service.prove, null, 1)}\n\n${files.map(([name, { content }]) => `=== ${name}\n${content}`).join('\n')}`
}

function joined<T>(result: T | string): T {
  if (typeof result === 'string') throw new Error(result)
  return result
}

test.each(['edge', 'static', 'two-proxies', 'hostile'])('the fleet %s renders as it did', async (name) => {
  await expect(rendered(readFileSync(join(golden, `${name}.yaml`), 'utf8'))).toMatchFileSnapshot(join(golden, `${name}.txt`))
})
