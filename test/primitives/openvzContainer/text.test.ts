import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Observed } from '../../../controller/model/observation.ts'
import { readConf, renderMark } from '../../../controller/primitives/openvzContainer/conf.ts'
import { parse } from '../../../controller/primitives/openvzContainer/parse.ts'
import { type OpenvzContainerState, openvzContainer } from '../../../controller/primitives/openvzContainer/spec.ts'
import { canonicalValue, optionsFor, safeWord } from '../../../controller/primitives/openvzContainer/values.ts'
import { plpa } from './specs.ts'

const counters = readFileSync(join(import.meta.dirname, '../../openvz/transcripts/user_beancounters.txt'), 'utf8')
const path = '/etc/vz/conf/101.conf'

/** What the probe prints, part by part. */
function answer({ vzlist = '0', states = '       101 running', names = path, filled = '101', ubc = '', conf = 'ONBOOT="yes"' }): string {
  const files = conf.split('\n').map((line) => `${path}\0${line}\n`)
  return `== vzlist ${vzlist}\n${states}\n== private\n${names}\n${filled}\n== counters\n${ubc}\n== files\n${conf === '' ? '' : files.join('')}== end\n`
}

const spec = plpa()
const found = (stdout: string): Observed<OpenvzContainerState> | undefined => parse(stdout, [{ id: spec.id, spec }]).items.get(spec.id)

describe('what is there', () => {
  test.each<[string, string, object]>([
    ['runs', answer({}), { status: 'present', state: { running: 'running', hasPrivateArea: true } }],
    ['is stopped', answer({ states: ' 101 stopped' }), { status: 'present', state: { running: 'stopped' } }],
    ['is mounted only', answer({ states: ' 101 mounted' }), { status: 'present', state: { running: 'stopped' } }],
    ['is suspended', answer({ states: ' 101 suspended' }), { status: 'present', state: { running: 'suspended' } }],
    [
      'has a configuration and nothing else, which vzlist leaves out',
      answer({ states: '', filled: '' }),
      { status: 'present', state: { running: 'stopped', hasPrivateArea: false } },
    ],
    ['is absent', answer({ states: '', names: '', filled: '', conf: '' }), { status: 'absent' }],
    ['is absent, and so is vzctl', answer({ vzlist: 'none', states: '', names: '', filled: '', conf: '' }), { status: 'absent' }],
  ])('a container that %s', (_name, stdout, state) => {
    expect(found(stdout)).toMatchObject(state)
  })

  test.each([
    ['vzlist fails', answer({ vzlist: '1', states: '' }), 'vzlist ended with status 1'],
    ['vzlist is gone', answer({ vzlist: 'none', states: '' }), `${path} is there, but vzlist is not installed (package vzctl)`],
    [
      'vzlist prints nothing, as on a kernel that lacks a file',
      answer({ states: '' }),
      'vzlist does not show container 101, though its configuration and its private area are there',
    ],
    ['vzlist says what it cannot', answer({ states: '101 dancing' }), 'vzlist says that container 101 is "dancing"'],
    [
      'vzlist prints noise',
      answer({ states: 'WARNING: 101 is running today' }),
      'vzlist does not show container 101, though its configuration and its private area are there',
    ],
    [
      'it runs without a configuration',
      answer({ names: '', conf: '' }),
      `container 101 is running, but ${path} is gone; put it back from a copy`,
    ],
    ['its configuration is empty', answer({ conf: '' }), `${path} is empty or could not be read`],
  ])('is unknown where %s', (_name, stdout, reason) => {
    expect(found(stdout)).toEqual({ status: 'unknown', reason })
  })

  test.each([
    ['cut off', answer({}).slice(0, -4)],
    ['without a head', answer({}).slice(4)],
    ['a line of no file', answer({}).replace('\0', '')],
    ['parts in disorder', answer({}).replace('== private', '== counters')],
  ])('is known of no container where the answer is damaged: %s', (_name, stdout) => {
    expect(() => found(stdout)).toThrow('the answer about containers')
  })

  test('the kernel’s counters, with their widest numbers, of this container only', () => {
    const state = found(answer({ ubc: counters }))
    expect(state).toMatchObject({
      state: {
        counters: {
          privvmpages: { held: 41480n, barrier: 131072n, limit: 139264n },
          physpages: { held: 12565n, barrier: 0n, limit: 2147483647n },
          numiptent: { held: 10n, barrier: 128n, limit: 128n },
          oomguarpages: { held: 12742n, barrier: 26112n, limit: 9223372036854775807n },
        },
      },
    })
    expect(JSON.stringify(state, (_key, value) => String(value))).not.toContain('dummy')
  })

  test('marks of ours on containers that nobody asks about', () => {
    const mark = renderMark({ fleet: 'prod', owner: 'Container/old', state: 'made' })
    const { marked } = parse(answer({ conf: mark }), [])
    expect(marked).toEqual([{ id: spec.id, mark: { fleet: 'prod', owner: 'Container/old' } }])
  })
})

