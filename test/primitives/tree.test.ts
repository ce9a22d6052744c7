import { mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { treePrimitive } from '../../controller/primitives/tree/index.ts'
import { mergeTrees, type TreeSpec, tree } from '../../controller/primitives/tree/spec.ts'
import { Secret } from '../../controller/shell/secret.ts'
import { runShell, temporaryDirectory } from '../machine/shell.ts'
import { carryOut, contextOf, known, observe, stepsFor, undo } from '../machine/transaction.ts'

const primitive = treePrimitive

function wanted(directory: string, contents: Readonly<Record<string, string>>): TreeSpec {
  const files = Object.entries(contents).map(([name, content]) => [name, { content, mode: '0644', owner: 'root:root' }] as const)
  return tree({ path: `${directory}/reeve`, files: Object.fromEntries(files) })
}

async function apply(spec: TreeSpec, before: string) {
  return carryOut(await stepsFor([{ primitive, spec }], runShell), before, runShell)
}

async function differences(spec: TreeSpec) {
  const difference = primitive.diff(spec, await known(primitive, spec, runShell), undefined)
  return difference.status === 'change' ? difference.change.fields : difference
}

describe('a tree', () => {
  test('is created, and then there is nothing to do', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(directory.path, { 'a.conf': 'a\n', 'b.conf': '$(id)\n`id`\n' })
    expect((await apply(spec, `${directory.path}/before`)).status).toBe('done')
    expect(await differences(spec)).toEqual({ status: 'same' })
    expect(readFileSync(`${directory.path}/reeve/b.conf`, 'utf8')).toBe('$(id)\n`id`\n')
    expect(readlinkSync(spec.path)).toMatch(/^\.reeve-[0-9a-f]{12}$/)
  })

  const drifts: readonly { readonly name: string; readonly make: (path: string) => void; readonly fields: unknown }[] = [
    {
      name: 'an edited file by its content',
      make: (path) => writeFileSync(`${path}/reeve/a.conf`, 'edited\n'),
      fields: [{ field: 'a.conf', before: 'edited\n', after: 'a\n' }],
    },
    {
      name: 'a file that went away',
      make: (path) => rmSync(`${path}/reeve/a.conf`),
      fields: [{ field: 'a.conf', before: undefined, after: 'a\n' }],
    },
    {
      name: 'a file that is not ours',
      make: (path) => writeFileSync(`${path}/reeve/.hidden $(x)`, ''),
      fields: [{ field: '.hidden $(x)', before: expect.stringMatching(/^\(not ours: sha256 e3b0c4/), after: undefined }],
    },
    {
      name: 'a name with a newline',
      make: (path) => writeFileSync(`${path}/reeve/x\nend`, ''),
      fields: [{ field: '(a name with control characters)', before: '(not ours)', after: undefined }],
    },
    {
      name: 'a link to elsewhere',
      make: (path) => {
        rmSync(`${path}/reeve`)
        mkdirSync(`${path}/mine`)
        writeFileSync(`${path}/mine/a.conf`, 'a\n', { mode: 0o644 })
        symlinkSync('mine', `${path}/reeve`)
      },
      fields: [{ field: 'link', before: 'mine', after: 'a generation of Reeve' }],
    },
    {
      name: 'a link to nowhere',
      make: (path) => renameSync(`${path}/${readlinkSync(`${path}/reeve`)}`, `${path}/gone`),
      fields: [{ field: 'a.conf', before: undefined, after: 'a\n' }],
    },
    {
      name: 'a link in the place of a file',
      make: (path) => {
        rmSync(`${path}/reeve/a.conf`)
        symlinkSync('/etc/passwd', `${path}/reeve/a.conf`)
      },
      fields: [{ field: 'a.conf', before: '(a symbolic link)', after: 'a\n' }],
    },
  ]
  test.each(drifts)('names $name, and repairs it beside what was edited', async ({ make, fields }) => {
    using directory = temporaryDirectory()
    const spec = wanted(directory.path, { 'a.conf': 'a\n' })
    await apply(spec, `${directory.path}/before`)
    make(directory.path)
    expect(await differences(spec)).toEqual(fields)
    expect((await apply(spec, `${directory.path}/before2`)).status).toBe('done')
    expect(await differences(spec)).toEqual({ status: 'same' })
  })

  test('that was edited and repaired twice the same way is still repaired beside', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(directory.path, { 'a.conf': 'a\n' })
    const seen = new Set<string>()
    for (const time of [0, 1, 2]) {
      expect((await apply(spec, `${directory.path}/before${time}`)).status).toBe('done')
      seen.add(readlinkSync(spec.path))
      expect(await differences(spec)).toEqual({ status: 'same' })
      writeFileSync(`${directory.path}/reeve/a.conf`, 'edited\n')
    }
    expect(seen.size).toBe(3)
  })

  const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${index}.conf`, `unmoved ${index}\n`]))
  const oneOf = (spec: TreeSpec, file: object): TreeSpec => ({
    ...spec,
    files: { ...spec.files, '7.conf': { content: 'moved\n', mode: '0644', owner: 'root:root', ...file } },
  })

  test('of which one file changes gets that one alone, and copies the others with their modes and owners', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(directory.path, many)
    const other = { content: 'closed\n', mode: '0640', owner: 'root:daemon' }
    const before = { ...spec, files: { ...spec.files, 'closed.conf': other, 'key.pem': { ...other, content: new Secret('a key') } } }
    await apply(before, `${directory.path}/before`)
    const after = oneOf(before, { mode: '0600' })
    const steps = await stepsFor([{ primitive, spec: after }], runShell)
    const text = steps.map(({ run }) => run.text).join('\n')
    expect(text.match(/base64 -d/g)).toHaveLength(2)
    expect(text.match(/^chown /gm)).toHaveLength(2)
    expect((await carryOut(steps, `${directory.path}/before2`, runShell)).status).toBe('done')
    expect(await differences(after)).toEqual({ status: 'same' })
  })

  test('of which an unmoved file is edited after the look is left as it is', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(directory.path, many)
    await apply(spec, `${directory.path}/before`)
    const steps = await stepsFor([{ primitive, spec: oneOf(spec, {}) }], runShell)
    writeFileSync(`${spec.path}/3.conf`, 'edited\n')
    const live = readlinkSync(spec.path)
    const outcome = await carryOut(steps, `${directory.path}/before2`, runShell)
    expect(outcome).toMatchObject({ status: 'refused', stderr: expect.stringContaining('changed meanwhile: it is not what the plan saw') })
    expect(readlinkSync(spec.path)).toBe(live)
    expect((await apply(oneOf(spec, {}), `${directory.path}/before3`)).status).toBe('done')
    expect(await differences(oneOf(spec, {}))).toEqual({ status: 'same' })
  })

  test('keeps three generations and removes older ones', async () => {
    using directory = temporaryDirectory()
    for (const content of ['1', '2', '3', '4', '5']) await apply(wanted(directory.path, { 'a.conf': content }), `${directory.path}/before`)
    expect(readdirSync(directory.path).filter((name) => name.startsWith('.reeve-'))).toHaveLength(3)
    expect(readFileSync(`${directory.path}/reeve/a.conf`, 'utf8')).toBe('5')
  })

  test.each([0, 1, 2])('is as before when undone after %i of its steps', async (count) => {
    using directory = temporaryDirectory()
    await apply(wanted(directory.path, { 'a.conf': 'old\n' }), `${directory.path}/before`)
    const target = readlinkSync(`${directory.path}/reeve`)
    const steps = await stepsFor([{ primitive, spec: wanted(directory.path, { 'a.conf': 'new\n' }) }], runShell)
    await carryOut(steps.slice(0, count), `${directory.path}/before`, runShell)
    await undo(steps, `${directory.path}/before`, runShell)
    expect(readlinkSync(`${directory.path}/reeve`)).toBe(target)
    expect(readFileSync(`${directory.path}/reeve/a.conf`, 'utf8')).toBe('old\n')
    expect(readdirSync(directory.path).sort()).toEqual([target, 'before', 'reeve'].sort())
  })

  test('is refused where a directory that Reeve did not make stands in its place', async () => {
    using directory = temporaryDirectory()
    mkdirSync(`${directory.path}/reeve`)
    const spec = wanted(directory.path, { 'a.conf': 'a\n' })
    expect(await differences(spec)).toEqual({
      status: 'refused',
      reasons: [`${spec.path} is a directory that Reeve did not make; move it away`],
    })
  })

  test('is refused on the host when the link moved after the plan was made', async () => {
    using directory = temporaryDirectory()
    await apply(wanted(directory.path, { 'a.conf': 'old\n' }), `${directory.path}/before`)
    const spec = wanted(directory.path, { 'a.conf': 'new\n' })
    const steps = await stepsFor([{ primitive, spec }], runShell)
    rmSync(spec.path)
    symlinkSync('mine', spec.path)
    expect(await carryOut(steps, `${directory.path}/before2`, runShell)).toMatchObject({ status: 'refused' })
    expect(readlinkSync(spec.path)).toBe('mine')
  })

  test('goes away with its generations when no manifest asks for it', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(directory.path, { 'a.conf': 'a\n' })
    await apply(spec, `${directory.path}/before`)
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
    const retired = primitive.retire?.(entry, await known(primitive, spec, runShell), contextOf())
    expect((await carryOut(retired?.steps ?? [], `${directory.path}/before2`, runShell)).status).toBe('done')
    expect(readdirSync(directory.path).sort()).toEqual(['before', 'before2'])
  })

  test('with a secret neither sends nor shows it', async () => {
    using directory = temporaryDirectory()
    const spec = tree({
      path: `${directory.path}/reeve`,
      files: { key: { content: new Secret('hunter2'), mode: '0600', owner: 'root:root' } },
    })
    await apply(spec, `${directory.path}/before`)
    writeFileSync(`${directory.path}/reeve/key`, 'found-secret')
    const probed = await runShell(primitive.probe([{ id: spec.id, spec }], 'testfleet').text)
    expect(probed.stdout).not.toContain(Buffer.from('found-secret').toString('base64'))
    expect(JSON.stringify([await differences(spec), primitive.fields(spec)])).not.toMatch(/hunter2|found-secret/)
  })

  test('whose answer was cut short is unknown', async () => {
    const spec = wanted('/etc/nginx', { 'a.conf': 'a\n' })
    for (const stdout of ['', 'links\n', 'links\n.reeve-000000000000\n']) {
      const subjects = [{ id: spec.id, spec }]
      let status: string | undefined = 'unknown'
      try {
        status = primitive.parse(stdout, subjects).items.get(spec.id)?.status
      } catch {
        status = 'unknown'
      }
      expect(status).toBe('unknown')
    }
    expect(await observe(primitive, wanted('/nowhere', { a: 'a' }), runShell)).toEqual({ status: 'absent' })
  })
})

test('trees of two manifests join, unless they write one name differently', () => {
  const one = wanted('/etc/nginx', { a: '1', common: 'x' })
  expect(mergeTrees(one, wanted('/etc/nginx', { b: '2', common: 'x' }))).toMatchObject({ files: { a: {}, b: {}, common: {} } })
  expect(mergeTrees(one, wanted('/etc/nginx', { a: '2' }))).toBe('both write a in /etc/nginx/reeve, and differently')
})

test.each(['../x', 'a/b', '', '.hidden', 'a b', 'a\n'])('a tree has no file named %j', (name) => {
  expect(() => wanted('/etc/nginx', { [name]: '' })).toThrow('not a file name of a tree')
})
