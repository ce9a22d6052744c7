import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { Known } from '../../controller/model/observation.ts'
import { noPeers, type Primitive } from '../../controller/model/primitive.ts'
import { mountPrimitive } from '../../controller/primitives/mount/index.ts'
import { liveFlags, remountOptions, shownFlags } from '../../controller/primitives/mount/options.ts'
import type { MountState } from '../../controller/primitives/mount/parse.ts'
import { type MountSpec, type MountWish, mount } from '../../controller/primitives/mount/spec.ts'
import { escapePath, readFstab, unescapePath } from '../../controller/shell/fstab.ts'
import { readFixture } from './fixture.ts'
import { entryOf } from './test-host.ts'

const primitive = mountPrimitive as unknown as Primitive<MountSpec, MountState>

const answer = readFixture('mount-probe.txt')

function wish(more: Partial<MountWish> = {}): MountSpec {
  return mount({ path: '/srv/ve2', device: '/dev/vg_data/ve-2', format: 'ext4', options: ['noatime'], ...more })
}

function observe(spec: MountSpec, text = answer): Known<MountState> {
  const state = primitive.parse(text, [{ id: spec.id, spec }]).items.get(spec.id)
  if (state === undefined || state.status === 'unknown') throw new Error(state?.reason ?? 'not mentioned')
  return state
}

const diff = (spec: MountSpec, text = answer, last?: LedgerEntry) => primitive.diff(spec, observe(spec, text), last)

const liveLine = /^(\d+ \d+ 253:0 \/ \/srv\/ve2 .*\n)/m
const blank = { path: '/srv/new', device: '/dev/vg_data/blank' }
const taken = { path: '/srv/a b', device: '/dev/vg_data/x', format: 'xfs', options: [], pass: 0 }

