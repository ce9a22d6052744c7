import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HistoryFilter } from '../../controller/model/history.ts'
import type { Silence } from '../../controller/model/silence.ts'
import { schemaVersion, upgrades } from '../../controller/store/schema.ts'
import { createStore, type Store } from '../../controller/store/store.ts'

let dir: string
let path: string
let nowSeconds: number
let warnings: string[]

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reeve-store-'))
  path = join(dir, 'state', 'reeve.db')
  nowSeconds = 1000
  warnings = []
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function open(maxEntries = 1000): Store {
  const warn = (_fields: object, message: string) => void warnings.push(message)
  const log = { debug() {}, info() {}, warn, error: warn }
  return createStore({ path, retentionSeconds: 3600, maxEntries, log, nowSeconds: () => nowSeconds })
}

function silence(id: string, untilSeconds: number): Silence {
  return { id, reason: 'r', givenBy: 'ann', hypervisor: 'he1', fromSeconds: 1000, untilSeconds }
}

describe('what is remembered', () => {
  it('named state outlives a restart', () => {
    {
      using store = open()
      store.saveState('alerts', [{ cause: 'drift he1' }])
    }
    using store = open()
    expect(store.loadState('alerts')).toEqual([{ cause: 'drift he1' }])
    expect(store.loadState('other')).toBeUndefined()
  })

  it('drift keeps the time it was first seen, until it is gone', () => {
    using store = open()
    store.seeDrift('he1', ['file:/a', 'file:/b'])
    nowSeconds = 1060
    expect([...store.seeDrift('he1', ['file:/a', "file:/it's"])]).toEqual([
      ['file:/a', 1000],
      ["file:/it's", 1060],
    ])
    store.seeDrift('he1', [])
    nowSeconds = 1120
    expect(store.seeDrift('he1', ['file:/a']).get('file:/a')).toBe(1120)
  })

  it('drift of one hypervisor does not touch that of another', () => {
    using store = open()
    store.seeDrift('he1', ['file:/a'])
    nowSeconds = 1060
    store.seeDrift('he2', ['file:/a'])
    expect(store.seeDrift('he1', ['file:/a']).get('file:/a')).toBe(1000)
  })

  it('silences stand until their time is over, or somebody ends them', () => {
    {
      using store = open()
      for (const one of [silence('a', 1100), silence('b', 1200), silence('c', 1300)]) store.silence(one)
    }
    using store = open()
    nowSeconds = 1100
    expect(store.silences()).toEqual([silence('b', 1200), silence('c', 1300)])
    expect([store.endSilence('c'), store.endSilence('c')]).toEqual([true, false])
    nowSeconds = 1200
    expect(store.silences()).toEqual([])
    store.sweep()
    expect(new DatabaseSync(path).prepare('SELECT count(*) AS n FROM silence').get()).toEqual({ n: 0 })
  })

  it.each(
    Object.keys(upgrades)
      .map(Number)
      .filter((version) => version < schemaVersion),
  )('what layout %i holds is kept when this Reeve adds what it needs', (version) => {
    mkdirSync(join(dir, 'state'))
    const old = new DatabaseSync(path)
    for (let next = 1; next <= version; next++) old.exec(upgrades[next] ?? '')
    old.exec("INSERT INTO approval VALUES ('def', 'root', 1); INSERT INTO history (at, sort, subject, json) VALUES (1, 'mail', 'm', '{}')")
    old.close()
    using store = open()
    expect([store.approvals().length, store.silences(), store.suspensions()]).toEqual([1, [], []])
    expect(store.history({ limit: 9 })).toEqual([{ atSeconds: 1, sort: 'mail', subject: 'm', detail: {} }])
  })

  it('suspensions outlive a restart, one of each subject, until they are ended', () => {
    const one = { reason: 'r', givenBy: 'ann', fromSeconds: 1000, untilSeconds: 1060 }
    {
      using store = open()
      store.suspend({ hypervisor: 'he1', ...one })
      store.suspend({ hypervisor: 'he1', ...one, reason: 'again' })
      store.suspend(one)
      store.suspend({ manifest: 'Proxy/edge', ...one, untilSeconds: 1030 })
    }
    using store = open()
    nowSeconds = 2000
    store.sweep()
    expect(store.suspensions().map(({ reason, hypervisor, manifest }) => [manifest, hypervisor, reason])).toEqual([
      ['Proxy/edge', undefined, 'r'],
      [undefined, 'he1', 'again'],
      [undefined, undefined, 'r'],
    ])
    expect([store.resume({ hypervisor: 'he1' }), store.resume({ hypervisor: 'he1' }), store.resume({})]).toEqual([true, false, true])
    expect(store.suspensions()).toHaveLength(1)
  })

  it('approvals stand until they are withdrawn', () => {
    using store = open()
    store.approve('abc', 'root')
    store.approve('def', 'root')
    store.withdraw('abc')
    expect(store.approvals()).toEqual([{ hash: 'def', givenBy: 'root', givenAtSeconds: 1000 }])
  })

  const c1 = `c1${'0'.repeat(38)}`
  const c2 = `c2${'0'.repeat(38)}`
  const filters: readonly (readonly [string, Omit<HistoryFilter, 'limit'>, readonly number[]])[] = [
    ['everything', {}, [5, 4, 3, 2, 1, 0]],
    ['what a commit did, by all its digits', { commit: c1 }, [2, 1, 0]],
    ['what a commit did, by its first digits', { commit: c1.slice(0, 12) }, [2, 1, 0]],
    ['what no commit did', { commit: 'abcdef' }, []],
    ['the commit itself, by its first digits', { subject: c2.slice(0, 6) }, [3]],
    ['a hypervisor', { subject: 'he1' }, [4, 1]],
    ['a manifest', { manifest: 'Proxy/edge' }, [4, 1]],
    ['a manifest with a hostile name', { manifest: "Proxy/' OR 1=1" }, []],
    ['a time', { sinceSeconds: 1001, untilSeconds: 1003 }, [2, 1]],
    ['a sort of a commit', { commit: c1, sort: 'drift' }, [2]],
  ]
  it.each(filters)('history can be asked for %s', (_name, filter, expected) => {
    using store = open()
    const record = (...entry: Parameters<Store['record']>) => {
      store.record(...entry)
      nowSeconds++
    }
    record('commit', c1, {}, c1)
    record('reconcile', 'he1', { owners: ['Proxy/edge', 'Zone/a'] }, c1)
    record('drift', 'he2', { owners: ['Zone/a'] }, c1)
    record('commit', c2, {}, c2)
    record('reconcile', 'he1', { owners: ['Proxy/edge'] }, c2)
    record('mail', 'm', null)
    expect(store.history({ limit: 9, ...filter }).map(({ atSeconds }) => atSeconds - 1000)).toEqual(expected)
  })

  it('history comes newest first, filtered by sort and subject', () => {
    using store = open()
    store.record('commit', 'c1', { author: 'ann' })
    store.record('reconcile', 'he1', { result: 'success' })
    store.record('reconcile', 'he2', undefined)
    expect(store.history({ limit: 2 }).map((entry) => entry.subject)).toEqual(['he2', 'he1'])
    expect(store.history({ sort: 'commit', limit: 9 })).toEqual([
      { atSeconds: 1000, sort: 'commit', subject: 'c1', detail: { author: 'ann' } },
    ])
    expect(store.history({ sort: 'reconcile', subject: 'he1', limit: 9 })).toHaveLength(1)
  })

  it('history older than the retention, or beyond the number kept, is swept', () => {
    using store = open(3)
    store.record('mail', 'old', null)
    nowSeconds = 5000
    for (let index = 0; index < 5; index++) store.record('mail', `m${index}`, null)
    store.sweep()
    expect(store.history({ limit: 99 }).map((entry) => entry.subject)).toEqual(['m4', 'm3', 'm2'])
  })
})

