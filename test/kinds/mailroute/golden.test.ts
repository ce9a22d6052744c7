import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Placement } from '../../../controller/model/target.ts'
import { targetKey } from '../../../controller/model/target.ts'
import type { ServiceSpec } from '../../../controller/primitives/service/spec.ts'
import type { SettingSpec } from '../../../controller/primitives/setting/spec.ts'
import type { TreeSpec } from '../../../controller/primitives/tree/spec.ts'
import { fleetOf, kindOf } from '../fleet.ts'

const golden = join(import.meta.dirname, 'golden')

/** What stands on each gateway, and how it proves itself. */
function rendered(yaml: string): string {
  const fleet = fleetOf(yaml)
  const kind = kindOf('MailRoute')
  const [route] = fleet.manifests.filter((one) => one.kind === 'MailRoute')
  if (route === undefined) throw new Error('no route')
  const told = kind.check(route, fleet).map(({ severity, path, summary }) => `${severity}: ${path}: ${summary}`)
  return [...told, '', ...kind.place(route, fleet).map((at) => renderedAt(at))].join('\n')

  function renderedAt(at: Placement): string {
    const specs = kind.compile(route as never, at, fleet)
    const settings = specs.filter((spec): spec is SettingSpec => spec.type === 'setting')
    const lines = settings.map(
      ({ key, value, keeps }) => `${key} = ${value}${keeps === undefined ? '' : `, (others, or ${keeps.unset || 'nothing'})`}`,
    )
    const files = specs.flatMap((spec) => (spec.type === 'tree' ? Object.entries((spec as TreeSpec).files) : []))
    const maps = files.map(([name, { content, mode, owner }]) => `=== ${name} ${mode} ${owner}\n${content}`)
    const [service] = specs.filter((spec): spec is ServiceSpec => spec.type === 'service')
    const proof = (service?.prove ?? []).map((probe) => JSON.stringify(probe, null, 1))
    const head = `##### ${targetKey(at.target)}: ${service?.unit}, started anew for ${service?.startsWith?.join() ?? 'nothing'}`
    return [head, ...lines, '', ...maps, ...proof, ''].join('\n')
  }
}

test('a route that says all that there is to say renders as it did', async () => {
  await expect(rendered(readFileSync(join(golden, 'full.yaml'), 'utf8'))).toMatchFileSnapshot(join(golden, 'full.txt'))
})