describe('a mount', () => {
  test('that stands as wanted is the same, whatever the kernel calls its device', () => {
    expect(diff(wish())).toEqual({ status: 'same' })
    expect(observe(wish())).toMatchObject({ status: 'present', mark: { fleet: 'lab', owner: 'Volume/ve2' } })
  })

  test("is taken over with the user's own line by another name, and marked once the ledger knows it", () => {
    expect(diff(wish(taken))).toEqual({ status: 'same' })
    expect(diff(wish(taken), answer, entryOf(wish(taken)))).toMatchObject({ change: { fields: [{ field: 'mark' }] } })
  })

  test('that carries our mark and that nobody asks for is named', () => {
    expect(primitive.parse(answer, [{ id: wish().id }]).marked).toEqual([
      { id: 'mount:/srv/old', mark: { fleet: 'lab', owner: 'Volume/old' } },
    ])
  })

  test("remembers the user's line that it replaces, and never its own", () => {
    expect(primitive.previous?.(wish(taken), observe(wish(taken)))).toMatch(/^UUID=\S{36} \/srv\/a\\040b xfs defaults 0 0$/)
    expect(primitive.previous?.(wish(), observe(wish()))).toBeUndefined()
  })

  test.each<[string, MountSpec, string, object]>([
    ['is made where nothing is', wish(blank), answer, { action: 'create', fields: [{ field: 'mounted' }, { field: 'fstab' }] }],
    ['is made for a device that is still to come', wish({ ...blank, device: '/dev/vg_data/soon' }), answer, { action: 'create' }],
    [
      'gets its line back',
      wish(),
      answer.replace(/.*Volume\/ve2.*\n/, ''),
      { action: 'update', fields: [{ field: 'fstab', before: undefined }] },
    ],
    ['is mounted again', wish(), answer.replace(liveLine, '').replace('open 253 0 1', 'open 253 0 0'), { fields: [{ field: 'mounted' }] }],
    [
      'gets other options live and in its line',
      wish({ options: ['noatime', 'nosuid'] }),
      answer,
      { impact: 'reload', fields: [{ field: 'options' }, { field: 'fstab' }] },
    ],
    [
      'gets owner and mode',
      wish({ owner: 'www-data', mode: '0750' }),
      answer,
      {
        fields: [
          { field: 'owner', before: 'root', after: 'www-data' },
          { field: 'mode', before: '0755' },
        ],
      },
    ],
    ['gets another order of checks', wish({ pass: 1 }), answer, { fields: [{ field: 'fstab' }] }],
  ])('%s', (_, spec, text, change) => {
    expect(diff(spec, text)).toMatchObject({ status: 'change', change })
  })

  const other = answer.replace('/dev/vg_data/ve-2\t', '/dev/sdz1\t').replace(',x-reeve.id=lab/Volume/ve2', '')
  test.each<[string, MountSpec, string, string]>([
    [
      'a path where another device is mounted',
      wish({ device: '/dev/vg_data/blank' }),
      answer,
      '/srv/ve2 is already the mount point of /dev/mapper/vg_data-ve--2',
    ],
    [
      'a path where another device is mounted, before its own exists',
      wish({ device: '/dev/vg_data/soon' }),
      answer,
      'already the mount point',
    ],
    ['devices over each other', wish(), answer.replace(liveLine, '$1$1'), '2 devices are mounted over each other'],
    ['a folder of another filesystem bound there', wish(), answer.replace('253:0 / /srv/ve2', '253:0 /sub /srv/ve2'), '(its /sub)'],
    [
      'a device that is mounted elsewhere',
      wish({ ...blank, device: '/dev/vg_data/x' }),
      answer,
      '/dev/vg_data/x is mounted at /srv/a b, spec asks /srv/new',
    ],
    ['a device that someone holds', wish(blank), answer.replace('open 253 1 0', 'open 253 1 1'), 'is in use but not mounted here'],
    ['a path with files', wish({ ...blank, path: '/srv/filled' }), answer, 'its files would be hidden'],
    ['a path that is a file', wish(blank), answer.replace('missing /srv/new', 'file /srv/new'), 'is not a directory'],
    ['a path that is a link', wish(blank), answer.replace('missing /srv/new', 'link /srv/new'), 'is a symbolic link'],
    ['a line of the user for another device', wish(), other, '/etc/fstab:4 already mounts another device at /srv/ve2: /dev/sdz1'],
    ['two lines', wish(), answer.replace(/^(\/dev\/vg_data\/ve-2.*\n)/m, '$1$1'), 'several lines of fstab (/etc/fstab:4, /etc/fstab:5)'],
    [
      'to write where the kernel stopped writing',
      wish(),
      answer.replace('/srv/ve2 rw,noatime', '/srv/ve2 ro,noatime'),
      'mounted read-only, perhaps by the kernel after an error',
    ],
    [
      'to stop writing under those who write',
      wish({ options: ['ro', 'noatime'] }),
      answer,
      'making it read-only would fail whoever writes',
    ],
  ])('refuses %s, with what to do', (_, spec, text, reason) => {
    const difference = diff(spec, text)
    expect(difference.status === 'refused' && difference.reasons.join('\n')).toContain(reason)
  })
})

test.each<[string, string]>([
  ['cut in the middle of the mounts', answer.slice(0, 300)],
  ['cut before its end', answer.slice(0, -6)],
  ['empty', ''],
  ['garbage before it', `Welcome to he1!\n${answer}`],
])('an answer %s leaves all unknown', (_, text) => {
  expect(() => primitive.parse(text, [{ id: wish().id, spec: wish() }])).toThrow()
})

test('fstab is read with tabs, comments, short and broken lines, and escapes', () => {
  const lines = readFstab('# a b c\n\n  /dev/a\t/x\\040y   ext4\nbroken\n/dev/b none swap sw,x-reeve.id=f/Volume/v 0 0')
  expect(lines.map(({ number, target, options, mark }) => [number, target, options.join(), mark])).toEqual([
    [3, '/x y', 'defaults', undefined],
    [5, 'none', 'sw,x-reeve.id=f/Volume/v', 'f/Volume/v'],
  ])
  for (const path of ['/a b', '/a\\b', '/a\tb', "/it's"]) expect(unescapePath(escapePath(path))).toBe(path)
})

