import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { hashFields } from '../../controller/engine/ledger.ts'
import { keyOf } from '../../controller/model/ids.ts'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import { filePrimitive } from '../../controller/primitives/file/index.ts'
import { file, isPlainPath, markLine } from '../../controller/primitives/file/spec.ts'
import type { Content } from '../../controller/shell/inspect.ts'
import { Secret } from '../../controller/shell/secret.ts'
import { runShell, temporaryDirectory } from '../machine/shell.ts'
import { carryOut, contextOf, known, observe, stepsFor, undo } from '../machine/transaction.ts'

const primitive = filePrimitive

function wanted(path: string, content: Content, mode = '0644', owner = 'root:root') {
  return file({ path, content, mode, owner })
}

test('a mark in a file that differs says whose it is, also without a ledger', async () => {
  using directory = temporaryDirectory()
  const spec = wanted(`${directory.path}/x`, 'wanted\n')
  for (const [text, mark] of [
    [`${markLine('otherfleet', 'Proxy/edge')}x\n`, { fleet: 'otherfleet', owner: 'Proxy/edge' }],
    [`#!/bin/sh\n${markLine('testfleet', 'Proxy/edge')}`, { fleet: 'testfleet', owner: 'Proxy/edge' }],
    ['# Managed by Reeve, fleet $(id), x\n', undefined],
    [`${'x'.repeat(1000)}\n${markLine('testfleet', 'Proxy/edge')}`, undefined],
  ] as const) {
    writeFileSync(spec.path, text)
    const seen = await known(primitive, spec, runShell)
    expect(seen.status === 'present' && seen.mark).toEqual(mark)
  }
})

