import { mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { linkPrimitive } from '../../controller/primitives/link/index.ts'
import { link } from '../../controller/primitives/link/spec.ts'
import { runShell, temporaryDirectory } from '../machine/shell.ts'
import { carryOut, contextOf, known, stepsFor, undo } from '../machine/transaction.ts'

const primitive = linkPrimitive

const cases: readonly { readonly name: string; readonly before?: string; readonly to: string | undefined }[] = [
  { name: 'is created', to: '../a b $(id)' },
  { name: 'is changed', before: '/old', to: '-n' },
  { name: 'is taken away', before: '/old', to: undefined },
]
test.each(cases)('a link $name, then there is nothing to do, and undo puts it back', async ({ before, to }) => {
  using directory = temporaryDirectory()
  const spec = link({ path: `${directory.path}/x $(id)`, to })
  if (before) symlinkSync(before, spec.path)
  const steps = await stepsFor([{ primitive, spec }], runShell)
  expect((await carryOut(steps, `${directory.path}/before`, runShell)).status).toBe('done')
  expect(primitive.diff(spec, await known(primitive, spec, runShell), undefined)).toEqual({ status: 'same' })
  await undo(steps, `${directory.path}/before`, runShell)
  expect(readdirSync(directory.path).sort()).toEqual(before ? ['before', 'x $(id)'] : ['before'])
  if (before) expect(readlinkSync(spec.path)).toBe(before)
})

test('a link is put back to what it said before Reeve when no manifest asks for it', async () => {
  using directory = temporaryDirectory()
  const spec = link({ path: `${directory.path}/x`, to: undefined })
  const entry = {
    target: 'he1',
    id: spec.id,
    owners: [],
    files: [],
    fields: {},
    deletionPolicy: 'Delete',
    state: 'done',
    commit: 'c0ffee',
  } as const
  const retired = primitive.retire?.({ ...entry, previous: '/old' }, await known(primitive, spec, runShell), contextOf())
  expect((await carryOut(retired?.steps ?? [], `${directory.path}/before`, runShell)).status).toBe('done')
  expect(readlinkSync(spec.path)).toBe('/old')
})

test.each(['file', 'directory'])('a %s in the place of a link is refused', async (what) => {
  using directory = temporaryDirectory()
  const spec = link({ path: `${directory.path}/x`, to: undefined })
  if (what === 'file') writeFileSync(spec.path, 'mine')
  else mkdirSync(spec.path)
  expect(primitive.diff(spec, await known(primitive, spec, runShell), undefined)).toMatchObject({ status: 'refused' })
})

test('several links cost one readlink', async () => {
  using directory = temporaryDirectory()
  const specs = ['a', 'b', 'c'].map((name) => link({ path: `${directory.path}/${name}`, to: name }))
  for (const spec of specs) symlinkSync(spec.to ?? '', spec.path)
  const subjects = specs.map((spec) => ({ id: spec.id, spec }))
  const probed = await runShell(primitive.probe(subjects, 'testfleet').text)
  expect([...primitive.parse(probed.stdout, subjects).items.values()]).toEqual(
    ['a', 'b', 'c'].map((target) => ({ status: 'present', state: { target } })),
  )
  expect(() => primitive.parse('links\na\nb\nfor\n/x\n', subjects)).toThrow('links changed while they were read')
})
