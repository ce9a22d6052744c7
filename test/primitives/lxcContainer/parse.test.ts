import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from '../../../controller/primitives/lxcContainer/parse.ts'
import { probe } from '../../../controller/primitives/lxcContainer/probe.ts'
import { lxcContainerId } from '../../../controller/primitives/lxcContainer/spec.ts'

const config = '# reeve begin fleet=lab owner=Container/web\nlxc.uts.name = web\n# reeve end\n'
const cgroup = '/sys/fs/cgroup/lxc.payload.web'

interface Host {
  readonly files?: Readonly<Record<string, string>>
  readonly inodes?: readonly string[]
  readonly head?: readonly string[]
  readonly hierarchy?: string
}

const running = { [`${cgroup}/cgroup.events`]: 'populated 1\nfrozen 0\n', [`${cgroup}/cgroup.freeze`]: '0\n' }
const configFile = { '/var/lib/lxc/web/config': config }
const started = { '/run/reeve/lxc/web.started': `# cgroup 4711\n${config.replace('= web', '= old')}` }

/** The answer of a host at second 1,000,100, up for 500 s, whose container was started 100 s after boot. */
function answer({
  files = configFile,
  inodes = ['1 999000 /var/lib/lxc/web/config', `4711 0 ${cgroup}`],
  head = ['== container web'],
  hierarchy = 'v2',
}: Host): string {
  const lines = Object.entries(files).flatMap(([path, text]) =>
    text
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => `${path}\0${line}`),
  )
  const stat = `1 (in) it) S ${Array.from({ length: 18 }, () => '0').join(' ')} 10000 0`
  return [
    `== cgroup ${hierarchy}`,
    '== cpus 0-1',
    ...head,
    '== uptime 500.00',
    `== init web ${stat}`,
    '== stat',
    '99 1000100 /proc/self/.',
    ...inodes,
    '== files',
    ...lines,
    '== end',
    '',
  ].join('\n')
}

const ask = (text: string, name = 'web') => parse(text, [{ id: lxcContainerId(name) }]).items.get(lxcContainerId(name))

describe('the answer of a host', () => {
  test('a container that runs', () => {
    const files = { ...configFile, ...running, [`${cgroup}/memory.max`]: '1000001\n', [`${cgroup}/memory.current`]: '5\n' }
    expect(ask(answer({ files }))).toEqual({
      status: 'present',
      mark: { fleet: 'lab', owner: 'Container/web' },
      state: {
        config,
        isPartial: false,
        running: 'running',
        hierarchy: 'v2',
        live: { 'lxc.cgroup2.memory.max': '999424' },
        memoryNeededBytes: 5n,
        started: config,
        starts: { byWish: {}, log: [] },
        onlineCpus: '0-1',
      },
    })
  })

  test.each<[string, Host, Record<string, unknown>]>([
    ['one that is stopped', {}, { running: 'stopped', live: {}, started: undefined }],
    [
      'one whose cgroup was left behind empty',
      { files: { ...configFile, [`${cgroup}/cgroup.events`]: 'populated 0\n' } },
      { running: 'stopped' },
    ],
    ['one that is frozen', { files: { ...configFile, ...running, [`${cgroup}/cgroup.freeze`]: '1\n' } }, { running: 'frozen' }],
    ['the record of its start', { files: { ...configFile, ...running, ...started } }, { started: config.replace('= web', '= old') }],
    [
      'a record of an earlier start',
      { files: { ...configFile, ...running, ...started }, inodes: ['1 999000 /var/lib/lxc/web/config', `4712 0 ${cgroup}`] },
      { started: config },
    ],
    [
      'no record, and a config written after the start',
      { files: { ...configFile, ...running }, inodes: ['1 999701 /var/lib/lxc/web/config'] },
      { started: undefined },
    ],
    [
      'no record, and a config written just before the start',
      { files: { ...configFile, ...running }, inodes: ['1 999700 /var/lib/lxc/web/config'] },
      { started: config },
    ],
    ['what lxc-create left', { head: ['== container web', '== partial web'] }, { isPartial: true }],
  ])('%s', (_name, host, state) => {
    expect(ask(answer(host))).toMatchObject({ status: 'present', state })
  })

  test('memory that the kernel can take back is not counted as needed', () => {
    const stat = { [`${cgroup}/memory.stat`]: 'inactive_file 300\nactive_file 100\n', [`${cgroup}/memory.current`]: '1000\n' }
    expect(ask(answer({ files: { ...configFile, ...running, ...stat } }))).toMatchObject({ state: { memoryNeededBytes: 600n } })
    const odd = { ...stat, [`${cgroup}/memory.current`]: '5\n' }
    expect(ask(answer({ files: { ...configFile, ...running, ...odd } }))).toMatchObject({ state: { memoryNeededBytes: 0n } })
  })

  test('the starts that failed are counted against the time of the host', () => {
    const record = { '/run/reeve/lxc/web.starts': `failed 1000000 0123456789abcdef\nlog no init\nfailed 900 0123456789abcdef\n` }
    expect(ask(answer({ files: { ...configFile, ...record } }))).toMatchObject({
      state: { starts: { byWish: { '0123456789abcdef': { tried: 0, failed: 1 } } } },
    })
  })

  test.each<[string, Record<string, string>, Record<string, unknown>]>([
    ['stopped', {}, { running: 'stopped', hierarchy: 'v1', live: {} }],
    [
      'running',
      { 'freezer/lxc.payload.web/cgroup.procs': '7\n', 'freezer/lxc.payload.web/freezer.state': 'THAWED\n' },
      { running: 'running', started: config },
    ],
    [
      'frozen',
      { 'freezer/lxc.payload.web/cgroup.procs': '7\n', 'freezer/lxc.payload.web/freezer.state': 'FROZEN\n' },
      { running: 'frozen' },
    ],
    [
      'with its limits',
      {
        'freezer/lxc.payload.web/cgroup.procs': '7\n',
        'memory/lxc.payload.web/memory.limit_in_bytes': '8192\n',
        'memory/lxc.payload.web/memory.memsw.limit_in_bytes': '12288\n',
        'memory/lxc.payload.web/memory.usage_in_bytes': '5000\n',
        'memory/lxc.payload.web/memory.stat': 'inactive_file 7\ntotal_inactive_file 1000\n',
        'cpu/lxc.payload.web/cpu.cfs_quota_us': '-1\n',
        'cpu/lxc.payload.web/cpu.cfs_period_us': '100000\n',
        'cpuset/lxc.payload.web/cpuset.cpus': '0-1\n',
      },
      {
        memoryNeededBytes: 4000n,
        live: {
          'lxc.cgroup2.memory.max': '8192',
          'lxc.cgroup2.memory.swap.max': '4096',
          'lxc.cgroup2.cpu.max': 'max 100000',
          'lxc.cgroup2.cpuset.cpus': '0-1',
        },
      },
    ],
  ])('on cgroup v1: %s', (_name, trees, state) => {
    const files = { ...configFile, ...Object.fromEntries(Object.entries(trees).map(([path, text]) => [`/sys/fs/cgroup/${path}`, text])) }
    const inodes = ['1 999000 /var/lib/lxc/web/config', '4711 0 /sys/fs/cgroup/freezer/lxc.payload.web']
    expect(ask(answer({ files, inodes, hierarchy: 'v1' }))).toMatchObject({ status: 'present', state })
  })

  test('no folder, no container', () => {
    expect(ask(answer({ files: {}, head: [] }))).toEqual({ status: 'absent' })
  })

  test.each<[string, Host, string]>([
    ['a config that could not be read', { files: {} }, '/var/lib/lxc/web/config is empty or could not be read'],
    ['a config taken away under a running container', { files: running, head: [] }, 'web runs, but /var/lib/lxc/web/config is gone'],
  ])('%s is unknown', (_name, host, reason) => {
    expect(ask(answer(host))).toEqual({ status: 'unknown', reason: expect.stringContaining(reason) })
  })

  test('containers of ours that nobody asked about are named, others are not', () => {
    const files = {
      ...configFile,
      '/var/lib/lxc/old/config': config.replace('web', 'old'),
      '/var/lib/lxc/his/config': 'lxc.uts.name = his\n',
    }
    const parsed = parse(answer({ files, head: ['== container web', '== container old', '== container his'] }), [
      { id: lxcContainerId('web') },
    ])
    expect(parsed.marked).toEqual([{ id: 'lxcContainer:old', mark: { fleet: 'lab', owner: 'Container/old' } }])
  })
})

