import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readDirectory } from '../../controller/cli/directory.ts'
import { readRules } from '../../controller/cli/rules.ts'
import { compileFleet } from '../../controller/engine/compile.ts'
import { loadTree } from '../../controller/manifests/tree.ts'
import { folderOf, recipeFolders } from './folders.ts'
import { longScenes, shortScene } from './scenes.ts'

const docs = readFileSync(join(import.meta.dirname, '../../docs/recipes.md'), 'utf8')

function compile(recipe: string, changed = (text: string) => text) {
  const rules = readRules('recipes')
  const tree = readDirectory(folderOf(recipe))
  const files = tree.files.map((file) => ({ ...file, bytes: Buffer.from(changed(Buffer.from(file.bytes).toString())) }))
  const load = loadTree({ ...tree, files }, rules)
  const compiled = compileFleet(load.fleet, rules.allKinds, rules.primitives)
  return { load, compiled, diagnostics: [...load.diagnostics, ...compiled.diagnostics] }
}

/** What validate says of a recipe that is as its people had it, and still is not wrong. */
const warnings: Readonly<Record<string, readonly string[]>> = {
  'mail-gateways': ['warning: ext3 is served by the ext4 driver'],
}

test.each(recipeFolders())('%s: every manifest is valid, and each hypervisor of it is asked for something', (recipe) => {
  const { load, compiled, diagnostics } = compile(recipe)
  expect(diagnostics.map(({ severity, summary }) => `${severity}: ${summary}`)).toEqual(warnings[recipe] ?? [])
  const hypervisors = load.fleet.manifests.filter(({ kind }) => kind === 'Hypervisor')
  expect(hypervisors.length).toBeGreaterThan(0)
  for (const { name } of hypervisors) expect(compiled.states.get(name as never)?.items.length, name).toBeGreaterThan(5)
  for (const { id } of load.fleet.manifests.filter(({ kind }) => kind !== 'Hypervisor'))
    expect(
      [...compiled.states.values()].some((state) => state.items.some((item) => item.owners.includes(id))),
      `${id} asks for nothing`,
    ).toBe(true)
})

test('mail-gateways: the same manifests are those of OpenVZ, where they came from, once they say so', () => {
  const { compiled, diagnostics } = compile('mail-gateways', (text) =>
    text.replaceAll(/^kind: Container$([\s\S]*?)^spec:$/gm, '$&\n  provider: openvz'),
  )
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  const items = [...compiled.states.values()].flatMap((state) => state.items)
  expect(items.filter(({ spec }) => spec.type === 'openvzContainer')).toHaveLength(3)
  expect(items.filter(({ spec }) => spec.type === 'lxcContainer')).toEqual([])
})

test.each(recipeFolders())('%s: has a page, a part of docs/recipes.md, and a place in the lab', (recipe) => {
  expect(readdirSync(folderOf(recipe))).toContain('README.md')
  expect(docs).toMatch(new RegExp(`^## .*\\n\\n\\[${recipe}\\]\\(\\.\\./test/recipes/${recipe}\\)`, 'm'))
  expect([shortScene, ...longScenes].map((scene) => scene.recipe)).toContain(recipe)
})

/** Whether a kind's schema has a field such as `rules[].limit`. */
function isField(kind: string, path: string): boolean {
  const text = readFileSync(join(import.meta.dirname, `../../crds/${kind.toLowerCase()}.yaml`), 'utf8')
  const crd = parse(text) as { readonly spec: { readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: Schema } }] } }
  const whole = crd.spec.versions[0].schema.openAPIV3Schema.properties?.['spec']
  const step = (schema: Schema | undefined, name: string): Schema | undefined => (schema?.items ?? schema)?.properties?.[name]
  return path.replaceAll('[]', '').split('.').reduce(step, whole) !== undefined
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

test('docs/recipes.md has no part for what is not there, and names only fields that are', () => {
  const parts = [...docs.matchAll(/^\[([a-z-]+)\]\(\.\.\/test\/recipes\//gm)].map((match) => match[1])
  expect(parts.toSorted()).toEqual(recipeFolders())
  const named = [...docs.matchAll(/`(Container|Volume|Firewall|Proxy|SmartCheck|Hypervisor)\.([A-Za-z.[\]]+)`/g)]
  expect(named.length).toBeGreaterThan(20)
  const isLater = (text: string) => docs.split('\n').some((line) => line.includes(text) && line.includes('**later**'))
  const strays = named.filter(([text, kind = '', path = '']) => !isField(kind, path) && !isLater(text)).map(([text]) => text)
  expect(strays).toEqual([])
})
