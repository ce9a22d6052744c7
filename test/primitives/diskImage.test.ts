import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { diskImagePrimitive } from '../../controller/primitives/diskImage/index.ts'
import { type DiskImageSpec, type DiskImageWish, diskImage } from '../../controller/primitives/diskImage/spec.ts'
import { ensureInstalled } from '../lab/requirements.ts'
import { createTestHost, entryOf, type TestHost } from './test-host.ts'

const mib = 1n << 20n
let folder: string
let host: TestHost
const holders: ChildProcess[] = []

beforeAll(() => ensureInstalled([{ file: '/usr/bin/qemu-img', debianPackage: 'qemu-utils' }], () => {}), 300_000)
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-image-'))
  mkdirSync(join(folder, 'tmp'))
  host = createTestHost(exec, 'lab', 'Volume/rtr01')
})
afterEach(() => {
  for (const holder of holders.splice(0)) holder.kill()
  rmSync(folder, { recursive: true })
})

function exec(script: string): ReturnType<Parameters<typeof createTestHost>[0]> {
  return new Promise((resolve) => {
    const child = spawn('dash', ['-s'], {
      env: { PATH: process.env['PATH'], TMPDIR: join(folder, 'tmp') },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const [out, err]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (part: Buffer) => out.push(part))
    child.stderr.on('data', (part: Buffer) => err.push(part))
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }))
    child.stdin.end(script)
  })
}

const at = (name: string) => join(folder, name)
const wish = (more: Partial<DiskImageWish> = {}): DiskImageSpec => diskImage({ path: at('rtr01.qcow2'), sizeBytes: 8n * mib, ...more })
const converge = (spec: DiskImageSpec) => host.converge([spec], [diskImagePrimitive])
const info = (path: string) => JSON.parse(execFileSync('qemu-img', ['info', '-U', '--output=json', path], { encoding: 'utf8' }))
const make = (name: string, size = '4M') => execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', at(name), size])
const write = (name: string, byte: string) => execFileSync('qemu-io', ['-c', `write -P ${byte} 0 64k`, at(name)])
const holds = (name: string, byte: string) =>
  execFileSync('qemu-io', ['-r', '-U', '-c', `read -P ${byte} 0 64k`, at(name)], { encoding: 'utf8' })

/** Opens an image for writing, as a virtual machine does, until the test ends. */
async function open(name: string): Promise<void> {
  const holder = spawn('qemu-io', [at(name)], { stdio: ['pipe', 'pipe', 'ignore'] })
  holders.push(holder)
  await new Promise((resolve) => holder.stdout?.once('data', resolve))
}

/** Number of the process that holds the namespaces in which an image of this folder is written. */
function unshareIn(where: string): number {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const words = (pid: string): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  const found = numbers.find(
    (pid) => existsSync(`/proc/${pid}/cmdline`) && words(pid).startsWith('unshare\0') && words(pid).includes(where),
  )
  if (found === undefined) throw new Error('nobody writes an image')
  return Number(found)
}

async function expectRefused(spec: DiskImageSpec, reason: string): Promise<void> {
  const footprint = () =>
    readdirSync(folder).map((name) => (name === 'tmp' || name.startsWith('link') ? name : readFileSync(at(name)).toString('base64')))
  const before = footprint()
  const result = await converge(spec)
  expect(result).toMatchObject({ status: 'refused', changes: [] })
  expect(result.reasons.join('\n')).toContain(reason)
  expect(footprint()).toEqual(before)
}

