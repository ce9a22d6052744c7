import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GitSource } from '../../controller/git/source.ts'
import { type FleetInForce, findLost, findWanted, holdLastGood } from '../../controller/manifests/lastGood.ts'
import { isManifestPath, type LoadResult, loadTree } from '../../controller/manifests/tree.ts'
import type { Ledger, LedgerEntry } from '../../controller/model/ledger.ts'
import { createRepository, openSource, type TestRepository, temporaryFolder } from '../git/repository.ts'
import { machineWith, sampleRules } from './sample.ts'

let temporary: ReturnType<typeof temporaryFolder>
let repository: TestRepository
let source: GitSource

beforeEach(() => {
  temporary = temporaryFolder()
  repository = createRepository(join(temporary.path, 'fleet'))
  source = openSource(repository.folder, join(temporary.path, 'state'))
})

afterEach(async () => {
  await source[Symbol.asyncDispose]()
  temporary[Symbol.dispose]()
})

/** A ledger of this commit that knows one thing of each of these manifests. */
function ledger(commit: string, owned: Readonly<Record<string, string>>): Ledger {
  const entries = Object.entries(owned).map(([owner, file]): [string, LedgerEntry] => {
    const id = `file:/${owner}` as LedgerEntry['id']
    return [owner, { target: 'he1', id, owners: [owner], files: [file], fields: {}, deletionPolicy: 'Delete', state: 'done', commit }]
  })
  return {
    header: { format: 1, fleet: 'example', hypervisor: 'he1', machineId: 'm', epoch: 1, generation: 1, commit },
    entries: new Map(entries),
  }
}

async function head(): Promise<LoadResult> {
  const { commit } = await source.refresh()
  const reading = await source.readTree(commit ?? '', isManifestPath)
  if (reading.status === 'failed') throw new Error(reading.reason)
  return loadTree(reading.tree, sampleRules)
}

async function inForce(since: string, owned: Readonly<Record<string, string>>): Promise<FleetInForce> {
  const result = await head()
  return holdLastGood(result, findWanted(result, [ledger(since, owned)]), source, sampleRules)
}

function versions({ fleet }: FleetInForce): Record<string, unknown> {
  return Object.fromEntries(fleet.manifests.map(({ id, spec }) => [id, spec]))
}

const he1 = machineWith('address: a', 'he1')
const app = (port: string): string => `apiVersion: reeve.dev/v1\nkind: App\nmetadata: {name: shop}\nspec: {machine: he1, port: ${port}}\n`