describe('a configuration that is not ours to trust', () => {
  const hostile = [
    'HOSTNAME="$(touch /mnt/owned)"',
    "ONBOOT='yes'; reboot",
    'IP_ADDRESS="1.2.3.4 --save 5.6.7.8"',
    '# reeve fleet=x owner=y',
    'PRIVVMPAGES=',
    '=x',
    'x',
  ].join('\n')

  test('is read as text, and never handed on to vzctl', () => {
    const conf = readConf(hostile)
    expect(conf.lines.map(({ key, value }) => [key, value])).toEqual([
      ['HOSTNAME', '$(touch /mnt/owned)'],
      ['ONBOOT', "'yes'; reboot"],
      ['IP_ADDRESS', '1.2.3.4 --save 5.6.7.8'],
      ['PRIVVMPAGES', ''],
    ])
    expect(conf.mark).toBeUndefined()
    expect(optionsFor('IP_ADDRESS', '1.2.3.4 --save 5.6.7.8', '9.9.9.9')).toEqual([
      '--ipdel',
      '1.2.3.4',
      '--ipdel',
      '5.6.7.8',
      '--ipadd',
      '9.9.9.9',
    ])
  })

  test.each(['a"b', "a'b", 'a b', '$(id)', '`id`', 'a\nb', 'a;b', '--save', '', 'a\\b', 'a*'])(
    'no value like %j becomes a word for vzctl',
    (value) => {
      expect(() => safeWord(value)).toThrow('not a value for vzctl')
      expect(() => optionsFor('HOSTNAME', undefined, value)).toThrow('not a value for vzctl')
    },
  )

  test('no parameter but those that are ours', () => {
    expect(() => optionsFor('VE_PRIVATE', undefined, '/x')).toThrow('not a parameter of ours')
    expect(() => openvzContainer({ ...spec, ctid: '0' })).toThrow('not a CTID')
    expect(() => openvzContainer({ ...spec, ctid: '1; rm' })).toThrow('not a CTID')
    expect(() => renderMark({ fleet: 'a\nb', owner: 'Container/x', state: 'made' })).toThrow('not a mark')
  })
})

test.each([
  ['PRIVVMPAGES', '256000', '256000:256000'],
  ['PRIVVMPAGES', '256M:1G', '65536:262144'],
  ['PRIVVMPAGES', '10P', '10:10'],
  ['VMGUARPAGES', '33792:9223372036854775807', '33792:unlimited'],
  ['VMGUARPAGES', '33792:unlimited', '33792:unlimited'],
  ['KMEMSIZE', '14M', '14680064:14680064'],
  ['NUMPROC', '1K', '1K'],
  ['NUMPROC', '1:2:3', '1:2:3'],
  ['DISKSPACE', '8G:9G', '8388608:9437184'],
  ['DISKSPACE', '8388608', '8388608:8388608'],
  ['IP_ADDRESS', '10.0.0.2  10.0.0.1', '10.0.0.1 10.0.0.2'],
  ['NAMESERVER', ' b  a ', 'b a'],
  ['FEATURES', 'ppp:on,nfs:on', 'nfs:on ppp:on'],
  ['CPUMASK', '3,0,1', '0-1,3'],
  ['CPUMASK', 'all', 'all'],
  ['CPUUNITS', '01000', '1000'],
  ['HOSTNAME', 'A b', 'A b'],
])('%s %s means %s', (key, value, canonical) => {
  expect(canonicalValue(key, value)).toBe(canonical)
  expect(canonicalValue(key, canonical)).toBe(canonical)
})