test.each<[string, string, boolean]>([
  ['defaults', 'rw,relatime', true],
  ['', 'rw,relatime', true],
  ['noatime', 'rw,noatime', true],
  ['noatime,atime', 'rw,relatime', true],
  ['strictatime', 'rw', true],
  ['nosuid,nodev,noexec', 'rw,nosuid,nodev,noexec,relatime', true],
  ['nosuid,suid', 'rw,relatime', true],
  ['discard,commit=30', 'rw,relatime', true],
  ['noatime', 'rw,relatime', false],
  ['defaults', 'rw,nosuid,relatime', false],
  ['defaults', 'rw', false],
])('options %j and a mount shown as %j agree: %s', (wanted, shown, agree) => {
  expect(liveFlags(wanted.split(',')).join() === shownFlags(shown.split(',')).join()).toBe(agree)
})

test.each<['Unmount' | 'Delete', boolean]>([
  ['Unmount', true],
  ['Delete', false],
])(
  "where its manifest goes under %s the user's line comes back: %s, for a boot would wait for a device that is gone",
  (deletionPolicy, isBack) => {
    const previous = '/dev/vg_data/ve-2 /srv/ve2 ext4 defaults 0 0'
    const context = { fleet: 'lab', owners: ['Volume/ve2'], last: undefined, staged: [], observed: () => undefined, peers: noPeers }
    const steps = primitive.retire?.({ ...entryOf(wish(), previous), deletionPolicy }, observe(wish()), context)?.steps ?? []
    expect(steps.some(({ run }) => run.text.includes(previous))).toBe(isBack)
  },
)

test('a remount says both words that clear noatime', () => {
  expect(remountOptions(liveFlags([]), false)).toBe('remount,rw,suid,dev,exec,diratime,atime,relatime')
})

test('hostile paths and lines stay words of the shell', () => {
  const path = `/srv/it's $(touch /oops) "q" \\ #`
  const spec = wish({ ...blank, path, owner: 'root', group: 'root', mode: '0755' })
  const state = { ...(observe(spec) as { around: MountState }).around, directory: 'missing' as const }
  const difference = primitive.diff(spec, { status: 'absent', around: state }, undefined)
  if (difference.status !== 'change') throw new Error(JSON.stringify(difference))
  const context = { fleet: 'lab', owners: ['Volume/x'], last: undefined, staged: [], observed: () => undefined, peers: noPeers }
  const steps = primitive.steps(spec, difference.change, { status: 'absent', around: state }, context)
  const texts = steps.flatMap(({ guard, run, check, undo }) => [guard, run, check, undo].flatMap((script) => (script ? [script.text] : [])))
  for (const text of [...texts, primitive.probe([{ id: spec.id, spec }], 'lab').text]) {
    const { status, stdout } = spawnSync('shellcheck', ['-s', 'sh', '-S', 'error', '-'], { input: text, encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(status).toBe(0)
  }
})

test.each([
  ['2750', '1777'],
  ['0755', '2755'],
  ['4755', '0700'],
])('a directory of mode %s becomes %s, setgid and setuid included, and its undo brings it back', (before, mode) => {
  const spec = mount({ path: '/mnt', device: '/dev/vg_data/blank', format: 'ext4', mode })
  const change = { action: 'update' as const, impact: 'none' as const, fields: [{ field: 'mode', before, after: mode }] }
  const context = { fleet: 'lab', owners: ['Volume/x'], last: undefined, staged: [], observed: () => undefined, peers: noPeers }
  const state = observe(wish())
  const [step] = primitive.steps(spec, change, state, context).filter(({ title }) => title.startsWith('set owner and mode'))
  const script = `mount -t tmpfs none /mnt; chmod 0${before} /mnt; mkdir /mnt/before; REEVE_BEFORE=/mnt/before
( ${step?.run.text} ) && stat -c %a /mnt && ( ${step?.undo?.text} ) && stat -c %a /mnt`
  const { stdout, stderr } = spawnSync('unshare', ['-m', '--propagation', 'private', 'sh', '-eu'], { input: script, encoding: 'utf8' })
  expect([stdout, stderr]).toEqual([`${Number(mode)}\n${Number(before)}\n`, ''])
})
