import { describe, expect, test } from 'vitest'
import type { Known } from '../../controller/model/observation.ts'
import type { Primitive } from '../../controller/model/primitive.ts'
import { volumeGroupPrimitive } from '../../controller/primitives/volumeGroup/index.ts'
import type { GroupState } from '../../controller/primitives/volumeGroup/probe.ts'
import { type VolumeGroupSpec, volumeGroup } from '../../controller/primitives/volumeGroup/spec.ts'
import { contextOf } from '../machine/transaction.ts'
import { entryOf } from './test-host.ts'

const primitive = volumeGroupPrimitive as unknown as Primitive<VolumeGroupSpec, GroupState>
const spec = volumeGroup('vg_new', ['/dev/disk/by-id/a', '/dev/disk/by-id/b'])
const groups = (...rows: readonly string[]) => `groups\n${rows.map((row) => `  ${row}\n`).join('')}end\n`
const device = (name: string, kernel: string, ...why: readonly string[]) =>
  `device /dev/disk/by-id/${name}\n${why.map((one) => `${one}\n`).join('')}\nkernel ${kernel}\n`
const absent = groups('vg_data ') + device('a', 'sda') + device('b', 'sdb')

function observe(text: string): Known<GroupState> {
  const found = primitive.parse(text, [{ id: spec.id, spec }]).items.get(spec.id)
  if (found === undefined || found.status === 'unknown') throw new Error(found?.reason ?? 'not mentioned')
  return found
}

const diff = (text: string, last = undefined as ReturnType<typeof entryOf> | undefined) =>
  primitive.diff(spec, observe(`${text}done\n`), last)

describe('a volume group', () => {
  test('that stands is as wanted, whoever made it', () => {
    expect(diff(groups('vg_data x', 'vg_new '))).toEqual({ status: 'same' })
    expect(observe(`${groups('vg_new reeve.id=lab/Volume/x')}done\n`)).toMatchObject({ mark: { fleet: 'lab', owner: 'Volume/x' } })
  })

  test('is made on devices that are proven blank', () => {
    expect(diff(absent)).toMatchObject({ status: 'change', change: { action: 'create', impact: 'none' } })
  })

  test('that stood and is gone is not made anew without consent', () => {
    expect(diff(absent, entryOf(spec))).toMatchObject({ change: { impact: 'dataLoss' } })
  })

  test.each<[string, string, string]>([
    ['a device that holds something', groups() + device('a', 'sda', 'holds ext4') + device('b', 'sdb'), '/dev/disk/by-id/a holds ext4'],
    ['a device that is not there', groups() + device('a', '', 'is not there, or is no block device') + device('b', 'sdb'), 'is not there'],
    [
      'one disk by two names',
      groups() + device('a', 'sda') + device('b', 'sda'),
      '/dev/disk/by-id/b is the same disk as another of its devices (sda)',
    ],
    ['a host without lvm', 'no lvm\n', 'there is no lvm on this host'],
  ])('is refused on %s', (_, text, reason) => {
    const difference = diff(text)
    expect(difference.status === 'refused' && difference.reasons.join('\n')).toContain(reason)
  })

  test.each<[string, string]>([
    ['empty', ''],
    ['cut', absent],
    ['of another program', 'sh: lvm: not found\nend\ndone\n'],
  ])('is unknown from an answer that is %s', (_, text) => {
    expect(() => primitive.parse(text, [{ id: spec.id, spec }])).toThrow()
  })

  test('is unknown where one of its devices was not looked at to the end', () => {
    const text = `${absent.replace('kernel sdb\n', '')}done\n`
    expect(primitive.parse(text, [{ id: spec.id, spec }]).items.get(spec.id)).toMatchObject({ status: 'unknown' })
  })

  test('is never removed: only our tag goes', () => {
    const observed = observe(`${groups('vg_new reeve.id=lab/Volume/x,mine')}done\n`)
    const steps = primitive.retire?.({ ...entryOf(spec), deletionPolicy: 'Delete' }, observed, contextOf({ fleet: 'lab' }))?.steps
    expect(steps?.map(({ run }) => run.text).join('\n')).toMatch(/vgchange -qq --deltag reeve\.id=lab\/Volume\/x vg_new/)
    expect(steps?.map(({ run }) => run.text).join('\n')).not.toMatch(/remove|deltag mine/)
  })
})
