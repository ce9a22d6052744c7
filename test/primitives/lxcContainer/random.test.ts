import { expect, test } from 'vitest'
import { type ConfigWish, mergeConfig, newConfig, readConfig } from '../../../controller/primitives/lxcContainer/config.ts'
import { diff } from '../../../controller/primitives/lxcContainer/diff.ts'
import { fieldsOf } from '../../../controller/primitives/lxcContainer/fields.ts'
import { canonicalLimit, limitFile } from '../../../controller/primitives/lxcContainer/keys.ts'
import { type LxcContainerSpec, type LxcContainerState, noStarts } from '../../../controller/primitives/lxcContainer/spec.ts'
import { randomFrom } from '../../conformance/mutate.ts'
import { compiled, webWith } from '../../kinds/container/fleet.ts'

const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const rounds = process.env['REEVE_TEST_LONG'] === '1' ? 3000 : 150

/** A random valid spec of a Container, by the lines of its manifest. */
function randomLines(random: () => number): string {
  const whole = (most: number): number => Math.floor(random() * most)
  const maybe = (line: string): readonly string[] => (random() < 0.5 ? [line] : [])
  const network = `{name: eth0, bridge: br-lxc, veth: v${whole(99)}, mtu: ${1280 + whole(220)}, ipv4: {address: 10.0.${whole(256)}.${2 + whole(200)}/24}, ipv6: {address: '2001:DB8:0:${whole(9)}::${1 + whole(999)}/64'}}`
  const memory = 64 + whole(4000)
  const resources = [
    ...maybe(`memory: ${memory}Mi, memoryHigh: ${1 + whole(memory - 32) + 16}Mi, swap: "${whole(3) * 4096}"`),
    ...maybe(`cpus: ${(1 + whole(400)) / 100}`),
    ...maybe(`cpuWeight: ${2 + whole(9998)}`),
    ...maybe(`cpuSet: "${['0', '1', '0-1', '1,0'][whole(4)]}"`),
    ...maybe(`pids: ${10 + whole(9999)}`),
  ]
  return [
    ...maybe(`network: [${network}]`),
    ...maybe(`resources: {${resources.join(', ')}}`),
    ...maybe('devices: [{path: /dev/fuse}]'),
    ...maybe(`mounts: [{source: /srv/${whole(9)}/a@b, target: /data/${whole(9)}, readOnly: ${random() < 0.5}}]`),
    ...maybe('security: {capabilitiesDrop: [net_raw, sys_nice], nesting: true, apparmor: unconfined}'),
    ...maybe('unprivileged: true'),
    ...maybe(`autostart: {delay: ${whole(60)}, groups: [onboot, g${whole(5)}]}`),
  ].join('\n')
}

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

function specOf(lines: string): LxcContainerSpec {
  return compiled(webWith(lines)).at(-1) as LxcContainerSpec
}

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
