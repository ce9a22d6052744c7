import { afterEach, beforeEach, expect, test } from 'vitest'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { type BlockSpec, block } from '../../controller/primitives/block/spec.ts'
import { depsOf, desired } from '../conformance/engine.ts'
import type { Place } from '../conformance/sample.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'

const text = 'a\r\n\tb\nc'
let shell: ShellHost
let place: Place
beforeEach(async () => {
  shell = await startShellHost()
  place = { host: shell, run: async (script) => (await shell.run(script)).stdout }
  await shell.run(`printf 'a\\r\\n\\tb\\nc' >/mnt/f`)
})
afterEach(() => shell.close())

function wanted(name: string, more: Partial<BlockSpec> = {}): BlockSpec {
  return block({ path: '/mnt/f', name, content: `${name}\n`, deletionPolicy: 'Delete', ...more })
}

async function cycle(...specs: readonly Spec[]): Promise<string> {
  const { status, message } = await reconcile(desired(specs), depsOf(place))
  return `${status} ${message}`.trim()
}

const read = () => place.run('cat /mnt/f')

test('blocks of several manifests come into one file, and when all have left Git it is as it was', async () => {
  expect(await cycle(wanted('x'), wanted('y', { position: { before: 'c' } }), wanted('z'))).toBe('converged')
  expect((await read()).match(/BEGIN reeve conform [xyz]/g)).toHaveLength(3)
  expect(await cycle(wanted('x'), wanted('y', { position: { before: 'c' } }), wanted('z'))).toBe('noop')
  await cycle(wanted('y', { position: { before: 'c' } }))
  expect(await read()).toBe('a\r\n\tb\n# BEGIN reeve conform y\ny\n# END reeve conform y\nc')
  await cycle()
  expect(await read()).toBe(text)
  expect(await cycle()).toBe('noop')
  expect(await place.run('cat /var/lib/reeve/retired/file-* | head -c 4; ls /mnt')).toBe('a\r\n\tf\n')
})

test('a line that a person adds is left where it is by all that follows', async () => {
  await cycle(wanted('x'))
  await shell.run('echo mine >>/mnt/f')
  expect(await cycle(wanted('x'))).toBe('noop')
  await cycle(wanted('x', { content: 'new\n' }))
  expect(await read()).toBe(`${text}\n# BEGIN reeve conform x\nnew\n# END reeve conform x\nmine\n`)
  await cycle()
  expect(await read()).toBe(`${text}\nmine\n`)
})

test('what is edited in a block is drift, named and put right', async () => {
  await cycle(wanted('x'))
  await shell.run(`sed -i 's/^x$/theirs/' /mnt/f`)
  const { drift } = await reconcile(desired([wanted('x')]), depsOf(place))
  expect(drift).toMatchObject([{ id: 'block:/mnt/f#x', fields: [{ field: 'content', before: 'theirs\n', after: 'x\n', cause: 'drift' }] }])
  expect(await read()).toBe(`${text}\n# BEGIN reeve conform x\nx\n# END reeve conform x\n`)
})

test('a block of another fleet is refused', async () => {
  await shell.run(`printf '# BEGIN reeve other x\\n# END reeve other x\\n' >>/mnt/f`)
  const before = await read()
  const { plan } = await reconcile(desired([wanted('x')]), depsOf(place))
  expect(plan.refused).toMatchObject([{ reasons: [expect.stringContaining('it belongs to fleet other (block x)')] }])
  expect(await read()).toBe(before)
})

test('a block whose deletionPolicy is Retain stays', async () => {
  await cycle(wanted('x', { deletionPolicy: 'Retain' }))
  const before = await read()
  await cycle()
  expect(await read()).toBe(before)
})
