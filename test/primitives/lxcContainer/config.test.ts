import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  brokenLines,
  effectiveValues,
  leftOver,
  mergeConfig,
  newConfig,
  readConfig,
} from '../../../controller/primitives/lxcContainer/config.ts'

const captured = readFileSync(join(import.meta.dirname, 'captured/config-of-lxc-create.txt'), 'utf8')
const mark = { fleet: 'prod', owner: 'Container/web' }
const wish = (settings: Readonly<Record<string, string>>, defaults: Readonly<Record<string, string>> = {}) => ({ settings, defaults, mark })
const values = (text: string) => Object.fromEntries(effectiveValues(readConfig(text)))

describe('a config is read as LXC reads it', () => {
  test.each<[string, string, Record<string, string>]>([
    ['the last line of a key counts', 'lxc.uts.name = a\nlxc.uts.name = b\n', { 'lxc.uts.name': 'b' }],
    ['blanks around the equals sign do not matter', '  lxc.uts.name=a  \n', { 'lxc.uts.name': 'a' }],
    ['quotes around a value are taken off', 'lxc.uts.name = "a"\n', { 'lxc.uts.name': 'a' }],
    ['an empty value clears what stood before', 'lxc.group = a\nlxc.group =\nlxc.group = b c\n', { 'lxc.group': 'b c' }],
    ['comments say nothing', '# lxc.uts.name = a\n', {}],
    [
      'a broadcast address is no difference',
      'lxc.net.0.ipv4.address = 10.0.0.3/24 10.0.0.255\n',
      { 'lxc.net.0.ipv4.address': '10.0.0.3/24' },
    ],
    [
      'all addresses count',
      'lxc.net.0.ipv4.address = 10.0.0.3/24\nlxc.net.0.ipv4.address = 10.0.0.4/24\n',
      { 'lxc.net.0.ipv4.address': '10.0.0.3/24 10.0.0.4/24' },
    ],
    [
      'sizes are bytes, in whole pages',
      'lxc.cgroup2.memory.max = 310M\nlxc.cgroup2.memory.high = 5000\n',
      { 'lxc.cgroup2.memory.max': '325058560', 'lxc.cgroup2.memory.high': '4096' },
    ],
    ['lists of CPUs are joined', 'lxc.cgroup2.cpuset.cpus = 3,0,1,2,7\n', { 'lxc.cgroup2.cpuset.cpus': '0-3,7' }],
    ['a mapper name is its volume', 'lxc.rootfs.path = lvm:/dev/mapper/vg--a-web--1\n', { 'lxc.rootfs.path': '/dev/vg-a/web-1' }],
    ['MAC addresses are lower case', 'lxc.net.0.hwaddr = 00:16:3E:AA:00:03\n', { 'lxc.net.0.hwaddr': '00:16:3e:aa:00:03' }],
    ['no newline at the end is no matter', 'lxc.uts.name = a', { 'lxc.uts.name': 'a' }],
  ])('%s', (_name, text, expected) => {
    expect(values(text)).toEqual(expected)
  })

  test('a config that lxc-create wrote is read whole', () => {
    expect(values(captured)).toMatchObject({
      'lxc.uts.name': 'web',
      'lxc.rootfs.path': '/dev/vg_data/web',
      'lxc.net.0.ipv4.address': '192.168.1.3/24',
    })
    expect(brokenLines(readConfig(captured))).toEqual([])
  })
})

describe('lines that make LXC refuse the whole config are named', () => {
  test.each([
    ['lxc.cgroup.cpuset.cpus 0,1', 'line 1: "lxc.cgroup.cpuset.cpus 0,1" is not "key = value"'],
    ['lxc.network.ipv4 = 192.168.1.3/24', 'line 1: lxc.network.ipv4 was removed in LXC 3; use lxc.net.0.*'],
    ['lxc.rootfs = /dev/vg/a', 'line 1: lxc.rootfs was removed in LXC 3; use lxc.rootfs.path'],
    ['lxc.utsname = a', 'line 1: lxc.utsname was removed in LXC 3; use lxc.uts.name'],
    ['$(reboot) = 1', 'line 1: "$(reboot)" is not a key of LXC'],
    ['x'.repeat(100), `line 1: "${'x'.repeat(60)}…" is not "key = value"`],
  ])('%s', (line, expected) => {
    expect(brokenLines(readConfig(`${line}\nlxc.uts.name = a\n`))).toEqual([expected])
  })

  test.each([
    'lxc.cgroup2.hugetlb.2MB.max = 0',
    'lxc.environment = A=b',
    'lxc.sysctl.net.ipv4.ip_forward = 1',
    'lxc.include = /x',
    '',
    '# x',
  ])('%s is fine', (line) => {
    expect(brokenLines(readConfig(`${line}\n`))).toEqual([])
  })
})

