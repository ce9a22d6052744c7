import { spawnSync } from 'node:child_process'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { primitiveId } from '../../controller/model/ids.ts'
import type { Observed } from '../../controller/model/observation.ts'
import { noPeers, type Primitive } from '../../controller/model/primitive.ts'
import { filesystemPrimitive } from '../../controller/primitives/filesystem/index.ts'
import {
  type FilesystemSpec,
  type FilesystemState,
  type FilesystemWish,
  filesystem,
  filesystemId,
} from '../../controller/primitives/filesystem/spec.ts'
import { readFixture } from './fixture.ts'

const primitive = filesystemPrimitive as unknown as Primitive<FilesystemSpec, FilesystemState>

const answer = readFixture('filesystem-probe.txt')
const names = ['ve-2', 'blank', 'raw', 'written', 'swp', 'both', 'x', 'small', 'hung', 'off', 'none']
const subjects = names.map((name) => ({ id: filesystemId('vg_data', name) }))

function wish(name: string, more: Partial<FilesystemWish> = {}): FilesystemSpec {
  return filesystem({ volumeGroup: 'vg_data', name, format: 'ext4', ...more })
}

function observe(name: string, text = answer): Observed<FilesystemState> {
  return primitive.parse(text, subjects).items.get(filesystemId('vg_data', name)) ?? { status: 'unknown', reason: 'not mentioned' }
}

function diff(spec: FilesystemSpec, text = answer) {
  const observed = observe(spec.name, text)
  if (observed.status === 'unknown') throw new Error(observed.reason)
  return primitive.diff(spec, observed, undefined)
}

describe('a filesystem', () => {
  test.each<[string, object]>([
    [
      've-2',
      { status: 'present', state: { content: 'ext4', label: 've2', sizeBytes: 64n << 20n, fullBytes: 64n << 20n, isMounted: true } },
    ],
    ['x', { status: 'present', state: { content: 'xfs', label: 'xx', sizeBytes: 320n << 20n, isMounted: true } }],
    ['small', { status: 'present', state: { content: 'ext3', sizeBytes: 64n << 20n, fullBytes: 128n << 20n, isMounted: false } }],
    ['swp', { status: 'present', state: { content: 'swap', sizeBytes: undefined } }],
    ['both', { status: 'present', state: { content: 'several signatures' } }],
    ['blank', { status: 'absent', around: { tags: ['reeve.id=lab/Volume/blank', 'reeve.mkfs-pending'], isZero: true } }],
    ['raw', { status: 'absent', around: { tags: [''], isZero: true } }],
    ['none', { status: 'absent' }],
    ['hung', { status: 'unknown', reason: '/dev/vg_data/hung is suspended; see dmsetup info vg_data-hung' }],
    ['off', { status: 'unknown', reason: '/dev/vg_data/off is not active' }],
  ])('on %s is read as it is', (name, state) => {
    expect(observe(name)).toMatchObject(state)
  })

  test.each<[string, FilesystemSpec]>([
    ['as wanted', wish('ve-2')],
    ['with its label as wanted', wish('ve-2', { label: 've2' })],
    ['of xfs', wish('x', { format: 'xfs' })],
  ])('%s is the same', (_, spec) => {
    expect(diff(spec)).toEqual({ status: 'same' })
  })

  test.each<[string, FilesystemSpec, object]>([
    [
      'is made on a volume of ours that never held data',
      wish('blank'),
      { action: 'create', impact: 'none', fields: [{ field: 'format', after: 'ext4' }] },
    ],
    ['is made on a volume that is still to come', wish('none'), { action: 'create' }],
    [
      'grows to its volume',
      wish('small', { format: 'ext3' }),
      { action: 'update', fields: [{ field: 'size', before: '64 MiB', after: '128 MiB' }] },
    ],
    ['gets its label', wish('ve-2', { label: 'new' }), { fields: [{ field: 'label', before: 've2', after: 'new' }] }],
  ])('%s', (_, spec, change) => {
    expect(diff(spec)).toMatchObject({ status: 'change', change })
  })

  test.each<[string, FilesystemSpec, string]>([
    ['over another', wish('small'), '/dev/vg_data/small already holds ext3; spec asks ext4, and changing the filesystem would destroy it'],
    ['over swap', wish('swp'), 'already holds swap'],
    ['over several signatures', wish('both'), 'several conflicting signatures'],
    ['on a raw volume', wish('raw'), 'it may hold raw data'],
    ['over data that nobody knows', wish('written'), 'something without a signature has been written'],
    [
      'grown where people want to do it',
      wish('small', { format: 'ext3', growPolicy: 'Manual' }),
      '64 MiB of 128 MiB, and growPolicy is Manual',
    ],
    ['with another label on xfs', wish('x', { format: 'xfs', label: 'new' }), 'run xfs_admin -L by hand'],
  ])('is refused %s, with what to do', (_, spec, reason) => {
    const difference = diff(spec)
    expect(difference.status === 'refused' && difference.reasons.join('\n')).toContain(reason)
  })

  test('of xfs that was grown is full while it is mounted, whatever its disk still says', () => {
    const grown = answer.replace(/^device vg_data-x 655360 0 mounted 0$/m, 'device vg_data-x 819200 0 mounted 819200')
    expect(grown).not.toBe(answer)
    expect(diff(wish('x', { format: 'xfs' }), grown)).toEqual({ status: 'same' })
    for (const change of ['device vg_data-x 819200 0 mounted 655360', 'device vg_data-x 819200 0 - 819200'])
      expect(diff(wish('x', { format: 'xfs' }), grown.replace('device vg_data-x 819200 0 mounted 819200', change))).toMatchObject({
        change: { fields: [{ field: 'size' }] },
      })
  })
})

