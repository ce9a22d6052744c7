import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { Known } from '../../controller/model/observation.ts'
import type { Primitive } from '../../controller/model/primitive.ts'
import { swapPrimitive } from '../../controller/primitives/swap/index.ts'
import type { SwapState } from '../../controller/primitives/swap/probe.ts'
import { type SwapSpec, swap } from '../../controller/primitives/swap/spec.ts'
import { contextOf } from '../machine/transaction.ts'
import { entryOf } from './test-host.ts'

const primitive = swapPrimitive as unknown as Primitive<SwapSpec, SwapState>
const spec = swap({ device: '/dev/vg_data/sw' })
const ours = '/dev/vg_data/sw none swap sw,nofail,x-reeve.id=lab/Volume/sw 0 0'

function answer(on: boolean, fstab: readonly string[], same: readonly string[] = []): string {
  return [
    ...(on ? ['on /dev/vg_data/sw'] : []),
    'fstab',
    ...fstab,
    'end',
    ...same.map((name) => `same /dev/vg_data/sw ${name}`),
    'done',
    '',
  ].join('\n')
}

function observe(text: string): Known<SwapState> {
  const found = primitive.parse(text, [{ id: spec.id, spec }]).items.get(spec.id)
  if (found === undefined || found.status === 'unknown') throw new Error('unknown')
  return found
}

const diff = (text: string, last?: LedgerEntry) => primitive.diff(spec, observe(text), last)

describe('a swap area', () => {
  test.each<[string, string]>([
    ['as we left it', answer(true, [ours])],
    ["by the user's own line, by another name", answer(true, ['UUID=1-2 swap swap defaults 0 0'], ['UUID=1-2'])],
  ])('%s is the same', (_, text) => {
    expect(diff(text)).toEqual({ status: 'same' })
  })

  test.each<[string, string, readonly string[]]>([
    ['not in use and in no line', answer(false, ['/dev/vdz none swap sw 0 0', '# x']), ['on', 'fstab']],
    ['whose line is gone', answer(true, []), ['fstab']],
    ['that was taken out of use', answer(false, [ours]), ['on']],
    ['whose line was given a priority', answer(true, [ours.replace('sw,', 'sw,pri=5,')]), ['fstab']],
  ])('%s is put right', (_, text, fields) => {
    expect(diff(text)).toMatchObject({ status: 'change', change: { impact: 'none', fields: fields.map((field) => ({ field })) } })
  })

  test('that is taken over gets its mark once the ledger knows it, and remembers the line', () => {
    const text = answer(true, ['UUID=1-2 swap swap defaults 0 0'], ['UUID=1-2'])
    expect(diff(text, entryOf(spec))).toMatchObject({ change: { fields: [{ field: 'mark' }] } })
    expect(primitive.previous?.(spec, observe(text))).toBe('UUID=1-2 swap swap defaults 0 0')
    expect(primitive.previous?.(spec, observe(answer(true, [ours])))).toBeUndefined()
  })

  test('in two lines is refused', () => {
    const difference = diff(answer(true, [ours, 'LABEL=x none swap sw 0 0'], ['LABEL=x']))
    expect(difference).toEqual({
      status: 'refused',
      reasons: ['/dev/vg_data/sw stands in several lines of fstab (/etc/fstab:1, /etc/fstab:2); remove all but one'],
    })
  })

  test('that carries our mark and that nobody asks for is named', () => {
    const text = answer(false, [ours.replace('vg_data/sw', 'vg_data/old').replace('Volume/sw', 'Volume/old')])
    expect(primitive.parse(text, [{ id: spec.id }]).marked).toEqual([
      { id: 'swap:/dev/vg_data/old', mark: { fleet: 'lab', owner: 'Volume/old' } },
    ])
  })

  test.each([
    ['cut', 'on /dev/vg_data/sw\nfstab\n'],
    ['of another program', 'sh: x\nfstab\nend\ndone\n'],
    ['empty', ''],
  ])('is unknown from an answer that is %s', (_, text) => {
    expect(() => primitive.parse(text, [{ id: spec.id }])).toThrow()
  })

  test.each<[LedgerEntry['deletionPolicy'], readonly string[]]>([
    ['Retain', ['write the line of /dev/vg_data/sw in /etc/fstab']],
    ['Unmount', ['take /dev/vg_data/sw out of use as swap', 'remove the line of /dev/vg_data/sw in /etc/fstab']],
  ])('goes with %s as that says', (deletionPolicy, titles) => {
    const retirement = primitive.retire?.({ ...entryOf(spec), deletionPolicy }, observe(answer(true, [ours])), contextOf({ fleet: 'lab' }))
    expect(retirement?.steps.map(({ title }) => title)).toEqual(titles)
  })

  test('is probed by the shell alone, on this machine too', () => {
    const { text } = primitive.probe([{ id: spec.id, spec }], 'lab')
    const { stdout, status } = spawnSync('dash', ['-euc', `PATH=/nowhere\n${text}`], { encoding: 'utf8' })
    expect({ status, end: stdout.endsWith('done\n') }).toEqual({ status: 0, end: true })
  })
})