describe('an image of a disk', () => {
  test('is made, and then there is nothing to do', async () => {
    const spec = wish({ owner: 'root', group: 'daemon', mode: '0640' })
    expect(await converge(spec)).toEqual({ status: 'converged', reasons: [], changes: [`${spec.id} size`] })
    expect(info(spec.path)).toMatchObject({ format: 'qcow2', 'virtual-size': 8 * 2 ** 20 })
    expect(execFileSync('stat', ['-c', '%U:%G %a', spec.path], { encoding: 'utf8' })).toBe('root:daemon 640\n')
    expect(await converge(spec)).toEqual({ status: 'converged', reasons: [], changes: [] })
    expect(readdirSync(folder).sort()).toEqual(['rtr01.qcow2', 'tmp'])
  })

  test('at a path that a shell and qemu-img would each read in their own way', async () => {
    const spec = wish({ path: at(`a b:$(touch oops)'s "x",file=y.qcow2`) })
    expect(await converge(spec)).toMatchObject({ status: 'converged' })
    expect(await converge(spec)).toMatchObject({ changes: [] })
    expect(existsSync('oops')).toBe(false)
  })

  test('is a copy of another one, larger, that stands alone', async () => {
    make('lb01.qcow2')
    write('lb01.qcow2', '0xab')
    expect(await converge(wish({ source: { how: 'copy', path: at('lb01.qcow2') } }))).toMatchObject({ status: 'converged' })
    rmSync(at('lb01.qcow2'))
    expect(holds('rtr01.qcow2', '0xab')).toContain('read 65536/65536')
    expect(info(at('rtr01.qcow2'))['virtual-size']).toBe(8 * 2 ** 20)
    expect(await converge(wish({ source: { how: 'copy', path: at('lb01.qcow2') } }))).toMatchObject({ status: 'converged', changes: [] })
  })

  test('lies over another one, and holds only what differs', async () => {
    make('base.qcow2')
    write('base.qcow2', '0xcd')
    const spec = wish({ source: { how: 'backing', path: at('base.qcow2') } })
    expect(await converge(spec)).toMatchObject({ status: 'converged' })
    expect(info(spec.path)).toMatchObject({ 'backing-filename': at('base.qcow2'), 'backing-filename-format': 'qcow2' })
    expect(holds('rtr01.qcow2', '0xcd')).toContain('read 65536/65536')
    await expectRefused(
      wish({ source: { how: 'backing', path: at('other.qcow2') } }),
      `is backed by ${at('base.qcow2')}; spec asks ${at('other.qcow2')}`,
    )
  })

  test('grows, and is given back its mode', async () => {
    await converge(wish({ mode: '0600' }))
    write('rtr01.qcow2', '0xef')
    execFileSync('chmod', ['644', at('rtr01.qcow2')])
    const grown = wish({ mode: '0600', sizeBytes: 16n * mib })
    expect(await converge(grown)).toMatchObject({ status: 'converged', changes: [`${grown.id} size,mode`] })
    expect(info(grown.path)['virtual-size']).toBe(16 * 2 ** 20)
    expect(holds('rtr01.qcow2', '0xef')).toContain('read 65536/65536')
  })

  test('that was left half made is made again', async () => {
    writeFileSync(at('rtr01.qcow2.reeve-new'), 'half')
    expect(await converge(wish())).toMatchObject({ status: 'converged' })
    expect(readdirSync(folder).sort()).toEqual(['rtr01.qcow2', 'tmp'])
  })

  test.each([undefined, 0])('is gone again where its transaction fails (cut before the check of step %s)', async (cutBefore) => {
    const spec = wish()
    const steps = diskImagePrimitive.steps(spec, { action: 'create', impact: 'none', fields: [] }, { status: 'absent' }, host.context())
    const failing = { title: 'fail', run: { text: 'false' } }
    const options = cutBefore === undefined ? {} : { cutBefore, thenUndo: true }
    expect(await host.run([...steps, failing], options)).toMatchObject({ status: 'failed' })
    expect(readdirSync(folder)).toEqual(['tmp'])
  })

  test('that somebody made in the meantime stays', async () => {
    const steps = diskImagePrimitive.steps(wish(), { action: 'create', impact: 'none', fields: [] }, { status: 'absent' }, host.context())
    const [step] = steps
    if (step === undefined) throw new Error('no step')
    // After the guard, at the last moment: ln fails.
    const racing = { ...step, run: { text: step.run.text.replace('ln -T', `echo theirs >'${at('rtr01.qcow2')}'; ln -T`) } }
    expect(await host.run([racing])).toMatchObject({ status: 'failed' })
    expect(readFileSync(at('rtr01.qcow2'), 'utf8')).toBe('theirs\n')
  })

  test.each([
    ['a copy', { source: { how: 'copy', path: '/srv/x' } }, true],
    ['allocated in full', { preallocation: 'full' }, true],
    ['over another one', { source: { how: 'backing', path: '/srv/x' } }, undefined],
    ['empty', {}, undefined],
  ] as const)('that is %s is made outside the lock of the host where that takes long', (_, more, isJob) => {
    const [step] = diskImagePrimitive.steps(
      wish(more),
      { action: 'create', impact: 'none', fields: [] },
      { status: 'absent' },
      host.context(),
    )
    expect(step?.job).toBe(isJob)
  })
})

