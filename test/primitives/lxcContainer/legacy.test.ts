import { describe, expect, test } from 'vitest'
import { effectiveOn, newConfig, readConfig } from '../../../controller/primitives/lxcContainer/config.ts'
import { canonicalMemory } from '../../../controller/primitives/lxcContainer/keys.ts'
import { fromLegacy, toLegacy } from '../../../controller/primitives/lxcContainer/legacy.ts'

const v2 = {
  'memory.high': '134217728',
  'memory.max': '268435456',
  'memory.swap.max': '67108864',
  'cpu.max': '50000 100000',
  'cpu.weight': '150',
  'cpuset.cpus': '0-1',
  'pids.max': '500',
}
const v1 = {
  'memory.soft_limit_in_bytes': '134217728',
  'memory.limit_in_bytes': '268435456',
  'memory.memsw.limit_in_bytes': '335544320',
  'cpu.cfs_period_us': '100000',
  'cpu.cfs_quota_us': '50000',
  'cpu.shares': '1536',
  'cpuset.cpus': '0-1',
  'pids.max': '500',
}

describe('limits of cgroup v2 in the words of v1', () => {
  test('there and back they are the same', () => {
    expect(toLegacy(v2)).toEqual(v1)
    expect(fromLegacy(v1, canonicalMemory)).toEqual(v2)
  })

  test('every weight survives the way there and back', () => {
    for (let weight = 1; weight <= 10_000; weight++) {
      const there = toLegacy({ 'cpu.weight': String(weight) })
      const back = Number(fromLegacy(there, canonicalMemory)['cpu.weight'])
      if (weight > 1) expect(back).toBe(weight)
      else expect(back).toBeLessThanOrEqual(1)
    }
  })

  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['what the kernel prints for no limit', { 'memory.limit_in_bytes': '9223372036854771712' }, { 'memory.max': 'max' }],
    ['no quota', { 'cpu.cfs_quota_us': '-1', 'cpu.cfs_period_us': '100000' }, { 'cpu.max': 'max 100000' }],
    ['the default share', { 'cpu.shares': '1024' }, { 'cpu.weight': '100' }],
    ['a size as people write it in a config', { 'memory.limit_in_bytes': '256M' }, { 'memory.max': '268435456' }],
    [
      'no swap',
      { 'memory.limit_in_bytes': '4096', 'memory.memsw.limit_in_bytes': '4096' },
      { 'memory.max': '4096', 'memory.swap.max': '0' },
    ],
    ['swap that is not counted', { 'memory.limit_in_bytes': '4096' }, { 'memory.max': '4096' }],
    ['nonsense', { 'cpu.shares': 'many' }, {}],
  ])('%s', (_name, read, limits) => {
    expect(fromLegacy(read, canonicalMemory)).toEqual(limits)
  })

  test.each<[string, Record<string, string>, Record<string, string>]>([
    [
      'no limit',
      { 'memory.max': 'max', 'cpu.max': 'max 100000' },
      { 'memory.limit_in_bytes': '-1', 'cpu.cfs_period_us': '100000', 'cpu.cfs_quota_us': '-1' },
    ],
    ['swap without memory has no sum', { 'memory.swap.max': '0' }, { 'memory.memsw.limit_in_bytes': '-1' }],
    ['what v1 has no word for', { 'memory.low': '4096' }, {}],
  ])('%s', (_name, limits, files) => {
    expect(toLegacy(limits)).toEqual(files)
  })
})

describe('a config that holds on both', () => {
  const mark = { fleet: 'prod', owner: 'Container/web' }
  const settings = Object.fromEntries(Object.entries(v2).map(([file, value]) => [`lxc.cgroup2.${file}`, value]))
  const config = readConfig(newConfig({ settings, defaults: {}, mark }))

  test.each(['v1', 'v2'] as const)('is read the same on %s', (hierarchy) => {
    const effective = effectiveOn(config, hierarchy)
    for (const [key, value] of Object.entries(settings)) expect(effective.get(key)).toBe(value)
  })

  test('of a host with v1 only the lines count that LXC reads there', () => {
    const text = 'lxc.cgroup2.memory.max = 4096\nlxc.cgroup.memory.limit_in_bytes = 8192\n'
    expect(effectiveOn(readConfig(text), 'v1').get('lxc.cgroup2.memory.max')).toBe('8192')
    expect(effectiveOn(readConfig(text), 'v2').get('lxc.cgroup2.memory.max')).toBe('4096')
  })
})
