import { expect, it } from 'vitest'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import { noPeers, type StepContext } from '../../controller/model/primitive.ts'
import { logicalVolumePrimitive } from '../../controller/primitives/logicalVolume/index.ts'
import { logicalVolumeId } from '../../controller/primitives/logicalVolume/spec.ts'

const context: StepContext = {
  fleet: 'test',
  owners: ['Volume/data'],
  last: undefined,
  staged: [],
  observed: () => undefined,
  peers: noPeers,
}

it.each([
  [
    'a volume in use, whatever its policy',
    'data',
    ['reeve.id=test/Volume/data', 'mine'],
    ['release logical volume vg/data, with all its data'],
  ],
  [
    'one whose days in the trash are over',
    'reeve-trash-data-abcdef',
    ['reeve.trash=test/Volume/data', 'reeve.trash-due=1'],
    ['release logical volume vg/reeve-trash-data-abcdef, with all its data'],
  ],
  ['one of another fleet', 'data', ['reeve.id=other/Volume/data'], []],
])('a release takes only the tags off %s, and removes nothing', (_, name, tags, titles) => {
  const [, fleet = ''] = /=([^/]+)\//.exec(tags[0] ?? '') ?? []
  const state = { tags, uuid: 'abcdef', attributes: '-wi-a-----', isOpen: false, thinVolumes: 0, trash: { dueSeconds: 1, isDue: true } }
  const entry: LedgerEntry = {
    target: 'he1',
    id: logicalVolumeId('vg', name),
    owners: ['Volume/data'],
    files: [],
    fields: {},
    deletionPolicy: 'Delete',
    state: 'done',
    commit: 'c',
  }
  const { release } = logicalVolumePrimitive
  if (typeof release !== 'function') throw new Error('a logical volume carries marks')
  const steps = release(entry, { status: 'present', state, mark: { fleet, owner: 'Volume/data' } }, context)
  expect(steps.map(({ title }) => title)).toEqual(titles)
  const text = steps.map(({ run }) => run.text).join('\n')
  expect(text).not.toMatch(/lvremove|lvrename|-an|mine/)
})