describe('an image that is customized', () => {
  const files = [
    { path: '/etc/hostname', content: 'web01\n', mode: '0644', owner: '0:0' },
    { path: `/srv/new/deep/it's $(id) "q"`, content: '#!/bin/sh\n$(id) é\n', mode: '4755', owner: '1234:5678' },
  ]
  const customize = { partition: 1, files }
  const wanted = (more: Partial<DiskImageWish> = {}) =>
    wish({ sizeBytes: 16n * mib, source: { how: 'copy', path: at('lb01.qcow2') }, customize, ...more })

  /** A disk with one partition from 1 MiB on; links and a directory lie in it. */
  function makeDisk(format = 'ext4', start = 2048): void {
    const [raw, tree, size] = [at('tmp/raw'), at('tmp/tree'), 15 * 2 ** 20]
    mkdirSync(join(tree, 'etc/folder'), { recursive: true })
    writeFileSync(join(tree, 'etc/hostname'), 'lb01\n')
    symlinkSync('/etc', join(tree, 'out'))
    symlinkSync(at('victim'), join(tree, 'etc/.reeve-new'))
    symlinkSync('/etc/passwd', join(tree, 'etc/link'))
    execFileSync('truncate', ['-s', '16M', raw])
    const table = Buffer.alloc(66)
    table.set([0x83], 4)
    table.writeUInt32LE(start, 8)
    table.writeUInt32LE(size / 512, 12)
    table.set([0x55, 0xaa], 64)
    if (start > 0) execFileSync('dd', [`of=${raw}`, 'bs=1', 'seek=446', 'conv=notrunc', 'status=none'], { input: table })
    execFileSync(`mkfs.${format}`, ['-q', '-F', '-d', tree, '-E', `offset=${start * 512}`, raw, `${size / 1024}k`], { stdio: 'ignore' })
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, at('lb01.qcow2')])
    rmSync(raw)
    rmSync(tree, { recursive: true })
  }

  /** A file as the machine would find it, with its mode and owner. */
  function inside(name: string, path: string, start = 2048): string {
    const raw = at('tmp/look')
    execFileSync('qemu-img', ['convert', '-U', '-O', 'raw', at(name), raw])
    const ask = (command: string) =>
      execFileSync('debugfs', ['-R', `${command} "${path.replaceAll('"', '""')}"`, `${raw}?offset=${start * 512}`], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
    const [, mode = '', user, group] = /Mode: +(\d+)[\s\S]*User: +(\d+) +Group: +(\d+)/.exec(ask('stat')) ?? []
    return `${mode.slice(-4)} ${user}:${group} ${ask('cat')}`
  }

  const left = () => readdirSync(folder).sort().join(' ')
  const settled = 'lb01.qcow2 rtr01.qcow2 rtr01.qcow2.reeve-customized tmp'

  test('has its files before it has its name, and then there is nothing to do', async () => {
    makeDisk()
    const spec = wanted({ mode: '0640' })
    expect(await converge(spec)).toEqual({ status: 'converged', reasons: [], changes: [`${spec.id} size,copy,customize`] })
    expect(inside('rtr01.qcow2', '/etc/hostname')).toBe('0644 0:0 web01\n')
    expect(inside('rtr01.qcow2', files[1]?.path ?? '')).toBe('4755 1234:5678 #!/bin/sh\n$(id) é\n')
    expect(inside('lb01.qcow2', '/etc/hostname')).toBe('0644 0:0 lb01\n')
    expect(existsSync(at('victim'))).toBe(false)
    expect(await converge(spec)).toMatchObject({ status: 'converged', changes: [] })
    expect(left()).toBe(settled)
    execFileSync('qemu-img', ['check', '-q', spec.path])
  })

  test('over another one keeps only what differs, and one without a partition table is customized too', async () => {
    makeDisk('ext4', 0)
    const spec = wanted({ source: { how: 'backing', path: at('lb01.qcow2') }, customize: { partition: 0, files } })
    expect(await converge(spec)).toMatchObject({ status: 'converged' })
    expect(inside('rtr01.qcow2', '/etc/hostname', 0)).toBe('0644 0:0 web01\n')
    expect(info(spec.path)).toMatchObject({ 'backing-filename': at('lb01.qcow2') })
    expect(info(spec.path)['actual-size']).toBeLessThan(2 ** 20)
  })

  test('gets other files by a copy beside, keeps its mode and what the machine wrote, and is left alone else', async () => {
    makeDisk()
    await converge(wanted({ mode: '0640' }))
    const other = {
      partition: 1,
      files: [{ ...files[0], content: 'web02\n' } as (typeof files)[0], { path: '/etc/link', content: 'mine', mode: '0600', owner: '0:0' }],
    }
    const spec = wanted({ mode: '0640', customize: other })
    expect(await converge(spec)).toEqual({ status: 'converged', reasons: [], changes: [`${spec.id} customize`] })
    expect(inside('rtr01.qcow2', '/etc/hostname')).toBe('0644 0:0 web02\n')
    expect(inside('rtr01.qcow2', '/etc/link')).toBe('0600 0:0 mine')
    expect(inside('rtr01.qcow2', files[1]?.path ?? '')).toContain('4755')
    expect(execFileSync('stat', ['-c', '%a', spec.path], { encoding: 'utf8' })).toBe('640\n')
    expect(await converge(spec)).toMatchObject({ changes: [] })
    expect(left()).toBe(settled)
  })

  test('is let go of without a trace of us, and again with it where that fails', async () => {
    makeDisk()
    const spec = wanted()
    await converge(spec)
    const state = (await host.observe([spec], [diskImagePrimitive])).get(spec.id) as never
    const { release } = diskImagePrimitive
    const steps = typeof release === 'function' ? release(entryOf(spec), state, host.context()) : []
    const note = () => readFileSync(at('rtr01.qcow2.reeve-customized'), 'utf8')
    const before = note()
    await host.run(steps, { cutBefore: 0, thenUndo: true })
    expect(note()).toBe(before)
    expect(await host.run(steps)).toMatchObject({ status: 'done' })
    expect(left()).toBe('lb01.qcow2 rtr01.qcow2 tmp')
  })

  test('is as it was where its transaction fails, made or changed, at whatever step', async () => {
    makeDisk()
    const failing = { title: 'fail', run: { text: 'false' } }
    expect(await host.run([...(await host.steps(wanted(), [diskImagePrimitive])), failing])).toMatchObject({ status: 'failed' })
    expect(left()).toBe('lb01.qcow2 tmp')
    await converge(wanted())
    const footprint = () => [
      left(),
      readFileSync(at('rtr01.qcow2')).toString('base64'),
      readFileSync(at('rtr01.qcow2.reeve-customized'), 'utf8'),
    ]
    const before = footprint()
    const steps = await host.steps(wanted({ customize: { partition: 1, files: files.slice(0, 1) } }), [diskImagePrimitive])
    expect(await host.run(steps, { cutBefore: 0, thenUndo: true })).toMatchObject({ status: 'failed' })
    expect(footprint()).toEqual(before)
  })

  test('leaves nothing behind where it is killed in the middle, and is made the next time', async () => {
    makeDisk()
    await converge(wanted())
    const before = readFileSync(at('rtr01.qcow2'))
    const next = wanted({ customize: { partition: 1, files: files.slice(0, 1) } })
    const [step] = await host.steps(next, [diskImagePrimitive])
    const text = step?.run.text.replace('sync -f', () => `: >'\\''${at('tmp/mounted')}'\\''; sleep 100; sync -f`) ?? ''
    const running = host.run([{ title: 'killed', run: { text } }])
    await vi.waitUntil(() => existsSync(at('tmp/mounted')), { timeout: 10_000 })
    process.kill(unshareIn(folder), 'SIGKILL')
    expect(await running).toMatchObject({ status: 'failed' })
    expect(readFileSync(at('rtr01.qcow2'))).toEqual(before)
    expect(execFileSync('losetup', ['-a'], { encoding: 'utf8' })).not.toContain(folder)
    expect(await converge(next)).toMatchObject({ status: 'converged', changes: [`${next.id} customize`] })
    expect(left()).toBe(settled)
  })

  test('is kept from a machine that would start while it is changed', async () => {
    makeDisk()
    await converge(wanted())
    const [step] = await host.steps(wanted({ customize: { partition: 1, files: files.slice(0, 1) } }), [diskImagePrimitive])
    const text = step?.run.text.replace('sync -f', `qemu-io -c "write 0 512" '\\''${at('rtr01.qcow2')}'\\'' >&2 || :; sync -f`) ?? ''
    const result = await host.run([{ title: 'raced', run: { text } }])
    expect(result).toMatchObject({ status: 'done' })
    expect(result.stderr).toContain('Failed to get "write" lock')
  })

  test.each<[string, () => unknown, RegExp]>([
    [
      'a process',
      () => holders.push(spawn('sleep', ['100'], { stdio: ['ignore', openSync(at('rtr01.qcow2'), 'r'), 'ignore'] })),
      /is open in process \d+ \(/,
    ],
    ['a loop device', () => execFileSync('losetup', ['-f', at('rtr01.qcow2')]), /is behind a loop device/],
  ])('is refused while %s holds it', async (_, hold, reason) => {
    makeDisk()
    await converge(wanted())
    hold()
    const before = readFileSync(at('rtr01.qcow2'))
    const result = await converge(wanted({ customize: { partition: 1, files: files.slice(0, 1) } }))
    for (const holder of holders.splice(0)) holder.kill()
    execFileSync('sh', ['-c', `losetup -j '${at('rtr01.qcow2')}' | cut -d: -f1 | xargs -r losetup -d`])
    expect(result).toMatchObject({ status: 'refused', reasons: [expect.stringMatching(reason)] })
    expect(readFileSync(at('rtr01.qcow2'))).toEqual(before)
  })

  test('is refused while a virtual machine has it open, before anything is touched', async () => {
    makeDisk()
    await converge(wanted())
    await open('rtr01.qcow2')
    await expectRefused(
      wanted({ customize: { partition: 1, files: files.slice(0, 1) } }),
      'is to be customized, and a virtual machine has it open',
    )
  })

  const file = (path: string) => ({ partition: 1, files: [{ path, content: 'x', mode: '0644', owner: '0:0' }] })
  test('is unknown where the word about its files was lost on the way', async () => {
    makeDisk()
    await converge(wanted())
    const subjects = [{ id: wanted().id, spec: wanted() }]
    const { stdout } = await exec(diskImagePrimitive.probe(subjects, 'lab').text)
    const lost = stdout.replace(/^customized .*rtr01.*\n/m, '')
    expect(lost).not.toBe(stdout)
    expect(diskImagePrimitive.parse(lost, subjects).items.get(wanted().id)).toMatchObject({ status: 'unknown' })
  })

  test.each<[string, DiskImageSpec['customize'], string]>([
    ['a path that a link of the image leads out of it', file('/out/passwd'), '/out is a symbolic link in the image'],
    ['a path that is a directory there', file('/etc/folder'), '/etc/folder is a directory in the image'],
    ['a partition that is not there', { ...file('/a'), partition: 3 }, 'has no partition 3'],
    ['a disk with a partition table taken as one without', { ...file('/a'), partition: 0 }, 'holds no filesystem'],
  ])('fails with what to do, and nothing of it stays: %s', async (_, custom, reason) => {
    makeDisk()
    const result = await converge(wanted({ customize: custom ?? customize }))
    expect(result).toMatchObject({ status: 'failed', reasons: [expect.stringContaining(reason)] })
    expect(left()).toBe('lb01.qcow2 tmp')
  })
})