describe('our lines are written without losing those of others', () => {
  test('a new config holds the common settings, then ours between marks', () => {
    expect(
      newConfig({ ...wish({ 'lxc.uts.name': 'web' }, { 'lxc.net.0.hwaddr': '00:16:3e:00:00:01' }), template: 'ab'.repeat(8) }),
    ).toMatchInlineSnapshot(`
      "lxc.include = /usr/share/lxc/config/common.conf

      # reeve begin fleet=prod owner=Container/web template=abababababababab
      # What stands between these two lines is kept by Reeve from Git; lines of your own belong outside, and are kept.
      lxc.uts.name = web
      lxc.net.0.hwaddr = 00:16:3e:00:00:01
      # reeve end
      "
    `)
  })

  test('a config of lxc-create keeps every line but those of the keys that are asked for', () => {
    const merged = mergeConfig(
      readConfig(captured),
      wish({ 'lxc.uts.name': 'www', 'lxc.cgroup2.memory.max': '4096' }, { 'lxc.net.0.hwaddr': 'x' }),
    )
    const gone = captured.split('\n').filter((line) => !merged.split('\n').includes(line))
    expect(gone).toEqual(['lxc.uts.name = web', 'lxc.cgroup2.memory.max = 310M'])
    expect(values(merged)).toMatchObject({
      'lxc.uts.name': 'www',
      'lxc.cgroup2.memory.max': '4096',
      'lxc.net.0.hwaddr': '00:16:3e:00:00:03',
    })
  })

  test('writing twice changes nothing', () => {
    const once = mergeConfig(readConfig(captured), wish({ 'lxc.uts.name': 'www' }, { 'lxc.apparmor.profile': 'generated' }))
    expect(mergeConfig(readConfig(once), wish({ 'lxc.uts.name': 'www' }, { 'lxc.apparmor.profile': 'generated' }))).toBe(once)
  })

  test('what is not asked for any more leaves our block; what others wrote into it is kept outside', () => {
    const before = newConfig(wish({ 'lxc.uts.name': 'web', 'lxc.cgroup2.memory.max': '4096' })).replace(
      '# reeve end',
      '# a note\nlxc.mount.entry = /srv srv none bind 0 0\n# reeve end',
    )
    expect(leftOver(readConfig(before), { 'lxc.uts.name': 'web' }, {})).toEqual(['lxc.cgroup2.memory.max'])
    const after = mergeConfig(readConfig(before), wish({ 'lxc.uts.name': 'web' }))
    expect(after).not.toContain('memory.max')
    expect(after.indexOf('# a note\nlxc.mount.entry')).toBeGreaterThan(-1)
    expect(after.indexOf('lxc.mount.entry')).toBeLessThan(after.indexOf('# reeve begin'))
  })

  test('a limit that the user set outside our block is the user’s', () => {
    const text = `lxc.cgroup2.memory.max = 1G\n${newConfig(wish({ 'lxc.uts.name': 'web' }))}`
    expect(leftOver(readConfig(text), { 'lxc.uts.name': 'web' }, {})).toEqual([])
    expect(mergeConfig(readConfig(text), wish({ 'lxc.uts.name': 'www' }))).toContain('lxc.cgroup2.memory.max = 1G')
  })

  test('without the end mark nothing of others is taken for ours', () => {
    const text = newConfig(wish({ 'lxc.uts.name': 'web' })).replace(
      '# reeve end\n',
      'lxc.mount.entry = /srv srv none bind 0 0\nlxc.start.delay = 3\n',
    )
    const merged = mergeConfig(readConfig(text), wish({ 'lxc.uts.name': 'web' }))
    expect(merged).toContain('lxc.mount.entry = /srv srv none bind 0 0\nlxc.start.delay = 3\n')
    expect(merged.match(/# reeve begin/g)).toHaveLength(1)
  })

  test.each([
    ['lxc.uts.name', 'a\nlxc.hook.start = /bin/evil'],
    ['lxc.uts.name', 'a '],
    ['lxc.uts.name', '$(reboot)'],
    ['lxc.hook.start', '/bin/evil'],
    ['lxc.uts.name\nlxc.hook.start', 'a'],
  ])('%j = %j is refused', (key, value) => {
    expect(() => newConfig(wish({ [key]: value }))).toThrow('not a ')
  })

  test('an owner that would break out of the mark is refused', () => {
    expect(() => newConfig({ ...wish({}), mark: { fleet: 'a b', owner: 'x' } })).toThrow('not a mark')
  })
})
