import { expect, test } from 'vitest'
import { type ConfigWish, mergeConfig, newConfig, readConfig } from '../../../controller/primitives/lxcContainer/config.ts'
import { diff } from '../../../controller/primitives/lxcContainer/diff.ts'
import { fieldsOf } from '../../../controller/primitives/lxcContainer/fields.ts'
import { canonicalLimit, limitFile } from '../../../controller/primitives/lxcContainer/keys.ts'
import { type LxcContainerSpec, type LxcContainerState, noStarts } from '../../../controller/primitives/lxcContainer/spec.ts'
import { randomFrom } from '../../random.ts'
import { randomLines, specOf } from './maker.ts'

const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const rounds = process.env['REEVE_TEST_LONG'] === '1' ? 3000 : 150

/** A host on which the container was just made and started from this config, with every limit in force as the kernel prints it. */
function hostAfter(spec: LxcContainerSpec, config: string, hierarchy: 'v1' | 'v2'): LxcContainerState {
  const live = Object.entries(spec.settings).flatMap(([key, value]) => {
    const file = limitFile(key)
    return file === undefined ? [] : [[key, canonicalLimit(file, value)] as const]
  })
  const base = { isPartial: false, running: 'running', hierarchy, memoryNeededBytes: 1n, starts: noStarts, onlineCpus: '0-1' } as const
  return { ...base, config, live: Object.fromEntries(live), started: config }
}

const mark = { fleet: 'prod', owner: 'Container/web' }

function wishOf(spec: LxcContainerSpec, former: ReadonlySet<string> = new Set()): ConfigWish {
  return { settings: spec.settings, entries: spec.entries, formerEntries: former, defaults: spec.defaults, mark }
}

function expectSame(spec: LxcContainerSpec, config: string, lines: string): void {
  for (const hierarchy of ['v1', 'v2'] as const) {
    const observed = { status: 'present', state: hostAfter(spec, config, hierarchy) } as const
    expect(diff(spec, observed, undefined), `REEVE_TEST_SEED=${seed}, ${hierarchy}\n${lines}\n${config}`).toEqual({ status: 'same' })
  }
}

test(`what was just made is as wanted, whatever is wanted (${rounds}), on either hierarchy`, () => {
  const random = randomFrom(seed)
  for (let round = 0; round < rounds; round++) {
    const lines = randomLines(random)
    const spec = specOf(lines)
    const config = newConfig(wishOf(spec))
    expect(mergeConfig(readConfig(config), wishOf(spec))).toBe(config)
    expectSame(spec, config, lines)
  }
})

test(`what was changed from something else ${rounds} times is as wanted, and the line of a user survives all of it`, () => {
  const random = randomFrom(seed)
  let former = specOf('')
  let config = `lxc.mount.entry = /home home none bind,create=dir 0 0\n${newConfig(wishOf(former))}`
  for (let round = 0; round < rounds; round++) {
    const lines = randomLines(random).replace('unprivileged: true', '')
    const spec = specOf(lines)
    config = mergeConfig(readConfig(config), wishOf(spec, new Set(Object.keys(fieldsOf(former)))))
    expectSame(spec, config, lines)
    expect(config.startsWith('lxc.mount.entry = /home home none bind,create=dir 0 0\n')).toBe(true)
    expect(config.split('\n').length).toBeLessThan(60)
    former = spec
  }
})
