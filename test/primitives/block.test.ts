import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, test } from 'vitest'
import { hashFields } from '../../controller/engine/ledger.ts'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { Known } from '../../controller/model/observation.ts'
import { blockPrimitive } from '../../controller/primitives/block/index.ts'
import { type BlockSpec, block, type WantedBlock } from '../../controller/primitives/block/spec.ts'
import { runShell, temporaryDirectory } from '../machine/shell.ts'
import { carryOut, contextOf, known, observe, stepsFor, undo } from '../machine/transaction.ts'

const primitive = blockPrimitive
const begin = '# BEGIN reeve testfleet b\n'
const end = '# END reeve testfleet b\n'
const ours = `${begin}one\n${end}`

function wanted(path: string, more: Partial<WantedBlock> = {}): BlockSpec {
  return block({ path, name: 'b', content: 'one\n', ...more })
}

async function apply(directory: string, ...specs: readonly BlockSpec[]) {
  return carryOut(
    await stepsFor(
      specs.map((spec) => ({ primitive, spec })),
      runShell,
    ),
    `${directory}/.before-${Math.random()}`,
    runShell,
  )
}

async function difference(spec: BlockSpec) {
  return primitive.diff(spec, await known(primitive, spec, runShell), undefined)
}

function entryOf(spec: BlockSpec, before: Known<unknown>): LedgerEntry {
  const previous = primitive.previous?.(spec, before)
  return {
    target: 'he1',
    id: spec.id,
    owners: [],
    files: [],
    fields: hashFields(primitive.fields(spec), ''),
    deletionPolicy: 'Delete',
    state: 'done',
    commit: 'c0ffee',
    ...(previous === undefined ? {} : { previous }),
  }
}

const places: readonly { readonly name: string; readonly before: string; readonly more?: Partial<WantedBlock>; readonly after: string }[] =
  [
    { name: 'an empty file', before: '', after: ours },
    { name: 'a file with lines', before: 'a\nb\n', after: `a\nb\n${ours}` },
    { name: 'a file without a final line feed', before: 'a\nb', after: `a\nb\n${ours}` },
    { name: 'a file of carriage returns, tabs and bytes', before: 'a\r\n\tb \\ % \x7f\r\n', after: `a\r\n\tb \\ % \x7f\r\n${ours}` },
    { name: 'a file, after a line', before: 'a\nb\nc\n', more: { position: { after: 'b' } }, after: `a\nb\n${ours}c\n` },
    { name: 'a file, after its last line without a line feed', before: 'a\nb', more: { position: { after: 'b' } }, after: `a\nb\n${ours}` },
    { name: 'a file, before its first line', before: 'a\nb', more: { position: { before: 'a' } }, after: `${ours}a\nb` },
    {
      name: 'a file, before the first of equal lines',
      before: 'x\na\na\n',
      more: { position: { before: 'a' } },
      after: `x\n${ours}a\na\n`,
    },
    {
      name: 'a file of carriage returns, before a line',
      before: 'x\r\na\r\n',
      more: { position: { before: 'a' } },
      after: `x\r\n${ours}a\r\n`,
    },
    {
      name: 'a file, after a line of hostile characters',
      before: `x\n\t$(touch pwned) 'a' "b" \\1 [*].\ny\n`,
      more: { position: { after: `\t$(touch pwned) 'a' "b" \\1 [*].` } },
      after: `x\n\t$(touch pwned) 'a' "b" \\1 [*].\n${ours}y\n`,
    },
    { name: 'a file with a number-like line', before: '1.0\n1\n', more: { position: { after: '1' } }, after: `1.0\n1\n${ours}` },
    { name: 'a file of another format', before: 'a\n', more: { leader: ';;' }, after: `a\n${ours.replaceAll('#', ';;')}` },
    { name: 'nothing', before: 'a\n', more: { content: '' }, after: `a\n${begin}${end}` },
    {
      name: 'text that looks like shell, awk and octal',
      before: 'a\n',
      more: { content: '\\012 $(id) `id` \\\\ %s ü \u{fffd}\n\n= x\nREEVE_SAID\n' },
      after: `a\n${begin}\\012 $(id) \`id\` \\\\ %s ü \u{fffd}\n\n= x\nREEVE_SAID\n${end}`,
    },
  ]