describe('a manifest that broke stays in force as it last was', () => {
  it('takes the newest version that validates, and says of which commit it is', async () => {
    const first = repository.commit({ 'he1.yaml': he1, 'shop.yaml': app('1') })
    const second = repository.commit({ 'shop.yaml': app('2') })
    repository.commit({ 'shop.yaml': app('many') })
    repository.commit({ 'shop.yaml': app('more') })
    const result = await inForce(first, { 'App/shop': 'shop.yaml' })
    expect(versions(result)).toMatchObject({ 'App/shop': { port: 2 } })
    expect(result.stale.get('App/shop' as never)?.commit).toBe(second)
    expect(result.frozen).toEqual([])
  })

  it('takes the version of the ledger itself where all since are broken', async () => {
    repository.commit({ 'he1.yaml': he1, 'shop.yaml': app('1') })
    const applied = repository.commit({ 'README.md': 'x' })
    repository.commit({ 'shop.yaml': 'kind: [' })
    expect(versions(await inForce(applied, { 'App/shop': 'shop.yaml' }))).toMatchObject({ 'App/shop': { port: 1 } })
  })

  it('takes the version from before the ledger, where others were applied at the very commit that broke it', async () => {
    repository.commit({ 'he1.yaml': he1, 'shop.yaml': app('1') })
    const breaking = repository.commit({ 'shop.yaml': app('many'), 'README.md': 'x' })
    const result = await inForce(breaking, { 'App/shop': 'shop.yaml' })
    expect(versions(result)).toMatchObject({ 'App/shop': { port: 1 } })
    expect(result.frozen).toEqual([])
  })

  it('keeps what depends on it in force in its newest version', async () => {
    const applied = repository.commit({ 'he1.yaml': he1, 'shop.yaml': app('1') })
    repository.commit({ 'he1.yaml': machineWith('adress: a', 'he1'), 'shop.yaml': app('2') })
    const result = await inForce(applied, { 'Machine/he1': 'he1.yaml', 'App/shop': 'shop.yaml' })
    expect(versions(result)).toEqual({ 'Machine/he1': { address: 'a', cpus: 2 }, 'App/shop': { machine: 'he1', port: 2 } })
    expect([...result.stale.keys()]).toEqual(['Machine/he1'])
  })

  it('passes over a version that would drive a valid manifest out', async () => {
    const applied = repository.commit({ 'he1.yaml': he1, 'shop.yaml': app('80') })
    repository.commit({ 'shop.yaml': app('none'), 'other.yaml': app('80').replace('shop', 'other') })
    const result = await inForce(applied, { 'App/shop': 'shop.yaml' })
    expect(versions(result)).toMatchObject({ 'App/other': { port: 80 } })
    expect(result.frozen).toEqual(['App/shop'])
  })

  it('takes back what was there when two now claim the same', async () => {
    const applied = repository.commit({ 'he1.yaml': he1, 'shop.yaml': app('80'), 'other.yaml': app('81').replace('shop', 'other') })
    repository.commit({ 'other.yaml': app('80').replace('shop', 'other') })
    const result = await inForce(applied, { 'App/shop': 'shop.yaml', 'App/other': 'other.yaml' })
    expect(versions(result)).toMatchObject({ 'App/shop': { port: 80 }, 'App/other': { port: 81 } })
  })

  it.each(['a-new.yaml', 'z-new.yaml'])(
    'keeps who was there first where a newcomer (%s) claims the same, also commits later',
    async (name) => {
      const applied = repository.commit({ 'he1.yaml': he1, 'shop.yaml': app('80') })
      const newcomer = name.replace('.yaml', '')
      repository.commit({ [name]: app('80').replace('shop', newcomer) })
      repository.commit({ 'README.md': 'x' })
      const result = await inForce(applied, { 'App/shop': 'shop.yaml' })
      expect(versions(result)).toEqual({ 'Machine/he1': { address: 'a', cpus: 2 }, 'App/shop': { machine: 'he1', port: 80 } })
      expect(result.frozen).toEqual([`App/${newcomer}`])
    },
  )

  it('finds it in a file that cannot be read at all, by the ledger', async () => {
    const applied = repository.commit({ 'he1.yaml': he1, 'shop.yaml': app('1') })
    repository.commit({ 'shop.yaml': Buffer.from([0xff, 0xfe]) })
    expect(versions(await inForce(applied, { 'App/shop': 'shop.yaml' }))).toMatchObject({ 'App/shop': { port: 1 } })
  })

  it('finds a broken hypervisor before any ledger could be read', async () => {
    repository.commit({ 'he1.yaml': he1, 'shop.yaml': app('1') })
    repository.commit({ 'he1.yaml': 'kind: Machine\nmetadata: {name: he1}\n' })
    const result = await head()
    const found = await holdLastGood(result, findWanted(result, []), source, sampleRules)
    expect(Object.keys(versions(found))).toEqual(['App/shop', 'Machine/he1'])
  })

  it('finds a hypervisor in a file that is no YAML any more before any ledger could be read', async () => {
    repository.commit({ 'he1.yaml': he1, 'shop.yaml': app('1') })
    repository.commit({ 'he1.yaml': 'kind: [' })
    repository.commit({ 'he1.yaml': 'kind: {' })
    const result = await head()
    const found = await holdLastGood(
      result,
      [...findWanted(result, []), ...(await findLost(result, source, sampleRules))],
      source,
      sampleRules,
    )
    expect(Object.keys(versions(found))).toEqual(['App/shop', 'Machine/he1'])
  })

  it('freezes it where no version validates, or the ledger’s commit is not in the history', async () => {
    const first = repository.commit({ 'he1.yaml': he1, 'shop.yaml': app('wrong') })
    repository.commit({ 'shop.yaml': app('worse') })
    expect((await inForce(first, { 'App/shop': 'shop.yaml' })).frozen).toEqual(['App/shop'])
    expect((await inForce('0'.repeat(40), { 'App/shop': 'shop.yaml' })).frozen).toEqual(['App/shop'])
    expect((await inForce('--output=/tmp/x', { 'App/shop': '../../etc/passwd' })).frozen).toEqual(['App/shop'])
  })

  it('does not bring back what was removed', async () => {
    const applied = repository.commit({ 'he1.yaml': he1, 'shop.yaml': app('1') })
    repository.commit({ 'shop.yaml': undefined })
    const result = await inForce(applied, { 'App/shop': 'shop.yaml' })
    expect(Object.keys(versions(result))).toEqual(['Machine/he1'])
    expect(result.frozen).toEqual([])
  })
})