describe('a file that goes wrong', () => {
  it('deleted while running: the next write begins a new one', () => {
    using store = open()
    store.record('mail', 'before', null)
    rmSync(path)
    store.record('mail', 'after', null)
    expect(store.history({ limit: 9 }).map((entry) => entry.subject)).toEqual(['after'])
    expect(statSync(path).size).toBeGreaterThan(0)
    expect(warnings).toEqual([expect.stringContaining('deleted or replaced')])
  })

  it('its whole directory deleted while running: the next write begins a new one', () => {
    using store = open()
    rmSync(join(dir, 'state'), { recursive: true })
    store.approve('abc', 'root')
    expect(store.approvals()).toHaveLength(1)
  })

  const damages: readonly { readonly name: string; readonly damage: (whole: Buffer) => Buffer | string }[] = [
    { name: 'that is no database', damage: () => 'not a database, but long enough to have a header of its own'.repeat(40) },
    { name: 'that was cut in the middle', damage: (whole) => whole.subarray(0, Math.floor(whole.length / 2)) },
    { name: 'with pages of zeros', damage: (whole) => Buffer.concat([whole.subarray(0, 4096), Buffer.alloc(whole.length - 4096)]) },
    { name: 'whose tables are not ours', damage: foreignTables },
  ]
  for (const { name, damage } of damages) {
    it(`${name} is moved aside with a warning when it is opened, and a new one begins`, () => {
      const damaged = damageAfterUse(damage)
      using store = open()
      store.record('mail', 'after', null)
      expect(store.history({ limit: 999 }).map((entry) => entry.subject)).toEqual(['after'])
      const aside = readdirSync(join(dir, 'state')).find((file) => file.includes('.damaged-'))
      expect(readFileSync(join(dir, 'state', aside ?? ''))).toEqual(damaged)
      expect(warnings).toEqual([expect.stringContaining('damaged')])
    })
  }

  it('overwritten while running: the next write moves it aside and begins a new one', () => {
    using store = open()
    store.record('mail', 'before', null)
    writeFileSync(path, 'x'.repeat(100_000))
    store.record('mail', 'after', null)
    expect(store.history({ limit: 9 }).map((entry) => entry.subject)).toEqual(['after'])
    expect(warnings).toEqual([expect.stringContaining('damaged')])
  })

  it('written by a newer Reeve is refused and left as it is', () => {
    open()[Symbol.dispose]()
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
    const before = readFileSync(path)
    expect(open).toThrow(/newer Reeve \(layout 99, this one knows 3\).*only history is lost/)
    expect(readFileSync(path)).toEqual(before)
  })

  it('on a disk that fails: history is given up, an approval is an error, and nothing else stops', () => {
    using store = open()
    rmSync(join(dir, 'state'), { recursive: true })
    writeFileSync(join(dir, 'state'), 'in the way')
    store.record('mail', 'lost', null)
    expect(store.history({ limit: 9 })).toEqual([])
    expect([...store.seeDrift('he1', ['file:/a'])]).toEqual([['file:/a', 1000]])
    expect(() => store.approve('abc', 'root')).toThrow()
    rmSync(join(dir, 'state'))
    store.approve('abc', 'root')
    expect(store.approvals()).toHaveLength(1)
  })

  it('that nobody may write is an error that says so', () => {
    writeFileSync(join(dir, 'state'), 'a file where the directory should be')
    expect(open).toThrow(/EEXIST|ENOTDIR/)
  })
})

function damageAfterUse(damage: (whole: Buffer) => Buffer | string): Buffer {
  {
    using store = open()
    for (let index = 0; index < 200; index++) store.record('mail', `m${index}`, 'x'.repeat(100))
  }
  const damaged = Buffer.from(damage(readFileSync(path)))
  writeFileSync(path, damaged)
  return damaged
}

function foreignTables(): Buffer {
  const other = join(dir, 'other.db')
  const database = new DatabaseSync(other)
  database.exec('CREATE TABLE something (x); PRAGMA user_version = 1')
  database.close()
  return readFileSync(other)
}
