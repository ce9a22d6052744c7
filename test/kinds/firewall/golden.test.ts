import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { renderTable } from '../../../controller/primitives/nftTable/render.ts'
import { complaints, tableOf } from './fleet.ts'

const folder = join(import.meta.dirname, 'golden')
const cases = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length))

describe('a Firewall compiles to the nft text beside it', () => {
  it.each(cases)('%s', async (name) => {
    const manifests = readFileSync(join(folder, `${name}.yaml`), 'utf8')
    await expect(renderTable(tableOf(manifests), 'prod')).toMatchFileSnapshot(join(folder, `${name}.nft`))
    const strays = complaints(manifests).filter((found) => !/^this ruleset (?:would|could) lock out/.test(found.summary))
    expect(strays).toEqual([])
  })
})
