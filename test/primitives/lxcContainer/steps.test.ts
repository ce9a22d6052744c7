import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { same } from '../../../controller/model/change.ts'
import type { Known } from '../../../controller/model/observation.ts'
import { noPeers, type Step, type StepContext } from '../../../controller/model/primitive.ts'
import { newConfig } from '../../../controller/primitives/lxcContainer/config.ts'
import { diff } from '../../../controller/primitives/lxcContainer/diff.ts'
import { retire } from '../../../controller/primitives/lxcContainer/retire.ts'
import {
  type LxcContainerSpec,
  type LxcContainerState,
  type LxcContainerWish,
  noStarts,
} from '../../../controller/primitives/lxcContainer/spec.ts'
import { steps } from '../../../controller/primitives/lxcContainer/steps.ts'
import { web } from './specs.ts'

const context: StepContext = {
  fleet: 'lab',
  owners: ['Container/web'],
  last: undefined,
  staged: [],
  observed: () => undefined,
  peers: noPeers,
}
const mark = { fleet: 'lab', owner: 'Container/web' }

function found(spec: LxcContainerSpec, running: LxcContainerState['running'], hierarchy: 'v1' | 'v2' = 'v2'): Known<LxcContainerState> {
  const config = newConfig({ settings: spec.settings, entries: spec.entries, defaults: spec.defaults, mark })
  const limits = { 'lxc.cgroup2.memory.max': '268435456', 'lxc.cgroup2.pids.max': '500' }
  const more = { 'lxc.cgroup2.memory.swap.max': 'max', 'lxc.cgroup2.cpu.max': 'max 100000' }
  const live = running === 'stopped' ? {} : hierarchy === 'v1' ? { ...limits, ...more } : limits
  const started = running === 'stopped' ? undefined : config
  return {
    status: 'present',
    state: { config, isPartial: false, running, hierarchy, live, memoryNeededBytes: 1n, started, starts: noStarts, onlineCpus: '0-1' },
  }
}

function planned(spec: LxcContainerSpec, observed: Known<LxcContainerState>): readonly Step[] {
  const difference = diff(spec, observed, undefined)
  return difference.status === 'change' ? steps(spec, difference.change, observed, context) : []
}

const template = { template: { path: '/srv/a.tar', sha256: 'a'.repeat(64) } }
const entry = {
  target: 'he1',
  id: web().id,
  owners: [],
  files: [],
  fields: {},
  deletionPolicy: 'Retain',
  state: 'done',
  commit: 'c',
} as const