describe('a file', () => {
  const cases: readonly { readonly name: string; readonly file: string; readonly content: Content }[] = [
    { name: 'plain text', file: 'motd', content: 'hello\n' },
    { name: 'empty', file: 'empty', content: '' },
    { name: 'text without a final newline', file: 'raw', content: 'no newline' },
    { name: 'every byte there is', file: 'bytes', content: Uint8Array.from({ length: 256 }, (_, index) => index) },
    { name: 'a name of hostile characters', file: '$(touch pwned) `id` "\' \\n ; *', content: 'x\n' },
    { name: 'a name that begins with a dash', file: '-rf', content: 'x\n' },
    { name: 'content that ends a here-document', file: 'here', content: 'REEVE_PAYLOAD\nrm -rf /\nREEVE_SUMS\n$(id)\n' },
    { name: 'a secret', file: 'key', content: new Secret("pa'ss\nword") },
    { name: 'more than 64 KiB', file: 'large', content: 'line\n'.repeat(50_000) },
    { name: 'directories that are missing', file: 'a/b/c', content: 'x\n' },
  ]
  test.each(cases)('with $name is created as wanted, and then there is nothing to do', async ({ file: name, content }) => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/${name}`, content, '0640', 'root:daemon')
    const result = await carryOut(await stepsFor([{ primitive, spec }], runShell), `${directory.path}/before`, runShell)
    expect(result.status).toBe('done')
    expect(primitive.diff(spec, await known(primitive, spec, runShell), undefined)).toEqual({ status: 'same' })
    expect(statSync(spec.path).mode & 0o7777).toBe(0o640)
    expect(readdirSync(directory.path)).not.toContain('pwned')
  })

  test('that differs shows what was found and what is wanted', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/x.conf`, 'wanted\n', '0600')
    writeFileSync(spec.path, 'found\n', { mode: 0o644 })
    const difference = primitive.diff(spec, await known(primitive, spec, runShell), undefined)
    expect(difference).toEqual({
      status: 'change',
      change: {
        action: 'update',
        impact: 'none',
        fields: [
          { field: 'content', before: 'found\n', after: 'wanted\n' },
          { field: 'mode', before: '0644', after: '0600' },
        ],
      },
    })
  })

  test('with a secret never leaves the host, and is never shown', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/key`, new Secret('wanted-secret'))
    writeFileSync(spec.path, 'found-secret')
    const probed = await runShell(primitive.probe([{ id: spec.id, spec }], 'testfleet').text)
    expect(probed.stdout).not.toContain(Buffer.from('found-secret').toString('base64'))
    const shown = JSON.stringify([primitive.diff(spec, await known(primitive, spec, runShell), undefined), primitive.fields(spec)])
    expect(shown).not.toMatch(/wanted-secret|found-secret/)
  })

  const inTheWay: readonly { readonly what: string; readonly make: (path: string) => void; readonly says: string }[] = [
    { what: 'a symbolic link', make: (path) => symlinkSync('/etc/passwd', path), says: 'symbolic link' },
    { what: 'a dangling link', make: (path) => symlinkSync('/nowhere', path), says: 'symbolic link' },
    { what: 'a directory', make: (path) => mkdirSync(path), says: 'directory' },
    { what: 'a FIFO', make: (path) => void execFileSync('mkfifo', [path]), says: 'special file' },
  ]
  test.each(inTheWay)('is refused where $what stands in its place', async ({ make, says }) => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/x`, 'x\n')
    make(spec.path)
    const difference = primitive.diff(spec, await known(primitive, spec, runShell), undefined)
    expect(difference).toEqual({
      status: 'refused',
      reasons: [
        `${spec.path} is a ${says}, not a regular file; it is neither followed nor replaced: move it away, or take it out of the manifest`,
      ],
    })
  })

  test('is refused on the host when it changed after the plan was made', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/x`, 'wanted\n')
    writeFileSync(spec.path, 'found\n')
    const steps = await stepsFor([{ primitive, spec }], runShell)
    writeFileSync(spec.path, 'edited by a person\n')
    const result = await carryOut(steps, `${directory.path}/before`, runShell)
    expect(result).toMatchObject({ status: 'refused', stderr: `${spec.path} changed meanwhile: it is not the file that the plan saw\n` })
    expect(readFileSync(spec.path, 'utf8')).toBe('edited by a person\n')
  })

  test('that appeared after the plan was made is refused on the host', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/x`, 'wanted\n')
    const steps = await stepsFor([{ primitive, spec }], runShell)
    symlinkSync('/etc/passwd', spec.path)
    const result = await carryOut(steps, `${directory.path}/before`, runShell)
    expect(result).toMatchObject({ status: 'refused', stderr: `${spec.path} changed meanwhile: it was absent\n` })
  })

  test.each([0, 1, 2])('is as before, byte and mode, when undone after %i of its steps', async (count) => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/sub/x`, 'wanted\n')
    mkdirSync(`${directory.path}/sub`)
    writeFileSync(spec.path, 'before\n', { mode: 0o751 })
    const steps = await stepsFor([{ primitive, spec }], runShell)
    await carryOut(steps.slice(0, count), `${directory.path}/before`, runShell)
    await undo(steps, `${directory.path}/before`, runShell)
    expect(readFileSync(spec.path, 'utf8')).toBe('before\n')
    expect(lstatSync(spec.path).mode & 0o7777).toBe(0o751)
    expect(readdirSync(`${directory.path}/sub`)).toEqual(['x'])
  })

  test('that was new takes its new directories with it when undone', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/a/b/x`, 'wanted\n')
    const steps = await stepsFor([{ primitive, spec }], runShell)
    expect((await carryOut(steps, `${directory.path}/before`, runShell)).status).toBe('done')
    await undo(steps, `${directory.path}/before`, runShell)
    expect(readdirSync(directory.path)).toEqual(['before'])
  })

  test('goes away when no manifest asks for it', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/x`, 'ours\n')
    writeFileSync(spec.path, 'ours\n')
    const retired = primitive.retire?.(entryOf(spec.id), await known(primitive, spec, runShell), contextOf())
    expect((await carryOut(retired?.steps ?? [], `${directory.path}/before`, runShell)).status).toBe('done')
    expect(readdirSync(directory.path)).toEqual(['before'])
    await undo(retired?.steps ?? [], `${directory.path}/before`, runShell)
    expect(readFileSync(spec.path, 'utf8')).toBe('ours\n')
  })

  test('stays when no manifest asks for it and it is not what was last written: it is a person’s', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/x`, 'ours\n')
    const entry = { ...entryOf(spec.id), fields: hashFields(primitive.fields(spec), '') }
    writeFileSync(spec.path, 'ours\n')
    expect(primitive.retire?.(entry, await known(primitive, spec, runShell), contextOf())).toMatchObject({ steps: [{}] })
    writeFileSync(spec.path, 'theirs\n')
    expect(primitive.retire?.(entry, await known(primitive, spec, runShell), contextOf())).toMatchObject({
      steps: [],
      keptBecause: 'its content is not what Reeve last wrote',
    })
  })

  test('that nobody said anything about is unknown', async () => {
    const spec = wanted('/etc/x', 'x')
    expect(primitive.parse('', [{ id: spec.id, spec }]).items.get(spec.id)).toMatchObject({ status: 'unknown' })
    expect(primitive.parse('stat 644 root:root 0:0 1 1 /etc/x\nsum 01', [{ id: spec.id, spec }]).items.get(spec.id)).toMatchObject({
      status: 'unknown',
    })
    expect(
      primitive.parse("absent /etc/x\nstat: cannot statx '/etc/x': Input/output error\n", [{ id: spec.id, spec }]).items.get(spec.id),
    ).toEqual({
      status: 'unknown',
      reason: "cannot statx '/etc/x': Input/output error",
    })
  })

  test('costs one stat and one sha256sum, however many there are', async () => {
    using directory = temporaryDirectory()
    const specs = Array.from({ length: 300 }, (_, index) => wanted(`${directory.path}/f${index}`, `${index}\n`))
    for (const [index, spec] of specs.entries()) writeFileSync(spec.path, `${index}\n`)
    const subjects = specs.map((spec) => ({ id: spec.id, spec }))
    const counted = `${directory.path}/forks`
    const probed = await runShell(
      `stat() { echo stat >> ${counted}; command stat "$@"; }\nsha256sum() { echo sha256sum >> ${counted}; command sha256sum "$@"; }\nbase64() { echo base64 >> ${counted}; }\n${primitive.probe(subjects, 'testfleet').text}`,
    )
    const { items } = primitive.parse(probed.stdout, subjects)
    expect(specs.map((spec) => primitive.diff(spec, items.get(spec.id) as never, undefined).status)).toEqual(specs.map(() => 'same'))
    expect(readFileSync(counted, 'utf8')).toBe('stat\nsha256sum\n')
  })

  test('has the same fields for the same bytes, and others for others', () => {
    const fields = (content: Content) => primitive.fields(wanted('/etc/x', content))
    expect(fields('a')).toEqual(fields(Buffer.from('a')))
    expect(fields('a')).not.toEqual(fields('b'))
  })
})

test.each(['relative', '/a/../b', '/a/./b', '/a//b', '/a/', '/', '/a\nb', ''])('%j is not a plain path', (path) => {
  expect(isPlainPath(path)).toBe(false)
})

test('absent is absent, also where its directory is', async () => {
  using directory = temporaryDirectory()
  expect(await observe(primitive, wanted(`${directory.path}/no/x`, ''), runShell)).toEqual({ status: 'absent' })
})

function entryOf(id: ReturnType<typeof wanted>['id'], previous?: string): LedgerEntry {
  const before = previous === undefined ? {} : { previous }
  return {
    target: 'he1',
    id,
    owners: [keyOf(id)],
    files: [],
    fields: {},
    deletionPolicy: 'Delete',
    state: 'done',
    commit: 'c0ffee',
    ...before,
  }
}