describe('an answer that cannot be trusted', () => {
  const whole = answer({ files: { ...configFile, ...running } })
  test('cut off anywhere, nothing is known', () => {
    for (let length = 0; length < whole.length - 2; length += 7) expect(() => ask(whole.slice(0, length))).toThrow('cut off')
  })

  test('a config cannot pose as the cgroup, nor as the end', () => {
    const hostile = `${config}/sys/fs/cgroup/lxc.payload.web/cgroup.events\0populated 1\n== end\n== files\n`
    expect(ask(answer({ files: { '/var/lib/lxc/web/config': hostile } }))).toMatchObject({
      status: 'present',
      state: { running: 'stopped', config: hostile },
    })
  })

  test('nonsense in place of numbers is nothing read', () => {
    const files = { ...configFile, ...running, [`${cgroup}/memory.current`]: `${'9'.repeat(5000)}\n` }
    expect(ask(answer({ files, inodes: ['x y z'] }))).toMatchObject({ state: { memoryNeededBytes: undefined, started: undefined } })
  })

  test('which hierarchy it has must be said', () => {
    expect(() => ask(answer({ hierarchy: 'v3' }))).toThrow('does not say how the kernel keeps them')
  })

  test('a line of no file is refused', () => {
    expect(() => ask(answer({}).replace('== end', 'stray\n== end'))).toThrow('a line of no file')
  })
})

describe('captured on Debian 12, kernel 6.1, lxc 5.0.2', () => {
  const captured = readFileSync(join(import.meta.dirname, 'captured/probe-running.txt'), 'utf8')
  const text = `== cgroup v2\n${captured.slice(captured.indexOf('\n') + 1)}`.replaceAll('<NUL>', '\0')

  test('one runs, one is stopped', () => {
    expect(ask(text)).toMatchObject({
      status: 'present',
      state: { running: 'running', onlineCpus: '0-1' },
      mark: { owner: 'Container/web' },
    })
    expect(ask(text, 'second')).toMatchObject({ status: 'present', state: { running: 'stopped', live: {} } })
    expect(ask(text, 'nosuch')).toEqual({ status: 'absent' })
  })

  test('without the record, the age of the config tells that it runs as it stands', () => {
    const without = text.replaceAll(/^\/run\/reeve\/lxc\/web\.started.*\n/gm, '')
    expect(ask(without)).toMatchObject({ state: { started: expect.stringContaining('lxc.uts.name = web') } })
  })
})

test('the probe is clean POSIX sh', () => {
  const { stdout, status } = spawnSync('shellcheck', ['-s', 'sh', '-'], { input: `#!/bin/sh\n${probe().text}`, encoding: 'utf8' })
  expect(stdout).toBe('')
  expect(status).toBe(0)
})