const cases: readonly (readonly [string, readonly Step[], readonly string[]])[] = [
  ['nothing differs', planned(web(), found(web(), 'running')), []],
  [
    'created from an archive',
    planned(web(template), { status: 'absent' }),
    ['fill the root file system of web', 'write /var/lib/lxc/web/config', 'start container web'],
  ],
  [
    'created on a root that is there, stopped',
    planned(web({ state: 'stopped' }), { status: 'absent' }),
    ['look for the root file system of web', 'write /var/lib/lxc/web/config'],
  ],
  [
    'a limit',
    planned(web({}, { 'lxc.cgroup2.memory.max': '536870912' }), found(web(), 'running')),
    [
      'write /var/lib/lxc/web/config anew, beside the live one',
      'let LXC load the new config of web',
      'record what web runs with',
      'put the new /var/lib/lxc/web/config in place',
      'set memory.max of web to 536870912',
    ],
  ],
  [
    'a host name',
    planned(web({}, { 'lxc.uts.name': 'www' }), found(web(), 'running')),
    [
      'write /var/lib/lxc/web/config anew, beside the live one',
      'let LXC load the new config of web',
      'stop container web',
      'record what web runs with',
      'put the new /var/lib/lxc/web/config in place',
      'write host name and network files inside web anew',
      'start container web',
    ],
  ],
  ['started', planned(web(), found(web(), 'stopped')), ['start container web']],
  ['stopped', planned(web({ state: 'stopped' }), found(web(), 'frozen')), ['stop container web']],
  ['frozen', planned(web({ state: 'frozen' }), found(web(), 'running')), ['freeze container web']],
  ['started to be frozen', planned(web({ state: 'frozen' }), found(web(), 'stopped')), ['start container web', 'freeze container web']],
  [
    'restarted, and frozen again',
    planned(web({ state: 'frozen', hostPaths: ['/dev/fuse'] }, { 'lxc.start.auto': '0', 'lxc.net.0.link': 'br1' }), found(web(), 'frozen')),
    [
      'write /var/lib/lxc/web/config anew, beside the live one',
      'let LXC load the new config of web',
      'stop container web',
      'record what web runs with',
      'put the new /var/lib/lxc/web/config in place',
      'write host name and network files inside web anew',
      'start container web',
      'freeze container web',
    ],
  ],
  [
    'limits on cgroup v1',
    planned(
      web({}, { 'lxc.cgroup2.memory.max': '134217728', 'lxc.cgroup2.memory.swap.max': '0', 'lxc.cgroup2.cpu.max': '50000 100000' }),
      found(web(), 'running', 'v1'),
    ),
    [
      'write /var/lib/lxc/web/config anew, beside the live one',
      'let LXC load the new config of web',
      'record what web runs with',
      'put the new /var/lib/lxc/web/config in place',
      'set memory.max of web to 134217728',
      'set memory.swap.max of web to 0',
      'set cpu.max of web to 50000 100000',
    ],
  ],
  ...(
    [
      ['an archive, unprivileged', { ...template, idmap: { base: 100_000, size: 65_536 } }],
      [
        'debootstrap',
        { template: { type: 'debootstrap', release: 'bookworm', mirror: 'http://deb.test/', components: ['main'], packages: ['ssh'] } },
      ],
      ['a script', { template: { type: 'script', name: 'busybox', args: ['-x'] } }],
    ] satisfies [string, Partial<LxcContainerWish>][]
  ).map(
    ([name, change]) =>
      [
        `created from ${name}`,
        planned(web(change), { status: 'absent' }),
        ['fill the root file system of web', 'write /var/lib/lxc/web/config', 'start container web'],
      ] as const,
  ),
  ['thawed', planned(web(), found(web(), 'frozen')), ['let container web go on (it was frozen)']],
  ['retired', retire(entry, found(web(), 'running')).steps, ['stop container web', 'move /var/lib/lxc/web to /var/lib/reeve/retired']],
  ['retired when stopped', retire(entry, found(web(), 'stopped')).steps, ['move /var/lib/lxc/web to /var/lib/reeve/retired']],
  ['retired when gone', retire(entry, { status: 'absent' }).steps, []],
]

describe('the steps of', () => {
  test.each(cases)('%s', (_name, all, titles) => {
    expect(all.map((step) => step.title)).toEqual(titles)
  })
})

test('only a creation is a job', () => {
  expect(cases.filter(([, all]) => all.some((step) => step.job)).map(([name]) => name)).toEqual([
    'created from an archive',
    'created on a root that is there, stopped',
    'created from an archive, unprivileged',
    'created from debootstrap',
    'created from a script',
  ])
})

test('every script is clean POSIX sh', () => {
  const scripts = cases.flatMap(([, all]) => all.flatMap((step) => [step.guard, step.run, step.check, step.undo]))
  const functions = scripts.flatMap((script, index) => (script === undefined ? [] : [`f${index}() (\n${script.text}\n)\nf${index}`]))
  const { stdout } = spawnSync('shellcheck', ['-s', 'sh', '-S', 'warning', '-e', 'SC2046,SC2034,SC1007,SC2174', '-'], {
    input: `#!/bin/sh\nset -eu\n${functions.join('\n')}\n`,
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
})

test('a stopped container is started in no step of a change that leaves its state alone', () => {
  const titles = planned(web({ state: 'unmanaged' }, { 'lxc.uts.name': 'www' }), found(web(), 'stopped')).map((step) => step.title)
  expect(titles).not.toContain('start container web')
  expect(diff(web({ state: 'unmanaged' }), found(web(), 'stopped'), undefined)).toEqual(same)
})

test('nothing of LXC’s that destroys is ever called', () => {
  for (const [, all] of cases)
    for (const step of all) expect(JSON.stringify(step)).not.toMatch(/lxc-(destroy|create)\b|lvremove|mkfs|wipefs/)
})