describe('a block', () => {
  test.each(places)(
    'put into $name leaves all else byte for byte, also when it is undone, and when it goes',
    async ({ before, more, after }) => {
      using directory = temporaryDirectory()
      const spec = wanted(`${directory.path}/it's a "file"`, more)
      writeFileSync(spec.path, before, { mode: 0o640 })
      const state = await known(primitive, spec, runShell)
      const steps = await stepsFor([{ primitive, spec }], runShell)
      expect((await carryOut(steps, `${directory.path}/b`, runShell)).status).toBe('done')
      expect(readFileSync(spec.path, 'utf8')).toBe(after)
      expect(statSync(spec.path).mode & 0o7777).toBe(0o640)
      expect(await difference(spec)).toEqual({ status: 'same' })
      await undo(steps, `${directory.path}/b`, runShell)
      expect(readFileSync(spec.path, 'utf8')).toBe(before)
      expect((await apply(directory.path, spec)).status).toBe('done')
      const retired = primitive.retire?.(entryOf(spec, state), await known(primitive, { ...spec }, runShell), contextOf())
      expect(await carryOut(retired?.steps ?? [], `${directory.path}/c`, runShell)).toMatchObject({ status: 'done' })
      expect(readFileSync(spec.path, 'utf8')).toBe(before)
      await undo(retired?.steps ?? [], `${directory.path}/c`, runShell)
      expect(readFileSync(spec.path, 'utf8')).toBe(after)
      expect(readdirSync(directory.path).filter((name) => name.includes('reeve') || name === 'pwned')).toEqual([])
    },
  )

  test('that a person edited, marked otherwise or moved is drift, and comes right where it stands', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/f`, { position: { after: 'a' } })
    for (const [text, field] of [
      [`a\n${begin}two\n\xff\t\n${end}z`, 'content'],
      [`a\n${begin}${end}z`, 'content'],
      [`a\n; BEGIN reeve testfleet b\none\n; END reeve testfleet b\nz`, 'leader'],
      [`a\n${ours.replaceAll('\n', '\r\n')}z`, 'content'],
      [`${ours}a\nz`, 'position'],
      [`a\n  ${begin}one\n${end}z`, 'leader'],
    ] as const) {
      writeFileSync(spec.path, text, 'latin1')
      const found = await difference(spec)
      expect(found.status === 'change' && found.change.fields.map((one) => one.field), text).toContain(field)
      expect(await apply(directory.path, spec), text).toMatchObject({ status: 'done' })
      expect(readFileSync(spec.path, 'utf8')).toBe(`a\n${ours}z`)
    }
  })

  test('after lines that people added or took away around it is the same', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/f`, { position: { after: 'a' } })
    for (const text of [`a\nmore\n${ours}and more`, `${ours}`, `x\n${ours}\n\n`]) {
      writeFileSync(spec.path, text)
      expect(await difference(spec)).toEqual({ status: 'same' })
    }
  })

  const broken: readonly (readonly [string, string, string])[] = [
    ['without its end', `a\n${begin}one\n`, 'does not end'],
    ['without its beginning', `a\none\n${end}`, 'ends where it did not begin'],
    ['that is there twice', `${ours}${ours}`, 'is there twice'],
    ['that is there twice, once of another fleet', `${ours}${ours.replaceAll('testfleet', 'other')}`, 'is there twice'],
    ['with two beginnings', `${begin}${ours}`, 'begins inside another one'],
    ['inside another one', `# BEGIN reeve testfleet c\n${ours}# END reeve testfleet c\n`, 'begins inside another one'],
    ['that holds another one', `${begin}# BEGIN reeve testfleet c\n# END reeve testfleet c\n${end}`, 'holds the beginning of another one'],
    ['that crosses another one', `${begin}# END reeve testfleet c\n${end}`, 'holds the end of another one'],
    ['with an end of another fleet', `${begin}one\n# END reeve other b\n`, 'ends where it did not begin'],
    ['that is too long', `${begin}${'x'.repeat(1000).concat('\n').repeat(66)}${end}`, 'holds more than 65536 bytes'],
  ]
  test.each(broken)('%s is refused, and not guessed', async (_, text, says) => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/f`)
    writeFileSync(spec.path, text)
    const reasons = [`the block b in ${spec.path} ${says}; put its lines BEGIN and END right by hand, or remove them both`]
    expect(await difference(spec)).toEqual({ status: 'refused', reasons })
    const retired = primitive.retire?.(entryOf(spec, { status: 'absent' }), await known(primitive, spec, runShell), contextOf())
    expect(retired).toEqual({ impact: 'none', steps: [], keptBecause: reasons[0] })
  })

  const inTheWay: readonly (readonly [string, (path: string) => void, string])[] = [
    [
      'a symbolic link',
      (path) => symlinkSync('/etc/passwd', path),
      'is a symbolic link, not a regular file; it is neither followed nor replaced',
    ],
    ['a directory', (path) => mkdirSync(path), 'is a directory, not a regular file; it is neither followed nor replaced'],
    ['a FIFO', (path) => void execFileSync('mkfifo', [path]), 'is a special file, not a regular file; it is neither followed nor replaced'],
    ['a binary', (path) => writeFileSync(path, `a\n\0\n${ours}`), 'is not text: it holds a NUL'],
    ['a huge file', (path) => writeFileSync(path, 'x\n'.repeat(600_000)), 'has 1200000 bytes: too large for a configuration'],
    ['nothing', () => undefined, 'is not there, and it is not for Reeve to make: is its package installed?'],
  ]
  test.each(inTheWay)('is refused where %s stands', async (_, make, says) => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/f`)
    make(spec.path)
    expect(await difference(spec)).toEqual({ status: 'refused', reasons: [`${spec.path} ${says}`] })
  })

  test('whose place is no line of the file is refused', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/f`, { position: { before: 'nowhere' } })
    writeFileSync(spec.path, 'somewhere\n')
    expect(await difference(spec)).toEqual({
      status: 'refused',
      reasons: [`${spec.path} has no line before "nowhere" that the block b could stand at`],
    })
  })

  test('of another fleet is told by its mark', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/f`)
    writeFileSync(spec.path, ours.replaceAll('testfleet', 'other'))
    expect(await known(primitive, spec, runShell)).toMatchObject({ mark: { fleet: 'other', owner: 'block b' } })
    const retired = primitive.retire?.(entryOf(spec, { status: 'absent' }), await known(primitive, spec, runShell), contextOf())
    expect(retired?.keptBecause).toBe('it carries the name of fleet other')
  })

  test('makes its file only where it may, and the file goes with it, unless somebody wrote into it', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/f`, { created: { mode: '0604', owner: 'root:daemon' } })
    const entry = entryOf(spec, await known(primitive, spec, runShell))
    for (const [theirs, left] of [
      ['', undefined],
      ['theirs\n', 'theirs\n'],
    ] as const) {
      expect((await apply(directory.path, spec)).status).toBe('done')
      expect([readFileSync(spec.path, 'utf8'), statSync(spec.path).mode & 0o7777]).toEqual([ours, 0o604])
      writeFileSync(spec.path, theirs, { flag: 'a' })
      const retired = primitive.retire?.(entry, await known(primitive, spec, runShell), contextOf())
      const before = `${directory.path}/b${theirs.length}`
      expect((await carryOut(retired?.steps ?? [], before, runShell)).status).toBe('done')
      expect(existsSync(spec.path) ? readFileSync(spec.path, 'utf8') : undefined).toBe(left)
      await undo(retired?.steps ?? [], before, runShell)
      expect(readFileSync(spec.path, 'utf8')).toBe(`${ours}${theirs}`)
      rmSync(spec.path)
    }
  })

  test('that was edited by a person stays when no manifest asks for it', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/f`)
    writeFileSync(spec.path, `${begin}theirs\n${end}`)
    const retired = primitive.retire?.(entryOf(spec, { status: 'absent' }), await known(primitive, spec, runShell), contextOf())
    expect(retired).toMatchObject({ steps: [], keptBecause: 'its content is not what Reeve last wrote' })
  })

  test('is refused on the host where it changed after the plan; other lines may change', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/f`)
    const says = `the block b in ${spec.path} changed meanwhile: it is not what the plan saw\n`
    for (const [seen, now, stderr] of [
      ['a\n', 'b\nc\n', undefined],
      [`${begin}x\n${end}`, `more\n${begin}x\n${end}more`, undefined],
      ['a\n', `a\n${begin}x\n${end}`, says],
      [`${begin}x\n${end}`, `${begin}y\n${end}`, says],
      [`${begin}x\n${end}`, '', says],
    ] as const) {
      writeFileSync(spec.path, seen)
      const steps = await stepsFor([{ primitive, spec }], runShell)
      writeFileSync(spec.path, now)
      const result = await carryOut(steps, `${directory.path}/b${Math.random()}`, runShell)
      expect(result).toMatchObject(stderr ? { status: 'refused', stderr } : { status: 'done' })
      if (stderr) expect(readFileSync(spec.path, 'utf8')).toBe(now)
    }
  })

  test('shares its file with others of one transaction, which goes live at once and is undone as a whole', async () => {
    using directory = temporaryDirectory()
    const path = `${directory.path}/f`
    const specs = ['b', 'c', 'd'].map((name) => wanted(path, { name, content: `${name}\n` }))
    writeFileSync(path, 'a')
    const steps = await stepsFor(
      specs.map((spec) => ({ primitive, spec })),
      runShell,
    )
    expect((await carryOut(steps, `${directory.path}/b`, runShell)).status).toBe('done')
    for (const spec of specs) expect(await difference(spec)).toEqual({ status: 'same' })
    expect(readFileSync(path, 'utf8').split('\n')[0]).toBe('a')
    await undo(steps, `${directory.path}/b`, runShell)
    expect(readFileSync(path, 'utf8')).toBe('a')
  })

  test('is taken back alone where a person edited the file before the undo', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/f`)
    for (const before of ['a\n', `a\n${begin}old\n${end}`]) {
      writeFileSync(spec.path, before)
      const steps = await stepsFor([{ primitive, spec }], runShell)
      const at = `${directory.path}/b${before.length}`
      expect((await carryOut(steps, at, runShell)).status).toBe('done')
      writeFileSync(spec.path, 'theirs\n', { flag: 'a' })
      await undo(steps, at, runShell)
      expect(readFileSync(spec.path, 'utf8')).toBe(`${before}theirs\n`)
    }
  })

  test('is written in place where the file is a mount point or has hard links, with its attributes', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/f`)
    writeFileSync(spec.path, 'a\n')
    chmodSync(spec.path, 0o4751)
    linkSync(spec.path, `${directory.path}/g`)
    const steps = await stepsFor([{ primitive, spec }], runShell)
    expect((await carryOut(steps, `${directory.path}/b`, runShell)).status).toBe('done')
    expect(readFileSync(`${directory.path}/g`, 'utf8')).toBe(`a\n${ours}`)
    await undo(steps, `${directory.path}/b`, runShell)
    expect(readFileSync(`${directory.path}/g`, 'utf8')).toBe('a\n')
  })

  test('is undone also where the write in place was cut in the middle', async () => {
    using directory = temporaryDirectory()
    const spec = wanted(`${directory.path}/f`)
    writeFileSync(spec.path, 'a\nb\n')
    linkSync(spec.path, `${directory.path}/g`)
    const steps = await stepsFor([{ primitive, spec }], runShell)
    const torn = steps.map((step) => ({ ...step, run: { text: `sync() { printf 'a\\n#' > "$2"; exit 9; }\n${step.run.text}` } }))
    expect((await carryOut([...steps.slice(0, 1), ...torn.slice(1)], `${directory.path}/b`, runShell)).status).toBe('failed')
    expect(readFileSync(spec.path, 'utf8')).toBe('a\nb\n')
  })

  test('costs one stat and one awk, however many there are', async () => {
    using directory = temporaryDirectory()
    const specs = Array.from({ length: 200 }, (_, index) => wanted(`${directory.path}/f${index % 5}`, { name: `n${index}` }))
    for (let index = 0; index < 5; index++) {
      const own = specs.filter(({ path }) => path.endsWith(`f${index}`))
      writeFileSync(`${directory.path}/f${index}`, own.map(({ name }) => ours.replaceAll(' b\n', ` ${name}\n`)).join('x\n'))
    }
    const counted = `${directory.path}/forks`
    const count = ['stat', 'awk', 'sed', 'grep', 'cat', 'base64', 'sha256sum', 'head', 'tail']
      .map((tool) => `${tool}() { echo ${tool} >> ${counted}; command ${tool} "$@"; }`)
      .join('\n')
    const subjects = specs.map((spec) => ({ id: spec.id, spec }))
    const probed = await runShell(`${count}\n${primitive.probe(subjects, 'testfleet').text}`)
    const { items } = primitive.parse(probed.stdout, subjects)
    expect(specs.map((spec) => primitive.diff(spec, items.get(spec.id) as never, undefined).status)).toEqual(specs.map(() => 'same'))
    expect(readFileSync(counted, 'utf8')).toBe('stat\nawk\n')
  })
})

test('a file that cannot be looked at is unknown, not absent', async () => {
  const spec = wanted('/proc/self/mem')
  expect((await observe(primitive, wanted('/etc/hostname/x'), runShell)).status).toBe('absent')
  const subjects = [{ id: spec.id, spec }]
  const probed = await runShell(
    `stat() { echo "stat: cannot statx '/proc/self/mem': Input/output error"; return 1; }\n${primitive.probe(subjects, 'f').text}`,
  )
  expect(probed).toMatchObject({ code: 1, stderr: "stat: cannot statx '/proc/self/mem': Input/output error\n" })
})

const nonsense: readonly (readonly [string, Partial<WantedBlock>])[] = [
  ['not a plain absolute path', { path: '/a/../b' }],
  ['not a name of a block', { name: 'a b' }],
  ['not what a comment begins with', { leader: '# x' }],
  ['does not end in a line feed', { content: 'a' }],
  ['is longer than 65536 bytes', { content: `${'x'.repeat(65_536)}\n` }],
  ['holds a NUL', { content: '\0\n' }],
  ['holds a line that looks like the beginning or end of a block', { content: 'a\n# END reeve f b\n' }],
  ['not one line', { position: { before: 'a\nb' } }],
  ['not one line', { position: { after: '' } }],
]
test.each(nonsense)('what is %s makes no block', (says, more) => {
  expect(() => wanted('/etc/x', more)).toThrow(says)
})