describe('what lies deeper on its device', () => {
  const deep = readFixture('filesystem-deep-probe.txt')
  const spec = wish('conform', { format: 'btrfs', label: 'conform' })
  const observeDeep = (text: string) => primitive.parse(text, [{ id: spec.id, spec }]).items.get(spec.id)
  const known = (text: string) => {
    const found = observeDeep(text)
    if (found === undefined || found.status === 'unknown') throw new Error(found?.reason)
    return found
  }

  test('is read where it is wanted, and only there', () => {
    expect(observeDeep(deep)).toMatchObject({
      status: 'present',
      state: { content: 'btrfs', label: 'conform', sizeBytes: 256n << 20n, fullBytes: 256n << 20n, isMounted: false },
    })
    expect(primitive.diff(spec, known(deep), undefined)).toEqual({ status: 'same' })
    expect(primitive.probe([{ id: spec.id, spec }], 'lab').text).toContain('depth=deep')
    expect(primitive.probe([{ id: spec.id, spec: wish('conform') }], 'lab').text).not.toContain('depth=deep')
  })

  test('grows with its volume, and gets its label', () => {
    const grown = known(deep.replace('524288', '1048584'))
    expect(primitive.diff({ ...spec, label: 'other' }, grown, undefined)).toMatchObject({
      change: { fields: [{ field: 'size', before: '256 MiB', after: '512.0 MiB' }, { field: 'label' }] },
    })
  })

  test('is swap while the kernel swaps to it, whatever else is there', () => {
    const inUse = deep.replace(' - 0\n', ' swap 0\n').replace(/DEVNAME[\s\S]*done/, 'done')
    const difference = primitive.diff(spec, known(inUse), undefined)
    expect(difference.status === 'refused' && difference.reasons[0]).toContain('already holds swap; spec asks btrfs')
  })

  test.each<[string, string]>([
    ['its beginning is lost', deep.slice(deep.indexOf('0 - 0'))],
    ['the bytes are damaged', deep.replace('3SvUpC', '3SvVpC')],
    ['the bytes are cut', deep.replace(/\n[^\n]+\nend-deep/, '\nend-deep')],
    ['their end is lost', deep.replace('end-deep\n', '')],
  ])('leaves all unknown where %s', (_, text) => {
    expect(text).not.toBe(deep)
    expect(() => observeDeep(text)).toThrow()
  })

  test('is unknown where only the line of the device is lost', () => {
    expect(observeDeep(deep.replace(/^device .*\n/m, ''))).toMatchObject({ status: 'unknown' })
  })

  test('on several devices is nothing of ours', () => {
    const bytes = gunzipSync(Buffer.from(deep.slice(deep.indexOf('deep\n') + 5, deep.indexOf('end-deep')), 'base64'))
    const at = bytes.indexOf('==> /dev/vg_data/conform <==\n') + '==> /dev/vg_data/conform <==\n'.length
    bytes.writeBigUInt64LE(2n, at + 65_536 + 0x88)
    const several = `${deep.slice(0, deep.indexOf('deep\n') + 5)}${gzipSync(bytes).toString('base64')}\n${deep.slice(deep.indexOf('end-deep'))}`
    const difference = primitive.diff(spec, known(several), undefined)
    expect(difference.status === 'refused' && difference.reasons[0]).toContain('already holds btrfs on 2 devices')
  })
})

