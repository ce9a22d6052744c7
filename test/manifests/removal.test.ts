import { describe, expect, it } from 'vitest'
import { judgeRemoval, type Provenance, type Removal } from '../../controller/manifests/removal.ts'
import type { RefusedPath } from '../../controller/model/tree.ts'
import { good, loadSample, machineWith } from './sample.ts'

const trusted: Provenance = { isTreeWhole: true, descendsFromLastApplied: true }
const web = { owners: ['Machine/web'], files: ['hosts/web.yaml'] }
const webManifest = machineWith('address: a', 'web')

interface Case {
  readonly name: string
  readonly files: Readonly<Record<string, string | Uint8Array>>
  readonly refused?: readonly RefusedPath[]
  readonly provenance?: Provenance
  readonly entry?: { readonly owners: readonly string[]; readonly files: readonly string[] }
  readonly is: Removal
}

const removed: Removal = { status: 'removed' }
const frozen = (reason: string): Removal => ({ status: 'frozen', reason })

const cases: readonly Case[] = [
  { name: 'its file parsed without it', files: { 'hosts/web.yaml': good }, is: removed },
  { name: 'its file is gone from a whole tree', files: { 'a.yaml': good }, is: removed },
  { name: 'its file is there and empty', files: { 'a.yaml': good, 'hosts/web.yaml': '# nothing\n' }, is: removed },
  { name: 'it stands where it stood', files: { 'hosts/web.yaml': webManifest }, is: { status: 'asked' } },
  { name: 'it moved to another file', files: { 'b.yaml': webManifest }, is: { status: 'asked' } },
  {
    name: 'one of its owners is left',
    files: { 'a.yaml': good },
    entry: { owners: ['Machine/web', 'Machine/he1'], files: ['a.yaml'] },
    is: { status: 'asked' },
  },
  {
    name: 'the tree was not read whole',
    files: { 'a.yaml': good },
    provenance: { ...trusted, isTreeWhole: false },
    is: frozen('the tree could not be read whole'),
  },
  {
    name: 'the branch was rewritten',
    files: { 'a.yaml': good },
    provenance: { ...trusted, descendsFromLastApplied: false },
    is: frozen('commit c0ffee does not descend from the last applied commit'),
  },
  { name: 'the tree is empty', files: {}, is: frozen('the tree holds no manifest at all') },
  {
    name: 'its manifest has an error',
    files: { 'hosts/web.yaml': machineWith('adress: a', 'web') },
    is: frozen('Machine/web has errors (hosts/web.yaml:1:1)'),
  },
  {
    name: 'its manifest mentions one with an error',
    files: { 'hosts/web.yaml': machineWith('address: a\njump: gone', 'web') },
    is: frozen('Machine/web has errors (hosts/web.yaml:1:1)'),
  },
  {
    name: 'its manifest stands twice',
    files: { 'hosts/web.yaml': webManifest, 'b.yaml': webManifest },
    is: frozen('Machine/web has errors (b.yaml:1:1)'),
  },
  {
    name: 'its file is no YAML any more',
    files: { 'a.yaml': good, 'hosts/web.yaml': 'kind: [' },
    is: frozen('hosts/web.yaml, where Machine/web stood, cannot be read'),
  },
  {
    name: 'its file is no text any more',
    files: { 'a.yaml': good, 'hosts/web.yaml': Buffer.from([0xff]) },
    is: frozen('hosts/web.yaml, where Machine/web stood, cannot be read'),
  },
  {
    name: 'its kind was misspelt',
    files: { 'a.yaml': good, 'hosts/web.yaml': webManifest.replace('Machine', 'Machin') },
    is: frozen('hosts/web.yaml, where Machine/web stood, cannot be read'),
  },
  {
    name: 'it moved to a file that cannot be read',
    files: { 'a.yaml': good, 'moved.yaml': `${webManifest}x: [` },
    is: frozen('moved.yaml cannot be read, and Machine/web may stand in it'),
  },
  { name: 'another file that cannot be read does not name it', files: { 'a.yaml': good, 'b.yaml': 'name: other\nx: [' }, is: removed },
  {
    name: 'its folder became a submodule',
    files: { 'a.yaml': good },
    refused: [{ path: 'hosts', reason: 'this is a submodule' }],
    is: frozen('hosts, where Machine/web stood, was refused'),
  },
  {
    name: 'a file was refused that may hold anything',
    files: { 'a.yaml': good },
    refused: [{ path: 'huge.yaml', reason: 'too large' }],
    is: frozen('huge.yaml cannot be read, and Machine/web may stand in it'),
  },
]

describe('a manifest counts as removed only where that is proved', () => {
  it.each(cases)('$name: $is.status', ({ files, refused, provenance, entry, is }) => {
    expect(judgeRemoval(entry ?? web, loadSample(files, refused), provenance ?? trusted)).toEqual(is)
  })
})
