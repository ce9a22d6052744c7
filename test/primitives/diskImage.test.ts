import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { diskImagePrimitive } from '../../controller/primitives/diskImage/index.ts'
import { type DiskImageSpec, type DiskImageWish, diskImage } from '../../controller/primitives/diskImage/spec.ts'
import { ensureInstalled } from '../lab/requirements.ts'
import { createTestHost, type TestHost } from './test-host.ts'

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