describe('a cut or damaged answer', () => {
  const blocks = answer.indexOf('superblocks\n') + 'superblocks\n'.length
  test.each<[string, string]>([
    ['empty', ''],
    ['cut in the superblocks', answer.slice(0, 2000)],
    ['without its end', answer.slice(0, -5)],
    ['with superblocks that are none', `${answer.slice(0, blocks)}bm9uc2Vuc2U=\n${answer.slice(blocks)}`],
    ['with volumes that are no JSON', answer.replace('"report"', 'report')],
  ])('%s leaves all unknown', (_, text) => {
    expect(() => primitive.parse(text, subjects)).toThrow()
  })

  test('a device that cannot be read leaves only itself unknown', () => {
    const bytes = Buffer.from(answer.slice(blocks, answer.indexOf('\nend\n')), 'base64')
    const at = bytes.indexOf('==> /dev/vg_data/swp <==\n') + '==> /dev/vg_data/swp <==\n'.length
    const without = Buffer.concat([bytes.subarray(0, at), bytes.subarray(bytes.indexOf('\n==> ', at))])
    const text = `${answer.slice(0, blocks)}${without.toString('base64')}${answer.slice(answer.indexOf('\nend\n'))}`
    expect(observe('swp', text)).toEqual({ status: 'unknown', reason: '/dev/vg_data/swp cannot be read' })
    expect(observe('ve-2', text)).toEqual(observe('ve-2'))
  })
})

test('the probe asks only about devices of volumes, and runs as POSIX shell where there are none', () => {
  const strange = [primitiveId('filesystem', '/dev/sda'), primitiveId('filesystem', '/dev/vg/$(touch oops)'), filesystemId('vg_none', 'lv')]
  const script = primitive.probe(
    strange.map((id) => ({ id })),
    'lab',
  ).text
  expect(script).not.toContain('oops')
  const { status, stdout } = spawnSync('dash', ['-eu'], { input: script, encoding: 'utf8' })
  expect(status).toBe(0)
  const { items } = primitive.parse(
    stdout,
    strange.map((id) => ({ id })),
  )
  expect([...items.keys()]).toEqual([strange[2]])
})

test('every script is POSIX shell to shellcheck', () => {
  const context = { fleet: 'lab', owners: ['Volume/x'], last: undefined, staged: [], observed: () => undefined, peers: noPeers }
  const field = (name: string) => ({ action: 'update', impact: 'none', fields: [{ field: name, before: '', after: '' }] }) as const
  const state = { content: 'ext4', label: '', uuid: '', sizeBytes: 1n, fullBytes: 2n, deviceBytes: 2n, isMounted: false }
  const steps = [
    ...primitive.steps(wish('a', { label: `it's "$(x)"` }), field('format'), { status: 'absent' }, context),
    ...primitive.steps(wish('a', { format: 'xfs' }), field('size'), { status: 'present', state }, context),
    ...primitive.steps(wish('a'), field('size'), { status: 'present', state }, context),
    ...primitive.steps(wish('a', { label: 'x' }), field('label'), { status: 'present', state }, context),
  ]
  const scripts = steps.flatMap(({ guard, run, check, undo }) => [guard, run, check, undo].flatMap((script) => script ?? []))
  for (const { text } of [...scripts, primitive.probe(subjects, 'lab')])
    expect(spawnSync('shellcheck', ['-s', 'sh', '-S', 'error', '-'], { input: text, encoding: 'utf8' }).stdout).toBe('')
})
