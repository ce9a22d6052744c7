import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { after, atFirst, between, deeds, filesOf, itemsIn, truthOf } from './deeds.ts'
import { commitSorts, hostNames } from './schedule.ts'

const places = hostNames.map((name, index) => ({
  name,
  port: 2200 + index,
  hostKey: 'ssh-ed25519 AAAA',
  address: `192.0.2.${index + 1}`,
  domain: ['example.com', 'sample.org'][index] ?? '',
}))

describe('a commit of the soak', () => {
  test.each(commitSorts)('of %s moves the files of its host alone, and each turn moves them anew', (sort) => {
    const turn = (number: number) => after(atFirst, { type: 'commit', host: 'he1', sort, turn: number })
    const files = (first = atFirst) => filesOf(places, [first, atFirst])
    const moved = Object.keys(files(turn(1))).filter((name) => files(turn(1))[name] !== files()[name])
    expect(moved.length).toBeGreaterThan(0)
    expect(moved.filter((name) => /he2|sample/.test(name))).toEqual([])
    if (sort !== 'all kinds') expect(files(turn(2))).not.toEqual(files(turn(1)))
    expect(truthOf(sort, turn(1), 'example.com')).not.toContain('undefined')
  })

  test('names no manifest twice over both hosts', () => {
    const names = Object.values(filesOf(places, [atFirst, atFirst])).map((text) => {
      const { kind, metadata } = parse(text ?? '') as { readonly kind: string; readonly metadata: { readonly name: string } }
      return `${kind}/${metadata.name}`
    })
    expect(new Set(names).size).toBe(names.length)
  })

  test('takes away what the one before had and it has not', () => {
    const bad = filesOf(places, [atFirst, atFirst], 'no YAML')
    expect(between(bad, filesOf(places, [atFirst, atFirst]))['bad.yaml']).toBeNull()
    expect(between({}, bad)).toEqual(bad)
  })
})

test('each sort of drift is of an item of its own', () => {
  const items = Object.values(deeds).map(({ item }) => item)
  expect(new Set(items).size).toBe(items.length)
})

test.each<readonly [text: string, items: readonly string[]]>([
  ['[reeve] he1: drift corrected: service:postfix@-.service\nSince: now', ['service:postfix@-.service']],
  ['he1 nftTable:inet\r\n reeve', ['nftTable:inet reeve', 'nftTable:inet']],
  ['he1 file:/etc/fleet-=\r\nnote: changed', ['file:/etc/fleet-note']],
])('finds the items of a mail: %j', (text, items) => {
  expect(itemsIn(text)).toEqual(items)
})
