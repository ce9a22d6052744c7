import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { definePrimitive, type Spec } from '../../../controller/model/primitive.ts'
import { blockPrimitive } from '../../../controller/primitives/block/index.ts'
import { filesystemPrimitive } from '../../../controller/primitives/filesystem/index.ts'
import { logicalVolumePrimitive } from '../../../controller/primitives/logicalVolume/index.ts'
import { lxcContainer } from '../../../controller/primitives/lxcContainer/index.ts'
import { type Lab, startLab } from '../../lab/lab.ts'
import { createTestHost } from '../../primitives/test-host.ts'
import { compiled } from './fleet.ts'

const primitives = [definePrimitive(logicalVolumePrimitive), definePrimitive(filesystemPrimitive), blockPrimitive, lxcContainer]
const example = (name: string) => readFileSync(join(import.meta.dirname, `samples/${name}.yaml`), 'utf8')
let lab: Lab

beforeAll(async () => {
  lab = await startLab()
})
afterAll(() => lab[Symbol.asyncDispose]())

test('the example stands from bare, answers, grows under load, and is left alone then', async () => {
  const machine = lab.machine('he1')
  const host = createTestHost((script) => machine.exec('sh -s', { stdin: script, timeoutMs: 400_000 }), 'prod', 'Container/plpa')
  const specs = (size: string): readonly Spec[] =>
    compiled(example('plpa').replace('0'.repeat(64), lab.containerArchive.sha256).replace('400Mi', size))
  await machine.must('ip link add br-lxc type bridge; ip addr add 192.168.100.1/24 dev br-lxc; ip link set br-lxc up')

  expect(await host.converge(specs('400Mi'), primitives)).toMatchObject({ status: 'converged', reasons: [] })
  await machine.must('for i in $(seq 60); do wget -T 5 -qO- http://192.168.100.2/ && exit 0; sleep 1; done; exit 1')
  expect(await machine.must('lvs --noheadings -o lv_tags vg_data/plpa')).toBe('  reeve.id=prod/Container/plpa\n')
  expect(await host.converge(specs('400Mi'), primitives)).toEqual({ status: 'converged', reasons: [], changes: [] })

  const inside = (command: string) => machine.must(`timeout -k 5 30 lxc-attach -n plpa --clear-env -- ${command} </dev/null`)
  const blocks = async () => Number((await inside('stat -f -c %b /')).trim())
  const before = await blocks()
  expect(await host.converge(specs('600Mi'), primitives)).toEqual({
    status: 'converged',
    reasons: [],
    changes: ['logicalVolume:vg_data/plpa size', 'filesystem:/dev/vg_data/plpa size'],
  })
  expect(await blocks()).toBeGreaterThan(before * 1.4)
  expect((await inside('cat /etc/network/interfaces')).split('\n')).toContain('  up ip addr replace 192.168.100.2/24 brd + dev eth0')
  expect(await host.converge(specs('400Mi'), primitives)).toMatchObject({ status: 'refused', changes: [] })
})

test('the unprivileged example stands beside it, with its ids, device, mount and networks, and is left alone then', async () => {
  const machine = lab.machine('he1')
  const host = createTestHost((script) => machine.exec('sh -s', { stdin: script, timeoutMs: 400_000 }), 'prod', 'Container/vpn')
  const specs = compiled(example('vpn').replace('0'.repeat(64), lab.containerArchive.sha256))
  await machine.must('mkdir -p /srv/vpn-keys; echo key >/srv/vpn-keys/a')
  expect(await host.converge(specs, primitives)).toMatchObject({ status: 'converged', reasons: [] })
  expect(await host.converge(specs, primitives)).toEqual({ status: 'converged', reasons: [], changes: [] })
  const inside = (command: string) => machine.must(`timeout -k 5 30 lxc-attach -n vpn --clear-env -- sh -c '${command}' </dev/null`)
  expect(
    await machine.must('stat -c %u /proc/$(lxc-info -n vpn -pH); cat /sys/class/net/vpn0/mtu; grep -c ^root:100000:65536 /etc/subuid'),
  ).toBe('100000\n1500\n1\n')
  expect(
    await inside(
      'cat /etc/vpn/a; stat -c %F /dev/net/tun; head -c 3 /dev/urandom | wc -c; cat /sys/class/net/eth1/mtu; ip -6 a show eth1 | grep -c 2001:db8::20/64',
    ),
  ).toBe('key\ncharacter special file\n3\n1400\n1\n')
})