describe('what is refused is refused before anything is touched:', () => {
  test('a smaller size', async () => {
    make('rtr01.qcow2', '16M')
    await expectRefused(wish(), 'is 16 MiB; spec asks 8 MiB. Images are never shrunk')
  })

  test('growth of what a virtual machine has open', async () => {
    make('rtr01.qcow2')
    await open('rtr01.qcow2')
    await expectRefused(wish(), `a virtual machine has it open: virsh blockresize DOMAIN ${at('rtr01.qcow2')} 8388608B`)
  })

  test('a copy of what a virtual machine writes to, by qemu-img itself', async () => {
    make('lb01.qcow2')
    await open('lb01.qcow2')
    const result = await converge(wish({ source: { how: 'copy', path: at('lb01.qcow2') } }))
    expect(result).toMatchObject({ status: 'failed', reasons: [expect.stringContaining('lock')] })
    expect(existsSync(at('rtr01.qcow2'))).toBe(false)
  })

  test.each<[string, () => unknown, Partial<DiskImageWish>, string]>([
    [
      'a raw disk',
      () => writeFileSync(at('rtr01.qcow2'), Buffer.concat([Buffer.alloc(510), Buffer.from([0x55, 0xaa])])),
      {},
      'already holds a disk with a partition table',
    ],
    ['another file', () => writeFileSync(at('rtr01.qcow2'), 'a diary'), {}, 'already holds something that is no qcow2'],
    ['an empty file', () => writeFileSync(at('rtr01.qcow2'), ''), {}, 'already holds nothing (an empty file)'],
    ['a cut image', () => writeFileSync(at('rtr01.qcow2'), 'QFI\xfb\0\0\0\u0003', 'latin1'), {}, 'already holds a damaged or unknown qcow'],
    ['growth by hand only', () => make('rtr01.qcow2'), { growPolicy: 'Manual' }, 'growPolicy is Manual'],
    [
      'growth with snapshots inside',
      () => [make('rtr01.qcow2'), execFileSync('qemu-img', ['snapshot', '-c', 'one', at('rtr01.qcow2')])],
      {},
      'holds 1 snapshot(s) inside',
    ],
    ['no source', () => {}, { source: { how: 'copy', path: '/nowhere.qcow2' } }, '/nowhere.qcow2, which'],
    ['no folder', () => {}, { path: '/nowhere/deep/x.qcow2' }, '/nowhere/deep is not there'],
  ])('%s', async (_, prepare, more, reason) => {
    prepare()
    await expectRefused(wish(more), reason)
  })

  test('a source that is larger, and one that is no qcow2', async () => {
    make('lb01.qcow2', '16M')
    await expectRefused(wish({ source: { how: 'copy', path: at('lb01.qcow2') } }), 'is 16 MiB; spec asks 8 MiB for what is made from it')
    writeFileSync(at('raw.img'), 'x'.repeat(5000))
    await expectRefused(wish({ source: { how: 'backing', path: at('raw.img') } }), 'only a qcow2 can be taken')
  })

  test('a symbolic link is not followed', async () => {
    symlinkSync('/etc/hostname', at('link.qcow2'))
    expect(await converge(wish({ path: at('link.qcow2') }))).toMatchObject({
      status: 'unknown',
      reasons: [expect.stringContaining('symbolic link')],
    })
  })

  test('an image that was lost is not made anew without a word', async () => {
    const spec = wish()
    await converge(spec)
    rmSync(spec.path)
    const found = (await host.observe([spec], [diskImagePrimitive])).get(spec.id)
    if (found?.status !== 'absent') throw new Error('it is still there')
    expect(diskImagePrimitive.diff(spec, found, host.ledger.get(spec.id))).toMatchObject({ change: { impact: 'dataLoss' } })
  })
})
