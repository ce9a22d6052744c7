import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GitSource } from '../../controller/git/source.ts'
import { acceptHeld, type Holds, withoutHeld } from '../../controller/manifests/holdBack.ts'
import { type FleetInForce, findWanted, holdLastGood } from '../../controller/manifests/lastGood.ts'
import { doubtOf } from '../../controller/manifests/removal.ts'
import { isManifestPath, type LoadResult, loadTree } from '../../controller/manifests/tree.ts'
import type { ManifestId } from '../../controller/model/ids.ts'
import type { Ledger } from '../../controller/model/ledger.ts'
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

const shop = 'App/shop' as ManifestId
const he1 = machineWith('address: a', 'he1')
const app = (port: number, comment = ''): string =>
  `${comment}apiVersion: reeve.dev/v1\nkind: App\nmetadata: {name: shop}\nspec: {machine: he1, port: ${port}}\n`

async function head(): Promise<LoadResult> {
  const { commit } = await source.refresh()
  const reading = await source.readTree(commit ?? '', isManifestPath)
  if (reading.status === 'failed') throw new Error(reading.reason)
  return loadTree(reading.tree, sampleRules)
}

/** The ledger of a host that was last changed by HEAD itself: what others wanted of that commit is live. */
function ledgerAt(commit: string): Ledger {
  const header = { format: 1, fleet: 'example', hypervisor: 'he1', machineId: 'm', epoch: 1, generation: 1, commit }
  return { header, entries: new Map() }
}

async function holding(read: LoadResult, accepts: (generation: string) => boolean): Promise<{ held: LoadResult; inForce: FleetInForce }> {
  const holds: Holds = new Map([[shop, { accepts }]])
  const held = withoutHeld(read, holds, sampleRules)
  const wanted = acceptHeld(findWanted(held, [ledgerAt(read.fleet.commit)]), holds)
  return { held, inForce: await holdLastGood(held, wanted, source, sampleRules) }
}

const portOf = ({ fleet }: FleetInForce): unknown =>
  (fleet.manifests.find(({ id }) => id === shop)?.spec as { port?: number } | undefined)?.port
const generationIn = (read: LoadResult): string => read.candidates.get(shop)?.generation ?? ''

describe('a manifest that a host did not take', () => {
  it('is held back to the newest version with other content, though a comment made a newer commit of it, and the host was changed since', async () => {
    repository.commit({ 'he1.yaml': he1, 'shop.yaml': app(1) })
    repository.commit({ 'shop.yaml': app(2) })
    repository.commit({ 'shop.yaml': app(3) })
    repository.commit({ 'shop.yaml': app(3, '# the same\n') })
    const read = await head()
    const { inForce } = await holding(read, (generation) => generation !== generationIn(read))
    expect(portOf(inForce)).toBe(2)
    expect([...inForce.stale.keys()]).toEqual([shop])
  })

  it('is held back to exactly the version that is in force there, past newer ones that nobody tried', async () => {
    repository.commit({ 'he1.yaml': he1, 'shop.yaml': app(1) })
    const inForceThere = generationIn(await head())
    repository.commit({ 'shop.yaml': app(2) })
    repository.commit({ 'shop.yaml': app(3) })
    const { inForce } = await holding(await head(), (generation) => generation === inForceThere)
    expect(portOf(inForce)).toBe(1)
  })

  it('is as if it had never been there where it is new, and yet never counts as removed', async () => {
    repository.commit({ 'he1.yaml': he1, 'shop.yaml': app(1) })
    const { held, inForce } = await holding(await head(), () => false)
    expect(inForce.fleet.manifests.map(({ id }) => id)).toEqual(['Machine/he1'])
    expect(inForce.frozen).toEqual([shop])
    expect(doubtOf(shop, ['shop.yaml'], held)).toContain('App/shop has errors (shop.yaml:1:1)')
  })

  it('leaves a tree as it is where nothing is held back', async () => {
    repository.commit({ 'he1.yaml': he1 })
    const read = await head()
    expect(withoutHeld(read, new Map(), sampleRules)).toBe(read)
  })
})
